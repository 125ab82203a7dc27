//! What a capture is: everything that `info` says, as text or as JSON.

use hashbrown::HashMap;

use crate::analysis::{Survey, is_flat, is_of_branches};
use crate::bytes::{Big, ByteOrder, Compression, Endian, Little, with_order};
use crate::loss::Tally;
use crate::name::{ObjectReport, ObjectShare, Unnamed};
use crate::perf::abi::record_name;
use crate::perf::{Capture, CaptureKind, Feature, Features};
use crate::report::remarks;
use crate::symbol::{KernelSource, module_short_name};
use crate::text::grouped;
use crate::units::{EventIx, Timestamp};

/// How many damaged places are told.
const SHOWN_GAPS: usize = 10;

/// What a capture is and what is in it. Texts come from the capture and are not yet safe.
#[derive(Debug)]
pub struct CaptureFacts<'a> {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) byte_order: &'static str,
    pub(super) kind: String,
    /// What is wrong with the file.
    pub(super) anomalies: Vec<String>,
    /// What could be read of a file whose end is missing.
    pub(super) read_part: Option<String>,
    /// Damaged places, the first ones.
    pub(super) gaps: Vec<String>,
    pub(super) machine: Vec<MachineFact>,
    /// Times of the first and the last sample.
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) events: Vec<EventFacts>,
    /// What stacks the event has that is taken by default.
    pub(super) stacks: StackKind,
    /// Number of its different stacks.
    pub(super) unique_stacks: usize,
    /// Records by type.
    pub(super) records: Vec<RecordFacts>,
    pub(super) tally: &'a Tally,
    /// Where the kernel's names come from.
    pub(super) kernel_symbols: String,
    pub(super) objects: &'a [ObjectReport],
    pub(super) unnamed: &'a [Unnamed],
    /// How much of the stacks lies in each object.
    pub(super) shares: &'a [ObjectShare],
    /// The recorded kernel's release; empty when it is not told.
    pub(super) release: String,
}

/// What the recorder says of the machine.
#[derive(Debug)]
pub(super) struct MachineFact {
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// An event and how often it was sampled.
#[derive(Debug)]
pub(super) struct EventFacts {
    pub(super) name: String,
    pub(super) samples: u64,
    /// All occurrences, where it was counted with its group and not sampled.
    pub(super) occurrences: Option<u64>,
    pub(super) frequency: Option<u64>,
    /// What its samples hold.
    pub(super) fields: Vec<&'static str>,
    /// Whether `convert` takes it when nothing is said.
    pub(super) is_default: bool,
}

/// What an event's stacks are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum StackKind {
    /// Call chains, or no event has any stacks.
    Chains,
    /// Last branches, in some samples at least.
    Branches,
    /// Single frames.
    SingleFrames,
}

/// The records of a type.
#[derive(Debug)]
pub(super) struct RecordFacts {
    pub(super) name: String,
    pub(super) count: u64,
}

impl<'a> CaptureFacts<'a> {
    /// What should be known before the rest is believed.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &String> {
        let of_file = self.anomalies.iter().chain(&self.read_part);
        of_file.chain(&self.gaps)
    }

    /// The shares of objects, each with what lacks names of it, in order.
    pub(super) fn shares_with_unnamed(
        &self,
    ) -> impl Iterator<Item = (&'a ObjectShare, Vec<&'a Unnamed>)> {
        let mut by_object: HashMap<String, Vec<&Unnamed>> = HashMap::new();
        for unnamed in self.unnamed {
            let object = module_short_name(&unnamed.object);
            by_object.entry(object).or_default().push(unnamed);
        }
        self.shares.iter().map(move |share| {
            let unnamed = by_object.get(&share.object).cloned();
            (share, unnamed.unwrap_or_default())
        })
    }

    /// Gathers what a capture says of itself and what a survey found in it.
    pub fn of(capture: &Capture, survey: &'a Survey) -> Self {
        let records = survey
            .account
            .records
            .iter()
            .map(|(kind, count)| RecordFacts {
                name: record_name(kind).map_or_else(|| format!("type {kind}"), ToOwned::to_owned),
                count,
            });
        Self {
            path: capture.path().display().to_string(),
            bytes: capture.file_len(),
            byte_order: match capture.endian() {
                Endian::Little => "little-endian",
                Endian::Big => "big-endian",
            },
            kind: kind_words(capture),
            anomalies: capture.anomalies().iter().map(remarks::describe).collect(),
            read_part: remarks::read_part(capture, survey.account.times),
            gaps: survey
                .account
                .gaps
                .iter()
                .take(SHOWN_GAPS)
                .map(remarks::describe_gap)
                .collect(),
            machine: match capture.endian() {
                Endian::Little => machine_facts::<Little>(capture.features()),
                Endian::Big => machine_facts::<Big>(capture.features()),
            },
            first: survey.account.times.map(|(first, _)| first),
            last: survey.account.times.map(|(_, last)| last),
            events: event_facts(capture, survey),
            stacks: stack_kind(capture, survey),
            unique_stacks: survey.unique_stacks,
            records: records.collect(),
            tally: &survey.account.tally,
            kernel_symbols: kernel_words(&survey.account.kernel_source),
            objects: &survey.account.objects,
            unnamed: &survey.account.unnamed,
            shares: &survey.shares,
            release: with_order!(capture.endian(), O => {
                capture.features().string::<O>(Feature::OSRELEASE).unwrap_or_default()
            }),
        }
    }
}

fn event_facts(capture: &Capture, survey: &Survey) -> Vec<EventFacts> {
    let events = capture.events().iter().map(|(ix, event)| EventFacts {
        name: event.name.clone(),
        samples: survey
            .account
            .samples
            .get(ix.as_usize())
            .copied()
            .unwrap_or_default(),
        occurrences: survey.occurrences.get(ix.as_usize()).copied().flatten(),
        frequency: event.attr.frequency(),
        fields: event.attr.sample_fields(),
        is_default: survey.event == Some(ix),
    });
    events.collect()
}

fn stack_kind(capture: &Capture, survey: &Survey) -> StackKind {
    let is = |stacks: fn(&Capture, EventIx) -> bool| {
        survey.event.is_some_and(|event| stacks(capture, event))
    };
    if survey.account.tally.last_branches > 0 {
        StackKind::Branches
    } else if is(is_flat) || is(is_of_branches) {
        StackKind::SingleFrames
    } else {
        StackKind::Chains
    }
}

/// What kind of file the capture is.
fn kind_words(capture: &Capture) -> String {
    let kind = match capture.kind() {
        CaptureKind::File => "perf.data",
        CaptureKind::Pipe => "perf.data in pipe mode",
        CaptureKind::Directory => "perf.data directory",
    };
    let around = match capture.compression() {
        None => "",
        Some(Compression::Gzip) => " in gzip",
        Some(Compression::Zstd) => " in zstd",
        Some(Compression::Xz) => " in xz",
        Some(Compression::Bzip2) => " in bzip2",
        Some(Compression::Zlib) => " in zlib",
    };
    let records = if capture.has_compressed_records() {
        ", compressed records"
    } else {
        ""
    };
    format!("{kind}{around}{records}")
}

fn machine_facts<O: ByteOrder>(features: &Features) -> Vec<MachineFact> {
    let text = |feature| features.string::<O>(feature);
    let cpus = features
        .cpus::<O>()
        .map(|cpus| format!("{} of {}", cpus.online, cpus.available));
    let memory = features
        .total_memory_kib::<O>()
        .map(|kib| format!("{} MiB", grouped(kib / 1024)));
    let facts = [
        ("host", text(Feature::HOSTNAME)),
        ("kernel", text(Feature::OSRELEASE)),
        ("machine", text(Feature::ARCH)),
        ("cpu", text(Feature::CPUDESC)),
        ("cpus", cpus),
        ("memory", memory),
        ("perf", text(Feature::VERSION)),
        (
            "command",
            features
                .command_line::<O>()
                .map(|arguments| arguments.join(" ")),
        ),
    ];
    facts
        .into_iter()
        .filter_map(|(label, text)| text.map(|text| MachineFact { label, text }))
        .collect()
}

/// Where the kernel's names come from.
fn kernel_words(source: &KernelSource) -> String {
    match source {
        KernelSource::SameBoot(path) => path.display().to_string(),
        KernelSource::OtherBoot(path) => {
            format!(
                "{} of another boot, or none: moved; modules by files of theirs",
                path.display()
            )
        }
        KernelSource::Unchecked(path) => format!("{}, boot not checked", path.display()),
        KernelSource::Hidden(path) => {
            format!(
                "none: addresses in {} are hidden by kptr_restrict",
                path.display()
            )
        }
        KernelSource::Missing => "none: no kallsyms of this kernel found".to_owned(),
    }
}
