//! What folding makes of one part of the walk.

use std::sync::Arc;

use super::census::TimeSpan;
use super::chain::{deferred, is_empty_of_frames};
use super::deferred::{Promises, parse as parse_deferred};
use super::gaps::WalkClock;
use super::plan::{Keep, Plan};
use super::raw_sideband::RawSideband;
use super::split::SliceCursor;
use super::stitched::StitchedCalls;
use super::table::StackTable;
use super::unique_stack::{StackKey, UniqueStack, UserPart};
use super::unwinder::Unwinder;
use super::wanted_sample::WantedSample;
use crate::bytes::{ByteOrder, u64_at};
use crate::loss::{Skip, Tally};
use crate::perf::abi::{
    PERF_RECORD_AUX, PERF_RECORD_CALLCHAIN_DEFERRED, PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES,
    PERF_RECORD_SAMPLE,
};
use crate::perf::{Damage, Event, Length, Record, Sideband, is_sideband};
use crate::units::{Avma, RecordOrder, ThreadId, Timestamp};

/// What folding makes of one part of the walk.
#[derive(Debug)]
pub(super) struct FoldedPart<'a> {
    pub(super) table: StackTable<'a>,
    pub(super) sideband: Vec<RawSideband<'a>>,
    pub(super) promises: Promises<'a>,
    pub(super) tally: Tally,
    /// How many samples the same thread read in parts before.
    read_before: u64,
    /// How many those parts are.
    parts_before: usize,
    pub(super) samples: Vec<u64>,
    pub(super) slices: Vec<Vec<u64>>,
    pub(super) slice: SliceCursor,
    /// Whether the latest sample was of another event than the wanted one: more of them may follow.
    pub(super) is_among_others: bool,
    /// Unwinds copied stacks; `None` when none are to be unwound yet.
    unwinder: Option<Unwinder<'a>>,
    /// Open calls that were joined; `None` when none are to be.
    stitched: Option<Arc<StitchedCalls<'a>>>,
    pub(super) times: TimeSpan,
    pub(super) clock: WalkClock,
}

impl<'a> FoldedPart<'a> {
    pub(super) fn new(plan: &Plan<'_>, keep: &Keep<'a>) -> Self {
        Self {
            unwinder: keep.code.map(Unwinder::new),
            stitched: keep.stitched.clone(),
            samples: vec![0; plan.events.len()],
            slices: vec![vec![0; plan.slices()]; plan.events.len()],
            ..Self::without_counts(StackTable::keeping(plan, keep))
        }
    }

    fn without_counts(table: StackTable<'a>) -> Self {
        Self {
            table,
            sideband: Vec::new(),
            promises: Promises::default(),
            tally: Tally::default(),
            read_before: 0,
            parts_before: 0,
            samples: Vec::new(),
            slices: Vec::new(),
            slice: SliceCursor::default(),
            is_among_others: false,
            unwinder: None,
            stitched: None,
            times: TimeSpan::default(),
            clock: WalkClock::default(),
        }
    }

    /// Begins the next part that the same thread takes up. The table and the sums move on,
    /// because the order of the parts does not matter to them; what is in order stays behind. The
    /// thread will walk so many `parts` in all.
    pub(super) fn go_on(&mut self, parts: usize) -> Self {
        let table = self.table.another();
        let mut table = std::mem::replace(&mut self.table, table);
        let parts_before = self.parts_before + 1;
        table.expect(parts.saturating_sub(parts_before), parts_before);
        Self {
            read_before: self.read_before + self.tally.read,
            parts_before,
            samples: std::mem::take(&mut self.samples),
            slices: std::mem::take(&mut self.slices),
            unwinder: self.unwinder.take(),
            stitched: self.stitched.take(),
            ..Self::without_counts(table)
        }
    }

    /// Goes on with a region of the file that does not follow on the one before in time.
    pub(super) fn end_region(&mut self) {
        self.clock.end_region();
    }

    /// Whether few of the samples had stacks that were new.
    pub(super) fn keeps_few(&self) -> bool {
        let read = self.read_before + self.tally.read;
        self.table.len() as u64 <= read / 8
    }

    /// Adds what the walk of the following part found.
    pub(super) fn append(&mut self, later: Self) {
        self.table.append(later.table);
        let clock = self.clock.latest().map(RecordOrder::of_time);
        let carry = |item: RawSideband<'a>| RawSideband {
            order: item.order.or(clock),
            ..item
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
        self.times.join(later.times);
        self.clock.append(later.clock);
        self.promises.append(later.promises);
    }

    pub(super) fn jump(&mut self, damage: Damage) {
        self.tally.damaged_bytes += damage.len;
        self.clock.jump(damage);
    }

    #[inline]
    pub(super) fn record<O: ByteOrder>(&mut self, plan: &Plan<'_>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            self.read_sample::<O>(plan, record, record.body);
        } else if record.header.record_type == PERF_RECORD_CALLCHAIN_DEFERRED {
            if let Some((cookie, user)) = parse_deferred::<O>(record.body) {
                self.promises.keep(cookie, user, &mut self.table);
            }
        } else if plan.again.is_none() {
            self.sideband::<O>(plan, record);
        }
    }

    /// Takes a sample whose body is at hand.
    pub(super) fn read_sample<O: ByteOrder>(
        &mut self,
        plan: &Plan<'_>,
        record: Record<'a>,
        at_hand: &[u8],
    ) {
        self.tally.read += 1;
        if let Err(reason) = self.sample::<O>(plan, record, at_hand) {
            self.tally.skip(reason);
        }
    }

    fn sample<O: ByteOrder>(
        &mut self,
        plan: &Plan<'_>,
        record: Record<'a>,
        at_hand: &[u8],
    ) -> Result<(), Skip> {
        let ix = record.event.ok_or(Skip::UnknownEvent)?;
        let event = plan.events.get(ix).ok_or(Skip::UnknownEvent)?;
        if record.length != Length::Right {
            self.odd_sample::<O>(event, record)?;
        }
        let order = if plan.by_position {
            RecordOrder::of_position(record.position)
        } else {
            RecordOrder::of_time(self.time_of::<O>(event, at_hand)?)
        };
        let readings = plan.readings.at(record.position);
        self.count(ix, readings);
        if let Some(slicing) = &plan.slicing {
            let is_wanted = plan.wants_all || {
                let sample = event.layout.head::<O>(at_hand).ok_or(Skip::TooShort)?;
                plan.selection.takes(&sample)
            };
            if is_wanted {
                self.count_at(order, slicing, ix, readings);
            }
        }
        let mut counted = readings.iter();
        let counted = counted.find(|reading| reading.event == plan.selection.event);
        let counted = counted.map(|reading| reading.period);
        if ix != plan.selection.event && counted.is_none() {
            self.tally.other_events += 1;
            return Ok(());
        }
        let sample = event.layout.head::<O>(at_hand).ok_or(Skip::TooShort)?;
        if !plan.wants_all && !plan.selection.takes(&sample) {
            self.tally.filtered += 1;
            return Ok(());
        }
        let own = || sample.period.unwrap_or_else(|| event.attr.fixed_period());
        let period = counted.unwrap_or_else(own);
        let thread = ThreadId {
            pid: sample.pid,
            tid: sample.tid,
        };
        let task_epoch = match plan.again {
            None => None,
            Some(again) if !again.folds(thread) => return Ok(()),
            Some(again) => Some(again.timeline.task_epoch(thread, order)),
        };
        let wanted = WantedSample {
            head: &sample,
            at_hand,
            body: record.body,
            attr: &event.attr,
            mode: record.header.cpu_mode(),
            position: record.position,
            period,
            order,
            task_epoch,
        };
        self.stack::<O>(plan, &wanted)
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
        plan: &Plan<'_>,
        wanted: &WantedSample<'_, 'a>,
    ) -> Result<(), Skip> {
        let &WantedSample {
            head, mode, order, ..
        } = wanted;
        let at_hand = head.chain.unwrap_or_default();
        let chain = wanted.own(at_hand);
        let is_frameless = is_empty_of_frames::<O>(at_hand);
        let ip = if is_frameless && (!mode.is_guest() || plan.keeps_guest_addresses) {
            head.ip
        } else {
            0
        };
        let mut split = plan.split.value(head.cpu);
        let (mut user, mut copy) = (UserPart::InChain, None);
        if let Some(behind) = &plan.behind_chain {
            let rest = behind.read::<O>(wanted.attr, wanted.own(head.tail), mode);
            let rest = rest.ok_or(Skip::TooShort)?;
            split = rest.cgroup.unwrap_or(split);
            user = wanted.user_part::<O>(rest.user, self.stitched.as_deref());
            copy = rest.copy;
        }
        let key = StackKey {
            pid: head.pid,
            tid: head.tid,
            mode,
            ip: Avma::new(ip),
            split,
            payload_class: plan.payload_class::<O>(wanted.attr, head.tail),
            task_epoch: wanted.task_epoch,
        };
        self.tally.folded += 1;
        let mut one = UniqueStack {
            key,
            chain,
            user,
            samples: 1,
            period: wanted.period,
            first: order,
            last: order,
            cpu: head.cpu.filter(|_| plan.keeps_samples),
        };
        let unwinder = self.unwinder.as_mut().zip(copy);
        if let Some(chain) = unwinder.and_then(|(unwinder, copy)| {
            unwinder.unwind::<O>(wanted.attr.regs_user, &copy, &mut one, at_hand)
        }) {
            self.table.add_at_hand(&one, chain);
        } else if let Some((chain, cookie)) = deferred::<O>(at_hand) {
            let chain = wanted.own(chain);
            self.promises.add(cookie, UniqueStack { chain, ..one });
        } else {
            self.table.add_at_hand(&one, at_hand);
        }
        Ok(())
    }

    /// The time of a sample; the walk has come to it.
    #[inline]
    fn time_of<O: ByteOrder>(&mut self, event: &Event, at_hand: &[u8]) -> Result<Timestamp, Skip> {
        let time = event.layout.time::<O>(at_hand).ok_or(Skip::TooShort)?;
        self.times.add(time);
        self.clock.tick(time);
        Ok(time)
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
            let time = trailer.time::<O>(record.body).or(self.clock.latest());
            let order = plan.order_of(&record, time);
            let used = record.body.len().saturating_sub(trailer.len());
            let body = record.body.get(..used).unwrap_or_default();
            match Sideband::parse::<O>(record.header, body) {
                Some(sideband) => self.sideband.push(RawSideband {
                    order,
                    position: record.position,
                    sideband,
                }),
                None => self.tally.unread_sideband += 1,
            }
        }
    }
}

/// `PERF_AUX_FLAG_TRUNCATED`.
const AUX_TRUNCATED: u64 = 1;
