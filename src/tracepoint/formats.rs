//! The formats of a source.

use hashbrown::HashMap;

use super::format::{EventFormat, FormatOrigin};
use super::layouts::{Architecture, built_in};
use crate::bytes::{Endian, with_order};
use crate::perf::{Capture, Feature};
use crate::units::index;

index! {
    /// Index of a format in the [`Formats`] of its source.
    pub FormatIx
}

/// All formats of a source, found by number or name.
#[derive(Clone, Debug)]
pub struct Formats {
    list: Vec<EventFormat>,
    by_id: HashMap<u64, FormatIx>,
    by_name: HashMap<String, FormatIx>,
    endian: Endian,
}

impl Formats {
    /// Formats of payloads in a byte order; of several with one number or name the first is found.
    pub fn new(list: Vec<EventFormat>, endian: Endian) -> Self {
        let mut formats = Self {
            list: Vec::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            endian,
        };
        for format in list {
            formats.push(format);
        }
        formats
    }

    /// The formats of a capture: those that it carries and, for tracepoints among its events that it
    /// carries none for, built-in ones of the recorded kernel's version and machine.
    pub fn of_capture(capture: &Capture) -> Self {
        let texts = capture.tracepoint_texts();
        let parse = |text: &_| {
            let crate::perf::TracepointText { system, text } = text;
            EventFormat::parse(system, text)
        };
        let mut formats = Self::new(texts.iter().filter_map(parse).collect(), capture.endian());
        let features = capture.features();
        let (machine, release) = with_order!(capture.endian(), O => (
            features.machine::<O>(),
            features.string::<O>(Feature::OSRELEASE),
        ));
        let machine = machine.as_deref().and_then(Architecture::of_uname);
        for (_, event) in capture.events().iter() {
            if event.attr.is_tracepoint() && formats.by_id(event.attr.config).is_none() {
                let name = crate::perf::plain_event_name(&event.name);
                let found = built_in(machine, release.as_deref(), name);
                formats.push(EventFormat {
                    id: event.attr.config,
                    ..found.unwrap_or_else(|| EventFormat::of_name(0, name))
                });
            }
        }
        formats
    }

    /// Adds a format.
    pub fn push(&mut self, format: EventFormat) -> FormatIx {
        let ix = crate::units::Index::of(self.list.len());
        if format.origin != FormatOrigin::NameOnly || format.id != 0 {
            self.by_id.entry(format.id).or_insert(ix);
        }
        self.by_name.entry_ref(format.name.as_str()).or_insert(ix);
        self.list.push(format);
        ix
    }

    /// The format of a name (`kvm:kvm_exit`), added with nothing but the name where there is none,
    /// for texts that spell values out.
    pub fn of_name(&mut self, name: &str) -> FormatIx {
        match self.by_name(name) {
            Some(ix) => ix,
            None => self.push(EventFormat::of_name(0, name)),
        }
    }

    /// A format; `None` for an index of other formats.
    pub fn get(&self, ix: FormatIx) -> Option<&EventFormat> {
        self.list.get(ix.as_usize())
    }

    /// The format of a number: the `config` of an event, the `common_type` of a payload.
    pub fn by_id(&self, id: u64) -> Option<FormatIx> {
        self.by_id.get(&id).copied()
    }

    /// The format of a name with its system, as in `kvm:kvm_exit`.
    pub fn by_name(&self, name: &str) -> Option<FormatIx> {
        self.by_name.get(name).copied()
    }

    /// The formats with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (FormatIx, &EventFormat)> {
        (0..).map(FormatIx).zip(&self.list)
    }

    /// Number of formats.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The byte order of the payloads.
    pub fn endian(&self) -> Endian {
        self.endian
    }
}
