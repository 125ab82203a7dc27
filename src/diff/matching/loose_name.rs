//! Names without what another build, boot or run writes differently.
//!
//! A name is loosened in steps, so that the nearest names meet first: `foo.isra.0` is rather
//! `foo.isra.1` than `foo.cold`, and `kworker/0:1-events` rather `kworker/0:1` than `kworker/3:2`.

use std::borrow::Cow;

use crate::stack::{Frame, FrameKind};
use crate::symbol::base_name;

/// How much of a name is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NameStep {
    /// Nothing.
    Exact,
    /// Numbers and hashes that compilers append, the last number of a task, the work queue of a
    /// worker.
    Near,
    /// All that compilers append, all numbers of a task, the version of an object.
    Base,
    /// Addresses are all alike, and so are the kernel's workers.
    Kind,
}

/// How much of an object's name is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ObjectStep {
    /// Path, brackets, version and compression.
    Loose,
    /// Everything, where the frame is a function: code moves between module, kernel and library.
    Any,
}

/// How much may differ between frames that are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Looseness {
    pub(crate) name: NameStep,
    pub(crate) object: ObjectStep,
}

/// What frames have in common that are the same at a step. With `is_plain` (folded text) the
/// kind of a frame is not known: a name may be of a task, an object or a function.
pub(crate) fn loosened(frame: &Frame, step: Looseness, is_plain: bool) -> Frame {
    Frame {
        name: loose_name(&frame.name, frame.kind, step.name, is_plain).into(),
        dso: match (frame.kind, step.object) {
            (FrameKind::Function | FrameKind::Inlined, ObjectStep::Any) => "".into(),
            _ => loose_object(&frame.dso).into(),
        },
        // The lines of a function move with every change above it.
        line: frame.line.clone().filter(|_| step.name == NameStep::Exact),
        ..*frame
    }
}

/// A name of a frame of this kind at a step.
pub(crate) fn loose_name(
    name: &str,
    kind: FrameKind,
    step: NameStep,
    is_plain: bool,
) -> Cow<'_, str> {
    if step == NameStep::Exact {
        return Cow::Borrowed(name);
    }
    if step == NameStep::Kind && is_address(name) {
        return Cow::Borrowed("[unknown]");
    }
    match kind {
        FrameKind::Root => loose_task(name, step),
        FrameKind::Unresolved => loose_brackets(name, step),
        FrameKind::Guest => Cow::Borrowed(name),
        FrameKind::Function | FrameKind::Inlined if is_plain => {
            let name = without_mode(name);
            match loose_brackets(name, step) {
                Cow::Borrowed(same) => match loose_task(same, step) {
                    Cow::Borrowed(same) => loose_function(same, step),
                    task @ Cow::Owned(_) => task,
                },
                object @ Cow::Owned(_) => object,
            }
        }
        FrameKind::Function | FrameKind::Inlined => loose_function(name, step),
    }
}

/// A condition's name at a step, as other tools write it: perf marks inlined functions and appends
/// offsets, `stackcollapse-perf.pl` the mode.
pub(crate) fn as_written_elsewhere(name: &str) -> &str {
    let name = name.strip_suffix(" (inlined)").unwrap_or(name);
    let name = match name.rsplit_once("+0x") {
        Some((function, offset))
            if !function.is_empty() && offset.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            function
        }
        Some(_) | None => name,
    };
    without_mode(name)
}

/// `name` without the mark of its mode or tag, as in `read_[k]`.
///
/// Source: `stackcollapse-perf.pl`, `FlameGraph` at commit 41fee1f; `vmflame convert --annotate`.
fn without_mode(name: &str) -> &str {
    match name.rsplit_once("_[") {
        Some((plain, mark))
            if !plain.is_empty()
                && mark.strip_suffix(']').is_some_and(|mark| {
                    ["k", "j", "i", "w"].contains(&mark)
                        || crate::stack::Tag::from_name(mark).is_some()
                }) =>
        {
            plain
        }
        Some(_) | None => name,
    }
}

fn loose_function(name: &str, step: NameStep) -> Cow<'_, str> {
    let base = base_name(name);
    let stem = without_rust_hash(base);
    if step != NameStep::Near {
        return Cow::Borrowed(stem);
    }
    let suffixes = name.get(base.len()..).unwrap_or_default().split('.');
    let words = suffixes.filter(|word| !word.is_empty() && !is_number(word));
    let mut near = stem.to_owned();
    for word in words {
        near.push('.');
        near.push_str(word);
    }
    Cow::Owned(near)
}

/// `[libc-2.36.so]` without the version; other names as they are.
fn loose_brackets(name: &str, step: NameStep) -> Cow<'_, str> {
    let object = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    match object.filter(|_| step != NameStep::Near) {
        Some(object) => Cow::Owned(format!("[{}]", loose_object(object))),
        None => Cow::Borrowed(name),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_address(name: &str) -> bool {
    let digits = name.strip_prefix("0x").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `name` without the hash of Rust's legacy mangling, as in `core::fmt::write::h0123456789abcdef`.
fn without_rust_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            path
        }
        Some(_) | None => name,
    }
}

/// The beginning of the name of the thread that undoes the splitting of huge pages. `comm` has 15
/// bytes; tools that read /proc show the whole name with the pid behind it.
///
/// Source: `kvm_mmu_post_init_vm`, arch/x86/kvm/mmu/mmu.c, and `kvm_vm_create_worker_thread`,
/// `virt/kvm/kvm_main.c`, Linux 6.1; `proc_task_name`, fs/proc/array.c.
const NX_RECOVERY: &str = "kvm-nx-lpage-re";

/// What libvirt names the cgroup of a VM by: `machine-qemu\x2d1\x2dNAME.scope`, where the number
/// counts the VMs that were started.
///
/// Source: `virSystemdMakeScopeName`, src/util/virsystemd.c, libvirt 9.0.
const LIBVIRT_SCOPE: &str = "machine-qemu\\x2d";

/// The name of a process, thread or cgroup without what differs from run to run.
///
/// Borrowed when there is nothing to leave out.
fn loose_task(name: &str, step: NameStep) -> Cow<'_, str> {
    if let Some(worker) = loose_worker(name, step) {
        return Cow::Owned(worker);
    }
    if name.starts_with(NX_RECOVERY) {
        return Cow::Owned(NX_RECOVERY.to_owned());
    }
    if let Some(number) = name.strip_prefix(':')
        && is_number(number)
    {
        return Cow::Owned(":".to_owned());
    }
    // A thread that serves an interrupt: `irq/24-vfio-msi`.
    if let Some((number, device)) = name
        .strip_prefix("irq/")
        .and_then(|rest| rest.split_once('-'))
        && is_number(number)
    {
        return Cow::Owned(format!("irq/-{device}"));
    }
    if let Some((before, rest)) = name.split_once(LIBVIRT_SCOPE) {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        return Cow::Owned(format!("{before}{LIBVIRT_SCOPE}{rest}"));
    }
    let mut plain = name;
    while let Some((shorter, _)) = split_number(plain) {
        plain = shorter;
        if step == NameStep::Near {
            break;
        }
    }
    if plain.len() == name.len() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(plain.to_owned())
    }
}

/// A task's name and the number that it ends in: `qemu-4711`, `vhost-4711`, `kvm-pit/4711`. Of
/// names with a slash only KVM's end in a pid; `ksoftirqd/0` and its like end in their CPU.
///
/// Source: `kvm_create_pit`, arch/x86/kvm/i8254.c; `vhost_worker_create`, drivers/vhost/vhost.c;
/// `create_io_thread`'s callers in `io_uring`/ (`iou-wrk-PID`), Linux 6.6.
fn split_number(name: &str) -> Option<(&str, &str)> {
    let (plain, number) = match name.rsplit_once(['-', '/']) {
        Some((plain, number)) if is_number(number) && !plain.is_empty() => (plain, number),
        Some(_) | None => return None,
    };
    let is_cpu = name.as_bytes().get(plain.len()) == Some(&b'/') && !plain.starts_with("kvm-");
    (!is_cpu).then_some((plain, number))
}

/// The number that a task's name ends in, by which tasks of one kind are told apart: the pids of
/// two VMs are in the order in which these were started. Numbers that say nothing are none: those
/// of workers, and pids that stand in for a name.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    if worker_parts(name).is_some() {
        return None;
    }
    split_number(name)?.1.parse().ok()
}

/// `kworker/0:1H-events` in parts: the pool (`0`, or `u8` for workers of no CPU), and what stands
/// behind its colon.
///
/// Source: `create_worker` and `wq_worker_comm`, kernel/workqueue.c, Linux 6.6.
fn worker_parts(name: &str) -> Option<(&str, &str)> {
    let (pool, worker) = name.strip_prefix("kworker/")?.split_once(':')?;
    let is_pool = is_number(pool.strip_prefix('u').unwrap_or(pool));
    is_pool.then_some((pool, worker))
}

fn loose_worker(name: &str, step: NameStep) -> Option<String> {
    let (pool, worker) = worker_parts(name)?;
    // What it worked on last (`-events`) or at this time (`+events`).
    let worker = worker.split(['-', '+']).next().unwrap_or(worker);
    Some(match step {
        NameStep::Exact | NameStep::Near => format!("kworker/{pool}:{worker}"),
        NameStep::Base => {
            let kind = worker.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("kworker/{pool}:{kind}")
        }
        NameStep::Kind => "kworker".to_owned(),
    })
}

/// An object's name without path, brackets, version and compression: `libc-2.36.so`, `libc.so.6`
/// and `/lib/libc.so` are `libc`; `kvm-intel.ko.xz` and `[kvm_intel]` are `kvm_intel`.
pub(crate) fn loose_object(dso: &str) -> String {
    let file = dso.rsplit('/').next().unwrap_or(dso);
    let file = file.trim_start_matches('[').trim_end_matches(']');
    let file = file.split(".ko").next().unwrap_or(file);
    let file = file.split(".so").next().unwrap_or(file);
    let plain = match file.rsplit_once('-') {
        Some((plain, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => plain,
        Some(_) | None => file,
    };
    match plain {
        // The kernel's own names: kernel.kallsyms, vmlinux-6.1.0, vmlinuz.
        name if name.starts_with("kernel") || name.starts_with("vmlinu") => "kernel".to_owned(),
        name => name.replace('-', "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(kind: FrameKind, name: &str) -> String {
        loose_name(name, kind, NameStep::Base, false).into_owned()
    }

    #[test]
    fn what_a_build_or_a_run_adds_to_names_is_ignored() {
        let function = |text| base(FrameKind::Function, text);
        assert_eq!(function("kvm_fast_pio.isra.0.cold"), "kvm_fast_pio");
        assert_eq!(function("a::b::h0123456789abcdef"), "a::b");
        assert_eq!(function("a::b::h0123456789abcdef.llvm.77"), "a::b");
        assert_eq!(function("a::hash"), "a::hash");
        let root = |text| base(FrameKind::Root, text);
        assert_eq!(root("qemu-4711"), "qemu");
        assert_eq!(root("kvm-pit/4711"), "kvm-pit");
        assert_eq!(root("vhost-4711-4712"), "vhost");
        assert_eq!(root("kvm-nx-lpage-recovery-4711"), "kvm-nx-lpage-re");
        assert_eq!(root("irq/24-vfio-msi"), "irq/-vfio-msi");
        assert_eq!(root(":4711"), ":");
        for whole in [
            "CPU 0/KVM",
            "ksoftirqd/0",
            "migration/3",
            "kworker/R-kvm",
            "-1",
        ] {
            assert_eq!(root(whole), whole);
        }
        assert_eq!(
            root("/machine.slice/machine-qemu\\x2d12\\x2dweb.scope"),
            "/machine.slice/machine-qemu\\x2d\\x2dweb.scope"
        );
        assert_eq!(base(FrameKind::Unresolved, "[libc-2.36.so]"), "[libc]");
    }

    #[test]
    fn near_names_differ_in_numbers_only() {
        let near = |kind, text| loose_name(text, kind, NameStep::Near, false).into_owned();
        assert_eq!(
            near(FrameKind::Function, "foo.isra.0.cold"),
            "foo.isra.cold"
        );
        assert_eq!(near(FrameKind::Root, "worker-1-4711"), "worker-1");
        let worker = |step| loose_name("kworker/0:1H-kvm", FrameKind::Root, step, false);
        assert_eq!(worker(NameStep::Near), "kworker/0:1H");
        assert_eq!(worker(NameStep::Base), "kworker/0:H");
        assert_eq!(worker(NameStep::Kind), "kworker");
        let address = loose_name("0xff", FrameKind::Function, NameStep::Kind, false);
        assert_eq!(address, "[unknown]");
    }

    #[test]
    fn objects_are_the_same_under_any_of_their_names() {
        for one in ["libc-2.36.so", "libc.so.6", "/usr/lib/libc.so"] {
            assert_eq!(loose_object(one), "libc");
        }
        for one in ["[kvm_intel]", "/lib/modules/6.1.0/kvm-intel.ko.xz"] {
            assert_eq!(loose_object(one), "kvm_intel");
        }
        for one in ["[kernel.kallsyms]", "[kernel]", "vmlinux-6.1.0"] {
            assert_eq!(loose_object(one), "kernel");
        }
    }

    #[test]
    fn names_of_other_tools_are_understood() {
        for text in [
            "foo",
            "foo (inlined)",
            "foo+0x1f",
            "foo_[k]",
            "foo_[exit:pio]",
        ] {
            assert_eq!(as_written_elsewhere(text), "foo");
        }
        assert_eq!(as_written_elsewhere("foo_[x]"), "foo_[x]");
    }
}
