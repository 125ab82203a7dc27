//! Names of exit reasons.

/// Which names a key is looked up in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ReasonTable {
    Vmx,
    Svm,
    /// What `kvm_exit` returns.
    Arm64Exit,
    /// The exception class of a trap.
    Arm64Trap,
}

const NAMES: &str = include_str!("reasons.tsv");

impl ReasonTable {
    fn label(self) -> &'static str {
        match self {
            Self::Vmx => "vmx",
            Self::Svm => "svm",
            Self::Arm64Exit => "arm64-exit",
            Self::Arm64Trap => "arm64-trap",
        }
    }

    /// What perf calls a reason; `None` for one that it does not know.
    pub(super) fn name(self, code: u64) -> Option<&'static str> {
        let rows = NAMES.lines().filter(|line| !line.starts_with('#'));
        let mut rows = rows.filter_map(|line| {
            let (table, rest) = line.split_once('\t')?;
            let (number, name) = rest.split_once('\t')?;
            (table == self.label()).then_some((number, name))
        });
        let code = format!("{code:#x}");
        rows.find_map(|(number, name)| (number == code).then_some(name))
    }
}
