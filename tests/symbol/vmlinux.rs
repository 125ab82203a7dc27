//! Names from the kernel's own file. Where its functions lie is what the assembler was told.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::path::Path;
use std::process::Command;

use vmflame::analysis::{Request, profile};
use vmflame::perf::Capture;
use vmflame::symbol::{KernelSource, SymbolRequest};

use crate::common::shared::skipped;
use crate::recorded_here::{TEXT, leaf, write};

/// A kernel that lies 16 MB below the recorded place, as KASLR would move it.
fn made_vmlinux(folder: &Path) -> bool {
    let source = ".text\n.globl _text\n_text: .skip 0x1000\n\
        .globl kvm_vcpu_block\n.type kvm_vcpu_block, @function\nkvm_vcpu_block: .skip 0x1000\n\
        .globl schedule\n.type schedule, @function\nschedule: .skip 0x1000\n";
    fs::write(folder.join("kernel.s"), source).unwrap();
    let place = format!("-Wl,-Ttext={:#x}", TEXT - (16 << 20));
    let options = ["-nostdlib", "-static", "-Wl,--build-id=0xabcd", &place];
    let mut compiler = Command::new("cc");
    compiler.args(options).args(["-o", "vmlinux", "kernel.s"]);
    let made = compiler.current_dir(folder).output();
    made.is_ok_and(|made| made.status.success())
}

/// The addresses in a vmlinux are those before KASLR; the capture tells where the kernel was.
#[test]
fn a_vmlinux_is_put_where_the_capture_says() {
    let folder = tempfile::tempdir().unwrap();
    if !made_vmlinux(folder.path()) {
        skipped("no compiler for a kernel at the top of memory");
        return;
    }
    let data = folder.path().join("perf.data");
    write(&data);
    let vmlinux = folder.path().join("vmlinux");
    let symbols = SymbolRequest {
        kallsyms: Some(vmlinux.clone()),
        ..SymbolRequest::default()
    };
    let capture = Capture::open(&data).unwrap();
    let found = profile(&capture, &symbols, &Request::default()).unwrap();
    assert_eq!(
        found.account.kernel_source,
        KernelSource::OtherBoot(vmlinux)
    );
    assert_eq!(leaf(&found), "kvm_vcpu_block");
    // This capture tells its kernel's build id, which is not that of the made file.
    let other = Capture::open("testdata/svm-bad/perf.data".as_ref()).unwrap();
    let refused = profile(&other, &symbols, &Request::default()).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("its build id is abcd, recorded was"),
        "{refused}"
    );
}
