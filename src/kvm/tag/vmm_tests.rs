//! VMMs other than QEMU: their threads and processes, by the names that their sources give them.

use super::tagger::Tagger;
use super::tests::{RUN, intern, view};
use crate::stack::Tag;

/// The tag of a stack of a thread of this name, in a process of this one.
fn tag(stack: &str, thread: &str, process: &str) -> Tag {
    let (table, frames) = intern(stack);
    let mut view = view(&table, &frames);
    (view.thread_name, view.process_name) = (thread, process);
    Tagger::for_arch(Some("x86_64")).tag(&view).tag
}

/// What each calls a vCPU's thread, another thread, and its process.
const VMMS: [[&str; 3]; 5] = [
    ["CPU 0/KVM", "IO io0", "qemu-system-x86"],
    ["fc_vcpu 0", "fc_api", "firecracker"],
    ["vcpu0", "_disk0_q0", "cloud-hyperviso"],
    ["crosvm_vcpu0", "v_block", "crosvm"],
    ["kvm-vcpu-0", "virtio-blk-io", "lkvm"],
];

/// The kernel's frames are the same below any VMM; what is not theirs is told by names.
#[test]
fn threads_of_all_vmms_are_told_apart() {
    let exit = format!("{RUN};vmx_handle_exit;handle_io");
    for [vcpu, other, process] in VMMS {
        assert_eq!(tag(&exit, vcpu, process), Tag::ExitPio, "{vcpu}");
        let serves_exit = tag("u:write;do_syscall_64;ksys_write", vcpu, process);
        assert_eq!(serves_exit, Tag::Vmm, "{vcpu}");
        assert_eq!(tag("u:epoll_wait", other, process), Tag::Io, "{other}");
        assert_eq!(tag("u:main", process, process), Tag::Io, "{process}");
    }
    let device = tag("u:handle_events", "pcivirtio-block", "pcivirtio-block");
    assert_eq!(device, Tag::Io);
    assert_eq!(tag("u:main", "vcpu_manager", "some"), Tag::Host);
}
