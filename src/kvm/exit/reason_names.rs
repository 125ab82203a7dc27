//! What exit reasons are called.

use super::reason::{ExitReason, ReasonNumbering};
use super::reason_table::{reason_of_name, row_of};
use crate::stack::Tag;
use crate::tracepoint::{Architecture, EventFormat, Formats};

/// Where the name of a reason comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NameOrigin {
    /// The formats that were recorded with it.
    Recorded,
    /// This program's table.
    BuiltIn,
    /// Nobody: it is the number.
    Number,
}

/// What a reason is called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReasonName {
    /// `IO_INSTRUCTION`, `npf`, `DABT_LOW`; a number where nobody names it: decimal for VMX, else
    /// hexadecimal, as the manuals have them.
    pub text: String,
    /// Who calls it so.
    pub origin: NameOrigin,
}

/// Names exit reasons: by the formats of their source, else by the built-in table.
#[derive(Clone, Debug, Default)]
pub struct ReasonNames {
    /// The tracepoint that tells the reasons; `None` when its source has no format of it.
    exit: Option<EventFormat>,
    machine: Option<Architecture>,
}

/// Tracepoints that tell why a guest stopped, and the machine whose fields they have.
const EXIT_EVENTS: [&str; 4] = [
    "kvm:kvm_exit",
    "kvm:kvm_s390_sie_exit",
    "kvm_hv:kvm_guest_exit",
    "kvm_pr:kvm_book3s_exit",
];

impl ReasonNames {
    /// Names reasons by these formats.
    pub fn new(formats: &Formats) -> Self {
        let of_name = |name: &&str| formats.get(formats.by_name(name)?);
        let exit = EXIT_EVENTS.iter().find_map(of_name).cloned();
        let machine = exit.as_ref().and_then(machine_of);
        Self { exit, machine }
    }

    /// The name of a reason; of one with flags, with what they say.
    pub fn name(&self, reason: ExitReason) -> ReasonName {
        let (mut text, origin) = match self.recorded(reason) {
            Some(name) => (name.to_owned(), NameOrigin::Recorded),
            None => match row_of(reason, self.machine) {
                Some(row) => (row.name.to_owned(), NameOrigin::BuiltIn),
                None => (number(reason), NameOrigin::Number),
            },
        };
        if reason.is_failed_entry() {
            text.push_str(" (entry failed)");
        }
        ReasonName { text, origin }
    }

    /// The tag of exits for a reason, as far as the reason alone tells it.
    pub fn tag(&self, reason: ExitReason) -> Tag {
        if reason.is_failed_entry() {
            return Tag::ExitOther;
        }
        row_of(reason, self.machine).map_or(Tag::ExitOther, |row| row.tag)
    }

    /// The reason that kernels print so on x86 or arm64; `None` for a name that is not in the table.
    pub fn reason_of(name: &str) -> Option<ExitReason> {
        reason_of_name(name)
    }

    fn recorded(&self, reason: ExitReason) -> Option<&str> {
        let names = &self.exit.as_ref()?.value_names;
        let code = u64::from(reason.code_without_flags());
        // The kernel takes all that is not Intel's for AMD's: other numbers are looked up in no table.
        let (field, isa) = match reason.numbering {
            ReasonNumbering::Vmx => ("exit_reason", Some(1)),
            ReasonNumbering::Svm => ("exit_reason", Some(2)),
            ReasonNumbering::ArmReturn => ("ret", None),
            ReasonNumbering::ArmTrap => ("esr_ec", None),
            ReasonNumbering::Other => {
                let fields = ["icptcode", "trap", "reason"];
                let mut fields = fields.into_iter();
                (fields.find(|field| names.has_names_of(field))?, None)
            }
        };
        names.symbolic(field, isa, code)
    }
}

/// The machine of which a tracepoint's fields are.
fn machine_of(exit: &EventFormat) -> Option<Architecture> {
    let marks = [
        ("isa", Architecture::X86),
        ("vcpu_pc", Architecture::Arm64),
        ("scause", Architecture::Riscv),
        ("icptcode", Architecture::S390),
        ("trap", Architecture::PowerPc),
    ];
    let found = marks
        .into_iter()
        .find(|(field, _)| exit.field(field).is_some());
    found.map(|(_, machine)| machine)
}

fn number(reason: ExitReason) -> String {
    let code = reason.code_without_flags();
    match reason.numbering {
        ReasonNumbering::Vmx => code.to_string(),
        ReasonNumbering::Svm
        | ReasonNumbering::ArmReturn
        | ReasonNumbering::ArmTrap
        | ReasonNumbering::Other => format!("{code:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Endian;

    const X86: &str = include_str!("../../../testdata/formats/kvm_exit-x86-6.1.txt");
    const ARM64: &str = include_str!("../../../testdata/formats/kvm_exit-arm64-6.1.txt");

    fn names_of(text: &str) -> ReasonNames {
        let format = EventFormat::parse("kvm", text).into_iter().collect();
        ReasonNames::new(&Formats::new(format, Endian::Little))
    }

    fn name(names: &ReasonNames, numbering: ReasonNumbering, code: u32) -> (String, NameOrigin) {
        let ReasonName { text, origin } = names.name(ExitReason { numbering, code });
        (text, origin)
    }

    fn told(text: &str, origin: NameOrigin) -> (String, NameOrigin) {
        (text.to_owned(), origin)
    }

    /// By the recorded text; 76 is younger than it, 200 is nobody's.
    #[test]
    fn names_are_the_recorded_kernels_then_the_tables() {
        use NameOrigin::{BuiltIn, Number, Recorded};
        use ReasonNumbering::{ArmReturn, ArmTrap, Other, Svm, Vmx};
        let x86 = names_of(X86);
        assert_eq!(name(&x86, Vmx, 30), told("IO_INSTRUCTION", Recorded));
        assert_eq!(name(&x86, Svm, 30), told("0x1e", Number));
        assert_eq!(name(&x86, Svm, 0x7b), told("io", Recorded));
        assert_eq!(name(&x86, Vmx, 76), told("SEAMCALL", BuiltIn));
        assert_eq!(name(&x86, Vmx, 200), told("200", Number));
        assert_eq!(name(&x86, Other, 30), told("0x1e", Number));
        let failed = ExitReason::FAILED_ENTRY | 33;
        let expected = told("INVALID_STATE (entry failed)", Recorded);
        assert_eq!(name(&x86, Vmx, failed), expected);
        let arm = names_of(ARM64);
        assert_eq!(name(&arm, ArmTrap, 0x24), told("DABT_LOW", Recorded));
        assert_eq!(name(&arm, ArmTrap, 0x12), told("HVC32", BuiltIn));
        assert_eq!(name(&arm, ArmReturn, 0), told("IRQ", Recorded));
        let none = ReasonNames::default();
        assert_eq!(name(&none, Svm, 0x400), told("npf", BuiltIn));
        assert_eq!(name(&none, Vmx, 48), told("EPT_VIOLATION", BuiltIn));
    }

    /// What the table says and what kernels say are the same, number by number.
    #[test]
    fn the_table_names_as_recorded_kernels_do() {
        use ReasonNumbering::{ArmReturn, ArmTrap, Svm, Vmx};
        let none = ReasonNames::default();
        let mut compared = 0;
        for (text, numberings) in [(X86, [Vmx, Svm]), (ARM64, [ArmReturn, ArmTrap])] {
            let recorded = names_of(text);
            for numbering in numberings {
                for code in (0..0x500).chain([0xbad_ca11, u32::MAX]) {
                    let reason = ExitReason { numbering, code };
                    if let Some(name) = recorded.recorded(reason) {
                        assert_eq!(name, none.name(reason).text, "{reason:?}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 190, "{compared} names were compared");
    }

    #[test]
    fn printed_names_lead_back_to_their_numbers() {
        let of = |name| ReasonNames::reason_of(name).map(|reason| (reason.numbering, reason.code));
        assert_eq!(of("HLT"), Some((ReasonNumbering::Vmx, 12)));
        assert_eq!(of("hlt"), Some((ReasonNumbering::Svm, 0x78)));
        assert_eq!(of("WFx"), Some((ReasonNumbering::ArmTrap, 1)));
        assert_eq!(of("EXTREQ"), None);
        assert_eq!(of("0x7b"), None);
    }

    /// Every row can be read, and has a tag of an exit.
    #[test]
    fn the_table_is_whole() {
        let text = include_str!("reasons.tsv");
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        for row in rows {
            let cells: Vec<&str> = row.split('\t').collect();
            let tag = Tag::from_name(cells[3]).unwrap();
            assert!(cells.len() == 4 && tag.is_exit(), "{row}");
        }
        let names = ReasonNames::default();
        let tag = |numbering, code| names.tag(ExitReason { numbering, code });
        assert_eq!(tag(ReasonNumbering::Vmx, 30), Tag::ExitPio);
        assert_eq!(tag(ReasonNumbering::Svm, 0x78), Tag::ExitHlt);
        assert_eq!(tag(ReasonNumbering::ArmReturn, 0), Tag::ExitIrq);
        assert_eq!(tag(ReasonNumbering::Vmx, 1 << 31 | 30), Tag::ExitOther);
    }
}
