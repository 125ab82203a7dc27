//! Symbols of code that programs made at run time: just-in-time compilers and the like.
//!
//! Input: the maps that runtimes write, and the lives of the processes that samples hit. Output:
//! [`ObjectSymbols`](super::ObjectSymbols), whose places are addresses of the process.
//!
//! | file | what it does |
//! |---|---|
//! | `perf_map` | reads a map: a text of start, size and name |
//! | `jitdump` | reads a dump: functions with their code, and when they came to lie where |
//! | `jitdump_search` | finds the dump of a process, and what it says of its mappings |
//! | `map_search` | finds the map of a process, where it lies beside the capture or on this machine |
//! | `capture_clock` | the times of files in the capture's clock |
//! | `runtime` | which runtime a process runs, and how it is told to write a map |

mod capture_clock;
mod jitdump;
mod jitdump_search;
mod map_search;
mod perf_map;
mod runtime;

pub use jitdump::JitDump;
pub(crate) use jitdump_search::{DumpClock, FoundDump, JitDumps};
pub(crate) use map_search::{AskedLife, FoundMap, MapSearch};
pub(crate) use perf_map::lies_in;
pub use perf_map::{PerfMap, parse_perf_map};
pub use runtime::Runtime;
