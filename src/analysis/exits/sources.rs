//! Which events of a capture are tracepoints that matter, and how they are decoded.

use hashbrown::HashSet;

use crate::bytes::ByteOrder;
use crate::kvm::exit::{Decoder, Recorded, ThreadEvent, UsualRole};
use crate::perf::abi::{PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_RAW};
use crate::perf::{Capture, Event, Events, PlainLayout, PlainSample, SampleAtHand, UniformSamples};
use crate::tracepoint::{FormatOrigin, Formats};
use crate::units::EventIx;

/// How the samples of an event are decoded.
#[derive(Debug)]
pub(super) struct TracepointSource {
    pub(super) decoder: Decoder,
    /// Whether samples carry what was recorded.
    pub(super) has_payload: bool,
    /// Where the fields of its samples lie, when it is one of those that most records are, and they
    /// lie at the same places in all of them.
    usual: Option<PlainLayout>,
}

/// A sample of a tracepoint that most records are.
#[derive(Debug)]
pub(super) struct UsualSample<'r> {
    pub(super) sample: PlainSample<'r>,
    pub(super) event: ThreadEvent,
}

/// The events of a capture that are tracepoints of exits.
#[derive(Debug)]
pub(in crate::analysis) struct Sources<'c> {
    pub(in crate::analysis) events: &'c Events,
    /// By [`EventIx`]; `None` for all other events.
    by_event: Vec<Option<TracepointSource>>,
    /// Those that most records are; `None` where their samples do not lie alike.
    pub(super) uniform: Option<UniformSamples>,
    pub(super) recorded: Recorded,
    /// Names of tracepoints whose layout is an assumption, since the capture does not carry it.
    pub(super) assumed: Vec<String>,
    /// Names of tracepoints of which not every occurrence was recorded.
    pub(super) sampled: Vec<String>,
    /// Whether their samples carry call chains, which take longer to record.
    pub(super) has_chains: bool,
    /// Whether it is to be told which thread was seen first on each CPU.
    pub(super) tells_first: bool,
}

impl<'c> Sources<'c> {
    pub(in crate::analysis) fn of(capture: &'c Capture, formats: &Formats) -> Self {
        let mut sources = Self {
            events: capture.events(),
            by_event: Vec::new(),
            uniform: None,
            recorded: Recorded::default(),
            assumed: Vec::new(),
            sampled: Vec::new(),
            has_chains: false,
            tells_first: false,
        };
        let mut seen = HashSet::new();
        for (_, event) in capture.events().iter() {
            // A tracepoint that two events name was recorded twice.
            let is_first = event.attr.is_tracepoint() && seen.insert(event.attr.config);
            let source = is_first.then(|| sources.source(event, formats)).flatten();
            sources.by_event.push(source);
        }
        sources.uniform = UniformSamples::of(sources.events, |event| {
            let source = sources.get(event);
            source.is_some_and(|source| source.usual.is_some())
        });
        sources
    }

    fn source(&mut self, event: &Event, formats: &Formats) -> Option<TracepointSource> {
        let format = formats.get(formats.by_id(event.attr.config)?)?;
        let decoder = Decoder::of(format)?;
        decoder.add_to(&mut self.recorded);
        if format.origin != FormatOrigin::Recorded {
            self.assumed.push(format.name.clone());
        }
        if event.attr.frequency().is_some() || event.attr.fixed_period() > 1 {
            self.sampled.push(format.name.clone());
        }
        self.has_chains |= event.attr.samples(PERF_SAMPLE_CALLCHAIN);
        Some(TracepointSource {
            usual: event.layout.plain().filter(|_| decoder.is_usual()),
            has_payload: event.attr.samples(PERF_SAMPLE_RAW),
            decoder,
        })
    }

    #[inline]
    pub(super) fn get(&self, event: EventIx) -> Option<&TracepointSource> {
        self.by_event.get(event.as_usize())?.as_ref()
    }

    /// What a sample at hand says, if it is of a tracepoint that most records are and as it usually
    /// is; `None` for all others.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub(super) fn usual<'r, O: ByteOrder>(
        &self,
        at_hand: SampleAtHand<'r>,
    ) -> Option<UsualSample<'r>> {
        let source = self.get(at_hand.event)?;
        let sample = source.usual?.sample::<O>(at_hand.body)?;
        let event = source.decoder.usual_event::<O>(sample.payload)?;
        Some(UsualSample { sample, event })
    }

    /// What such a payload of an event is to its thread, where [`Self::usual`] tells what it says.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub(super) fn role<O: ByteOrder>(&self, event: EventIx, payload: &[u8]) -> Option<UsualRole> {
        self.get(event)?.decoder.usual_role::<O>(payload)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_event.iter().all(Option::is_none)
    }
}
