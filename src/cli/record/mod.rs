//! `vmflame record`: a capture made by the installed perf with the options that KVM needs, and packed.
//!
//! What is recorded, and how, is planned from what is wanted and from what the machine says, without
//! running anything; then the rates are counted, the VMMs asked, and perf is run. Nothing of the host
//! is changed.
//!
//! | file | what is in it |
//! |---|---|
//! | `options` | what can be asked for |
//! | `request` | what is to be recorded |
//! | `targets` | which processes are meant, and what their VMMs tell |
//! | `machine` | what this machine says of itself |
//! | `perf_program` `package` | the installed perf, and what installs it |
//! | `plan` | **what perf is told**: events, options; why |
//! | `estimate` | what it will cost, and what it has cost |
//! | `recorder` | perf while it runs, and how it ends |
//! | `said` | what perf says, and what it means |
//! | `recording` | the steps of one recording: count, ask, record |
//! | `destination` | where the case will be |
//! | `packing` | from what was recorded to a case |
//! | `not_recorded` | why nothing is recorded, and what helps |

mod destination;
mod estimate;
mod machine;
mod not_recorded;
mod options;
mod package;
mod packing;
mod perf_program;
mod plan;
#[cfg(test)]
mod plan_tests;
mod recorder;
mod recording;
mod request;
mod said;
mod targets;

use std::path::Path;

use super::inputs::Inputs;
use super::outcome::Outcome;
use super::signals::HeldSignals;
use super::write::Destination;
use destination::destination;
use machine::RecordingHost;
pub(super) use options::RecordOptions;
use packing::RecordedCase;
use perf_program::PerfProgram;
use plan::{plan, shell_line};
use recording::{RecordingRun, STAT_SECONDS};
use targets::LiveVmm;
use vmflame::error::Result;

pub(crate) fn run(options: &RecordOptions, quiet: bool) -> Result<Outcome> {
    let running = LiveVmm::all();
    let request = options.request(&running)?;
    let perf = PerfProgram::find(options.perf.as_deref())?;
    let machine = RecordingHost::look(perf);
    let mut plan = plan(&request, &machine)?;
    if let Some(buffer) = options.buffer {
        plan.buffer_bytes = buffer;
    }
    let Some(output) = options.output.as_deref().filter(|_| !options.dry_run) else {
        if !quiet {
            for remark in &plan.remarks {
                eprintln!("warning: {remark}");
            }
        }
        let data = Path::new("perf.data");
        let count = plan.stat_command(&machine, STAT_SECONDS);
        let record = plan.record_command(&request, &machine, plan.buffer_bytes, data);
        let out = Destination::stdout(&Inputs::default())?;
        out.write(|out| writeln!(out, "{}\n{}", shell_line(&count), shell_line(&record)))?;
        return Ok(Outcome::Done);
    };
    let destination = destination(options, output)?;
    let signals = HeldSignals::begin();
    let recording = RecordingRun {
        options,
        request: &request,
        machine: &machine,
        signals: &signals,
        quiet,
    };
    let recorded = recording.make(plan, &running, output)?;
    signals.end_with_second();
    let packed = RecordedCase {
        options,
        recorded: &recorded,
        quiet,
    };
    match packed.write(&destination, output) {
        Ok(outcome) => Ok(outcome),
        Err(problem) => {
            let kept = recorded.folder.keep();
            let hint = format!(
                "what was recorded is in {0}: vmflame pack {0} -o CASE.tar.zst packs it elsewhere",
                kept.join("perf.data").display()
            );
            Err(problem.with_hint(hint))
        }
    }
}
