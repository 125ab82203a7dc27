//! The steps of one recording: count, ask, record.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::estimate::{EventRates, RecordingCost, silent};
use super::machine::RecordingHost;
use super::not_recorded::NotRecorded;
use super::options::RecordOptions;
use super::plan::{Clock, RecordPlan, SMALLEST_BUFFER, perf_size, shell_line};
use super::recorder::{RecorderRun, RunKind, run};
use super::request::{RecordRequest, RecordTarget};
use super::said::{Trouble, failure, is_captured, trouble, unusual};
use super::targets::{AskedVmm, LiveVmm, ask};
use crate::cli::pack::ToldVm;
use crate::cli::signals::HeldSignals;
use crate::cli::this_machine;
use vmflame::error::{Error, Result};
use vmflame::output::ScratchFolder;
use vmflame::text::with_commas;

/// How long rates are counted.
pub(super) const STAT_SECONDS: &str = "0.2";
const STAT_TIME: Duration = Duration::from_millis(200);

/// A recording that is to be made.
#[derive(Clone, Copy)]
pub(super) struct RecordingRun<'r> {
    pub(super) options: &'r RecordOptions,
    pub(super) request: &'r RecordRequest,
    pub(super) machine: &'r RecordingHost,
    pub(super) signals: &'r HeldSignals,
    pub(super) quiet: bool,
}

/// What was recorded, and all that is known of how.
#[derive(Debug)]
pub(super) struct MadeRecording {
    /// Where the capture is, until it is packed.
    pub(super) folder: ScratchFolder,
    /// What was planned, and what the user was told.
    pub(super) plan: RecordPlan,
    /// The recorder and its version.
    pub(super) recorder: String,
    /// The commands that were run.
    pub(super) commands: Vec<String>,
    /// What was counted before.
    pub(super) rates: EventRates,
    /// What it was to cost.
    pub(super) expected: RecordingCost,
    /// What the VMMs told.
    pub(super) vmms: Vec<AskedVmm>,
    /// What monitors told that were named.
    pub(super) monitors: Vec<ToldVm>,
    /// How long the recorder ran, and on CPUs.
    pub(super) took: Duration,
    pub(super) recorder_time: Option<Duration>,
    /// Whether tracepoints have call chains.
    pub(super) has_tracepoint_chains: bool,
}

impl MadeRecording {
    /// The capture.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("perf.data")
    }
}

impl RecordingRun<'_> {
    /// Makes it.
    ///
    /// # Errors
    /// When it would cost too much, or perf records nothing.
    pub(super) fn make(
        self,
        mut plan: RecordPlan,
        running: &[LiveVmm],
        output: &Path,
    ) -> Result<MadeRecording> {
        for remark in &plan.remarks {
            self.say(&format!("warning: {remark}"));
        }
        let mut commands = Vec::new();
        let rates = self.count(&mut plan, &mut commands)?;
        let expected = rates.cost(&plan, self.request, self.machine.cpus);
        self.judge(&rates, &expected)?;
        let (vmms, monitors) = if self.options.no_host {
            (Vec::new(), Vec::new())
        } else {
            let named = self.options.qmp.iter();
            (
                ask(&plan.target, running),
                named.map(|socket| ToldVm::of_socket(socket)).collect(),
            )
        };
        let folder = scratch(output)?;
        let before = this_machine::children_time();
        let run = self.record(&mut plan, &mut commands, folder.path())?;
        let recorder_time = this_machine::children_time()
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before));
        let perf = &self.machine.perf;
        Ok(MadeRecording {
            folder,
            recorder: format!("perf {}", perf.version),
            plan,
            commands,
            rates,
            expected,
            vmms,
            monitors,
            took: run.took,
            recorder_time,
            has_tracepoint_chains: self.request.has_tracepoint_chains,
        })
    }

    fn say(self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// Counts how often the events occur.
    fn count(self, plan: &mut RecordPlan, commands: &mut Vec<String>) -> Result<EventRates> {
        let words = plan.stat_command(self.machine, STAT_SECONDS);
        let run = self.run(&words, RunKind::Alone, None, commands)?;
        if run.is_ended_early {
            return Err(NotRecorded::Stopped.into());
        }
        let rates = EventRates::parse(&run.said, plan, STAT_TIME.as_secs_f64());
        if !run.status.is_some_and(|status| status.success()) {
            return Err(self.failed(&run));
        }
        let mut remarks = Vec::new();
        if rates.is_clock_refused {
            plan.clock = Some(Clock::CpuClock);
            remarks.push("cpu-clock is the clock: the CPUs do not count cycles here".to_owned());
        }
        remarks.extend(silent(&rates, plan, &self.machine.kvm_modules));
        for remark in remarks {
            self.say(&format!("warning: {remark}"));
            plan.remarks.push(remark);
        }
        Ok(rates)
    }

    /// Says what it will cost, and refuses what is too much.
    fn judge(self, rates: &EventRates, cost: &RecordingCost) -> Result<()> {
        let percent = |share: f64| format!("{:.2}", share * 100.0);
        let events = whole(cost.events_per_second);
        let kib = whole(cost.bytes_per_second / 1024.0);
        let mut line = format!(
            "estimate: {events} records/s, {kib} KiB/s before compression, {} % of one CPU",
            percent(cost.cpus)
        );
        if let Some(worst) = &cost.worst {
            line = format!(
                "{line}; at most {} % of {}",
                percent(worst.share),
                worst.place
            );
        }
        self.say(&line);
        let Some(worst) = cost.worst.as_ref() else {
            return Ok(());
        };
        if worst.share * 100.0 <= self.options.limit || self.options.force {
            return Ok(());
        }
        let most = rates.most().into_iter().take(3);
        let most = most.map(|(name, rate)| format!("{name} ({}/s)", whole(rate)));
        Err(NotRecorded::TooMuch {
            percent: format!("{:.1}", worst.share * 100.0),
            limit: self.options.limit.to_string(),
            place: worst.place.clone(),
            worst: most.collect(),
        }
        .into())
    }

    /// Runs perf, with smaller buffers as long as they are too large.
    fn record(
        self,
        plan: &mut RecordPlan,
        commands: &mut Vec<String>,
        folder: &Path,
    ) -> Result<RecorderRun> {
        let data = folder.join("perf.data");
        let kind = if self.request.command.is_empty() {
            RunKind::Alone
        } else {
            RunKind::WithCommand
        };
        // Without a command the recorder ends by itself.
        let until = self
            .request
            .duration
            .filter(|_| kind == RunKind::WithCommand);
        loop {
            let words = plan.record_command(self.request, self.machine, plan.buffer_bytes, &data);
            let run = self.run(&words, kind, until, commands)?;
            if run.status.is_none() {
                return Err(NotRecorded::Stopped.into());
            }
            let bytes = std::fs::metadata(&data).map_or(0, |found| found.len());
            let is_recorded = is_captured(&run.said) || run.is_ended_early;
            let problem = trouble(&run.said);
            if bytes > 0 && (is_recorded || problem == Some(Trouble::SizeReached)) {
                self.remark(&run, plan);
                return Ok(run);
            }
            if problem == Some(Trouble::BuffersTooLarge) && plan.buffer_bytes > SMALLEST_BUFFER {
                plan.buffer_bytes /= 2;
                self.say(&format!(
                    "warning: this user may not lock buffers so large: {} for each CPU",
                    perf_size(plan.buffer_bytes)
                ));
                continue;
            }
            return Err(self.failed(&run));
        }
    }

    /// Why a run of perf gave nothing.
    fn failed(self, run: &RecorderRun) -> Error {
        let machine = self.machine;
        let mut said = run.said.clone();
        if unusual(&said).is_empty()
            && let Some(status) = run.status
        {
            said = format!("it says nothing and ends with {status}");
        }
        let is_gone = match &self.request.target {
            RecordTarget::Host => false,
            RecordTarget::Processes(pids) => {
                let is_there = |pid| std::fs::exists(format!("/proc/{pid}")).unwrap_or(false);
                !pids.iter().any(is_there)
            }
        };
        if is_gone {
            said = format!("No such process\n{said}");
        }
        failure(&said, machine.rights, machine.is_contained).into()
    }

    /// What the run has that the user should know.
    fn remark(self, run: &RecorderRun, plan: &mut RecordPlan) {
        let mut remarks = Vec::new();
        if trouble(&run.said) == Some(Trouble::SizeReached) {
            remarks
                .push("the capture is as long as --max-size allows: the end is missing".to_owned());
        }
        if run.is_ended_early && self.request.command.is_empty() {
            remarks.push(format!(
                "ended early, after {:.1} s",
                run.took.as_secs_f64()
            ));
        }
        // The user's own command has been heard.
        if self.request.command.is_empty() {
            remarks.extend(
                unusual(&run.said)
                    .lines()
                    .map(|line| format!("perf says: {line}")),
            );
        }
        for remark in remarks {
            self.say(&format!("warning: {remark}"));
            plan.remarks.push(remark);
        }
    }

    fn run(
        self,
        words: &[OsString],
        kind: RunKind,
        until: Option<Duration>,
        commands: &mut Vec<String>,
    ) -> Result<RecorderRun> {
        let line = shell_line(words);
        self.say(&format!("$ {line}"));
        commands.push(line);
        let failed = |source| Error::io("run", Path::new(&self.machine.perf.program), source);
        run(words, kind, until, self.signals).map_err(failed)
    }
}

/// A folder for the capture: beside the case, since that disk has been chosen for it.
fn scratch(output: &Path) -> Result<ScratchFolder> {
    let is_file = output
        .symlink_metadata()
        .map_or(true, |found| found.is_file());
    let beside = if output == Path::new("-") || !is_file {
        std::env::temp_dir().join("perf.data")
    } else {
        output.to_owned()
    };
    // As a shell in any folder finds it.
    let beside = std::path::absolute(&beside).unwrap_or(beside);
    ScratchFolder::beside(&beside).map_err(|source| Error::io("write beside", output, source))
}

/// A number without its fraction, as people read it.
fn whole(number: f64) -> String {
    with_commas(&format!("{number:.0}"))
}
