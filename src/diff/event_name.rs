//! Names of events.

/// The settings of an event that do not make it another one.
///
/// Source: tools/perf/util/parse-events.l, Linux 6.12.
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

/// An event's name without the settings and modifiers that perf appends, as in
/// `cpu-clock/freq=499/H` and `kvm:kvm_exit:H`. What an event of a PMU is stays: `cpu/cycles/`.
pub(super) fn plain_event(name: &str) -> String {
    if let Some((event, rest)) = name.split_once('/') {
        let terms = rest.rsplit_once('/').map_or(rest, |(terms, _)| terms);
        let is_setting = |term: &&str| {
            let key = term.split('=').next().unwrap_or(term);
            key.is_empty() || SETTINGS.contains(&key)
        };
        let kept: Vec<&str> = terms.split(',').filter(|term| !is_setting(term)).collect();
        return if kept.is_empty() {
            event.to_owned()
        } else {
            format!("{event}/{}/", kept.join(","))
        };
    }
    match name.rsplit_once(':') {
        Some((plain, modifiers))
            if !plain.is_empty() && modifiers.chars().all(|c| "ukhGHIpPSDWeb".contains(c)) =>
        {
            plain.to_owned()
        }
        Some(_) | None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_modifiers_do_not_make_another_event() {
        for name in [
            "cpu-clock",
            "cpu-clock:u",
            "cpu-clock/freq=499/",
            "cpu-clock/freq=499/H",
        ] {
            assert_eq!(plain_event(name), "cpu-clock");
        }
        assert_eq!(plain_event("kvm:kvm_exit"), "kvm:kvm_exit");
        assert_eq!(plain_event("kvm:kvm_exit:GH"), "kvm:kvm_exit");
        assert_eq!(plain_event("cpu/cycles/u"), "cpu/cycles/");
        assert_eq!(plain_event("cpu/cycles,freq=9/"), "cpu/cycles/");
    }
}
