//! Registers of the CPU and of hypervisors' interfaces.

use std::ops::RangeInclusive;

use super::ranges;

const INTERFACES: &str = include_str!("interfaces.tsv");

/// MSRs through which x2APIC shows the APIC's registers, sixteen bytes apart in its page each.
///
/// Source: Intel SDM volume 3, section 11.12.1.2.
const X2APIC: RangeInclusive<u32> = 0x800..=0x8ff;

/// A register of an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct InterfaceRow {
    /// Whose register it is: `APIC`.
    pub(super) part: &'static str,
    /// The register: `TPR`.
    pub(super) register: &'static str,
}

/// What a number of the table counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Numbers {
    /// Bytes in the APIC's page.
    Apic,
    /// MSRs.
    Msr,
}

#[derive(Clone, Debug)]
struct InterfaceLine {
    numbers: Numbers,
    range: RangeInclusive<u64>,
    row: InterfaceRow,
}

fn parse(line: &'static str) -> Option<InterfaceLine> {
    let mut columns = line.split('\t');
    let numbers = match columns.next()? {
        "apic" => Numbers::Apic,
        "msr" => Numbers::Msr,
        _ => return None,
    };
    let range = ranges::parse(columns.next()?, columns.next()?)?;
    let row = InterfaceRow {
        part: columns.next()?,
        register: columns.next()?,
    };
    Some(InterfaceLine {
        numbers,
        range,
        row,
    })
}

/// The table.
#[derive(Clone, Debug)]
pub(super) struct Interfaces {
    rows: Vec<InterfaceLine>,
}

impl Interfaces {
    pub(super) fn new() -> Self {
        Self {
            rows: ranges::rows(INTERFACES).filter_map(parse).collect(),
        }
    }

    /// The register at a byte offset in the APIC's page.
    pub(super) fn apic(&self, offset: u32) -> Option<InterfaceRow> {
        self.find(Numbers::Apic, offset)
    }

    /// The MSR of that number.
    pub(super) fn msr(&self, index: u32) -> Option<InterfaceRow> {
        if X2APIC.contains(&index) {
            self.apic((index - X2APIC.start()) << 4)
        } else {
            self.find(Numbers::Msr, index)
        }
    }

    fn find(&self, numbers: Numbers, number: u32) -> Option<InterfaceRow> {
        let mut rows = self.rows.iter();
        let fits =
            |row: &&InterfaceLine| row.numbers == numbers && row.range.contains(&number.into());
        rows.find(fits).map(|row| row.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that is none would be passed over, and one of two would never be found.
    #[test]
    fn all_lines_are_rows_and_none_overlap() {
        let mut before: Option<InterfaceLine> = None;
        for line in ranges::rows(INTERFACES) {
            let row = parse(line).unwrap_or_else(|| panic!("no row: {line}"));
            assert_eq!(line.split('\t').count(), 5, "{line}");
            if let Some(before) = before.filter(|before| before.numbers == row.numbers) {
                assert!(before.range.end() < row.range.start(), "{line}");
            }
            before = Some(row);
        }
    }

    /// Numbers of the manuals: SDM table 11-6 has TPR as MSR 808H, EOI as 80BH, ICR as 830H.
    #[test]
    fn x2apic_registers_are_those_of_the_page() {
        let interfaces = Interfaces::new();
        for (index, register) in [(0x808, "TPR"), (0x80b, "EOI"), (0x830, "ICR")] {
            let found = interfaces.msr(index);
            assert_eq!(found.map(|row| row.register), Some(register));
        }
        assert_eq!(interfaces.msr(0x801), None);
        assert_eq!(interfaces.msr(0x900), None);
    }
}
