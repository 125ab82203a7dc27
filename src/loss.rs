//! Losses: what the run survived, counted.
//!
//! The law: samples read = folded + filtered + skipped. What the kernel lost never was a sample
//! of the capture and is counted apart.

use std::fmt;

/// Why a sample was read but could not be used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Skip {
    /// Its event id is none of the capture's.
    UnknownEvent,
    /// The record is shorter than its event says.
    TooShort,
    /// The record's fields do not end where it does.
    OddLength,
}

impl Skip {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::UnknownEvent, Self::TooShort, Self::OddLength];
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownEvent => "of an event the file does not describe",
            Self::TooShort => "shorter than their event says",
            Self::OddLength => "of another length than their fields",
        })
    }
}

/// What the kernel dropped, as one fact.
///
/// It tells twice of a sample that found no space: a LOST record counts whatever was dropped, and
/// the event's own counter (`PERF_FORMAT_LOST`), which perf writes as `LOST_SAMPLES`, counts its
/// samples.
///
/// Source: `__perf_output_begin`, `kernel/events/ring_buffer.c`, and `record__read_lost_samples`,
/// `tools/perf/builtin-record.c`, Linux 6.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lost {
    /// Records of all kinds, by LOST records.
    pub records: u64,
    /// Samples, by `LOST_SAMPLES` records.
    pub samples: u64,
}

/// What became of the samples of a capture.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// SAMPLE records met.
    pub read: u64,
    /// Samples that are in the result.
    pub folded: u64,
    /// Samples of events that were not asked for.
    pub other_events: u64,
    /// Samples left out by the user's own options.
    pub filtered: u64,
    /// Samples that could not be used, by [`Skip`].
    pub skipped: [u64; Skip::ALL.len()],
    /// Records that the kernel dropped for want of buffer space, by its LOST records.
    pub lost_records: u64,
    /// Samples that the kernel dropped, by its `LOST_SAMPLES` records.
    pub lost_samples: u64,
    /// Bytes of the file that were no record and were jumped over.
    pub damaged_bytes: u64,
    /// Folded samples whose call chain is as long as it was allowed to be.
    pub truncated_stacks: u64,
    /// Folded samples whose user part the kernel promised and did not write.
    pub user_part_missing: u64,
    /// Folded samples whose user stack was copied and is not unwound.
    pub copied_stacks: u64,
    /// Folded samples whose copied user stack was unwound up to where the copy ends.
    pub cut_copies: u64,
    /// Folded samples whose copied user stack was unwound up to a frame whose caller cannot be told.
    pub not_unwound: u64,
    /// Of those, the ones whose frame lies in an object whose file is not at hand.
    pub without_file: u64,
    /// Folded samples whose frame pointers lead to an address that no call stands before: the stack
    /// ends there.
    pub without_caller: u64,
    /// Folded samples whose last branches stand in for a call chain.
    pub last_branches: u64,
    /// Samples with open calls to join from earlier ones, for which there was no room.
    pub unstitched: u64,
    /// AUX trace pieces that the kernel had to cut.
    pub truncated_aux: u64,
    /// Records of mappings, names and processes that are too short to be read.
    pub unread_sideband: u64,
    /// Records of kinds that this program does not know.
    pub unknown_records: u64,
    /// Counters that a sample says went backwards: what they counted since is not known.
    pub odd_readings: u64,
    /// Records that are longer or shorter than what is in them, and than their kind, says.
    pub odd_records: u64,
    /// Compressed records that were not unpacked, since they lie where none are looked for.
    pub unread_pieces: u64,
}

impl Tally {
    /// Counts a skipped sample.
    pub fn skip(&mut self, reason: Skip) {
        match reason {
            Skip::UnknownEvent => self.skipped[0] += 1,
            Skip::TooShort => self.skipped[1] += 1,
            Skip::OddLength => self.skipped[2] += 1,
        }
    }

    /// All skipped samples.
    pub fn skipped_total(&self) -> u64 {
        self.skipped.iter().sum()
    }

    /// What the kernel dropped; `None` when it dropped nothing.
    pub fn lost(&self) -> Option<Lost> {
        (self.lost_records > 0 || self.lost_samples > 0).then_some(Lost {
            records: self.lost_records,
            samples: self.lost_samples,
        })
    }

    /// Adds another part's counts.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.folded += other.folded;
        self.other_events += other.other_events;
        self.filtered += other.filtered;
        for (sum, count) in self.skipped.iter_mut().zip(other.skipped) {
            *sum += count;
        }
        self.lost_records = self.lost_records.saturating_add(other.lost_records);
        self.lost_samples = self.lost_samples.saturating_add(other.lost_samples);
        self.damaged_bytes += other.damaged_bytes;
        self.truncated_stacks += other.truncated_stacks;
        self.user_part_missing += other.user_part_missing;
        self.copied_stacks += other.copied_stacks;
        self.cut_copies += other.cut_copies;
        self.not_unwound += other.not_unwound;
        self.without_file += other.without_file;
        self.without_caller += other.without_caller;
        self.last_branches += other.last_branches;
        self.unstitched += other.unstitched;
        self.truncated_aux += other.truncated_aux;
        self.unread_sideband += other.unread_sideband;
        self.unknown_records += other.unknown_records;
        self.odd_readings += other.odd_readings;
        self.odd_records += other.odd_records;
        self.unread_pieces += other.unread_pieces;
    }

    /// Whether something could not be read or made no sense.
    pub fn has_damage(&self) -> bool {
        self.damaged_bytes > 0
            || self.skipped_total() > 0
            || self.unread_sideband > 0
            || self.odd_records > 0
            || self.unread_pieces > 0
    }

    /// Whether the law holds.
    pub fn adds_up(&self) -> bool {
        self.read == self.folded + self.other_events + self.filtered + self.skipped_total()
    }
}
