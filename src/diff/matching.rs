//! Which frames of both sides are the same.

use hashbrown::{HashMap, HashSet};

use super::side::Side;
use crate::kvm::base_name;
use crate::stack::{Frame, FrameIx, FrameKind, Tag};
use crate::units::CpuMode;

/// How frames of both sides are matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Matching {
    /// Names, objects and modes must be equal.
    Exact,
    /// Also code whose name says another thing in another build, kernel or run is the same.
    #[default]
    Loose,
}

/// What makes a frame the same frame. With `is_plain` (folded text) only the name does.
pub(super) fn key_of(frame: &Frame, matching: Matching, is_plain: bool) -> Frame {
    let mut key = frame.clone();
    if is_plain {
        key.dso = "".into();
        key.mode = CpuMode::Unknown;
        key.kind = FrameKind::Function;
    }
    if matching == Matching::Loose {
        key.name = loose_name(frame, is_plain).into();
        key.dso = match frame.kind {
            // The name tells the function; its object goes by many names (`[kvm]`, `kvm.ko.xz`).
            FrameKind::Function => "".into(),
            FrameKind::Root | FrameKind::Unresolved | FrameKind::Guest => {
                loose_object(&key.dso).into()
            }
        };
    }
    key
}

fn loose_name(frame: &Frame, is_plain: bool) -> String {
    let name: &str = &frame.name;
    if is_address(name) {
        return "[unknown]".to_owned();
    }
    match frame.kind {
        FrameKind::Root => without_number(name).to_owned(),
        FrameKind::Unresolved => match bracketed(name) {
            Some(object) => format!("[{}]", loose_object(object)),
            None => name.to_owned(),
        },
        FrameKind::Guest => name.to_owned(),
        FrameKind::Function => {
            let base = base_name(without_rust_hash(name));
            if is_plain {
                // Folded text does not tell which names are of processes.
                let base = without_number(base);
                return bracketed(base).map_or_else(
                    || base.to_owned(),
                    |object| format!("[{}]", loose_object(object)),
                );
            }
            base.to_owned()
        }
    }
}

fn bracketed(name: &str) -> Option<&str> {
    name.strip_prefix('[')?.strip_suffix(']')
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

/// The name of a process or thread without what differs from run to run: a pid (`qemu-4711`,
/// `vhost-4711`, `:4711`), a kernel worker's number (`kworker/u2:0-kvm`).
fn without_number(name: &str) -> &str {
    if name.starts_with("kworker/") {
        return "kworker";
    }
    if let Some(pid) = name.strip_prefix(':')
        && !pid.is_empty()
        && pid.bytes().all(|byte| byte.is_ascii_digit())
    {
        return ":";
    }
    match name.rsplit_once('-') {
        Some((plain, number))
            if !plain.is_empty()
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            plain
        }
        Some(_) | None => name,
    }
}

/// An object's name without path, brackets, version and compression: `libc-2.36.so`, `libc.so.6`
/// and `/lib/libc.so` are `libc`; `kvm-intel.ko.xz` and `[kvm_intel]` are `kvm_intel`.
fn loose_object(dso: &str) -> String {
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

/// Where each stack's first frame is that does not tell which CPU was idle: the boot CPU comes to
/// `cpu_startup_entry` by `start_kernel` and `rest_init`, all others by `start_secondary`. Kernel
/// frames before it are of no concern.
pub(super) fn idle_entry(side: &Side, frames: &[FrameIx]) -> usize {
    let is_entry = |&ix: &FrameIx| {
        let frame = side.frames.get(ix);
        frame.mode == CpuMode::Kernel && &*frame.name == "cpu_startup_entry"
    };
    frames.iter().position(is_entry).unwrap_or(0)
}

/// Callers and callees of the vCPU loop's kernel frames on one side, by key.
#[derive(Debug, Default)]
struct Edges {
    /// (caller, callee)
    calls: HashSet<(FrameIx, FrameIx)>,
    /// (caller, frame, callee): samples.
    through: HashMap<(FrameIx, FrameIx, FrameIx), u64>,
    /// All frames.
    seen: HashSet<FrameIx>,
}

impl Edges {
    /// `united` gives each of the side's frames its key's index.
    fn of(side: &Side, united: &[FrameIx]) -> Self {
        let mut edges = Self::default();
        let key = |ix: FrameIx| united.get(ix.as_usize()).copied().unwrap_or(ix);
        for stack in &side.stacks {
            let frames = side.frames_of(stack);
            edges.seen.extend(frames.iter().map(|&ix| key(ix)));
            for pair in frames.windows(2) {
                edges.calls.insert((key(pair[0]), key(pair[1])));
            }
            for three in frames.windows(3) {
                let is_kernel = |ix: FrameIx| side.frames.get(ix).mode == CpuMode::Kernel;
                if stack.tag != Tag::Host && three.iter().all(|&ix| is_kernel(ix)) {
                    let path = (key(three[0]), key(three[1]), key(three[2]));
                    *edges.through.entry(path).or_insert(0) += stack.samples;
                }
            }
        }
        edges
    }

    /// Kernel frames that this side shows between callers and callees which call each other
    /// directly on the other side, where the frame never occurs: there the compiler inlined the
    /// function, or it is tail-called away. Most of the frame's samples must agree.
    fn absent_in(&self, other: &Self) -> HashSet<FrameIx> {
        let mut votes: HashMap<FrameIx, (u64, u64)> = HashMap::new();
        // Sums do not depend on the order.
        for (&(caller, frame, callee), &samples) in &self.through {
            if !other.seen.contains(&frame) {
                let (with, all) = votes.entry(frame).or_default();
                *all += samples;
                if other.calls.contains(&(caller, callee)) {
                    *with += samples;
                }
            }
        }
        let agreed = votes.into_iter().filter(|&(_, (with, all))| with * 2 > all);
        agreed.map(|(frame, _)| frame).collect()
    }
}

/// Frames to leave out of each side where others follow them; see [`Edges::absent_in`].
pub(super) fn inlined_elsewhere(
    sides: [&Side; 2],
    united: [&[FrameIx]; 2],
) -> [HashSet<FrameIx>; 2] {
    let [before, after] = [
        Edges::of(sides[0], united[0]),
        Edges::of(sides[1], united[1]),
    ];
    [before.absent_in(&after), after.absent_in(&before)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: FrameKind, name: &str) -> String {
        let frame = Frame {
            name: name.into(),
            dso: "".into(),
            mode: CpuMode::User,
            kind,
        };
        loose_name(&frame, false)
    }

    #[test]
    fn what_a_build_or_a_run_adds_to_names_is_ignored() {
        let function = |text| name(FrameKind::Function, text);
        assert_eq!(function("kvm_fast_pio.isra.0.cold"), "kvm_fast_pio");
        assert_eq!(function("a::b::h0123456789abcdef"), "a::b");
        assert_eq!(function("a::hash"), "a::hash");
        assert_eq!(function("0xffffffff81000000"), "[unknown]");
        assert_eq!(name(FrameKind::Root, "qemu-4711"), "qemu");
        assert_eq!(name(FrameKind::Root, ":4711"), ":");
        assert_eq!(name(FrameKind::Root, "kworker/u2:0-kvm"), "kworker");
        assert_eq!(name(FrameKind::Root, "CPU 0/KVM"), "CPU 0/KVM");
        assert_eq!(name(FrameKind::Unresolved, "[libc-2.36.so]"), "[libc]");
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
}
