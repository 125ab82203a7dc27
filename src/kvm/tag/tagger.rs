//! From a stack to its tag.

use std::path::Path;

use hashbrown::HashMap;

use super::event::Trigger;
use super::matcher::Matcher;
use super::rules::UserRules;
use super::scan::{FramePlace, Hint, KnownFrame, WalkFindings};
use super::table::{BuiltInRows, NameRow, Role};
use crate::error::Result;
use crate::perf::Attr;
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable, Tag};
use crate::symbol::base_name;
use crate::units::CpuMode;

/// A stack as the tagger looks at it.
#[derive(Clone, Copy, Debug)]
pub struct StackView<'a> {
    /// Where the frames are kept.
    pub table: &'a FrameTable,
    /// Frames, root first, grouping frames included.
    pub frames: &'a [FrameIx],
    /// The name of the sampled thread.
    pub thread_name: &'a str,
    /// The name of its process, which is that of the main thread; empty when it is not known.
    pub process_name: &'a str,
    /// Whether the thread is the idle task of a CPU (pid 0).
    pub is_idle_task: bool,
    /// Whether another stack of the thread shows that it runs a vCPU, see
    /// `Tagger::marks_vcpu`.
    pub is_vcpu_thread: bool,
    /// The mode that the sample itself records.
    pub leaf_mode: CpuMode,
    /// Whether the sample's call chain holds no address, so that the leaf is the sample's own
    /// instruction pointer.
    pub chain_is_empty: bool,
    /// What the samples themselves recorded; `None` where that tells no tag.
    pub payload_tag: Option<Tag>,
}

/// What a stack is doing, and which frame tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tagged {
    /// The tag.
    pub tag: Tag,
    /// Position in the frames of the deciding one: it and all towards the leaf carry the tag.
    /// Their number when none does, as for host work.
    pub deciding: usize,
}

/// Finds the tag of stacks.
///
/// Remembers what it found out about each frame, so one tagger serves one [`FrameTable`].
#[derive(Clone, Debug)]
pub struct Tagger {
    table: BuiltInRows,
    machine: Option<Box<str>>,
    trigger: Trigger,
    rules: UserRules,
    /// What the tables say about each frame, by its index.
    known: Vec<KnownFrame>,
    /// Where the code of frames runs that tell nothing else, by their index.
    plain: Vec<Option<FramePlace>>,
    /// Whether any of them is of an inlined function.
    has_inlined: bool,
    threads: LookedUpNames,
    processes: LookedUpNames,
}

/// What a table says about names, each looked up once.
#[derive(Clone, Debug, Default)]
struct LookedUpNames {
    known: HashMap<Box<str>, Option<NameRow>>,
    /// What was asked for last: stacks come thread by thread, more or less.
    recent: Option<(Box<str>, Option<NameRow>)>,
}

impl LookedUpNames {
    fn get(&mut self, table: &Matcher<NameRow>, name: &str) -> Option<NameRow> {
        if let Some((recent, row)) = &self.recent
            && **recent == *name
        {
            return *row;
        }
        let known = self.known.get(name).copied();
        let row = known.unwrap_or_else(|| {
            let row = table.get(name);
            self.known.insert(name.into(), row);
            row
        });
        self.recent = Some((name.into(), row));
        row
    }
}

impl Default for Tagger {
    fn default() -> Self {
        Self::new()
    }
}

impl Tagger {
    /// A tagger with the built-in tables of all architectures.
    pub fn new() -> Self {
        Self::for_arch(None)
    }

    /// A tagger with the built-in tables for the machine that `uname -m` names so: some names mean
    /// one thing on one architecture and another on the next.
    pub fn for_arch(machine: Option<&str>) -> Self {
        Self {
            table: BuiltInRows::for_machine(machine),
            machine: machine.map(Into::into),
            trigger: Trigger::default(),
            rules: UserRules::default(),
            known: Vec::new(),
            plain: Vec::new(),
            has_inlined: false,
            threads: LookedUpNames::default(),
            processes: LookedUpNames::default(),
        }
    }

    /// Adds the rows of a rules file, which win over the built-in ones.
    ///
    /// A row is `PATTERN<TAB>TAG`, where the pattern is a function's name, in which one `*` may
    /// stand for anything. A third column, `kernel`, `user` or `any`, limits it to a mode. When
    /// rows match several frames of a stack, the smallest number in a fourth column decides (0 when
    /// there is none), then the frame nearest to the root. Empty lines and lines that start with
    /// `#` are passed over.
    ///
    /// # Errors
    ///
    /// The first line that is no such row; `origin` is named in the message only.
    pub fn add_rules(&mut self, text: &str, origin: &Path) -> Result<()> {
        self.known.clear();
        self.plain.clear();
        self.rules.add(text, origin)
    }

    /// Takes note of the event whose samples the stacks are of; `name` is its name without
    /// modifiers. A tracepoint fires in the host, and some tell by their names what was done.
    pub fn sampled_by(&mut self, name: &str, attr: &Attr) {
        self.trigger = Trigger::of(name, attr, self.machine.as_deref());
    }

    /// Whether the name of the event alone decides the tags.
    pub fn is_decided_by_event(&self) -> bool {
        self.trigger.always().is_some()
    }

    /// Whether the stack shows that its thread runs a vCPU.
    #[cfg(any(test, feature = "internals"))]
    pub fn marks_vcpu_thread(&mut self, view: &StackView<'_>) -> bool {
        self.look_up_all(view.table);
        self.is_vcpu_name(view.thread_name) || view.frames.iter().any(|&ix| self.marks_vcpu(ix))
    }

    /// Whether a frame that was looked up shows that its thread runs a vCPU.
    pub(crate) fn marks_vcpu(&self, ix: FrameIx) -> bool {
        let role = self.known(ix).row.map(|row| row.role);
        matches!(role, Some(Role::Loop | Role::Vcpu))
    }

    /// The tag of a stack. Inlined functions are passed over: whether they are there depends on the
    /// debug files at hand, and a tag must not.
    pub fn tag(&mut self, view: &StackView<'_>) -> Tagged {
        self.look_up_all(view.table);
        let is_inlined = |&ix: &FrameIx| self.known(ix).place == FramePlace::Inlined;
        if !self.has_inlined || !view.frames.iter().any(is_inlined) {
            return self.tag_physical(view);
        }
        let physical = view
            .frames
            .iter()
            .zip(0..)
            .filter(|&(ix, _)| !is_inlined(ix));
        let (frames, places): (Vec<FrameIx>, Vec<usize>) = physical.unzip();
        let tagged = self.tag_physical(&StackView {
            frames: &frames,
            ..*view
        });
        let deciding = places.get(tagged.deciding).copied();
        Tagged {
            deciding: deciding.unwrap_or(view.frames.len()),
            ..tagged
        }
    }

    /// The tag of a stack whose functions were all called.
    fn tag_physical(&mut self, view: &StackView<'_>) -> Tagged {
        let count = view.frames.len();
        let on_vcpu = view.is_vcpu_thread
            || view.leaf_mode.is_guest()
            || (!view.is_idle_task && self.is_vcpu_name(view.thread_name));
        let is_lone = self.is_lone(view);
        let mut found = if is_lone && on_vcpu {
            WalkFindings::of_lone_frame()
        } else {
            WalkFindings::default()
        };
        let mut before = None;
        for (at, &ix) in view.frames.iter().enumerate() {
            let plain = self.plain.get(ix.as_usize()).copied().flatten();
            // Most frames are of long rows of those that tell nothing.
            if plain.is_some() && plain == before {
                continue;
            }
            before = plain;
            let known = self.known(ix);
            let is_leaf = at + 1 == count;
            if known.says_something() {
                found.visit(known, at, is_leaf && self.trigger.reaches_guest());
            } else {
                found.pass(known, at, is_leaf);
            }
        }
        let on_vcpu = on_vcpu || found.vcpu.is_some();
        let first = found.first.unwrap_or(count);
        let (tag, deciding) = if let Some(at) = self.guest_from(view, on_vcpu, first) {
            (Tag::Guest, at)
        } else if let Some(found) = found.rule {
            (found.rule.tag, found.at)
        } else if let Some(tag) = view.payload_tag.or(self.trigger.always()) {
            // What the stack tells is less, but it tells where the vCPU's work begins.
            (
                tag,
                found.best.map_or(count.saturating_sub(1), |best| best.at),
            )
        } else if let Some(tag) = self.trigger.alone().filter(|_| on_vcpu && is_lone) {
            (tag, first)
        } else if let Some(best) = found.best {
            (best.tag, best.at)
        } else if is_lone && on_vcpu {
            lone_on_vcpu_thread(&found, first)
        } else if on_vcpu {
            on_vcpu_thread(&found, view.leaf_mode, first)
        } else if let Some(at) = self.io_from(view, &found, first) {
            (Tag::Io, at)
        } else if view.is_idle_task && !found.interrupted {
            (Tag::Idle, first)
        } else {
            (Tag::Host, count)
        };
        let deciding = if tag == Tag::Host { count } else { deciding };
        Tagged { tag, deciding }
    }

    /// Whether no more than one frame below the grouping ones is there, and it is not user code's:
    /// it tells what the kernel did, but not for what.
    fn is_lone(&self, view: &StackView<'_>) -> bool {
        let place = |at: usize| view.frames.get(at).map(|&ix| self.known(ix).place);
        let place_before = |back: usize| view.frames.len().checked_sub(back).and_then(place);
        match place_before(1) {
            None | Some(FramePlace::Root) => true,
            Some(FramePlace::User | FramePlace::Inlined) => false,
            Some(FramePlace::Kernel | FramePlace::Guest) => {
                place_before(2).is_none_or(|place| place == FramePlace::Root)
            }
        }
    }

    /// From where on the frames stand for guest code; `None` when the sample is not the guest's.
    fn guest_from(&self, view: &StackView<'_>, on_vcpu: bool, first: usize) -> Option<usize> {
        // Arm calls all samples a guest's that are taken while a vCPU is loaded.
        if !self.trigger.reaches_guest() {
            return None;
        }
        if view.leaf_mode.is_guest() {
            let of_guest = |&ix: &FrameIx| view.table.get(ix).mode.is_guest();
            return Some(view.frames.iter().position(of_guest).unwrap_or(first));
        }
        // While a guest runs the kernel records no chain. When the recorder excludes guests, the
        // address is still the host's: where it stands when it takes the interrupt.
        let &leaf = view.frames.last()?;
        let row = self.known(leaf).row?;
        let in_guest_run = matches!(row.role, Role::Run | Role::Loop | Role::Irq)
            || (row.role == Role::Exit || row.role == Role::Inside) && row.tag == Tag::ExitIrq;
        let is_guest = view.chain_is_empty
            && (on_vcpu || row.role == Role::Loop || row.role == Role::Run)
            && in_guest_run;
        is_guest.then(|| view.frames.len() - 1)
    }

    /// From where on the frames are I/O for guests.
    fn io_from(
        &mut self,
        view: &StackView<'_>,
        found: &WalkFindings,
        first: usize,
    ) -> Option<usize> {
        found.io.or_else(|| {
            let (threads, processes) = (&self.table.threads, &self.table.processes);
            let thread = self.threads.get(threads, view.thread_name);
            let row = thread.or_else(|| self.processes.get(processes, view.process_name));
            row.is_some_and(|row| row.role == Role::Io).then_some(first)
        })
    }

    /// Whether a thread of that name runs a vCPU.
    pub(crate) fn is_vcpu_name(&mut self, thread_name: &str) -> bool {
        let row = self.threads.get(&self.table.threads, thread_name);
        row.is_some_and(|row| row.role == Role::Vcpu)
    }

    /// Looks up what the tables say about the frames that have come since the last time.
    pub(crate) fn look_up_all(&mut self, table: &FrameTable) {
        let known = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let frames = u32::try_from(table.len()).unwrap_or(u32::MAX);
        for ix in known..frames {
            let read = self.read(table.get(FrameIx(ix)));
            self.has_inlined |= read.place == FramePlace::Inlined;
            self.known.push(read);
            self.plain.push(read.plain_place());
        }
    }

    /// What the tables say about a frame that was looked up.
    #[inline]
    fn known(&self, ix: FrameIx) -> KnownFrame {
        self.known.get(ix.as_usize()).copied().unwrap_or_default()
    }

    fn read(&self, frame: &Frame) -> KnownFrame {
        let place = match frame.kind {
            FrameKind::Root => FramePlace::Root,
            FrameKind::Guest => FramePlace::Guest,
            FrameKind::Inlined => FramePlace::Inlined,
            FrameKind::Function | FrameKind::Unresolved => FramePlace::of(frame.mode),
        };
        let named = frame.kind == FrameKind::Function;
        let of_name =
            |rows: &Matcher<NameRow>| named.then(|| rows.get(base_name(&frame.name))).flatten();
        let row = match place {
            FramePlace::Root | FramePlace::Guest | FramePlace::Inlined => None,
            FramePlace::Kernel => of_name(&self.table.kernel),
            FramePlace::User => {
                of_name(&self.table.user).or_else(|| self.table.dsos.get(&frame.dso))
            }
        };
        let is_code = matches!(place, FramePlace::User | FramePlace::Kernel);
        let rule = (named && is_code)
            .then(|| self.rules.get(&frame.name, frame.mode))
            .flatten();
        let hint = Hint::of(frame, place);
        KnownFrame {
            row,
            rule,
            place,
            hint,
        }
    }
}

/// The tag of a vCPU thread's stack without a frame of the vCPU loop: user code that serves an
/// exit, what the kernel does for it, or the way to the kernel and back.
fn on_vcpu_thread(found: &WalkFindings, leaf_mode: CpuMode, first: usize) -> (Tag, usize) {
    match (found.syscall, found.unnamed) {
        (Some(at), _) if !found.other_syscall && !found.interrupted => (Tag::Entry, at),
        // Which exit it was has no name: a vCPU's thread is in KVM to run its guest.
        (_, Some(at)) if !found.other_syscall => (Tag::Entry, at),
        // The kernel was at work, but none of its frames was recorded.
        (None, _) if leaf_mode == CpuMode::Kernel && !found.in_kernel => (Tag::Entry, first),
        _ => (Tag::Vmm, found.vcpu.unwrap_or(first)),
    }
}

/// The tag of a vCPU thread's lone kernel frame of which the tables say nothing for the vCPU loop.
/// A vCPU's thread is in the kernel to run its guest, most of the time.
fn lone_on_vcpu_thread(found: &WalkFindings, first: usize) -> (Tag, usize) {
    if found.interrupted {
        (Tag::ExitIrq, first)
    } else if found.io.is_some() && !found.other_syscall {
        (Tag::Io, first)
    } else {
        (Tag::Entry, first)
    }
}
