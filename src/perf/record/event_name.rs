//! Names of events, without what perf appends to them.

/// The letters that say where and how an event counts, as in `cycles:ukHG`.
///
/// Source: tools/perf/util/parse-events.l, Linux 6.12.
const MODIFIERS: &str = "ukhGHIpPSDWeb";

/// The settings of an event that do not make it another one.
///
/// Source: as above.
const SETTINGS: [&str; 10] = [
    "freq",
    "period",
    "call-graph",
    "stack-size",
    "max-stack",
    "time",
    "inherit",
    "no-inherit",
    "overwrite",
    "no-overwrite",
];

/// An event's name up to what stands in slashes, and without modifiers: `cpu-clock` of
/// `cpu-clock/freq=499/H` and of `cpu-clock:u`, `cpu` of `cpu/cycles/`.
pub fn plain_event_name(name: &str) -> &str {
    match name.split_once('/') {
        Some((plain, _)) => plain,
        None => without_modifiers(name),
    }
}

/// An event's name without settings and modifiers. Unlike with [`plain_event_name`], what an event
/// of a PMU counts stays: `cpu/cycles/` of `cpu/cycles,freq=9/u`.
pub fn event_name_without_settings(name: &str) -> String {
    let Some((event, rest)) = name.split_once('/') else {
        return without_modifiers(name).to_owned();
    };
    let terms = rest.rsplit_once('/').map_or(rest, |(terms, _)| terms);
    let is_setting = |term: &&str| {
        let key = term.split('=').next().unwrap_or(term);
        key.is_empty() || SETTINGS.contains(&key)
    };
    let kept: Vec<&str> = terms.split(',').filter(|term| !is_setting(term)).collect();
    if kept.is_empty() {
        event.to_owned()
    } else {
        format!("{event}/{}/", kept.join(","))
    }
}

fn without_modifiers(name: &str) -> &str {
    let is_modifier = |c: char| MODIFIERS.contains(c);
    match name.rsplit_once(':') {
        Some((plain, modifiers)) if modifiers.chars().all(is_modifier) && !plain.is_empty() => {
            plain
        }
        Some(_) | None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-e cpu-clock` must find the event whatever way its frequency was set.
    #[test]
    fn modifiers_are_no_part_of_an_events_plain_name() {
        for name in [
            "cpu-clock",
            "cpu-clock:u",
            "cpu-clock/freq=997/",
            "cpu-clock/freq=997/H",
        ] {
            assert_eq!(plain_event_name(name), "cpu-clock");
            assert_eq!(event_name_without_settings(name), "cpu-clock");
        }
        for name in ["kvm:kvm_exit", "kvm:kvm_exit:GH"] {
            assert_eq!(plain_event_name(name), "kvm:kvm_exit");
            assert_eq!(event_name_without_settings(name), "kvm:kvm_exit");
        }
    }

    /// The events of a PMU are told apart by what they count.
    #[test]
    fn settings_do_not_make_another_event() {
        assert_eq!(plain_event_name("cpu/cycles/u"), "cpu");
        for name in ["cpu/cycles/u", "cpu/cycles,freq=9/"] {
            assert_eq!(event_name_without_settings(name), "cpu/cycles/");
        }
    }
}
