//! Parts of advice in words.

use std::fmt;

use crate::kvm::advice::{
    ACCESS, Choosing, Evidence, HowTold, MeasuredRow, RowSubject, RuleFinding, VmEvidence, chosen,
    place_words, quoted,
};
use crate::text::{one_line, with_commas};

/// Parts of a sentence, with commas between them.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<String>);

impl Words {
    /// Adds a part where there is one.
    pub(super) fn add(&mut self, part: Option<String>) {
        self.0.extend(part.filter(|part| !part.is_empty()));
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// A share in percent.
pub(super) fn per_cent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.05 {
        "<0.1 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}

/// The number of a rate.
pub(super) fn per_second(rate: f64) -> String {
    if rate < 9.95 {
        format!("{rate:.1}")
    } else {
        with_commas(&format!("{rate:.0}"))
    }
}

/// How much of a time was spent in the VMM.
pub(super) fn vmm_share_words(share: f64) -> String {
    if share <= 0.0 {
        "none of it in the VMM".to_owned()
    } else {
        format!("{} of it in the VMM", per_cent(share))
    }
}

/// A VM: its name and its process.
pub(super) fn vm_name(vm: &VmEvidence) -> String {
    let name = one_line(&vm.name);
    match vm.pid {
        Some(pid) => format!("{name} (pid {pid})"),
        None => name.into_owned(),
    }
}

/// A VM: its name, its process, its operating system.
pub(super) fn vm_words(vm: &VmEvidence) -> String {
    let guest = match &vm.guest {
        None => "operating system not known: remedies for all".to_owned(),
        Some(guest) => {
            let system = guest.system.as_str();
            let by = one_line(&guest.by);
            match guest.told {
                HowTold::Known => format!("runs {system} ({by})"),
                HowTold::Hint => format!("may run {system} ({by}): its remedies come first"),
            }
        }
    };
    format!("{}: {guest}", vm_name(vm))
}

/// Where a row can be seen: the same exits of the same VM, with the same number in the table.
pub(super) fn see_words(row: &MeasuredRow, evidence: &Evidence, finding: &RuleFinding) -> String {
    let path = evidence.recordings.get(row.recording);
    let path = path.map_or_else(String::new, |recording| quoted(&recording.path));
    let vm = finding.vm.and_then(|ix| evidence.vms.get(ix));
    let chosen = |verb| chosen(evidence, vm, verb);
    match &row.what {
        RowSubject::Exits {
            place: None,
            reason,
            ..
        } if reason != ACCESS => format!("vmflame exits {path}{}", chosen(Choosing::Exits)),
        // A register may be reached by exits of several reasons. Faults are there by page, and in
        // advice all together.
        RowSubject::Exits { .. } => {
            let chosen = chosen(Choosing::Exits);
            format!("vmflame exits {path}{chosen} --by reason,register")
        }
        RowSubject::Function(_) | RowSubject::Tag(_) => {
            let chosen = chosen(Choosing::Samples);
            format!("vmflame convert {path}{chosen} -o perf.svg")
        }
    }
}

/// What a row is about, for a table: safe and in one line.
pub(super) fn row_subject(row: &MeasuredRow) -> String {
    one_line(&subject_words(&row.what)).into_owned()
}

/// What a row is about.
pub(super) fn subject_words(what: &RowSubject) -> String {
    match what {
        RowSubject::Exits {
            reason,
            place,
            direction,
            device,
            is_sure,
        } => {
            let device = match (device.is_empty(), is_sure) {
                (true, _) => String::new(),
                (false, true) => format!(" · {device}"),
                (false, false) => format!(" · {device}, assumed"),
            };
            match place {
                Some(place) => format!("{}{device}", place_words(*place, *direction)),
                None => reason.clone(),
            }
        }
        RowSubject::Function(name) => format!("function {name}"),
        RowSubject::Tag(tag) => format!("{tag} ({})", tag.words()),
    }
}
