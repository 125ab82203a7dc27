//! What the options point at, through a pipe or not, with progress and an interrupt in mind.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::options::InputOptions;
use super::signals::UninterruptedRead;
use vmflame::error::{Error, Result};
use vmflame::input::{Input, Opened, Spool, UnpackLimit, open_spool};
use vmflame::perf::Capture;
use vmflame::report::remarks;
use vmflame::text::grouped;

/// After an interrupt, how long to wait for what the recorder still has to write.
const LAST_RECORDS: Duration = Duration::from_secs(2);

/// Opens the capture that the options name; `-` is standard input.
pub(crate) fn open(options: &InputOptions, quiet: bool) -> Result<(Input, Capture)> {
    let (input, opened) = open_any(options, quiet)?;
    Ok((input, opened.capture()?))
}

/// Opens whatever the options name; `-` is standard input.
pub(crate) fn open_any(options: &InputOptions, quiet: bool) -> Result<(Input, Opened)> {
    let limit = options.max_unpacked.unwrap_or_default();
    let input = resolve(&options.input, limit)?;
    if !quiet {
        for remark in remarks::of_archives(&input) {
            eprintln!("{remark}");
        }
    }
    let opened = open_input(&input, limit, quiet)?;
    Ok((input, opened))
}

/// What is at a path; `-` is standard input.
pub(crate) fn resolve(path: &Path, limit: UnpackLimit) -> Result<Input> {
    if path == Path::new("-") {
        Ok(Input::standard())
    } else {
        Input::resolve_within(path, limit)
    }
}

/// Opens what is there: a capture or text.
pub(crate) fn open_input(input: &Input, limit: UnpackLimit, quiet: bool) -> Result<Opened> {
    if input.data == Path::new("-") {
        open_spool(Path::new("standard input"), read_all(quiet)?, limit)
    } else {
        input.open(limit)
    }
}

/// Reads standard input to its end.
pub(crate) fn read_all(quiet: bool) -> Result<Spool> {
    let shows_progress = !quiet && std::io::stderr().is_terminal();
    if std::io::stdin().is_terminal() && !quiet {
        eprintln!(
            "standard input is this terminal: waiting for a capture, as from: perf record -a -g -o \
             - -- sleep 10 | vmflame convert - -o perf.svg"
        );
    }
    let spool = read_stdin(shows_progress)?;
    if spool.is_on_disk() && !quiet {
        let mib = grouped(spool.len() >> 20);
        eprintln!("standard input: {mib} MiB, kept in a temporary file until the end");
    }
    Ok(spool)
}

/// Reads standard input to its end. An interrupt (Ctrl-C reaches the recorder too) is no reason to
/// stop before the recorder has written its last records, nor to go without a result.
fn read_stdin(shows_progress: bool) -> Result<Spool> {
    let failed = |source| Error::io("read", Path::new("standard input"), source);
    // At a terminal nobody records.
    let reading = (!std::io::stdin().is_terminal()).then(UninterruptedRead::begin);
    let (sender, receiver) = sync_channel::<std::io::Result<Vec<u8>>>(16);
    // The thread may outlive the loop below when the recorder goes on after an interrupt: then
    // nothing joins it, and it ends with the process.
    thread::spawn(move || pump(&sender));
    let mut spool = Spool::default();
    let mut last_data = Instant::now();
    let mut last_shown = Instant::now();
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(Ok(bytes)) => {
                spool.write_all(&bytes).map_err(failed)?;
                last_data = Instant::now();
            }
            Ok(Err(source)) => return Err(failed(source)),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let is_interrupted = reading
                    .as_ref()
                    .is_some_and(UninterruptedRead::is_interrupted);
                if is_interrupted && last_data.elapsed() > LAST_RECORDS {
                    break;
                }
            }
        }
        if shows_progress && last_shown.elapsed() > Duration::from_millis(250) {
            eprint!(
                "\rreading: {} MiB (Ctrl-C ends the recording)",
                grouped(spool.len() >> 20)
            );
            last_shown = Instant::now();
        }
    }
    if shows_progress {
        eprint!("\r\u{1b}[K");
    }
    Ok(spool)
}

/// Sends what standard input brings, until its end or until nobody wants it.
fn pump(sender: &SyncSender<std::io::Result<Vec<u8>>>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut buffer = vec![0; 1 << 18];
        match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(len) => {
                buffer.truncate(len);
                if sender.send(Ok(buffer)).is_err() {
                    return;
                }
            }
            Err(problem) if problem.kind() == std::io::ErrorKind::Interrupted => {}
            Err(problem) => {
                // Whoever received has its answer or is gone.
                drop(sender.send(Err(problem)));
                return;
            }
        }
    }
}
