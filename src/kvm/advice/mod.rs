//! Rules over what a host's captures tell: from numbers to a cause and its cure.
//!
//! Input: [`Evidence`], filled from exits, stacks, scheduler events and files beside the captures.
//! Output: [`RuleFinding`]s, the most expensive first ([`advise()`]).
//!
//! | file | what is in it |
//! |---|---|
//! | `evidence` | what the rules read |
//! | `survey_evidence` | what a survey of exits tells, as evidence |
//! | `exit_kind` | what an exit is about, whatever the vendor calls it |
//! | `host_facts` | the host: kernel, CPU, module parameters |
//! | `vmm_facts` | the VMM's command line |
//! | `guest_system` | the guest's operating system, and how it is known |
//! | `pattern` | which exits are meant |
//! | `thresholds` | the one table of thresholds: `thresholds.tsv` |
//! | `case` | what one rule looks at and measures |
//! | `rule` | what a rule is |
//! | `rules/` | the rules |
//! | `needs` | which remedies fit, and whether what they need is there |
//! | `finding` | what a rule found |
//! | `advise` | the rules, applied |
//!
//! A rule is a constant in one of the files in `rules/`, a line in the list there, and its lines in
//! `thresholds.tsv`. It says nothing without evidence. Each fact in it has its source in `sources`,
//! which `--explain` prints.

mod advise;
mod case;
mod evidence;
mod exit_kind;
mod finding;
mod guest_system;
mod host_facts;
mod needs;
mod pattern;
mod rule;
mod rules;
mod survey_evidence;
mod thresholds;
mod vmm_facts;

pub use advise::{
    Choosing, advise, all_rules, chosen, device_functions, known_functions, place_words, quoted,
    rule_named,
};
pub use case::{MeasuredRow, Measurement, RowSubject};
pub use evidence::{
    ChosenBy, DeviceTold, Evidence, ExitEvidence, ExitRow, ExitSite, FunctionWeight, HaltEvidence,
    ReadyEvidence, Recording, Runner, StackEvidence, TagWeight, VmEvidence,
};
pub use exit_kind::ExitKind;
pub use finding::{Certainty, Check, FittingRemedy, JudgedNeed, Presence, RuleFinding};
pub use guest_system::{GuestSystem, GuestTold, HowTold, KernelAddresses, hinted_by_name};
pub use host_facts::{HostFacts, ReleaseVersion, Vendor};
pub use rule::{CpuNeed, Gain, Need, Remedy, Rule, RuleKind};
pub use survey_evidence::{ACCESS, SurveySource, add_exits, vm_of, wanted_views};
pub use thresholds::{RuleThreshold, thresholds_of};
pub use vmm_facts::VmmFacts;
