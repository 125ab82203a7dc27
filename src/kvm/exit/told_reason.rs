//! Exit reasons as texts tell them: by name, perhaps with flags, or as numbers.

use hashbrown::HashMap;

use super::reason::{ExitReason, ReasonNumbering};
use super::reason_table::x86_reasons;
use crate::tracepoint::{EventFormat, FormatOrigin};

/// Rows of numbering, number and name; the head explains the columns.
const ALIASES: &str = include_str!("reason_aliases.tsv");

/// The first of the numbers that stand for names which no table has. No kernel has numbers there.
const NAMED_ONLY: u32 = 0xfffe_0000;

/// Most names of that kind: a text may be full of them.
const MOST_NAMED_ONLY: usize = 1000;

/// A reason as `kvm_exit` records it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToldReason {
    /// 1 for VMX, 2 for SVM; `None` when what is told does not say whose number it is.
    pub isa: Option<u32>,
    /// The number, with its flags.
    pub number: u32,
}

/// Reasons by the names that texts give them.
#[derive(Clone, Debug)]
pub struct ToldReasons {
    known: HashMap<&'static str, ToldReason>,
    /// Names that no table has, in the order of their numbers.
    named_only: Vec<String>,
}

impl Default for ToldReasons {
    fn default() -> Self {
        let rows = ALIASES.lines().filter_map(|line| {
            let mut cells = line.split('\t');
            let isa = match cells.next()? {
                "vmx" => 1,
                "svm" => 2,
                _ => return None,
            };
            let number = number(cells.next()?)?;
            let isa = Some(isa);
            Some((cells.next()?, ToldReason { isa, number }))
        });
        let own = x86_reasons().map(|reason| {
            let isa = u32::from(reason.numbering == ReasonNumbering::Svm) + 1;
            let told = ToldReason {
                isa: Some(isa),
                number: reason.number,
            };
            (reason.name, told)
        });
        Self {
            known: own.chain(rows).collect(),
            named_only: Vec::new(),
        }
    }
}

impl ToldReasons {
    /// What a text says behind `reason`; `None` for a name that is not known.
    pub fn find(&self, text: &str) -> Option<ToldReason> {
        let text = text.trim();
        if let Some(found) = self.name(text) {
            return Some(found);
        }
        // libtraceevent's plugin: `UNKNOWN (123)`.
        let inner = text.strip_prefix("UNKNOWN (");
        let inner = inner.and_then(|rest| rest.strip_suffix(')'));
        if let Some(number) = number(inner.unwrap_or(text)) {
            return Some(ToldReason { isa: None, number });
        }
        // Flags follow the name: `EPT_VIOLATION FAILED_VMENTRY`, `IO_INSTRUCTION 0x4000000`.
        let (name, flag) = text.rsplit_once(' ')?;
        let flag = match flag {
            "FAILED_VMENTRY" => ExitReason::FAILED_ENTRY,
            other => number(other).filter(|flag| flag & 0xffff == 0)?,
        };
        let found = self.find(name)?;
        Some(ToldReason {
            number: found.number | flag,
            ..found
        })
    }

    fn name(&self, name: &str) -> Option<ToldReason> {
        if let Some(found) = self.known.get(name) {
            return Some(*found);
        }
        let mut learned = (NAMED_ONLY..).zip(&self.named_only);
        let (number, _) = learned.find(|(_, learned)| *learned == name)?;
        Some(ToldReason { isa: None, number })
    }

    /// Learns a name that is not known, so that it stays what it is.
    pub fn learn(&mut self, text: &str) {
        let text = text.trim();
        let is_name = text
            .chars()
            .all(|c| c.is_alphanumeric() || "_- ".contains(c));
        let is_known = text.is_empty() || !is_name || self.find(text).is_some();
        if !is_known && self.named_only.len() < MOST_NAMED_ONLY {
            self.named_only.push(text.to_owned());
        }
    }

    /// A format of `kvm_exit` that names the learned reasons, and says nothing of where fields lie;
    /// `None` when nothing was learned.
    pub fn format(&self) -> Option<EventFormat> {
        if self.named_only.is_empty() {
            return None;
        }
        let mut text = "name: kvm_exit\nID: 0\nformat:\n\
             \tfield:unsigned int reason;\toffset:8;\tsize:4;\tsigned:0;\n\n\
             print fmt: \"%s\", __print_symbolic(REC->reason"
            .to_owned();
        for (number, name) in (NAMED_ONLY..).zip(&self.named_only) {
            text.push_str(&format!(", {{ {number:#x}, \"{name}\" }}"));
        }
        text.push_str(")\n");
        let format = EventFormat::parse("kvm", &text)?;
        Some(EventFormat {
            fields: Vec::new(),
            origin: FormatOrigin::NameOnly,
            ..format
        })
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Endian;
    use crate::kvm::exit::ReasonNames;
    use crate::tracepoint::Formats;

    /// By the kernel's names, libtraceevent's, older ones, with flags, as numbers, and not at all.
    #[test]
    fn reasons_are_found_by_every_name() {
        let reasons = ToldReasons::default();
        let found = |text| reasons.find(text).map(|found| (found.isa, found.number));
        assert_eq!(found("io"), Some((Some(2), 0x7b)));
        assert_eq!(found("EXIT_IOIO"), Some((Some(2), 0x7b)));
        assert_eq!(found("PF excp"), Some((Some(2), 0x4e)));
        assert_eq!(found("EXIT_EXCP_PF"), Some((Some(2), 0x4e)));
        assert_eq!(found("PENDING_INTERRUPT"), Some((Some(1), 7)));
        let failed = Some((Some(1), 1 << 31 | 33));
        assert_eq!(found("INVALID_STATE FAILED_VMENTRY"), failed);
        assert_eq!(
            found("IO_INSTRUCTION 0x4000000"),
            Some((Some(1), 0x400_001e))
        );
        assert_eq!(found("UNKNOWN (99)"), Some((None, 99)));
        assert_eq!(found("0x7b"), Some((None, 0x7b)));
        assert_eq!(found("WARP_DRIVE"), None);
    }

    /// A name that nobody knows stays the name that the table shows.
    #[test]
    fn unknown_names_stay_names() {
        let mut reasons = ToldReasons::default();
        reasons.learn("WARP_DRIVE");
        let found = reasons.find("WARP_DRIVE").unwrap();
        let formats = Formats::new(reasons.format().into_iter().collect(), Endian::Little);
        let reason = ExitReason {
            numbering: ReasonNumbering::Other,
            code: found.number,
        };
        assert_eq!(ReasonNames::new(&formats).name(reason).text, "WARP_DRIVE");
    }
}
