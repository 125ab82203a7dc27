//! What the user should know of a capture: what is missing or doubtful, and why.

pub use super::remark::Remark;
pub use super::symbol_remarks::{inlined_by, symbol_remarks};
use super::unwinding_remarks::unwinding_remarks;
use crate::analysis::{Profile, is_flat, is_of_branches, why_not_stitched};
use crate::bytes::{Big, Endian, Little};
use crate::fold::Gap;
use crate::input::Input;
use crate::loss::{Lost, Tally};
use crate::name::Stack;
use crate::perf::{Anomaly, Capture, Damage, feature_name};
use crate::stack::Tag;
use crate::text::{counted, grouped};
use crate::units::{CpuMode, Timestamp};

/// What of the recording is missing.
pub fn gap_remarks(capture: &Capture, profile: &Profile) -> Vec<Remark> {
    let mut remarks = Vec::new();
    remarks.extend(read_part(capture, profile.account.times));
    remarks.extend(
        profile
            .account
            .gaps
            .iter()
            .take(SHOWN_GAPS)
            .map(describe_gap),
    );
    if profile.account.gaps.len() > SHOWN_GAPS {
        remarks.push("and more damage of that kind".to_owned());
    }
    remarks.into_iter().map(Remark::Warning).collect()
}

/// That `--stitch-lbr`, which was asked for, joins nothing.
pub fn stitch_remark(capture: &Capture, profile: &Profile) -> Option<Remark> {
    let why = why_not_stitched(capture, profile.event)?;
    Some(Remark::Warning(format!(
        "--stitch-lbr joins nothing: {why}"
    )))
}

/// What stacks lack, or are not.
pub fn stack_remarks(capture: &Capture, profile: &Profile) -> Vec<Remark> {
    let (tally, name) = (&profile.account.tally, &profile.event_name);
    let mut remarks = Vec::new();
    if tally.copied_stacks > 0 {
        let copies = grouped(tally.copied_stacks);
        let event = capture.events().get(profile.event);
        let shown = if event.is_some_and(|event| event.attr.has_user_chain()) {
            "user code is shown as the call chain has it"
        } else {
            "of user code one frame at most is shown"
        };
        remarks.push(Remark::Warning(format!(
            "copied user stacks are not unwound: {shown} in {copies} of {} samples",
            grouped(tally.folded)
        )));
        remarks.push(Remark::Hint(
            "record again with frame pointers: perf record -g, or --call-graph lbr",
        ));
    }
    remarks.extend(unwinding_remarks(tally));
    let is_of_branches = is_of_branches(capture, profile.event);
    if tally.last_branches > 0 {
        let others = if tally.last_branches < tally.folded {
            "; those of the others are single frames"
        } else {
            ""
        };
        remarks.push(Remark::Warning(format!(
            "{name} was recorded without call chains: the stacks of {} of {} samples are last \
             branches, which are no call stacks{others}",
            grouped(tally.last_branches),
            grouped(tally.folded)
        )));
    }
    let is_flat = is_flat(capture, profile.event) || is_of_branches;
    if is_flat && tally.last_branches == 0 {
        remarks.push(Remark::Warning(format!(
            "{name} was recorded without call chains: every stack is a single frame"
        )));
    }
    if is_flat {
        remarks.extend(tag_remarks(profile));
        remarks.push(Remark::Hint("record again with them: perf record -g"));
    }
    remarks
}

/// How far tags can be believed of an event without call chains.
fn tag_remarks(profile: &Profile) -> Vec<Remark> {
    if profile.totals.is_empty() || profile.is_tagged_by_event {
        return Vec::new();
    }
    let is_weak = |stack: &&Stack| {
        let view = profile.stacks.view(stack, &profile.frames);
        view.is_vcpu_thread && !matches!(stack.mode, CpuMode::User) && stack.tag != Tag::Guest
    };
    let stacks = profile.stacks.iter().filter(is_weak);
    let samples = stacks.fold(0_u64, |sum, stack| sum.saturating_add(stack.samples));
    if samples == 0 {
        return Vec::new();
    }
    vec![Remark::Warning(format!(
        "tags are weak without call chains: {} of vCPU threads show one kernel function and not \
         what it was called for; what no table knows is tagged entry",
        counted(samples, "sample")
    ))]
}

/// From when to when samples were read, of a capture whose end is missing.
pub fn read_part(capture: &Capture, read: Option<(Timestamp, Timestamp)>) -> Option<String> {
    let (first, last) = read.filter(|_| ends_early(capture))?;
    let recorded = match capture.endian() {
        Endian::Little => capture.features().sample_times::<Little>(),
        Endian::Big => capture.features().sample_times::<Big>(),
    };
    let missing = recorded.filter(|recorded| recorded.end > last);
    let missing = missing.map_or(String::new(), |recorded| {
        format!("; missing: from {last} to {}", recorded.end)
    });
    Some(format!(
        "what could be read is from {first} to {last}{missing}"
    ))
}

/// The quality line: what became of everything that was read.
pub fn quality(profile: &Profile) -> String {
    let tally = &profile.account.tally;
    let mut parts = vec![
        format!("{} read", counted(tally.read, "sample")),
        format!("{} folded", grouped(tally.folded)),
    ];
    let shown = |(count, what): (u64, [&str; 2])| (count > 0).then(|| numbered(count, what));
    let left_out = [
        (tally.other_events, ["of other events"; 2]),
        (tally.filtered, ["filtered"; 2]),
    ];
    parts.extend(left_out.into_iter().filter_map(shown));
    for (reason, count) in crate::loss::Skip::ALL.into_iter().zip(tally.skipped) {
        parts.extend(shown((count, [&*format!("skipped ({reason})"); 2])));
    }
    parts.extend(tally.lost().map(lost_words));
    let doubtful = [
        (tally.truncated_stacks, CUT_STACKS),
        (
            tally.copied_stacks,
            ["with a copy of the user stack that is not unwound"; 2],
        ),
        (tally.cut_copies, CUT_COPIES),
        (tally.not_unwound, NOT_UNWOUND),
        (tally.without_caller, NO_CALLER),
        (
            tally.last_branches,
            ["with last branches for a call stack"; 2],
        ),
        (
            tally.user_part_missing,
            ["without the user part that the kernel was to write later"; 2],
        ),
        (
            tally.unstitched,
            ["whose open calls there was no room to join"; 2],
        ),
        (tally.truncated_aux, CUT_AUX),
        (tally.unread_sideband, UNREAD_SIDEBAND),
        (tally.odd_readings, ODD_READINGS),
        (tally.odd_records, ODD_RECORDS),
        (tally.unread_pieces, UNREAD_PIECES),
        (tally.unknown_records, UNKNOWN_RECORDS),
        (tally.damaged_bytes, ["byte damaged", "bytes damaged"]),
    ];
    parts.extend(doubtful.into_iter().filter_map(shown));
    let mut line = parts.join(", ");
    let unresolved = profile.account.unresolved();
    if !unresolved.is_empty() {
        let causes: Vec<String> = unresolved
            .iter()
            .map(|(cause, count)| format!("{} {cause}", grouped(*count)))
            .collect();
        line.push_str("; frames without a name: ");
        line.push_str(&causes.join(", "));
    }
    line
}

/// What the kernel lost, told once.
pub(in crate::report) fn lost_words(Lost { records, samples }: Lost) -> String {
    if samples >= records {
        return format!("{} lost by the kernel", counted(samples, "sample"));
    }
    let records = counted(records, "record");
    match samples {
        0 => format!("{records} lost by the kernel"),
        _ => format!(
            "{records} lost by the kernel, of them {}",
            counted(samples, "sample")
        ),
    }
}

/// Behind the number of one and of several.
const CUT_COPIES: [&str; 2] = ["with a copied stack that was cut"; 2];
const NO_CALLER: [&str; 2] = ["whose frame pointers lead to no caller"; 2];
const NOT_UNWOUND: [&str; 2] = ["with a copied stack that is not unwound to its end"; 2];
const CUT_STACKS: [&str; 2] = [
    "stack cut at the recorder's limit",
    "stacks cut at the recorder's limit",
];
const CUT_AUX: [&str; 2] = [
    "AUX piece cut by the kernel",
    "AUX pieces cut by the kernel",
];
/// Counters of groups that went backwards.
pub const ODD_READINGS: [&str; 2] = [
    "counter of a group that went backwards, by damage: what it counted there is not known",
    "counters of groups that went backwards, by damage: what they counted there is not known",
];
/// Records whose length does not fit what is in them.
pub const ODD_RECORDS: [&str; 2] = [
    "record whose length does not fit what is in it, of a newer kernel or by damage",
    "records whose length does not fit what is in them, of a newer kernel or by damage",
];
/// Compressed records that nobody unpacked.
pub const UNREAD_PIECES: [&str; 2] = [
    "compressed record, of which the header does not tell, that was not unpacked",
    "compressed records, of which the header does not tell, that were not unpacked",
];
/// Records of unknown kinds.
pub const UNKNOWN_RECORDS: [&str; 2] = [
    "record of an unknown kind, of a newer perf or by damage, left out",
    "records of unknown kinds, of a newer perf or by damage, left out",
];
/// Records of mappings, names and processes that were not read.
pub const UNREAD_SIDEBAND: [&str; 2] = [
    "record of a mapping, name or process that is too short and was not read",
    "records of mappings, names or processes that are too short and were not read",
];

/// A number before the words for one or for several.
pub fn numbered(count: u64, [one, several]: [&str; 2]) -> String {
    format!(
        "{} {}",
        grouped(count),
        if count == 1 { one } else { several }
    )
}

/// Whether something of the capture could not be read or made no sense: its result is worth less.
pub fn is_damaged(capture: &Capture, tally: &Tally) -> bool {
    !capture.anomalies().is_empty() || tally.has_damage()
}

/// What is said where records of a capture could not be read or made no sense.
pub(super) const DAMAGED_RECORDS: &str = "the capture is damaged: vmflame info says where";

/// What of a capture could not be read or made no sense, in short; `has_damage` tells of its records.
pub fn damage_of_capture(anomalies: &[Anomaly], has_damage: bool) -> Vec<String> {
    let mut found: Vec<String> = anomalies.iter().map(describe).collect();
    if has_damage {
        found.push(DAMAGED_RECORDS.to_owned());
    }
    found
}

/// Whether records are missing from some time on.
fn ends_early(capture: &Capture) -> bool {
    capture.anomalies().iter().any(|anomaly| {
        matches!(
            anomaly,
            Anomaly::Unfinished
                | Anomaly::CutOff { .. }
                | Anomaly::LostPlace
                | Anomaly::LostEnd
                | Anomaly::LostCompressed { .. }
                | Anomaly::LostUnpacked { .. }
                | Anomaly::LostCompression { .. }
        )
    })
}

/// What is wrong with the archives that belong to an input.
pub fn of_archives(input: &Input) -> impl Iterator<Item = Remark> {
    let faults = input.faults.iter();
    faults.map(|(archive, fault)| Remark::Warning(format!("{}: {fault}", archive.display())))
}

/// An anomaly of the file in words.
pub fn describe(anomaly: &Anomaly) -> String {
    match anomaly {
        Anomaly::Unfinished => {
            "the recorder was stopped before it finished the file: no build ids, no event names"
                .to_owned()
        }
        Anomaly::CutOff { missing } => format!(
            "the file is cut off: {}",
            numbered(*missing, ["byte is missing", "bytes are missing"])
        ),
        Anomaly::LostCompressed { bytes } => {
            let what = [
                "byte of compressed records is damaged and was not read",
                "bytes of compressed records are damaged and were not read",
            ];
            numbered(*bytes, what)
        }
        Anomaly::LostUnpacked { cause } => {
            format!("compressed records were not read to their end: {cause}")
        }
        Anomaly::LostCompression { cause } => {
            format!("the compressed file was not read to its end: {cause}")
        }
        Anomaly::LostPart { number } => {
            format!("data.{number} is missing: its records are lost")
        }
        Anomaly::LostPlace => {
            "the header is damaged: it does not say where the records are; they were looked for"
                .to_owned()
        }
        Anomaly::LostEnd => "the header is damaged: records go on where it says that they end; \
                             they were read to the end of the file"
            .to_owned(),
        Anomaly::DescribedAttrs => "the attributes of events at the beginning of the file are \
                                    damaged; their copy at its end was taken"
            .to_owned(),
        Anomaly::OddAttrLen { stated } => format!(
            "the header is damaged: it says that an event's attributes take {}, which \
             they cannot; the place that they have was taken",
            counted(*stated, "byte")
        ),
        Anomaly::LostAttrs => {
            "attributes or ids of events are damaged or cut off: samples may be missing, or counted \
             for the wrong event"
                .to_owned()
        }
        Anomaly::LostFeatures(features) => {
            let names: Vec<String> = features.iter().map(|&feature| feature_name(feature)).collect();
            format!(
                "the header's sections {} are not in the file",
                names.join(", ")
            )
        }
    }
}

/// How many damaged places are named one by one.
const SHOWN_GAPS: usize = 5;

/// A stretch that is no record, and from when to when records are missing there.
pub fn describe_gap(gap: &Gap) -> String {
    let Damage { position, len } = gap.damage;
    let missing = match (gap.after, gap.before) {
        // Each CPU's records come in blocks: what stands behind the damage may be older.
        (Some(after), Some(before)) if before < after => {
            format!("; missing: some from {before} to {after}")
        }
        (Some(after), Some(before)) => format!("; missing: from {after} to {before}"),
        (Some(after), None) => format!("; missing: from {after} to the end"),
        (None, Some(before)) => format!("; missing: from the beginning to {before}"),
        (None, None) => String::new(),
    };
    let bytes = counted(len, "byte");
    let are = if len == 1 {
        "is no record"
    } else {
        "are no records"
    };
    format!("{bytes} at {position:#x} {are}{missing}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sample that found no space is one loss, however often the capture tells of it.
    #[test]
    fn what_the_kernel_lost_is_told_once() {
        for (records, samples, expected) in [
            (29_860, 29_860, "29,860 samples lost by the kernel"),
            (1, 1, "1 sample lost by the kernel"),
            (0, 7, "7 samples lost by the kernel"),
            (7, 0, "7 records lost by the kernel"),
            (9, 7, "9 records lost by the kernel, of them 7 samples"),
            (7, 9, "9 samples lost by the kernel"),
        ] {
            assert_eq!(lost_words(Lost { records, samples }), expected);
        }
    }
}
