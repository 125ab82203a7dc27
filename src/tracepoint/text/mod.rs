//! Texts that people attach to reports: what `trace-cmd report`, the kernel's `trace` and
//! `trace_pipe`, and `perf script` print.
//!
//! Input: a text, with mail quoting, lines of other kinds, wrapped and cut lines among it. Output: a
//! [`TraceText`] with an occurrence for each line that tells of one, and a count of all others.
//!
//! ```text
//! trace-cmd       CPU 0/KVM-753   [000]   570.095594: kvm_exit:     reason EXIT_IOIO rip 0x10205 …
//!   -l        CPU 0/KV-753     0d..1.   570.095594: kvm_exit:     …
//! trace           CPU 0/KVM-753   (    746) [000] d..1.   570.095594: kvm_exit: vcpu 0 reason io …
//! perf script     CPU 0/KVM   746/753 [000]   570.095594:   kvm:kvm_exit: vcpu 0 reason io …
//!             └── task ──┘ └ ids ┘  └ CPU, flags ┘ └ time ┘   └ event ┘    └ values
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `clean` | a line without quoting and line ends |
//! | `event_line` | a line's task, CPU, time, event |
//! | `layout` | whether a text was folded or cut, and how wide |
//! | `whole_lines` | a text's lines, folded ones put together |
//! | `lines` | all lines: those of events, wrapped ones put together, the others counted |
//! | `plain` | a text's bytes as UTF-8 with spaces |
//! | `template` | a form in which values are printed, and how text is matched with it |
//! | `forms` | the forms of each tracepoint |
//! | `words` | names in text to the numbers they stand for |
//! | `values` | the text of an event to its values |
//! | `named_values` | values, by the kernel's names of fields |
//! | `trace_text` | a whole text: [`TraceText`]; **begin here** |

mod clean;
mod event_line;
mod forms;
mod layout;
mod lines;
mod named_values;
mod plain;
mod template;
mod trace_text;
mod values;
mod whole_lines;
mod words;

pub use event_line::is_trace_text;
pub use lines::{LineCounts, UnreadLine};
pub use named_values::{NamedNumber, NamedValues};
pub use trace_text::{EventTold, TextClock, TraceText};
