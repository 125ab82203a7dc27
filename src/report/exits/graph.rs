//! Exits as a flame graph: VM, vCPU, reason, register, and where the time went.
//!
//! ```text
//! qemu-system-x86 ─ vCPU 0 ─ IO_INSTRUCTION ─ port 0x608 read · acpi-tmr (…) ─┬─ [kernel]
//!                          │                                                  └─ [vmm]
//!                          └ HLT ───────────────────────────────────────────── [halted]
//! ```
//! Behind `[kernel]` come the functions of the stack that stands for the exit's time there, if stacks
//! were recorded.
//! The width of an exit is the time from `kvm_exit` to the entry that follows. Its stack carries the tag
//! of what it reaches from the reason on.

use hashbrown::HashMap;

use super::answer::ExitAnswer;
use super::graph_row::{ExitCell, ExitPlace, ReachedPlace, RowValues, WidthSums};
use super::kernel_handler::handler_of;
use super::labels::ExitLabels;
use super::shares::ExitShares;
use crate::kvm::exit::{
    Access, Dimension, DimensionValue, Direction, ExitReason, ReasonNames, Target, Task, TimeParts,
    TimeSlices,
};
use crate::stack::{CallTree, Frame, FrameIx, FrameKind, FrameTable, Tag, TaggedStack};
use crate::text::{NANOSECONDS, counted, quantity};
use crate::units::{CpuMode, Pid};

/// What the width of a box stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitWidth {
    /// The time until the guest went on, in nanoseconds. Exits of unknown end have none.
    Time,
    /// The number of exits.
    Count,
}

/// What is drawn of exits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitGraphRequest {
    /// What the width of a box stands for.
    pub width: ExitWidth,
    /// Whether the guest's instruction pointer is the leaf.
    pub has_guest_leaf: bool,
    /// Whether time in the kernel is told apart by stacks.
    pub has_kernel_stacks: bool,
    /// The slices of time by which exits are told apart; `None` where they are not.
    pub slices: Option<TimeSlices>,
}

/// A stack of exits.
#[derive(Clone, Debug)]
pub struct ExitStack {
    /// Its frames, root first.
    pub frames: Vec<FrameIx>,
    /// What the exits are about: the reason and all behind it carry it.
    pub tag: Tag,
    /// The vCPU; `None` where it is not told.
    pub vcpu: Option<Task>,
    /// Where the time went.
    pub place: ExitPlace,
    /// The slice of time in which the exits began; 0 unless they are told apart by it.
    pub slice: u64,
    /// How many exits it stands for. Exits whose time went to several places are shared out by it, so
    /// that each counts once in sums, and none for more than it tells.
    pub exits: u64,
    /// Its width.
    pub weight: u64,
}

impl ExitStack {
    /// The same as the call tree takes it.
    pub fn tagged(&self) -> TaggedStack<'_> {
        TaggedStack {
            frames: &self.frames,
            tag: self.tag,
            deciding: DECIDING,
            weight: self.weight,
        }
    }
}

/// Exits as stacks.
#[derive(Debug)]
pub struct ExitGraph {
    /// The frames.
    pub frames: FrameTable,
    /// Their stacks, in no particular order.
    pub stacks: Vec<ExitStack>,
    /// What the weights count: `ns` or `exits`.
    pub unit: String,
    /// Weight by tag, in display order.
    pub totals: Vec<(Tag, u64)>,
    /// The same exits by what they reach; empty unless they are told apart by slices of time.
    pub cells: Vec<ExitCell>,
    /// What is said below the title.
    pub subtitle: String,
    /// Exits without width, because it is not known when they ended.
    pub untimed: u64,
    /// Whether the name of a device is an assumption.
    pub has_assumption: bool,
}

impl ExitGraph {
    /// The call tree of all stacks.
    pub fn tree(&self) -> CallTree {
        CallTree::build(&self.frames, self.stacks.iter().map(ExitStack::tagged))
    }
}

/// What exits must be told apart by for a graph: all of them, and those that reach something.
pub fn graph_views(request: ExitGraphRequest) -> Vec<Vec<Dimension>> {
    let mut all = vec![Dimension::Vm, Dimension::Vcpu, Dimension::Reason];
    if request.has_guest_leaf {
        all.push(Dimension::Rip);
    }
    if request.has_kernel_stacks {
        all.push(Dimension::KernelStack);
    }
    all.extend(request.slices.map(Dimension::Slice));
    let mut reaching = all.clone();
    reaching.push(Dimension::Register);
    vec![all, reaching]
}

/// Draws exits that were told apart by [`graph_views`], and perhaps by others.
pub fn exit_graph(answer: ExitAnswer<'_>, request: ExitGraphRequest) -> ExitGraph {
    let recorded = answer.recorded;
    let mut making = Making {
        labels: ExitLabels::of(recorded, answer.devices, answer.guests),
        names: ReasonNames::new(&recorded.formats),
        request,
        frames: FrameTable::default(),
        stacks: Vec::new(),
        cells: Vec::new(),
        has_assumption: false,
    };
    making.add_all(&answer);
    let Making {
        frames,
        stacks,
        cells,
        has_assumption,
        ..
    } = making;
    let weight_of = |tag: Tag| {
        let of_tag = stacks.iter().filter(|stack| stack.tag == tag);
        of_tag.fold(0_u64, |sum, stack| sum.saturating_add(stack.weight))
    };
    let totals = Tag::ALL.into_iter().map(|tag| (tag, weight_of(tag)));
    let totals: Vec<(Tag, u64)> = totals.filter(|&(_, weight)| weight > 0).collect();
    let counts = recorded.survey.counts();
    let subtitle = format!(
        "{} in {}",
        counted(counts.exits, "exit"),
        quantity(recorded.span_ns, NANOSECONDS)
    );
    let untimed = match request.width {
        ExitWidth::Time => counts.exits.saturating_sub(counts.paired),
        ExitWidth::Count => 0,
    };
    ExitGraph {
        unit: match request.width {
            ExitWidth::Time => NANOSECONDS.to_owned(),
            ExitWidth::Count => "exits".to_owned(),
        },
        frames,
        stacks,
        totals,
        cells,
        subtitle,
        untimed,
        has_assumption,
    }
}

/// The position of the reason in a stack, behind VM and vCPU.
const DECIDING: usize = 2;

/// A graph that is being made.
struct Making<'r> {
    labels: ExitLabels<'r>,
    names: ReasonNames,
    request: ExitGraphRequest,
    frames: FrameTable,
    stacks: Vec<ExitStack>,
    cells: Vec<ExitCell>,
    has_assumption: bool,
}

impl Making<'_> {
    fn add_all(&mut self, answer: &ExitAnswer<'_>) {
        let views = graph_views(self.request);
        let survey = &answer.recorded.survey;
        let mut found = views.iter().filter_map(|view| survey.view(view));
        let (Some(all), Some(reaching)) = (found.next(), found.next()) else {
            return;
        };
        let mut rest: HashMap<&[DimensionValue], WidthSums> = HashMap::new();
        let rows = all.rows();
        for row in &rows {
            rest.insert(row.values, WidthSums::of(row.stats));
        }
        for row in reaching.rows() {
            let Some((_, shared)) = row.values.split_last() else {
                continue;
            };
            if let Some(left) = rest.get_mut(shared) {
                *left = left.without(row.stats);
            }
            self.add(answer, &RowValues::of(row.values), WidthSums::of(row.stats));
        }
        for row in &rows {
            let left = rest.get(row.values).copied().unwrap_or_default();
            self.add(answer, &RowValues::of(row.values), left);
        }
    }

    fn add(&mut self, answer: &ExitAnswer<'_>, row: &RowValues, sums: WidthSums) {
        let Some(reason) = row.reason.filter(|_| sums.exits > 0) else {
            return;
        };
        if self.request.slices.is_some() {
            self.add_cell(row, reason, sums);
        }
        let mut names = vec![
            self.vm(row),
            self.vcpu(answer, row),
            self.labels.reason(reason),
        ];
        names.extend(row.access.map(|access| self.register(row.vm, access)));
        let stack: Vec<FrameIx> = names
            .iter()
            .map(|name| self.frame(name, FrameKind::Root))
            .collect();
        let tag = tag_of_exit(&self.names, reason, row.access);
        let TimeParts {
            kernel,
            vmm,
            off_cpu,
            polled,
            blocked,
        } = sums.parts;
        let ends = match self.request.width {
            ExitWidth::Count => vec![(ExitPlace::Any, sums.exits)],
            ExitWidth::Time => vec![
                (ExitPlace::Kernel, kernel),
                (ExitPlace::Vmm, vmm),
                (ExitPlace::OffCpu, off_cpu),
                (ExitPlace::Polling, polled),
                (ExitPlace::Halted, blocked),
            ],
        };
        let handler = handler_of(answer.kernel_stacks, row.kernel_stack).iter();
        let handler = handler.map(|name| self.frame(name, FrameKind::Function));
        let handler: Vec<FrameIx> = handler.collect();
        let leaf = self.guest_leaf(row);
        let mut shares = ExitShares::new(sums.exits, ends.iter().map(|&(_, weight)| weight));
        for (place, weight) in ends.into_iter().filter(|&(_, weight)| weight > 0) {
            let mut frames = stack.clone();
            let frame = place.frame();
            frames.extend(frame.map(|name| self.frame(name, FrameKind::Root)));
            if matches!(place, ExitPlace::Kernel | ExitPlace::Any) {
                frames.extend_from_slice(&handler);
            }
            frames.extend(leaf.as_ref().map(|leaf| self.frame(leaf, FrameKind::Guest)));
            self.stacks.push(ExitStack {
                frames,
                tag,
                vcpu: row.vcpu,
                place,
                slice: row.slice,
                exits: shares.next(weight),
                weight,
            });
        }
    }

    /// The guest's function at the instruction pointer, else that itself.
    fn guest_leaf(&self, row: &RowValues) -> Option<String> {
        let rip = row.rip?;
        let function = self.labels.guest_function(row.vm, rip);
        Some(function.unwrap_or_else(|| format!("guest {rip:#x}")))
    }

    fn add_cell(&mut self, row: &RowValues, reason: ExitReason, sums: WidthSums) {
        let device = |access| {
            let device = self.labels.device(row.vm, access)?;
            let doubt = if device.origin.is_assumption() {
                " ?"
            } else {
                ""
            };
            Some(format!("{device}{doubt}"))
        };
        self.cells.push(ExitCell {
            vcpu: row.vcpu,
            reason: self.labels.reason(reason),
            reached: row.access.map(|access| ReachedPlace {
                target: access.target,
                direction: access.direction,
                name: ExitLabels::target(access.target),
                device: device(access).unwrap_or_default(),
            }),
            slice: row.slice,
            exits: sums.exits,
            nanos: sums.parts.handled(),
        });
    }

    fn frame(&mut self, name: &str, kind: FrameKind) -> FrameIx {
        self.frames.intern(Frame {
            name: name.into(),
            dso: "".into(),
            // Functions are those of the kernel that handles an exit.
            mode: if kind == FrameKind::Function {
                CpuMode::Kernel
            } else {
                CpuMode::Unknown
            },
            kind,
            line: None,
        })
    }

    /// The VM by its name, with its pid where there are several.
    fn vm(&self, row: &RowValues) -> String {
        let Some(pid) = row.vm else {
            return "VM".to_owned();
        };
        match self.labels.vm_name(pid) {
            Some(name) if self.labels.has_several_vms() => format!("{name} {pid}"),
            Some(name) => name.to_owned(),
            None => format!("VM {pid}"),
        }
    }

    /// The vCPU: its number, where none was recorded its thread's name.
    fn vcpu(&self, answer: &ExitAnswer<'_>, row: &RowValues) -> String {
        let Some(task) = row.vcpu else {
            return "vCPU".to_owned();
        };
        let number = self.labels.vcpu(task).and_then(|vcpu| vcpu.vcpu);
        match (number, answer.recorded.names.get(&task.tid)) {
            (Some(number), _) => format!("vCPU {number}"),
            (None, Some(name)) => name.clone(),
            (None, None) => format!("thread {}", task.tid),
        }
    }

    /// What is reached, which way, and what is there, with a question mark where that is assumed. Pages of guest memory are not told apart.
    fn register(&mut self, vm: Option<Pid>, access: Access) -> String {
        if let Target::Fault(_) = access.target {
            return "guest memory".to_owned();
        }
        let mut text = ExitLabels::target(access.target);
        if matches!(access.direction, Direction::Read | Direction::Write) {
            text.push(' ');
            text.push_str(access.direction.as_str());
        }
        if let Some(device) = self.labels.device(vm, access) {
            text.push_str(" · ");
            text.push_str(&device.to_string());
            if device.origin.is_assumption() {
                text.push_str(" ?");
                self.has_assumption = true;
            }
        }
        text
    }
}

/// What an exit is about: the device decides over the reason, as in stacks.
pub(in crate::report) fn tag_of_exit(
    names: &ReasonNames,
    reason: ExitReason,
    access: Option<Access>,
) -> Tag {
    match access.map(|access| access.target) {
        Some(target) if target.is_apic_of(reason) => Tag::ExitApic,
        Some(Target::Mmio(_)) => Tag::ExitMmio,
        Some(
            Target::Apic(_)
            | Target::Port(_)
            | Target::Msr(_)
            | Target::Cpuid(..)
            | Target::Hypercall(..)
            | Target::HostInterrupt(_)
            | Target::GuestInterrupt(_)
            | Target::Fault(_),
        )
        | None => names.tag(reason),
    }
}
