//! The built-in table of exit reasons.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::reason::{ExitReason, ReasonNumbering};
use crate::stack::Tag;
use crate::tracepoint::Architecture;

/// The table; its head explains the columns.
const REASONS: &str = include_str!("reasons.tsv");

/// What the table says of a reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ReasonRow {
    pub(super) name: &'static str,
    pub(super) tag: Tag,
}

/// What the table is searched by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct ReasonKey {
    numbering: ReasonNumbering,
    /// Of which machine, where the numbering does not say it.
    machine: Option<Architecture>,
    number: u32,
}

impl ReasonKey {
    fn of_cells(numbering: &str, number: &str) -> Option<Self> {
        let (numbering, machine) = match numbering {
            "vmx" => (ReasonNumbering::Vmx, None),
            "svm" => (ReasonNumbering::Svm, None),
            "arm-return" => (ReasonNumbering::ArmReturn, None),
            "arm-trap" => (ReasonNumbering::ArmTrap, None),
            "s390" => (ReasonNumbering::Other, Some(Architecture::S390)),
            "powerpc" => (ReasonNumbering::Other, Some(Architecture::PowerPc)),
            "riscv" => (ReasonNumbering::Other, Some(Architecture::Riscv)),
            _ => return None,
        };
        let number = match number.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        Some(Self {
            numbering,
            machine,
            number: number.ok()?,
        })
    }
}

/// A line of the table.
struct ReasonLine {
    key: ReasonKey,
    row: ReasonRow,
}

fn lines() -> impl Iterator<Item = ReasonLine> {
    let lines = REASONS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut cells = line.split('\t');
        let key = ReasonKey::of_cells(cells.next()?, cells.next()?)?;
        let name = cells.next()?;
        let tag = Tag::from_name(cells.next()?)?;
        let row = ReasonRow { name, tag };
        Some(ReasonLine { key, row })
    })
}

static ROWS: LazyLock<HashMap<ReasonKey, ReasonRow>> =
    LazyLock::new(|| lines().map(|line| (line.key, line.row)).collect());

/// What the table says of a reason on a machine; of VMX it looks at the basic reason alone.
pub(super) fn row_of(reason: ExitReason, machine: Option<Architecture>) -> Option<ReasonRow> {
    let key = ReasonKey {
        numbering: reason.numbering,
        machine: machine.filter(|_| reason.numbering == ReasonNumbering::Other),
        number: reason.code_without_flags(),
    };
    ROWS.get(&key).copied()
}

/// An x86 reason, as the kernel prints it.
pub(super) struct NamedReason {
    pub(super) name: &'static str,
    pub(super) numbering: ReasonNumbering,
    pub(super) number: u32,
}

/// The names of all x86 reasons.
pub(super) fn x86_reasons() -> impl Iterator<Item = NamedReason> {
    let is_x86 = |line: &ReasonLine| {
        let numbering = line.key.numbering;
        matches!(numbering, ReasonNumbering::Vmx | ReasonNumbering::Svm)
    };
    lines().filter(is_x86).map(|line| NamedReason {
        name: line.row.name,
        numbering: line.key.numbering,
        number: line.key.number,
    })
}

/// The x86 or arm64 reason that the kernel prints so; names of both vendors are spelled differently.
pub(super) fn reason_of_name(name: &str) -> Option<ExitReason> {
    let mut named = lines().filter(|line| line.key.machine.is_none() && line.row.name == name);
    let ReasonKey {
        numbering, number, ..
    } = named.next()?.key;
    Some(ExitReason {
        numbering,
        code: number,
    })
}
