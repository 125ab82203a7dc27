//! The loop: read, compare, show.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::options::LiveOptions;
use super::request::LiveRequest;
use super::round::Round;
use super::screen::{LiveFormat, Screen};
use super::source::LiveSource;
use crate::cli::outcome::Outcome;
use crate::cli::this_machine;
use vmflame::error::Result;
use vmflame::kvm::counter::{CounterChanges, CounterWatch, HostReading};
use vmflame::report::live::{LiveAnswer, live_tables};

/// Watches until there is nothing left to watch, or nobody who looks.
pub(in crate::cli) fn watch_live(
    options: &LiveOptions,
    request: &LiveRequest,
    quiet: bool,
) -> Result<Outcome> {
    let mut watching = Watching::begin(options, request)?;
    if watching.watch.vm_count() == 0 {
        let asked = request.vms.join(", ");
        let of_them = if asked.is_empty() { "" } else { " called " };
        eprintln!(
            "error: no VM{of_them}{asked} runs on this host: {}",
            watching.words
        );
        return Ok(Outcome::Negative);
    }
    if !quiet {
        eprintln!("reading {}; Ctrl-C ends", watching.words);
    }
    let mut screen = Screen::new(request.format);
    let mut left = options.count;
    loop {
        let seen = watching.next()?;
        if watching.watch.vm_count() == 0 {
            if !quiet {
                eprintln!("all VMs that were watched have ended");
            }
            return Ok(Outcome::Done);
        }
        let tables = live_tables(LiveAnswer {
            changes: &seen.changes,
            source: &watching.words,
            wall_ns: wall_clock(),
            own_share: watching.own_share(),
            troubles: &seen.troubles,
            has_times: request.format == LiveFormat::Csv,
        });
        screen.show(&tables)?;
        if request.format == LiveFormat::Csv && !quiet {
            for warning in &tables.warnings {
                eprintln!("warning: {warning}");
            }
        }
        left = left.map(|left| left - 1);
        if left == Some(0) {
            return Ok(Outcome::Done);
        }
    }
}

/// What was seen in an interval.
struct WatchedInterval {
    changes: CounterChanges,
    troubles: Vec<String>,
}

/// Readings one after the other, an interval apart.
struct Watching<'r> {
    request: &'r LiveRequest,
    source: LiveSource,
    words: String,
    watch: CounterWatch,
    started: Instant,
    /// What this program had used of CPUs when it started.
    own_at_start: Option<Duration>,
    /// When the next reading is due.
    due: Duration,
}

impl<'r> Watching<'r> {
    fn begin(options: &LiveOptions, request: &'r LiveRequest) -> Result<Self> {
        let mut source = LiveSource::open(options, request)?;
        let mut round = Round::new(request);
        let started = Instant::now();
        source.read(&mut round)?;
        let first = HostReading {
            at_ns: 0,
            vms: round.vms,
        };
        Ok(Self {
            request,
            words: source.in_words(),
            source,
            watch: CounterWatch::new(first),
            started,
            own_at_start: this_machine::own_time(),
            due: request.interval,
        })
    }

    /// Waits until the next reading is due, and makes it.
    fn next(&mut self) -> Result<WatchedInterval> {
        thread::sleep(self.due.saturating_sub(self.started.elapsed()));
        let at = self.started.elapsed();
        // After a halt of this program, the intervals in between are left out.
        while self.due <= at {
            self.due += self.request.interval;
        }
        let mut round = Round::new(self.request);
        self.source.read(&mut round)?;
        let at_ns = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let Round {
            vms,
            missed,
            troubles,
            ..
        } = round;
        let changes = self.watch.take(HostReading { at_ns, vms }, &missed);
        Ok(WatchedInterval { changes, troubles })
    }

    /// What reading took of one CPU so far.
    fn own_share(&self) -> Option<f64> {
        let used = this_machine::own_time()?.checked_sub(self.own_at_start?)?;
        Some(used.as_secs_f64() / self.started.elapsed().as_secs_f64())
    }
}

/// Nanoseconds since 1970; `None` before.
fn wall_clock() -> Option<u64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.ok()?.as_nanos()).ok()
}
