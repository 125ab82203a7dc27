//! What should be known before the tables are believed, and why one is empty.

use crate::analysis::stat::{EventPatterns, EventStat};
use crate::report::remarks::lost_words;
use crate::report::trace_remarks::damage_of;
use crate::text::counted;

/// What should be known of the whole.
pub(super) fn warnings(stat: &EventStat) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(lost) = stat.tally.lost() {
        found.push(format!(
            "{}: there were more events than are counted",
            lost_words(lost)
        ));
    }
    if !stat.by_period.is_empty() {
        found.push(format!(
            "not every occurrence of {} was recorded: the counts are sums of the samples' periods",
            stat.by_period.join(", ")
        ));
    }
    if !stat.unweighted.is_empty() {
        found.push(format!(
            "not every occurrence of {} was recorded, and the samples do not say how many they \
             stand for: record with perf record -c 1",
            stat.unweighted.join(", ")
        ));
    }
    if !stat.by_group.is_empty() {
        found.push(format!(
            "{} counted with a group, not sampled: the sums are exact, which VM and when is as fine \
             as the samples of the group's leader",
            stat.by_group.join(", ")
        ));
    }
    if !stat.repeated.is_empty() {
        found.push(format!(
            "{} recorded by more than one event: the first of them is counted",
            stat.repeated.join(", ")
        ));
    }
    if stat.undecoded > 0 {
        found.push(format!(
            "{} of exits not saying why: counted without a reason",
            counted(stat.undecoded, "sample")
        ));
    }
    found.extend(damage_of(&stat.origin, &stat.tally));
    found
}

/// Why nothing is counted, and what to record.
pub(super) fn why_empty(stat: &EventStat, wanted: &EventPatterns) -> Vec<String> {
    if !stat.names.is_empty() && stat.tally.filtered > 0 {
        return vec![format!(
            "{} of these events recorded, and none passes the filters",
            counted(stat.tally.filtered, "occurrence")
        )];
    }
    let names: Vec<&str> = stat.events.iter().map(|one| one.name.as_str()).collect();
    let has = if names.is_empty() {
        "it has no events".to_owned()
    } else {
        format!("its events are: {}", names.join(", "))
    };
    if stat.stat_records > 0 {
        return vec![format!(
            "{} of perf stat record, which are no samples, are not read: perf stat report -i FILE",
            counted(stat.stat_records, "count")
        )];
    }
    if !stat.names.is_empty() {
        let meant = stat.names.join(", ");
        return vec![format!("recorded, and never fired: {meant}")];
    }
    vec![
        format!("no event of the capture is called {}; {has}", wanted.in_words()),
        "record them: perf record -a -e 'kvm:*' -- sleep 10, or perf kvm stat record -a -- sleep 10; \
         on a running host: vmflame stat --live"
            .to_owned(),
    ]
}

/// Why nothing is told over time.
pub(super) fn why_untimed(stat: &EventStat) -> Option<String> {
    match &stat.foreign_clock {
        Some(clock) => Some(format!(
            "no times: those of the clock {clock} are no nanoseconds; record with trace-cmd record \
             -C mono"
        )),
        None if stat.stretches.is_none() => {
            Some("no times: the samples carry none; record with perf record -T".to_owned())
        }
        None => None,
    }
}
