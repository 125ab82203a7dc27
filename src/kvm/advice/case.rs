//! What one rule looks at: a VM or a recording among all evidence, and what it measures there.

use super::evidence::{
    Evidence, ExitEvidence, ExitRow, ExitSite, Recording, StackEvidence, VmEvidence,
};
use super::exit_kind::ExitKind;
use super::pattern::RowPattern;
use super::thresholds::{least_exits, threshold};
use crate::kvm::exit::Direction;
use crate::stack::Tag;

/// What one rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Case<'e> {
    /// All evidence.
    pub evidence: &'e Evidence,
    /// The VM, for rules about VMs.
    pub vm: Option<&'e VmEvidence>,
    /// The recording, for rules about recordings.
    pub recording: Option<&'e Recording>,
    /// The rule's name.
    pub rule: &'static str,
}

/// What a rule measured: it speaks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Measurement {
    /// The rows that show it, the most expensive first.
    pub rows: Vec<MeasuredRow>,
    /// Exits a second and vCPU.
    pub rate: Option<f64>,
    /// The share of the vCPUs' time, 0 to 1; of samples where only stacks tell it.
    pub share: Option<f64>,
    /// The part of that time that was spent in the VMM, 0 to 1.
    pub user_share: Option<f64>,
    /// What else was measured, in words.
    pub words: Vec<String>,
}

/// A row that shows what a rule found.
#[derive(Clone, PartialEq, Debug)]
pub struct MeasuredRow {
    /// What it is about.
    pub what: RowSubject,
    /// Number of exits or weight of samples.
    pub count: u64,
    /// Exits a second and vCPU; `None` for samples.
    pub rate: Option<f64>,
    /// Share of the vCPUs' time or samples, 0 to 1; `None` when times are not known.
    pub share: Option<f64>,
    /// The part of that time that was spent in the VMM, 0 to 1.
    pub user_share: Option<f64>,
    /// Index of the recording.
    pub recording: usize,
}

/// What a row is about.
#[derive(Clone, PartialEq, Debug)]
pub enum RowSubject {
    /// Exits of a reason, at a register where one is known.
    Exits {
        /// The reason as the capture names it.
        reason: String,
        /// The register.
        place: Option<ExitSite>,
        /// Read or written.
        direction: Direction,
        /// The device in words; empty when it is not known.
        device: String,
        /// Whether the device is sure.
        is_sure: bool,
    },
    /// Stacks with a function.
    Function(&'static str),
    /// Stacks with a tag.
    Tag(Tag),
}

impl<'e> Case<'e> {
    /// The exits of the VM.
    pub fn exits(&self) -> Option<&'e ExitEvidence> {
        self.vm?.exits.as_ref()
    }

    /// The stacks of the VM.
    pub fn stacks(&self) -> Option<&'e StackEvidence> {
        self.vm?.stacks.as_ref()
    }

    /// The value from which on the rule speaks, for one of its quantities.
    pub fn threshold(&self, quantity: &str) -> Option<f64> {
        threshold(self.rule, quantity)
    }

    /// Whether a quantity is worth a word.
    pub fn reaches(&self, quantity: &str, value: Option<f64>) -> bool {
        let both = value.zip(self.threshold(quantity));
        both.is_some_and(|(value, least)| value >= least)
    }

    /// What exits of some kind amount to, whether or not that is worth a word; `None` without any.
    pub fn amount(&self, patterns: &[RowPattern]) -> Option<Measurement> {
        let exits = self.exits()?;
        let mut rows: Vec<&ExitRow> = exits
            .rows
            .iter()
            .filter(|row| row.count > 0 && patterns.iter().any(|pattern| pattern.fits(row)))
            .collect();
        rows.sort_by(|a, b| {
            let weight = |row: &ExitRow| (row.nanos, row.count);
            weight(b).cmp(&weight(a)).then_with(|| {
                (&a.reason, a.place, a.direction).cmp(&(&b.reason, b.place, b.direction))
            })
        });
        if rows.is_empty() {
            return None;
        }
        let sum = rows
            .iter()
            .fold(ExitSums::default(), |sum, row| sum.with(row));
        let figures = sum.figures(exits);
        Some(Measurement {
            rows: rows.iter().map(|row| measured_row(row, exits)).collect(),
            rate: Some(figures.rate),
            share: figures.share,
            user_share: figures.user_share,
            words: Vec::new(),
        })
    }

    /// The same where it is worth a word: enough exits, and their rate or share reaches its
    /// threshold.
    pub fn exits_worth_a_word(&self, patterns: &[RowPattern]) -> Option<Measurement> {
        let measured = self.amount(patterns)?;
        let count: u64 = measured
            .rows
            .iter()
            .map(|row| row.count)
            .fold(0, u64::saturating_add);
        let percent = measured.share.map(|share| share * 100.0);
        let is_steady = measured.rate >= threshold("all", "share-rate");
        let is_worth =
            self.reaches("rate", measured.rate) || (is_steady && self.reaches("share", percent));
        (count as f64 >= least_exits() && is_worth).then_some(measured)
    }

    /// The stacks with one of some functions, or with one of some tags, where that is worth a word.
    pub fn samples_worth_a_word(&self, functions: &[&str], tags: &[Tag]) -> Option<Measurement> {
        let stacks = self.stacks()?;
        let mut measured = self.tags(tags)?;
        if let Some(found) = stacks.function(functions) {
            let row = sample_row(RowSubject::Function(found.name), found.weight, stacks);
            measured.rows.insert(0, row);
        }
        let shares = measured.rows.iter().filter_map(|row| row.share);
        let share = shares.fold(measured.share.unwrap_or_default(), f64::max);
        measured.share = Some(share);
        let is_enough = share * stacks.samples as f64 >= least_exits();
        (is_enough && self.reaches("samples", Some(share * 100.0))).then_some(measured)
    }

    /// The stacks with some tags, whether or not that is worth a word; `None` without stacks.
    pub fn tags(&self, tags: &[Tag]) -> Option<Measurement> {
        let stacks = self.stacks()?;
        let rows = tags.iter().map(|&tag| {
            let weight = stacks.weight_of_tags(&[tag]);
            sample_row(RowSubject::Tag(tag), weight, stacks)
        });
        let mut rows: Vec<MeasuredRow> = rows.filter(|row| row.count > 0).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.count));
        Some(Measurement {
            rows,
            share: Some(stacks.share_of_tags(tags)),
            ..Measurement::default()
        })
    }

    /// The stacks with a function of a device in the VMM, where its part of all exits that lead to
    /// devices is worth a word. `divided` are the tags of those exits.
    pub fn device_worth_a_word(&self, functions: &[&str], divided: &[Tag]) -> Option<Measurement> {
        let stacks = self.stacks()?;
        let found = stacks.function(functions)?;
        let part = stacks.part_of_devices(found);
        let whole = stacks.share_of_tags(divided);
        let share = part * whole;
        let is_enough = stacks.samples_of(found.weight) >= LEAST_SAMPLES;
        let is_worth = is_enough && self.reaches("samples", Some(share * 100.0));
        is_worth.then(|| Measurement {
            rows: vec![sample_row(
                RowSubject::Function(found.name),
                found.weight,
                stacks,
            )],
            share: Some(share),
            words: vec![format!(
                "it is {:.0} % of what is seen of devices, whose exits have {:.1} % of the samples",
                part * 100.0,
                whole * 100.0
            )],
            ..Measurement::default()
        })
    }

    /// Whether hardware handles the guest's local APIC, as exits and functions show that happen
    /// only then.
    ///
    /// Source: exit reasons 45 and 56 need "APIC-register virtualization" and "virtual-interrupt
    /// delivery" (Intel SDM volume 3, section "APIC virtualization"); 0x401 and 0x402 need AVIC (AMD
    /// APM volume 2, section "Advanced Virtual Interrupt Controller").
    pub fn shows_apicv(&self) -> bool {
        let kinds = [
            ExitKind::ApicWrite,
            ExitKind::ApicEoi,
            ExitKind::AvicIpi,
            ExitKind::AvicAccess,
        ];
        let functions = [
            "handle_apic_write",
            "handle_apic_eoi_induced",
            "avic_incomplete_ipi_interception",
            "avic_unaccelerated_access_interception",
        ];
        self.exits()
            .is_some_and(|exits| kinds.into_iter().any(|kind| exits.has(kind)))
            || self
                .stacks()
                .is_some_and(|stacks| stacks.function(&functions).is_some())
    }

    /// Whether the host's module parameters say that `APICv` or AVIC is on.
    pub fn enables_apicv(&self) -> bool {
        let host = &self.evidence.host;
        let is_on = |parameter| host.is_on(parameter) == Some(true);
        is_on("kvm_intel.enable_apicv") || is_on("kvm_amd.avic")
    }
}

/// Whether a measured row is of these exits.
pub(super) fn is_of(measured: &MeasuredRow, row: &ExitRow) -> bool {
    match &measured.what {
        RowSubject::Exits {
            reason,
            place,
            direction,
            ..
        } => *reason == row.reason && *place == row.place && *direction == row.direction,
        RowSubject::Function(_) | RowSubject::Tag(_) => false,
    }
}

/// Fewer samples of a function may be chance.
const LEAST_SAMPLES: u64 = 5;

/// What rows add up to.
#[derive(Clone, Copy, Default)]
struct ExitSums {
    count: u64,
    nanos: u64,
    user_nanos: u64,
}

impl ExitSums {
    const fn with(self, row: &ExitRow) -> Self {
        Self {
            count: self.count.saturating_add(row.count),
            nanos: self.nanos.saturating_add(row.nanos),
            user_nanos: self.user_nanos.saturating_add(row.user_nanos),
        }
    }

    /// The rate, the share of time, and the part of that in the VMM.
    fn figures(self, exits: &ExitEvidence) -> RowFigures {
        let seconds = exits.vcpu_seconds();
        let is_known = seconds > 0.0;
        let share = self.nanos as f64 / 1e9 / seconds;
        let user = self.user_nanos as f64 / self.nanos as f64;
        RowFigures {
            rate: if is_known {
                self.count as f64 / seconds
            } else {
                0.0
            },
            share: (is_known && exits.is_timed).then_some(share.min(1.0)),
            user_share: (exits.is_timed && exits.knows_user_space && self.nanos > 0)
                .then_some(user.min(1.0)),
        }
    }
}

/// What sums come to.
struct RowFigures {
    rate: f64,
    share: Option<f64>,
    user_share: Option<f64>,
}

fn sample_row(what: RowSubject, weight: u64, stacks: &StackEvidence) -> MeasuredRow {
    MeasuredRow {
        what,
        count: stacks.samples_of(weight),
        rate: None,
        share: Some(stacks.share(weight)),
        user_share: None,
        recording: stacks.recording,
    }
}

fn measured_row(row: &ExitRow, exits: &ExitEvidence) -> MeasuredRow {
    let figures = ExitSums::default().with(row).figures(exits);
    MeasuredRow {
        what: RowSubject::Exits {
            reason: row.reason.clone(),
            place: row.place,
            direction: row.direction,
            device: row
                .device
                .as_ref()
                .map(|device| device.words.clone())
                .unwrap_or_default(),
            is_sure: row.device.as_ref().is_none_or(|device| device.is_sure),
        },
        count: row.count,
        rate: Some(figures.rate),
        share: figures.share,
        user_share: figures.user_share,
        recording: exits.recording,
    }
}
