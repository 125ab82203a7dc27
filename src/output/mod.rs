//! Output: bytes of each format.
//!
//! In: a call tree and its frames; of a comparison, the tree of both sides. Out: bytes.
//!
//! | file or folder | format |
//! |---|---|
//! | `folded` | `root;…;leaf WEIGHT` as text, of one profile or of two |
//! | `call_tree` | the call tree itself, as JSON and as CSV |
//! | `chrome` | Chrome's trace events |
//! | `firefox` | Firefox Profiler's processed profiles |
//! | `speedscope` | speedscope's own format |
//! | `perfetto` | Perfetto's traces |
//! | `otlp` | OpenTelemetry's profiles |
//! | `pprof` | what `go tool pprof` reads |
//! | `stack_format` | which of the formats of a call tree alone |
//! | `recording` | what the formats with threads and times are written from |
//! | `json`, `protobuf`, `texts` | JSON piece by piece; messages of protocol buffers; texts by number |
//! | `svg` | interactive flame graphs, of one profile or of two |
//! | `html` | a page that holds a whole report |
//!
//! A new format is one file or folder here, which takes the tree, its frames and a `Write`.

mod call_tree;
mod chrome;
mod firefox;
mod folded;
pub(crate) mod html;
mod json;
mod otlp;
mod perfetto;
mod pprof;
mod protobuf;
mod recording;
mod speedscope;
mod stack_format;
mod svg;
#[cfg(test)]
mod testing;
mod texts;

pub use crate::bytes::{HalfFile, Packing, ScratchFolder, sweep};
pub use call_tree::TreeFacts;
pub use chrome::write_chrome;
pub use firefox::write_firefox;
pub use folded::{Annotate, write_folded, write_folded_diff};
pub use otlp::write_otlp;
pub use perfetto::write_perfetto;
pub use pprof::write_pprof;
pub use recording::{
    KindOfExit, RecordingFacts, SampleUnit, SampledExit, ThreadOfRecording, ViewedRecording,
    ViewedSample,
};
pub use speedscope::write_speedscope;
pub use stack_format::{StackFormat, write_stacks};
pub use svg::{
    Colors, DiffBox, DiffPicture, DiffTag, DrawnPart, Growth, Picture, WHOLE, WidthBy, short_words,
    write_diff_svg, write_svg,
};
