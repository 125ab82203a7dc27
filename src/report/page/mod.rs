//! A report as one page: the answer of `report`.
//!
//! In: one capture, or two of which the second was recorded later, as the analyses see them. Out: one
//! document of HTML. What other verbs print is not computed again here: tables, advice and the
//! comparison are the same models, written as markup.
//!
//! | file | what it does |
//! |---|---|
//! | `model` | what a page is made of |
//! | `write` | **the list of sections** |
//! | `section` | what sections have in common |
//! | `time_use` | what the host, its VMs and their vCPUs did with their time |
//! | `finding` | the same as bars and as a table |
//! | `advice` | what to do, each line of evidence with a link to the row that shows it |
//! | `graphs` | flame graphs without scripts |
//! | `heat` | what the host did over time |
//! | `sampled_threads` | the threads of the flame graph |
//! | `functions` | the same as a table |
//! | `tables` | threads, exits, the slowest of them, waiting for a CPU |
//! | `changes` | the comparison |
//! | `data/` | what the script of the page reads |
//! | `cohort_page` | a page of many captures of a dataset (feature `fleet`) |
//! | `contents` | a page that leads to those of several captures |
//! | `quality` | how far it can be believed, and where it is from |

mod advice;
mod changes;
#[cfg(feature = "fleet")]
mod cohort_page;
mod contents;
mod data;
mod finding;
mod functions;
mod graphs;
mod heat;
mod model;
mod quality;
mod sampled_threads;
mod section;
mod tables;
mod time_use;
mod write;

#[cfg(feature = "fleet")]
pub use cohort_page::{CohortPage, write_cohort_page};
pub use contents::{ListedPage, write_contents};
pub use model::{PageSide, ReportPage, SideAdvice, page_slices, page_views};
pub use write::write_page;
