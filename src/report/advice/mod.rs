//! Advice: the answer of `advise`.
//!
//! Input: captures as analyses see them. Output: evidence for the rules, and what they found as text
//! and as JSON.
//!
//! | file | what it does |
//! |---|---|
//! | `gather` | what a capture and its stacks tell, as evidence |
//! | `exits` | its exits, as evidence |
//! | `text` | for people |
//! | `json` | for programs |
//! | `explain` | how rules conclude |
//! | `lines` | a label and its text |
//! | `looked_at` | VMs, captures and the host in words |
//! | `words` | parts of sentences |

mod exits;
mod explain;
mod gather;
mod json;
mod lines;
mod looked_at;
mod text;
mod words;

pub use crate::kvm::advice::{ChosenBy, Evidence, HostFacts, VmmFacts, advise, quoted, rule_named};
pub use exits::{add_recorded, wanted_views};
pub use explain::{explain_rule, list_rules};
pub use gather::{add_stacks, host_of, recording, retain_vms, set_vmm};
pub use json::as_json;
pub(crate) use lines::AdviceLine;
pub use text::as_text;
pub(crate) use text::{AdviceItem, advice_items, nothing_found};
