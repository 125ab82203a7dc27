//! Names of events with wildcards.

/// Names of events, in which `*` stands for any characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventPatterns {
    patterns: Vec<String>,
}

impl Default for EventPatterns {
    /// The tracepoints of KVM on all machines: of the systems `kvm`, `kvmmmu`, `kvm_hv` and their like.
    fn default() -> Self {
        Self::new(vec!["kvm*".to_owned()])
    }
}

impl EventPatterns {
    /// Events that one of the patterns matches.
    pub const fn new(patterns: Vec<String>) -> Self {
        Self { patterns }
    }

    /// Whether an event is meant, by its name with its system or without: `kvm:kvm_exit`, `kvm_exit`.
    pub fn take(&self, event_name: &str) -> bool {
        let short = event_name.split_once(':').map(|(_, short)| short);
        let is_meant = |pattern: &String| {
            matches_pattern(pattern, event_name)
                || short.is_some_and(|short| matches_pattern(pattern, short))
        };
        self.patterns.iter().any(is_meant)
    }

    /// The patterns, as the user states them.
    pub fn in_words(&self) -> String {
        self.patterns.join(", ")
    }
}

/// Whether a pattern matches all of a text.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        // The leftmost place leaves the most for the parts behind it.
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a shell's patterns match.
    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, is_match) in [
            ("kvm:kvm_exit", "kvm:kvm_exit", true),
            ("kvm_exit", "kvm:kvm_exit", true),
            ("kvm_e", "kvm:kvm_exit", false),
            ("kvm*", "kvmmmu:kvm_mmu_sync_page", true),
            ("kvm*", "sched:sched_switch", false),
            ("*exit", "kvm:kvm_userspace_exit", true),
            ("kvm:*_set_*", "kvm:kvm_msi_set_irq", true),
            ("kvm:*_set_*", "kvm:kvm_set", false),
            ("a*a", "a", false),
            ("*", "cycles", true),
            ("", "cycles", false),
        ] {
            let patterns = EventPatterns::new(vec![pattern.to_owned()]);
            assert_eq!(patterns.take(text), is_match, "{pattern} {text}");
        }
    }
}
