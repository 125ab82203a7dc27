//! From what was recorded to a case.

use std::path::Path;

use super::destination::refuse_to_replace;
use super::estimate::real_cost;
use super::options::RecordOptions;
use super::recording::MadeRecording;
use crate::cli::inputs::Inputs;
use crate::cli::options::InputOptions;
use crate::cli::outcome::Outcome;
use crate::cli::pack::{add_told, host_members, put_in_folder, write_case};
use crate::cli::this_machine;
use crate::cli::write::Destination;
use vmflame::analysis::case::{CaseContents, CaseMember, CaseRequest, case_contents};
use vmflame::analysis::{EventLoss, EventLosses, event_losses, vm_processes};
use vmflame::error::Result;
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::report::recording::{RecordingAnswer, recording_tables};
use vmflame::report::table::{TableReport, as_json, as_text};
use vmflame::text::{counted, grouped};

/// A recording that is to be packed.
pub(super) struct RecordedCase<'p> {
    pub(super) options: &'p RecordOptions,
    pub(super) recorded: &'p MadeRecording,
    pub(super) quiet: bool,
}

impl RecordedCase<'_> {
    /// Packs it, and says what there is.
    ///
    /// # Errors
    /// When the capture cannot be read, or the case not be written.
    pub(super) fn write(&self, destination: &Destination, output: &Path) -> Result<Outcome> {
        let data = self.recorded.data();
        let input = Input::resolve(&data)?;
        let capture = Capture::open(&input.data)?;
        let threads = this_machine::threads(None);
        let losses = event_losses(&capture, threads);
        let tables = self.tables(&losses, output);
        let mut contents = self.contents(&capture, &input, threads)?;
        let text = [as_text(&tables, None), format!("{:#}\n", as_json(&tables))];
        let names = ["recording.txt", "recording.json"];
        for (name, text) in names.into_iter().zip(text) {
            let what = "how it was recorded, and what was lost";
            contents.members.push(CaseMember::text(name, what, text));
        }
        put_in_folder(&mut contents);
        refuse_to_replace(self.options, output)?;
        write_case(&contents, destination)?;
        self.speak(&tables, &contents, output)
    }

    fn contents(&self, capture: &Capture, input: &Input, threads: usize) -> Result<CaseContents> {
        let options = InputOptions {
            input: input.data.clone(),
            ..InputOptions::default()
        };
        let symbols = this_machine::symbols(&options, input);
        let request = CaseRequest {
            names_only: self.options.names_only,
            debug_files: false,
            threads,
        };
        let mut contents = case_contents(capture, input, &symbols, request)?;
        if self.options.no_host {
            return Ok(contents);
        }
        contents.members.extend(host_members());
        let seen = vm_processes(capture, threads);
        // A VMM that does not name its threads is known by its command line only.
        let is_meant = |pid| seen.is_empty() || seen.iter().any(|vm| vm.pid == pid);
        let vmms = self.recorded.vmms.iter().filter(|vmm| is_meant(vmm.pid));
        let is_only = vmms.clone().count() == 1 && seen.len() < 2;
        for vmm in vmms {
            add_told(&mut contents, &vmm.told, &vmm.pid.to_string(), is_only);
        }
        for (number, told) in (1..).zip(&self.recorded.monitors) {
            let is_only = self.recorded.vmms.is_empty() && self.recorded.monitors.len() == 1;
            add_told(&mut contents, told, &format!("monitor-{number}"), is_only);
        }
        Ok(contents)
    }

    /// How it was recorded, event by event.
    fn tables(&self, losses: &EventLosses, output: &Path) -> TableReport {
        let recorded = self.recorded;
        let (clock, tracepoints): (Vec<_>, Vec<_>) =
            losses.events.iter().partition(|loss| is_clock(&loss.name));
        let samples = |of: &[&EventLoss]| {
            let counts = of.iter().map(|loss| loss.samples);
            counts.fold(0, u64::saturating_add)
        };
        // Between the first and the last sample: perf takes a while to begin and to end.
        let span_ns = losses
            .times
            .map(|(first, last)| last.as_nanos() - first.as_nanos());
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bytes = std::fs::metadata(recorded.data()).map_or(0, |found| found.len());
        let span_ns = span_ns
            .filter(|&span| span > 0)
            .unwrap_or(nanos(recorded.took));
        let seconds = (span_ns as f64 / 1e9).max(0.001);
        let has_chains = recorded.has_tracepoint_chains;
        recording_tables(&RecordingAnswer {
            source: &output.display().to_string(),
            recorder: recorded.recorder.clone(),
            commands: &recorded.commands,
            span_ns,
            losses: &losses.events,
            expected: &recorded.rates.per_second,
            expected_cost: Some(recorded.expected.cpus),
            cost: real_cost(samples(&tracepoints), samples(&clock), seconds, has_chains),
            recorder_ns: recorded.recorder_time.map(nanos),
            bytes,
            buffer_bytes: recorded.plan.buffer_bytes,
            remarks: recorded.plan.remarks.clone(),
        })
    }

    fn speak(
        &self,
        tables: &TableReport,
        contents: &CaseContents,
        output: &Path,
    ) -> Result<Outcome> {
        if self.options.json {
            let out = Destination::stdout(&Inputs::default())?;
            out.write(|out| writeln!(out, "{:#}", as_json(tables)))?;
        }
        if self.quiet {
            return Ok(Outcome::Done);
        }
        // What was said before need not be said again.
        let said = self.recorded.plan.remarks.len();
        let mut shown = tables.clone();
        shown.warnings.drain(..said.min(shown.warnings.len()));
        shown
            .facts
            .retain(|fact| !matches!(fact.key, "command" | "count_command" | "recorder"));
        eprint!("{}", as_text(&shown, this_machine::columns()));
        for missing in &contents.missing {
            eprintln!("warning: not in the case: {missing}");
        }
        let members = counted(contents.members.len() as u64, "member");
        let written = std::fs::metadata(output).map_or(0, |found| found.len());
        let output = output.display();
        eprintln!(
            "{output}: {members} in {} bytes; vmflame advise {output}, exits, threads and convert read \
             it on any machine",
            grouped(written)
        );
        Ok(Outcome::Done)
    }
}

fn is_clock(name: &str) -> bool {
    name.starts_with("cycles") || name.starts_with("cpu-clock")
}
