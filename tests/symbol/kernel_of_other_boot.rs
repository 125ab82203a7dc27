//! Kernel symbols in a cache that perf filled in another boot.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::path::{Path, PathBuf};

use vmflame::analysis::{Profile, Request, profile};
use vmflame::object::ObjectSearch;
use vmflame::perf::Capture;
use vmflame::symbol::{KernelSource, LiveKernel, SymbolRequest};
use vmflame::units::BuildId;

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/svm-bad")
}

fn kernel_build_id(capture: &Capture) -> BuildId {
    let recorded = capture.build_ids();
    let kernel = recorded.iter().find(|of| of.path == "[kernel.kallsyms]");
    kernel.unwrap().build_id.clone()
}

/// The text of another boot: everything lies 16 MB higher.
fn moved(kallsyms: &str) -> String {
    let line = |line: &str| {
        let (address, rest) = line.split_once(' ').unwrap();
        let address = u64::from_str_radix(address, 16).unwrap() + (16 << 20);
        format!("{address:016x} {rest}\n")
    };
    kallsyms.lines().map(line).collect()
}

fn has_kvm_functions(profile: &Profile) -> bool {
    let stacks = profile.stacks.iter();
    let mut frames = stacks.flat_map(|stack| profile.stacks.frames(stack));
    frames.any(|&ix| {
        let frame = profile.frames.get(ix);
        *frame.dso == *"[kvm]" && &*frame.name == "kvm_arch_vcpu_ioctl_run"
    })
}

fn profile_with(cached: &str, running: Option<PathBuf>) -> Profile {
    let capture = Capture::open(&case().join("perf.data")).unwrap();
    let build_id = kernel_build_id(&capture);
    let cache = tempfile::tempdir().unwrap();
    let dir = cache
        .path()
        .join("[kernel.kallsyms]")
        .join(build_id.to_string());
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("kallsyms"), cached).unwrap();
    let symbols = SymbolRequest {
        search: ObjectSearch {
            buildid_dirs: vec![cache.path().to_owned()],
            ..ObjectSearch::default()
        },
        live: running.map(|kallsyms| LiveKernel {
            build_id,
            kallsyms,
            host_name: String::new(),
            release: String::new(),
            input_written: None,
            input_changed: None,
            input_begun: None,
            clocks: None,
            vdso: Box::default(),
        }),
        ..SymbolRequest::default()
    };
    profile(&capture, &symbols, &Request::default()).unwrap()
}

/// perf fills its cache once for a build id. After a reboot of the same kernel its modules lie
/// elsewhere, and `kvm` would have no names although the running kernel tells them.
#[test]
fn the_running_kernel_is_asked_when_the_cache_is_of_another_boot() {
    let own = case().join("kallsyms");
    let text = fs::read_to_string(&own).unwrap();
    let stale = moved(&text);

    let alone = profile_with(&stale, None);
    assert!(matches!(
        alone.account.kernel_source,
        KernelSource::OtherBoot(_)
    ));
    assert!(!has_kvm_functions(&alone));

    let both = profile_with(&stale, Some(own.clone()));
    assert_eq!(both.account.kernel_source, KernelSource::SameBoot(own));
    assert!(has_kvm_functions(&both));
}

/// The running kernel is no better than the cache when it was booted anew, too.
#[test]
fn the_cache_is_used_when_the_running_kernel_is_of_another_boot_too() {
    let text = fs::read_to_string(case().join("kallsyms")).unwrap();
    let stale = moved(&text);
    let folder = tempfile::tempdir().unwrap();
    let running = folder.path().join("kallsyms");
    fs::write(&running, &stale).unwrap();
    let found = profile_with(&stale, Some(running.clone()));
    let KernelSource::OtherBoot(path) = found.account.kernel_source else {
        panic!("not of another boot");
    };
    assert_ne!(path, running);
}

/// A container may not see the running kernel's symbols: that is no reason to refuse the capture.
#[test]
fn the_cache_is_used_when_the_running_kernel_tells_nothing() {
    let text = fs::read_to_string(case().join("kallsyms")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("kallsyms");
    fs::write(&empty, "").unwrap();
    for running in [empty, folder.path().join("missing")] {
        let found = profile_with(&moved(&text), Some(running));
        assert!(matches!(
            found.account.kernel_source,
            KernelSource::OtherBoot(_)
        ));
    }
}
