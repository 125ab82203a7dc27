//! VM exits: what host tracepoints say of them, and what each took.
//!
//! Input: occurrences of kvm and scheduler tracepoints, decoded ([`HostEvent`]), whatever recorded
//! them: perf.data, trace.dat, text. Output: an [`ExitSurvey`], exits added up by what was asked for.
//!
//! # The interval of an exit
//!
//! An exit begins at `kvm_exit` and ends at the `kvm_entry` that follows in the same thread: what
//! passes between is what the guest was kept from running. It is the same on all machines; perf
//! measures arm64 and riscv from an entry to the exit that follows, which is the guest's own time.
//!
//! ```text
//! guest   ──────┐                                                         ┌──────
//!           kvm_exit    kvm_userspace_exit     first kvm event       kvm_entry
//! host          ├─ kernel ─┼──── VMM ─────────────────┼──── kernel ───────┤
//!               │             ├ off CPU ┤ sched_switch                    │
//!               ├─ kernel ─┼─ polled ─┼──── blocked ────┼──── kernel ──────┤
//!                          └──── kvm_vcpu_wakeup.ns ────┘ kvm_vcpu_wakeup
//! ```
//!
//! - Kernel: all that is nothing else.
//! - VMM: from the return of the run ioctl to the first kvm event behind it in the thread: no
//!   tracepoint tells that the ioctl was entered again. Without `kvm_userspace_exit` it is kernel.
//! - Off CPU: the thread was switched away though the guest had not halted. Without `sched_switch`
//!   it is what it lies in.
//! - Polled and blocked: the guest had halted. `kvm_vcpu_wakeup` tells for how long, `sched_switch`
//!   when sleep began; without the former all of an exit by HLT or WFI is blocked.
//!
//! An exit that another exit follows has no known end (Linux 5.8 to 5.10 trace no entry where a fast
//! path goes on), nor has one that nothing follows. Both are exits, and have no time. An entry without
//! an exit before it is counted.
//!
//! Where tracepoints were recorded with call chains, one stack stands for all of an exit's time in the
//! kernel, so that nothing counts twice: that at its longest stretch between two occurrences of the
//! thread. It is the stack where the stretch begins, as with time off the CPU; where `kvm_exit` begins
//! it, whose stack is that of the loop around the guest, it is the one where the stretch ends.
//!
//! Where `kvm_exit` is traced differs: from 4.4 to 5.4 on Intel, and to 6.1 on AMD, interrupts of the
//! host have been served by then, and are part of the guest's time.
//!
//! # What an exit reaches
//!
//! A port, a register, guest memory ([`Access`]): told by `kvm_exit` itself, or by the tracepoints
//! within its interval. One access to a local APIC is told as memory (or an MSR) and as a register
//! of the APIC; one read that the VMM answers is told twice by `kvm_mmio`. Each counts once.
//!
//! | file | what is in it |
//! |---|---|
//! | `host_event` | what a tracepoint says |
//! | `tracepoints` | which tracepoints are known, and what kernels call their fields |
//! | `place` | where a number lies in payloads |
//! | `usual` | payloads that lie as in most kernels, read in one step |
//! | `decode` | from what it recorded to what it says |
//! | `recorded` | which tracepoints a source records |
//! | `task` | the thread in which something happened |
//! | `thread_event` | what an occurrence means to its thread |
//! | `thread_marks` | its small facts, in one word |
//! | `reason` | why a guest stopped, as a number of one of several numberings |
//! | `reason_names` | what reasons are called, and what their exits are tagged |
//! | `reason_table` | the built-in names and tags, `reasons.tsv` |
//! | `told_reason` | the same, as texts tell it |
//! | `event_tag` | what an event is about, as a tag |
//! | `access` | what an exit reaches |
//! | `qualification` | what `kvm_exit` alone says of that |
//! | `open_exit` | an exit that has not ended yet, and where its time goes |
//! | `plain_exit` | what most exits are: dealt with by the kernel, paired in few steps |
//! | `exit_teller` | plain exits told before all is known that happens in their time |
//! | `plain_run` | what is left of plain exits that are told already |
//! | `finished` | an exit of which all is known |
//! | `pairing` | one thread's occurrences made into exits; **begin here** |
//! | `counts` | what became of what was read |
//! | `time_parts` | where the time of an exit goes |
//! | `histogram` | how often which length of time occurs |
//! | `stats` | what exits of one kind have in common |
//! | `dimension` | what exits are told apart by |
//! | `stretch` | occurrences of a thread in order, taken at once |
//! | `counted_kinds` | which accesses a view counts beside its exits |
//! | `known_reasons` | rows of a view, by reasons alone |
//! | `view` | exits, told apart and added up |
//! | `schedule` | how threads got their host CPUs, and who had them meanwhile |
//! | `task_schedule` | the same of one thread, added up |
//! | `interrupts` | how long interrupts took to their guest |
//! | `tables` | views and the slowest exits |
//! | `request` | what is asked for |
//! | `survey` | all exits of a source |
//! | `like_perf` | what `perf kvm stat report` says of a capture |

mod access;
mod counted_kinds;
mod counts;
mod decode;
mod dimension;
mod event_tag;
mod exit_teller;
mod finished;
mod histogram;
mod host_event;
mod interrupts;
mod known_reasons;
pub mod like_perf;
mod open_exit;
mod pairing;
mod place;
mod plain_exit;
mod plain_run;
mod qualification;
mod reason;
mod reason_names;
mod reason_table;
mod recorded;
mod request;
mod schedule;
mod stats;
mod stretch;
mod survey;
mod tables;
mod task;
mod task_schedule;
mod thread_event;
mod thread_marks;
mod time_parts;
mod told_reason;
mod tracepoints;
mod usual;
mod view;

pub use access::{APIC_PAGE, Access, AccessSet, Direction, Target, TargetKind};
pub use counts::{HaltCounts, PairingCounts};
pub use decode::Decoder;
pub use dimension::{Dimension, DimensionValue, TimeSlices};
pub use event_tag::tag_of;
pub use exit_teller::ExitTeller;
pub use finished::{ExitEnding, Finding, FinishedExit};
pub use histogram::{Histogram, ValueRange};
pub use host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};
pub use interrupts::{InterruptLatency, Interrupts, VectorOf};
pub use pairing::{EntryAt, ThreadPairing};
pub use plain_exit::{PlainExit, WaitingEvent};
pub use plain_run::PlainRun;
pub use reason::{ExitReason, ReasonNumbering};
pub use reason_names::{NameOrigin, ReasonName, ReasonNames};
pub use recorded::Recorded;
pub use request::{Moment, SurveyFilter, SurveyRequest};
pub use schedule::Schedule;
pub use stats::{ExitStats, TimeBasis};
pub use stretch::take_in_order;
pub use survey::{ExitSurvey, VcpuSummary};
pub use tables::{ExitTables, SlowExit};
pub use task::Task;
pub use task_schedule::TaskSchedule;
pub use thread_event::ThreadEvent;
pub use time_parts::TimeParts;
pub use told_reason::{ToldReason, ToldReasons};
pub use tracepoints::tracepoint_names;
pub use usual::UsualRole;
pub use view::{View, ViewRow};
