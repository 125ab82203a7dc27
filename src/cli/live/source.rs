//! Where counters are read, and which of the places are open to this user.

use super::debugfs::Debugfs;
use super::monitors::Monitors;
use super::not_watched::NotWatched;
use super::options::LiveOptions;
use super::request::LiveRequest;
use super::round::Round;
use super::tracepoints::TracepointCounters;
use vmflame::error::{Error, Result};

/// Where counters are read.
pub(super) enum LiveSource {
    Debugfs(Debugfs),
    Monitors(Monitors),
    Tracepoints(TracepointCounters),
    /// The same, since debugfs may not be read, for this reason.
    InPlace(TracepointCounters, String),
}

impl LiveSource {
    /// The source that is asked for; else debugfs, or where that is locked, tracepoints.
    ///
    /// # Errors
    /// When none of them may be read.
    pub(super) fn open(options: &LiveOptions, request: &LiveRequest) -> Result<Self> {
        let events = request.events.as_ref();
        if !options.qmp.is_empty() {
            return Ok(Self::Monitors(Monitors::open(&options.qmp)?));
        }
        if options.tracepoints {
            return Ok(Self::Tracepoints(TracepointCounters::open(events)?));
        }
        let first = match Debugfs::open(&options.debugfs) {
            Ok(debugfs) => return Ok(Self::Debugfs(debugfs)),
            Err(problem) => problem,
        };
        match TracepointCounters::open(events) {
            Ok(tracepoints) => Ok(Self::InPlace(tracepoints, in_one_line(&first))),
            Err(second) => {
                let causes = [first, second].map(|problem| in_one_line(&problem));
                Err(NotWatched::NothingReadable {
                    causes: causes.into(),
                }
                .into())
            }
        }
    }

    /// What is read, in one line.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Debugfs(debugfs) => debugfs.in_words(),
            Self::Monitors(monitors) => monitors.in_words(),
            Self::Tracepoints(tracepoints) => tracepoints.in_words(),
            Self::InPlace(tracepoints, why) => format!("{} ({why})", tracepoints.in_words()),
        }
    }

    /// Reads all counters.
    ///
    /// # Errors
    /// When nothing can be read any more.
    pub(super) fn read(&mut self, round: &mut Round<'_>) -> Result<()> {
        match self {
            Self::Debugfs(debugfs) => debugfs.read(round),
            Self::Monitors(monitors) => {
                monitors.read(round);
                Ok(())
            }
            Self::Tracepoints(tracepoints) | Self::InPlace(tracepoints, _) => {
                tracepoints.read(round)
            }
        }
    }
}

/// An error with its causes.
fn in_one_line(problem: &Error) -> String {
    let mut line = problem.to_string();
    let mut cause = std::error::Error::source(problem);
    while let Some(source) = cause {
        line = format!("{line}: {source}");
        cause = source.source();
    }
    line
}
