//! The front half of the pipeline: what there is before anything has a name.

use std::thread;

use hashbrown::HashMap;

use crate::bytes::with_order;
use crate::error::Result;
use crate::fold::{Census, FoldRequest, Folded, Settled, Unwinding};
use crate::name::{FrameDetail, Namer, NamerInput, RecordedBy, VmNaming, proved_builds};
use crate::object::CodeMachine;
use crate::perf::Capture;
use crate::perf::abi::{PERF_SAMPLE_REGS_USER, PERF_SAMPLE_STACK_USER};
use crate::space::Timeline;
use crate::symbol::{DumpClock, EarlyKernel, JitDumps, SymbolRequest};
use crate::units::{BuildId, EventIx};
use crate::unwind::CodeMap;

/// Unique stacks with what was true of their threads, and what was counted on the way.
#[derive(Debug)]
pub(super) struct FrontHalf<'a> {
    /// What was asked of folding.
    pub(super) wanted: FoldRequest,
    pub(super) census: Census,
    pub(super) timeline: Timeline,
    /// None of copied stacks that are to be unwound.
    pub(super) settled: Settled<'a>,
    /// Dumps of code that processes made.
    pub(super) dumps: JitDumps,
}

impl<'a> FrontHalf<'a> {
    /// Goes on from a fold.
    pub(super) fn of(
        capture: &'a Capture,
        wanted: FoldRequest,
        folded: Folded<'a>,
        named: NamedBy<'_>,
    ) -> Self {
        Self::settling(capture, wanted, folded, named, true)
    }

    /// Goes on from a fold to what [`unwinding`] makes: where there are copied stacks, they are folded
    /// once more, and none is settled here.
    pub(super) fn before_unwinding(
        capture: &'a Capture,
        wanted: FoldRequest,
        folded: Folded<'a>,
        named: NamedBy<'_>,
    ) -> Self {
        let is_final = machine_of_copies(capture, wanted.selection.event).is_none();
        Self::settling(capture, wanted, folded, named, is_final)
    }

    fn settling(
        capture: &'a Capture,
        wanted: FoldRequest,
        mut folded: Folded<'a>,
        named: NamedBy<'_>,
        is_final: bool,
    ) -> Self {
        let clock = dump_clock(capture, &folded.census);
        let last = folded.census.times.map(|(_, last)| last);
        let dumps = JitDumps::find(&mut folded.sideband, named.symbols, clock, last);
        let recorded = RecordedBy {
            capture,
            table: named.build_ids,
            times: folded.census.times,
        };
        let proved = proved_builds(recorded, &mut folded.sideband, named.symbols);
        let timeline = Timeline::build_proved(folded.sideband, named.build_ids, &proved);
        let settled = if is_final {
            folded.stacks.settle(capture, &wanted, &timeline)
        } else {
            Settled::default()
        };
        Self {
            wanted,
            census: folded.census,
            timeline,
            settled,
            dumps,
        }
    }

    /// What naming takes of it: plain frames, and no caller that frame pointers only seem to lead to.
    pub(super) fn namer_input<'n>(
        &'n self,
        kernel: EarlyKernel,
        named: NamedBy<'n>,
    ) -> NamerInput<'n> {
        NamerInput {
            timeline: &self.timeline,
            kernel,
            build_ids: named.build_ids,
            times: self.census.times,
            symbols: named.symbols,
            detail: FrameDetail::default(),
            dumps: &self.dumps,
            keep_garbage: false,
            vm_naming: VmNaming::NONE,
        }
    }
}

/// What things are named by.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedBy<'s> {
    /// The capture's build id table, by path.
    pub(super) build_ids: &'s HashMap<String, BuildId>,
    pub(super) symbols: &'s SymbolRequest,
}

impl<'s> NamedBy<'s> {
    pub(super) const fn new(
        build_ids: &'s HashMap<String, BuildId>,
        symbols: &'s SymbolRequest,
    ) -> Self {
        Self { build_ids, symbols }
    }
}

/// How the times of a capture compare with those of dumps.
fn dump_clock(capture: &Capture, census: &Census) -> DumpClock {
    let mut events = capture.events().iter();
    if census.times.is_none() {
        DumpClock::Untimed
    } else if events.all(|(_, event)| event.attr.is_monotonic()) {
        DumpClock::Same
    } else {
        DumpClock::Near
    }
}

/// What unwinds the copied stacks of an event; `None` when its samples hold none of a machine whose
/// stacks can be unwound.
pub(super) fn unwinding<'c>(
    capture: &Capture,
    event: EventIx,
    timeline: &'c Timeline,
    namer: &mut Namer<'c>,
) -> Option<Unwinding<'c>> {
    let machine = machine_of_copies(capture, event)?;
    // What call frame information gives as callers are callers.
    namer.trust_callers();
    let files = namer.code_files();
    let code = CodeMap::new(timeline, machine, move |dso| files.find(dso));
    Some(Unwinding::new(code))
}

/// The machine of the stacks that samples of an event hold copies of; `None` where there are none, or
/// none of a machine whose stacks can be unwound.
fn machine_of_copies(capture: &Capture, event: EventIx) -> Option<CodeMachine> {
    let attr = &capture.events().get(event)?.attr;
    if !attr.samples(PERF_SAMPLE_STACK_USER) || !attr.samples(PERF_SAMPLE_REGS_USER) {
        return None;
    }
    let machine = with_order!(capture.endian(), O => capture.features().machine::<O>());
    CodeMachine::from_name(machine.as_deref()?)
}

/// Does the work, and reads the kernel's symbols at the same time when there is a second thread for
/// it: the kernel takes its time to print them.
///
/// # Errors
/// Those of the work.
pub(super) fn beside_kernel<R>(
    threads: usize,
    build_ids: &HashMap<String, BuildId>,
    symbols: &SymbolRequest,
    work: impl FnOnce() -> Result<R>,
) -> Result<(R, EarlyKernel)> {
    thread::scope(|scope| {
        let read_kernel = || EarlyKernel::read(build_ids, symbols);
        let beside = (threads > 1).then(|| scope.spawn(read_kernel));
        let made = work()?;
        let early = beside.and_then(|beside| beside.join().ok());
        Ok((made, early.unwrap_or_else(read_kernel)))
    })
}

/// The capture's build id table by path, guests' objects left out.
pub(super) fn recorded_build_ids(capture: &Capture) -> HashMap<String, BuildId> {
    let of_host = capture
        .build_ids()
        .iter()
        .filter(|entry| entry.machine.as_i32() <= 0);
    of_host
        .map(|entry| (entry.path.clone(), entry.build_id.clone()))
        .collect()
}
