//! `vmflame exits --like-perf`: the table of `perf kvm stat report`, for comparing.

use super::outcome::Outcome;
use super::write::Destination;
use clap::Args;
use vmflame::analysis::exits::like_perf::{
    LikePerfRequest, Measured, PerfRefusal, SortKey, like_perf,
};
use vmflame::error::{BadRequest, Result};
use vmflame::input::Opened;
use vmflame::perf::Capture;
use vmflame::report::like_perf::as_text;
use vmflame::units::Pid;

// The options of `perf kvm stat report`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "As perf says it")]
pub(super) struct LikePerfOptions {
    /// Print what `perf kvm --host stat report` of perf 6.1 prints, flaws included: an exit's time
    /// is all until the thread's next entry, an exit that another follows is lost, on arm64 the time
    /// is the guest's.
    #[arg(long)]
    #[arg(conflicts_with_all = ["by", "all_time", "slowest", "json", "csv", "tid", "comm", "cpu", "time"])]
    pub(super) like_perf: bool,
    /// What --like-perf counts: vmexit, mmio, ioport, msr.
    #[arg(
        long,
        value_name = "EVENT",
        requires = "like_perf",
        default_value = "vmexit"
    )]
    event: EventArgument,
    /// The only vCPU that --like-perf counts, of every VM.
    #[arg(long, value_name = "N", requires = "like_perf")]
    vcpu: Option<u32>,
    /// What --like-perf shows first: sample (what happened most often) or time (what took longest
    /// on average).
    #[arg(
        short,
        long,
        value_name = "KEY",
        requires = "like_perf",
        default_value = "sample"
    )]
    key: KeyArgument,
}

/// What intervals are counted by, as `--event` takes it.
#[derive(Clone, Copy, Debug)]
struct EventArgument(Measured);

impl std::str::FromStr for EventArgument {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let mut all = Measured::ALL.into_iter();
        let found = all.find(|(name, _)| *name == text);
        let unknown = || "it is none of vmexit, mmio, ioport, msr".to_owned();
        found
            .map(|(_, measured)| Self(measured))
            .ok_or_else(unknown)
    }
}

/// What comes first, as `--key` takes it.
#[derive(Clone, Copy, Debug)]
struct KeyArgument(SortKey);

impl std::str::FromStr for KeyArgument {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "sample" => Ok(Self(SortKey::Samples)),
            "time" => Ok(Self(SortKey::Time)),
            _ => Err("it is neither sample nor time".to_owned()),
        }
    }
}

impl LikePerfOptions {
    /// Refuses what perf does not read.
    pub(super) fn refuse_other_recorders(&self, opened: &Opened) -> Result<()> {
        match opened {
            Opened::TraceDat(_) | Opened::TraceText(_) if self.like_perf => {
                let why = "perf reads no other recorder's files".to_owned();
                Err(BadRequest::RefusedByPerf { why }.into())
            }
            Opened::TraceDat(_) | Opened::TraceText(_) | Opened::Capture(_) | Opened::Text(_) => {
                Ok(())
            }
        }
    }

    /// Prints the table of some processes, of all when there are none.
    pub(super) fn run(
        &self,
        capture: &Capture,
        pids: Vec<Pid>,
        destination: &Destination,
    ) -> Result<Outcome> {
        let request = LikePerfRequest {
            event: self.event.0,
            vcpu: self.vcpu,
            key: self.key.0,
            pids,
        };
        let refused = |refusal: PerfRefusal| BadRequest::RefusedByPerf {
            why: refusal.to_string(),
        };
        let table = like_perf(capture, &request).map_err(refused)?;
        destination.write(|out| out.write_all(as_text(&table).as_bytes()))?;
        Ok(Outcome::Done)
    }
}
