//! Exit reasons as texts tell them: by name, perhaps with flags, or as numbers.

use hashbrown::HashMap;

use super::reason::{ExitReason, ReasonNumbering};
use super::reason_table::x86_reasons;
use crate::tracepoint::{EventFormat, FormatOrigin};

/// Rows of numbering, number and name; the head explains the columns.
const ALIASES: &str = include_str!("reason_aliases.tsv");

/// The first of the numbers that stand for names which no table has. No kernel has numbers there.
const NAMED_ONLY: u32 = 0xfffe_0000;

/// Stands for a reason that was cut off. No kernel has this number either.
const CUT_OFF: u32 = NAMED_ONLY - 1;

/// What tables call it.
const CUT_OFF_NAME: &str = "[cut off]";

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
    /// How many exits are told without their reason.
    cut_off: u64,
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
            cut_off: 0,
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

    /// The reason of an exit whose text ends with this part of its name, or before it: with nothing.
    /// What may be the beginning of several names is none of them.
    pub fn find_cut(&mut self, text: &str) -> ToldReason {
        let text = text.trim();
        // Of ` rip`, which follows, a part may be left: then the name is whole.
        let mut behind = [" rip", " ri", " r"].into_iter();
        let name = behind.find_map(|behind| text.strip_suffix(behind));
        if let Some(found) = name.and_then(|name| self.find(name)) {
            return found;
        }
        let is_whole = |found: &ToldReason| {
            let mut others = self.known.iter().filter(|(name, _)| name.starts_with(text));
            others.all(|(_, known)| known == found)
        };
        if let Some(found) = self.known.get(text).filter(|found| is_whole(found)) {
            return *found;
        }
        self.cut_off += 1;
        ToldReason {
            isa: None,
            number: CUT_OFF,
        }
    }

    /// How many exits are told without their reason.
    pub const fn cut_off(&self) -> u64 {
        self.cut_off
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

    /// A format of `kvm_exit` that names the learned reasons and those that were cut off, and says nothing of where fields lie;
    /// `None` when there are none.
    pub fn format(&self) -> Option<EventFormat> {
        if self.named_only.is_empty() && self.cut_off == 0 {
            return None;
        }
        let mut text = "name: kvm_exit\nID: 0\nformat:\n\
             \tfield:unsigned int reason;\toffset:8;\tsize:4;\tsigned:0;\n\n\
             print fmt: \"%s\", __print_symbolic(REC->reason"
            .to_owned();
        let cut_off = (self.cut_off > 0).then_some((CUT_OFF, CUT_OFF_NAME));
        let named = self.named_only.iter().map(String::as_str);
        for (number, name) in cut_off.into_iter().chain((NAMED_ONLY..).zip(named)) {
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

    /// `HLT` and `EPT_VIOLATION` are no beginning of another name, `MSR_READ` is one of
    /// `MSR_READ_IMM` (Linux 6.18) too, and `E` of many.
    #[test]
    fn reasons_that_were_cut_are_not_guessed() {
        let mut reasons = ToldReasons::default();
        assert!(reasons.format().is_none());
        assert_eq!(reasons.find_cut("HLT").number, 12);
        assert_eq!(reasons.find_cut("EPT_VIOLATION").number, 48);
        assert_eq!(reasons.find_cut("MSR_READ ri").number, 31);
        for cut in ["", "E", "EPT_VIOL", "MSR_READ"] {
            assert_eq!(reasons.find_cut(cut).number, CUT_OFF, "{cut}");
        }
        assert_eq!(reasons.cut_off(), 4);
        let formats = Formats::new(reasons.format().into_iter().collect(), Endian::Little);
        let reason = ExitReason {
            numbering: ReasonNumbering::Other,
            code: CUT_OFF,
        };
        assert_eq!(ReasonNames::new(&formats).name(reason).text, "[cut off]");
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
