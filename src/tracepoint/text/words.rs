//! Names in text to the numbers they stand for.

/// What kind of name it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WordKind {
    /// A register of the local APIC.
    ApicRegister,
    /// A task's state: letters with `|` between.
    State,
    /// The same by libtraceevent's letters.
    PluginState,
    /// arm64: why a guest stopped.
    ArmReturn,
}

impl WordKind {
    /// The kind that a form names.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "apic" => Self::ApicRegister,
            "state" => Self::State,
            "plugin_state" => Self::PluginState,
            "arm" => Self::ArmReturn,
            _ => return None,
        })
    }
}

/// Registers of the local APIC, by the kernel's names.
///
/// Source: `kvm_trace_symbol_apic`, arch/x86/kvm/trace.h; `arch/x86/include/asm/apicdef.h`, Linux
/// 6.18.
const APIC_REGISTERS: [(&str, u64); 25] = [
    ("APIC_ID", 0x20),
    ("APIC_LVR", 0x30),
    ("APIC_TASKPRI", 0x80),
    ("APIC_ARBPRI", 0x90),
    ("APIC_PROCPRI", 0xa0),
    ("APIC_EOI", 0xb0),
    ("APIC_RRR", 0xc0),
    ("APIC_LDR", 0xd0),
    ("APIC_DFR", 0xe0),
    ("APIC_SPIV", 0xf0),
    ("APIC_ISR", 0x100),
    ("APIC_TMR", 0x180),
    ("APIC_IRR", 0x200),
    ("APIC_ESR", 0x280),
    ("APIC_ICR", 0x300),
    ("APIC_ICR2", 0x310),
    ("APIC_LVTT", 0x320),
    ("APIC_LVTTHMR", 0x330),
    ("APIC_LVTPC", 0x340),
    ("APIC_LVT0", 0x350),
    ("APIC_LVT1", 0x360),
    ("APIC_LVTERR", 0x370),
    ("APIC_TMICT", 0x380),
    ("APIC_TMCCT", 0x390),
    ("APIC_TDCR", 0x3e0),
];

/// Those that not every kernel has a name for.
const MORE_APIC_REGISTERS: [(&str, u64); 3] = [
    ("APIC_SELF_IPI", 0x3f0),
    ("APIC_EFEAT", 0x400),
    ("APIC_ECTRL", 0x410),
];

/// Why an arm64 guest stopped.
///
/// Source: `kvm_arm_exception_type`, `arch/arm64/include/asm/kvm_asm.h`, Linux 6.12.
const ARM_RETURNS: [(&str, u64); 5] = [
    ("IRQ", 0),
    ("SERROR", 1),
    ("TRAP", 2),
    ("ILLEGAL", 3),
    ("HYP_GONE", 0x0bad_ca11),
];

/// States of tasks as bits.
///
/// Source: `sched_switch`, include/trace/events/sched.h, Linux 4.14 to 6.18.
const STATES: [(char, u64); 8] = [
    ('S', 0x1),
    ('D', 0x2),
    ('T', 0x4),
    ('t', 0x8),
    ('X', 0x10),
    ('Z', 0x20),
    ('P', 0x40),
    ('I', 0x80),
];

/// The same as libtraceevent's plugin has them, which are those of kernels before 4.14.
///
/// Source: `write_state`, `plugins/plugin_sched_switch.c`, libtraceevent 1.7.
const PLUGIN_STATES: [(char, u64); 8] = [
    ('S', 0x1),
    ('D', 0x2),
    ('T', 0x4),
    ('t', 0x8),
    ('Z', 0x10),
    ('X', 0x20),
    ('x', 0x40),
    ('W', 0x80),
];

/// What letters of other kernels stand for: states that wait all the same.
const OTHER_STATE: u64 = 0x80;

/// The state of a task that was made to stop though it could go on.
const PREEMPTED: u64 = 0x100;

/// A name that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FoundWord {
    pub(super) value: u64,
    /// How much of the text it takes.
    pub(super) len: usize,
}

/// The number of the name at the start of `text`.
pub(super) fn find_word(kind: WordKind, text: &str) -> Option<FoundWord> {
    let word = || {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let behind = text.trim_start_matches(is_part);
        text.get(..text.len() - behind.len())
    };
    match kind {
        WordKind::ApicRegister => {
            let name = word()?;
            let known = APIC_REGISTERS.iter().chain(&MORE_APIC_REGISTERS);
            let known = known.copied().find(|(known, _)| *known == name);
            let value = known.map(|(_, value)| value).or_else(|| {
                let hex = name.strip_prefix("0x")?;
                u64::from_str_radix(hex, 16).ok()
            });
            Some(FoundWord {
                value: value?,
                len: name.len(),
            })
        }
        WordKind::ArmReturn => {
            let name = word()?;
            let known = ARM_RETURNS.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| FoundWord {
                value: *value,
                len: name.len(),
            })
        }
        WordKind::State => find_state(text, &STATES),
        WordKind::PluginState => find_state(text, &PLUGIN_STATES),
    }
}

fn find_state(text: &str, states: &[(char, u64); 8]) -> Option<FoundWord> {
    let end = text.find([' ', '\t', ']']).unwrap_or(text.len());
    let word = text.get(..end).filter(|word| !word.is_empty())?;
    let mut value = 0;
    for letter in word.chars() {
        value |= match letter {
            'R' | '|' => 0,
            '+' => PREEMPTED,
            _ => {
                let known = states.iter().find(|(known, _)| *known == letter);
                known.map_or(OTHER_STATE, |(_, bit)| *bit)
            }
        };
    }
    let is_state = word
        .chars()
        .all(|c| c.is_ascii_alphabetic() || "|+".contains(c));
    is_state.then_some(FoundWord { value, len: end })
}
