//! Signals that end the program, and what is done before they do.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use vmflame::output::sweep;

/// Whether a recording is read from standard input: an interrupt then ends the recording.
static IS_READING: AtomicBool = AtomicBool::new(false);

/// Whether an interrupt came meanwhile.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether signals are held: they are counted, and whoever holds them decides.
static IS_HELD: AtomicBool = AtomicBool::new(false);

/// How many came while they were held.
static HELD: AtomicU32 = AtomicU32::new(0);

/// The one that ends the program all the same.
static LAST: AtomicU32 = AtomicU32::new(u32::MAX);

/// From here on, a signal that ends the program leaves no temporary file or folder behind.
///
/// A signal that is ignored from the start (of `nohup`, of a background job) stays so.
pub(super) fn watch() -> io::Result<()> {
    // A file that grows over `ulimit -f` is then an error of writing, which is told and cleaned up.
    let unread = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGXFSZ, unread)?;
    let ignored = ignored();
    let is_wanted = |signal: &i32| ignored & (1 << (signal - 1)) == 0;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP].iter().filter(|s| is_wanted(s)))?;
    thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            if signal == SIGINT && IS_READING.load(Ordering::Relaxed) {
                IS_INTERRUPTED.store(true, Ordering::Relaxed);
                continue;
            }
            if IS_HELD.load(Ordering::Relaxed) {
                let came = HELD.fetch_add(1, Ordering::Relaxed) + 1;
                let last = LAST.load(Ordering::Relaxed);
                if came < last {
                    if last != u32::MAX {
                        eprintln!(
                            "what was recorded is being packed; once more ends it without a case"
                        );
                    }
                    continue;
                }
            }
            let _swept = sweep();
            // Ends the process here, and its parent sees by which signal.
            drop(emulate_default_handler(signal));
        }
    })?;
    Ok(())
}

/// The signals that this process ignores, one bit each.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}

/// A recording is being read: as long as this lives, an interrupt does not end the program.
pub(super) struct UninterruptedRead(());

impl UninterruptedRead {
    pub(super) fn begin() -> Self {
        IS_INTERRUPTED.store(false, Ordering::Relaxed);
        IS_READING.store(true, Ordering::Relaxed);
        Self(())
    }

    /// Whether an interrupt came.
    pub(super) fn is_interrupted(&self) -> bool {
        IS_INTERRUPTED.load(Ordering::Relaxed)
    }
}

impl Drop for UninterruptedRead {
    fn drop(&mut self) {
        IS_READING.store(false, Ordering::Relaxed);
    }
}

/// As long as this lives, signals do not end the program.
#[derive(Debug)]
pub(super) struct HeldSignals(());

impl HeldSignals {
    pub(super) fn begin() -> Self {
        HELD.store(0, Ordering::Relaxed);
        LAST.store(u32::MAX, Ordering::Relaxed);
        IS_HELD.store(true, Ordering::Relaxed);
        Self(())
    }

    /// How many came.
    pub(super) fn count(&self) -> u32 {
        HELD.load(Ordering::Relaxed)
    }

    /// From here on nobody asks how many came: of those that follow, the second ends the program.
    pub(super) fn end_with_second(&self) {
        LAST.store(self.count() + 2, Ordering::Relaxed);
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        IS_HELD.store(false, Ordering::Relaxed);
    }
}
