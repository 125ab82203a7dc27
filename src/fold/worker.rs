//! Folding: the walk's visitor, and what becomes of its parts.

use super::census::{Census, Gap};
use super::chain::{deferred, is_empty_of_frames};
use super::deferred::{Promises, parse as parse_deferred};
use super::plan::{BehindChain, Plan, behind_chain};
use super::raw_stacks::RawStacks;
use super::readings::Readings;
use super::request::FoldRequest;
use super::split::{SliceCursor, Split};
use super::stacks::Stacks;
use super::table::{StackKey, StackTable, UniqueStack, UserPart};
use crate::bytes::{ByteOrder, u64_at, with_order};
use crate::loss::{Skip, Tally};
use crate::perf::abi::{
    PERF_RECORD_AUX, PERF_RECORD_CALLCHAIN_DEFERRED, PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES,
    PERF_RECORD_SAMPLE,
};
use crate::perf::{
    Attr, Capture, Damage, Event, Length, Record, SampleHead, ScanItem, Sideband, is_sideband,
};
use crate::space::{SidebandItem, TaskEpoch};
use crate::units::{CpuMode, EventIx, Timestamp};

/// What one walk over a capture made.
#[derive(Debug)]
pub struct Folded<'a> {
    /// The stacks of the wanted samples.
    pub stacks: RawStacks<'a>,
    /// Sideband records, in file order.
    pub sideband: Vec<SidebandItem<'a>>,
    /// What was counted besides.
    pub census: Census,
}

/// What a walk made: of all threads, or of some once more.
#[derive(Debug)]
pub(super) struct Walked<'a> {
    pub(super) stacks: Stacks<'a>,
    sideband: Vec<SidebandItem<'a>>,
    census: Census,
}

/// How many gaps are remembered one by one; the bytes of all are counted.
const MAX_GAPS: usize = 1000;

/// The visitor of one part.
#[derive(Debug)]
struct Worker<'a> {
    table: StackTable<'a>,
    /// Items before any timed record carry `None`.
    sideband: Vec<(Option<Timestamp>, u64, Sideband<'a>)>,
    promises: Promises<'a>,
    tally: Tally,
    samples: Vec<u64>,
    slices: Vec<Vec<u64>>,
    slice: SliceCursor,
    times: Option<(Timestamp, Timestamp)>,
    /// Time of the latest record that carried one.
    clock: Option<Timestamp>,
    /// Time of the first record that carried one.
    first_time: Option<Timestamp>,
    gaps: Vec<Gap>,
    /// How many of the gaps lie in regions before this one.
    settled_gaps: usize,
}

/// Folds the wanted samples of a capture and gathers its sideband, in one walk.
pub fn fold<'a>(capture: &'a Capture, request: &FoldRequest) -> Folded<'a> {
    let readings = Readings::of(capture, request.threads);
    let plan = Plan::new(capture, request, &readings);
    let walked = with_order!(capture.endian(), O => walk::<O>(capture, plan));
    let mut census = walked.census;
    census.tally.odd_readings = readings.gone_back;
    census.occurrences = readings.occurrences(census.samples.len());
    Folded {
        stacks: RawStacks::new(walked.stacks, readings),
        sideband: walked.sideband,
        census,
    }
}

pub(super) fn walk<'a, O: ByteOrder>(capture: &'a Capture, plan: Plan<'_>) -> Walked<'a> {
    let threads = plan.threads;
    let make = |last: Option<&mut Worker<'a>>| match last {
        Some(last) => last.go_on(&plan),
        None => Worker::new(&plan),
    };
    let visit = |worker: &mut Worker<'a>, met: ScanItem<'a>| match met {
        ScanItem::Record(record) => worker.visit::<O>(&plan, record),
        ScanItem::Damage(damage) => worker.jump(damage),
    };
    let scan = capture.scan::<O, _, _, _>(threads, make, visit);
    let mut all = Worker::new(&plan);
    for (part, begins_region) in scan.visitors.into_iter().zip(scan.begins_region) {
        if begins_region {
            all.end_region();
        }
        all.append(part);
    }
    all.tally.unknown_records = scan.counts.unknown();
    keep_promises::<O>(capture, &mut all, threads);
    let from_start = |(time, position, sideband): (Option<Timestamp>, u64, _)| SidebandItem {
        time: time.unwrap_or_default(),
        position,
        sideband,
    };
    Walked {
        stacks: all.table.into_stacks(),
        sideband: all.sideband.into_iter().map(from_start).collect(),
        census: Census {
            tally: all.tally,
            samples: all.samples,
            occurrences: Vec::new(),
            slices: all.slices,
            records: scan.counts,
            gaps: all.gaps,
            times: all.times,
        },
    }
}

/// Folds the samples whose user part lies in another part of the walk, or is missing.
fn keep_promises<'a, O: ByteOrder>(capture: &'a Capture, all: &mut Worker<'a>, threads: usize) {
    let cookies = all.promises.cookies();
    if !cookies.is_empty() {
        let visit = |found: &mut Vec<(u64, &'a [u8])>, met: ScanItem<'a>| {
            let ScanItem::Record(record) = met else {
                return;
            };
            if record.header.record_type == PERF_RECORD_CALLCHAIN_DEFERRED {
                let parsed = parse_deferred::<O>(record.body);
                found.extend(parsed.filter(|(cookie, _)| cookies.contains(cookie)));
            }
        };
        let late = capture.scan::<O, _, _, _>(threads, |_| Vec::new(), visit);
        for (cookie, user) in late.visitors.into_iter().flatten() {
            all.promises.keep(cookie, user, &mut all.table);
        }
    }
    let promises = std::mem::take(&mut all.promises);
    all.tally.user_part_missing += promises.break_all(&mut all.table);
}

impl<'a> Worker<'a> {
    fn new(plan: &Plan<'_>) -> Self {
        Self {
            samples: vec![0; plan.events.len()],
            slices: vec![vec![0; plan.split.slices()]; plan.events.len()],
            ..Self::without_counts(plan)
        }
    }

    fn without_counts(plan: &Plan<'_>) -> Self {
        Self {
            table: StackTable::new(plan.mixer),
            sideband: Vec::new(),
            promises: Promises::default(),
            tally: Tally::default(),
            samples: Vec::new(),
            slices: Vec::new(),
            slice: SliceCursor::default(),
            times: None,
            clock: None,
            first_time: None,
            gaps: Vec::new(),
            settled_gaps: 0,
        }
    }

    /// The visitor of another part on the same thread. It takes over what is told apart or counted
    /// once for each thread, whatever the order of the parts.
    fn go_on(&mut self, plan: &Plan<'_>) -> Self {
        let table = StackTable::new(plan.mixer);
        Self {
            table: std::mem::replace(&mut self.table, table),
            samples: std::mem::take(&mut self.samples),
            slices: std::mem::take(&mut self.slices),
            ..Self::without_counts(plan)
        }
    }

    /// Forgets the time: regions lie beside each other in time, not one behind the other.
    fn end_region(&mut self) {
        self.clock = None;
        self.settled_gaps = self.gaps.len();
    }

    /// Adds what the walk of the following part found.
    fn append(&mut self, later: Self) {
        self.table.append(later.table);
        let clock = self.clock;
        let carry = |(time, position, sideband): (Option<Timestamp>, _, _)| {
            (time.or(clock), position, sideband)
        };
        self.sideband.extend(later.sideband.into_iter().map(carry));
        self.tally.add(&later.tally);
        for (sum, count) in self.samples.iter_mut().zip(later.samples) {
            *sum += count;
        }
        let slices = self.slices.iter_mut().flatten();
        for (sum, count) in slices.zip(later.slices.into_iter().flatten()) {
            *sum = sum.saturating_add(count);
        }
        self.times = match (self.times, later.times) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        self.clock = later.clock.or(self.clock);
        self.promises.append(later.promises);
        let open = self.gaps.get_mut(self.settled_gaps..).unwrap_or_default();
        let open = open.iter_mut().rev();
        for gap in open.take_while(|gap| gap.before.is_none()) {
            gap.before = later.first_time;
        }
        let carry = |gap: Gap| Gap {
            after: gap.after.or(clock),
            ..gap
        };
        self.gaps.extend(later.gaps.into_iter().map(carry));
        self.gaps.truncate(MAX_GAPS);
        self.first_time = self.first_time.or(later.first_time);
    }

    fn jump(&mut self, damage: Damage) {
        self.tally.damaged_bytes += damage.len;
        if self.gaps.len() < MAX_GAPS {
            self.gaps.push(Gap {
                damage,
                after: self.clock,
                before: None,
            });
        }
    }

    /// Takes note of a record's time.
    #[inline]
    fn tick(&mut self, time: Timestamp) {
        self.clock = Some(time);
        self.first_time = self.first_time.or(Some(time));
        if self.gaps.last().is_some_and(|gap| gap.before.is_none()) {
            for gap in self
                .gaps
                .iter_mut()
                .rev()
                .take_while(|gap| gap.before.is_none())
            {
                gap.before = Some(time);
            }
        }
    }

    #[inline]
    fn visit<O: ByteOrder>(&mut self, plan: &Plan<'_>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            self.tally.read += 1;
            if let Err(reason) = self.sample::<O>(plan, record) {
                self.tally.skip(reason);
            }
        } else if record.header.record_type == PERF_RECORD_CALLCHAIN_DEFERRED {
            if let Some((cookie, user)) = parse_deferred::<O>(record.body) {
                self.promises.keep(cookie, user, &mut self.table);
            }
        } else if plan.again.is_none() {
            self.sideband::<O>(plan, record);
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(&mut self, plan: &Plan<'_>, record: Record<'a>) -> Result<(), Skip> {
        let ix = record.event.ok_or(Skip::UnknownEvent)?;
        let event = plan.events.get(ix).ok_or(Skip::UnknownEvent)?;
        if record.length != Length::Right {
            self.odd_sample::<O>(event, record)?;
        }
        let time = if plan.by_position {
            Timestamp::from_nanos(record.position)
        } else {
            let time = event.layout.time::<O>(record.body).ok_or(Skip::TooShort)?;
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
            self.tick(time);
            time
        };
        let readings = plan.readings.at(record.position);
        let of_others = readings.iter().filter(|reading| reading.event != ix);
        self.count(ix);
        for reading in of_others.clone() {
            self.count(reading.event);
        }
        if let Split::Slice(slicing) = &plan.split {
            let is_wanted = plan.wants_all || {
                let sample = event.layout.head::<O>(record.body).ok_or(Skip::TooShort)?;
                plan.selection.takes(&sample)
            };
            if is_wanted {
                let slice = self.slice.slice_of(slicing, time);
                self.count_in_slice((ix, 1), slice);
                for reading in of_others {
                    self.count_in_slice((reading.event, reading.period), slice);
                }
            }
        }
        let mut wanted = readings
            .iter()
            .filter(|read| read.event == plan.selection.event);
        let counted = wanted.next().map(|reading| reading.period);
        // Most records of a capture with tracepoints end here: nothing more of them is decoded.
        if ix != plan.selection.event && counted.is_none() {
            self.tally.other_events += 1;
            return Ok(());
        }
        let sample = event.layout.head::<O>(record.body).ok_or(Skip::TooShort)?;
        if !plan.wants_all && !plan.selection.takes(&sample) {
            self.tally.filtered += 1;
            return Ok(());
        }
        let own = || sample.period.unwrap_or_else(|| event.attr.fixed_period());
        let period = counted.unwrap_or_else(own);
        let task_epoch = match plan.again {
            None => None,
            Some((threads, _)) if !threads.contains(&(sample.pid, sample.tid)) => return Ok(()),
            Some((_, timeline)) => Some(timeline.task_epoch(sample.pid, sample.tid, time)),
        };
        self.stack::<O>(
            (plan, &event.attr),
            (record.header.cpu_mode(), period, time),
            &sample,
            task_epoch,
        )
    }

    /// Counts a sample of the wrong length, and tells whether it can be used. Where its fields do not
    /// end with it, one of them is damaged, and nobody knows which.
    #[cold]
    fn odd_sample<O: ByteOrder>(&mut self, event: &Event, record: Record<'a>) -> Result<(), Skip> {
        match record.length {
            Length::Right => Ok(()),
            Length::Mended => {
                self.tally.odd_records += 1;
                Ok(())
            }
            Length::Odd if event.layout.head::<O>(record.body).is_none() => Err(Skip::TooShort),
            Length::Odd => Err(Skip::OddLength),
        }
    }

    /// Adds the stack of a wanted sample.
    #[expect(
        clippy::inline_always,
        reason = "fields of the sample that are not used here are not decoded then"
    )]
    #[inline(always)]
    fn stack<O: ByteOrder>(
        &mut self,
        (plan, attr): (&Plan<'_>, &Attr),
        (mode, period, time): (CpuMode, u64, Timestamp),
        sample: &SampleHead<'a>,
        task_epoch: Option<TaskEpoch>,
    ) -> Result<(), Skip> {
        let chain = sample.chain.unwrap_or_default();
        let is_frameless = is_empty_of_frames::<O>(chain);
        let ip = if is_frameless && !mode.is_guest() {
            sample.ip
        } else {
            0
        };
        let split = self.slice.value(&plan.split, sample.cpu, time);
        let (split, user) =
            if plan.behind_chain == BehindChain::Nothing && plan.split != Split::Cgroup {
                (split, UserPart::InChain)
            } else {
                behind_chain::<O>(plan, attr, (sample, split), mode).ok_or(Skip::TooShort)?
            };
        let (pid, tid) = (sample.pid, sample.tid);
        let key = StackKey {
            pid,
            tid,
            mode,
            ip,
            split,
            task_epoch,
        };
        self.tally.folded += 1;
        let one = UniqueStack {
            key,
            chain,
            user,
            samples: 1,
            period,
            first: time,
            last: time,
        };
        if let Some((chain, cookie)) = deferred::<O>(chain) {
            self.promises.add(cookie, UniqueStack { chain, ..one });
        } else {
            self.table.add(&one);
        }
        Ok(())
    }

    #[inline]
    fn count(&mut self, event: EventIx) {
        if let Some(count) = self.samples.get_mut(event.as_usize()) {
            *count += 1;
        }
    }

    fn count_in_slice(&mut self, (event, occurrences): (EventIx, u64), slice: u32) {
        let slices = self.slices.get_mut(event.as_usize());
        if let Some(count) = slices.and_then(|slices| slices.get_mut(slice as usize)) {
            *count = count.saturating_add(occurrences);
        }
    }

    fn sideband<O: ByteOrder>(&mut self, plan: &Plan<'_>, record: Record<'a>) {
        let Some(event) = plan.events.of_sideband::<O>(record.body) else {
            return;
        };
        let trailer = event.layout.trailer();
        let kind = record.header.record_type;
        if record.length == Length::Odd {
            self.tally.odd_records += 1;
        } else if kind == PERF_RECORD_LOST {
            let lost = u64_at::<O>(record.body, 8).unwrap_or(0);
            self.tally.lost_records = self.tally.lost_records.saturating_add(lost);
        } else if kind == PERF_RECORD_LOST_SAMPLES {
            let lost = u64_at::<O>(record.body, 0).unwrap_or(0);
            self.tally.lost_samples = self.tally.lost_samples.saturating_add(lost);
        } else if kind == PERF_RECORD_AUX {
            let flags = u64_at::<O>(record.body, 16).unwrap_or(0);
            self.tally.truncated_aux += u64::from(flags & AUX_TRUNCATED != 0);
        } else if is_sideband(kind) {
            let time = if plan.by_position {
                Some(Timestamp::from_nanos(record.position))
            } else {
                trailer.time::<O>(record.body).or(self.clock)
            };
            let used = record.body.len().saturating_sub(trailer.len());
            let body = record.body.get(..used).unwrap_or_default();
            match Sideband::parse::<O>(record.header, body) {
                Some(sideband) => self.sideband.push((time, record.position, sideband)),
                None => self.tally.unread_sideband += 1,
            }
        }
    }
}

/// `PERF_AUX_FLAG_TRUNCATED`.
const AUX_TRUNCATED: u64 = 1;
