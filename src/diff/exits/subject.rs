//! What exits are compared by.

use std::fmt;

use crate::kvm::exit::{Access, HypercallInterface, Target};

/// The kinds of what exits are compared by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SubjectKind {
    /// Why the guest stopped.
    Reason,
    /// A port.
    Port,
    /// Device registers in guest-physical memory, those of the local APIC aside.
    Mmio,
    /// A register of the local APIC, by its offset.
    Apic,
    /// A model-specific register.
    Msr,
    /// A leaf of CPUID.
    Cpuid,
    /// A hypercall of KVM's own numbers.
    Hypercall,
}

impl SubjectKind {
    /// All, with what conditions call them.
    pub const ALL: [(&'static str, Self); 7] = [
        ("exit-reason", Self::Reason),
        ("port", Self::Port),
        ("mmio", Self::Mmio),
        ("apic", Self::Apic),
        ("msr", Self::Msr),
        ("cpuid", Self::Cpuid),
        ("hypercall", Self::Hypercall),
    ];

    /// What conditions call it.
    pub fn as_str(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }
}

/// A reason or a register, whichever way it is accessed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExitSubject {
    /// Which kind it is.
    pub kind: SubjectKind,
    /// Its name: `IO_INSTRUCTION`, `0x608`.
    pub name: String,
}

impl fmt::Display for ExitSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

/// A number as tables show it, `0x608`; digits alone where they mean the same in any base.
fn number_of(name: &str) -> Option<u64> {
    match name.strip_prefix("0x").or_else(|| name.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => name.parse().ok().filter(|number| *number < 10),
    }
}

impl ExitSubject {
    /// Reads `exit-reason:IO_INSTRUCTION` or `port:0x608`. What is no number is kept as it is; see
    /// `Self::wrong_number`.
    ///
    /// `None` when it begins with no kind.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        let (_, kind) = SubjectKind::ALL
            .into_iter()
            .find(|(known, _)| *known == kind)?;
        let name = name.trim();
        if kind == SubjectKind::Reason {
            let name = name.to_owned();
            return Some(Self { kind, name });
        }
        Some(match number_of(name) {
            // The page of the local APIC is compared by its registers.
            Some(number) if kind == SubjectKind::Mmio => match Target::apic_of_gpa(number) {
                Some(Target::Apic(offset)) => Self::numbered(SubjectKind::Apic, offset.into()),
                _ => Self::numbered(kind, number),
            },
            Some(number) => Self::numbered(kind, number),
            None => Self {
                kind,
                name: name.to_owned(),
            },
        })
    }

    /// What is wrong with the number of a register; `None` where it is one.
    pub(crate) fn wrong_number(&self) -> Option<String> {
        let Self { kind, name } = self;
        if *kind == SubjectKind::Reason || number_of(name).is_some() {
            return None;
        }
        let kind = kind.as_str();
        Some(match name.parse::<u64>() {
            Ok(number) => format!(
                "{kind}:{name}: tables show numbers in hexadecimal, and this one could be either: write \
                 {kind}:0x{name}, or {kind}:{number:#x} if it is decimal"
            ),
            Err(_) => format!("{kind}:{name} is no number such as {kind}:0x608"),
        })
    }

    /// What an access reaches; `None` where exits are not compared by it.
    pub(super) fn of_access(access: Access) -> Option<Self> {
        Some(match access.target {
            Target::Port(port) => Self::numbered(SubjectKind::Port, port.into()),
            Target::Mmio(gpa) => Self::numbered(SubjectKind::Mmio, gpa),
            Target::Apic(offset) => Self::numbered(SubjectKind::Apic, offset.into()),
            Target::Msr(index) => Self::numbered(SubjectKind::Msr, index.into()),
            Target::Cpuid(function, _) => Self::numbered(SubjectKind::Cpuid, function.into()),
            Target::Hypercall(HypercallInterface::Kvm, number) => {
                Self::numbered(SubjectKind::Hypercall, number)
            }
            Target::Hypercall(..)
            | Target::HostInterrupt(_)
            | Target::GuestInterrupt(_)
            | Target::Fault(_) => return None,
        })
    }

    fn numbered(kind: SubjectKind, number: u64) -> Self {
        Self {
            kind,
            name: format!("{number:#x}"),
        }
    }
}
