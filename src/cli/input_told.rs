//! What an input of `advise` tells by itself: its exits, and its host.

use vmflame::analysis::exits::{
    ExitRequest, RecordedExits, exits_of_text, exits_of_trace_dat, recorded_exits,
};
use vmflame::error::Result;
use vmflame::input::Opened;
use vmflame::perf::Capture;
use vmflame::report::advice::{HostFacts, host_of};

/// What an input tells by itself.
pub(super) struct InputTold {
    /// `None`: what was opened is no perf.data.
    pub(super) capture: Option<Capture>,
    pub(super) recorded: RecordedExits,
    pub(super) host: HostFacts,
}

pub(super) fn told(opened: Opened, request: &ExitRequest) -> Result<InputTold> {
    Ok(match opened {
        Opened::TraceDat(trace) => InputTold {
            capture: None,
            recorded: exits_of_trace_dat(&trace, request)?,
            host: trace.uname().map(HostFacts::of_uname).unwrap_or_default(),
        },
        Opened::TraceText(text) => InputTold {
            capture: None,
            recorded: exits_of_text(&text, request)?,
            host: HostFacts::default(),
        },
        opened @ (Opened::Capture(_) | Opened::Text(_)) => {
            let capture = opened.capture()?;
            InputTold {
                recorded: recorded_exits(&capture, request)?,
                host: host_of(&capture),
                capture: Some(capture),
            }
        }
    })
}
