//! The recorder while it runs: how it ends, and that nothing of it stays behind.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cli::signals::HeldSignals;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How often it is looked whether the recorder has ended, or is to.
const BEAT: Duration = Duration::from_millis(20);

/// Most bytes of what it says that are kept.
const KEPT: usize = 64 << 10;

/// How long it may take to end after it was asked to: it writes what its buffers hold.
const LAST_RECORDS: Duration = Duration::from_secs(60);

/// What runs the recorder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RunKind {
    /// A program that needs nobody: signals of the terminal do not reach it.
    Alone,
    /// The user's own command runs with it, and has the terminal.
    WithCommand,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct RecorderRun {
    /// The status; `None` when it had to be killed.
    pub(super) status: Option<ExitStatus>,
    /// What it said on standard error, the last of it.
    pub(super) said: String,
    /// Whether it was asked to end.
    pub(super) is_ended_early: bool,
    /// How long it ran.
    pub(super) took: Duration,
}

/// Runs a recorder to its end. It is asked to end when `until` has passed since the recorded command
/// began, and when a signal comes, and is killed when a second one does.
///
/// # Errors
/// When it cannot be run.
pub(super) fn run(
    words: &[OsString],
    kind: RunKind,
    until: Option<Duration>,
    signals: &HeldSignals,
) -> io::Result<RecorderRun> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .stderr(Stdio::piped());
    if kind == RunKind::Alone {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0);
    }
    let mut guard = guard();
    let started = Instant::now();
    let mut child = command.spawn()?;
    let recorder = Pid::from_child(&child);
    if let Ok(guard) = &mut guard {
        watch(guard, recorder);
    }
    let listener = child.stderr.take().map(|stderr| listen(stderr, kind));
    let mut asked: Option<Instant> = None;
    let mut deadline = Deadline {
        after: until,
        began: None,
    };
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if asked.is_none() && (deadline.is_past(recorder) || signals.count() > 0) {
            // It may have ended by itself meanwhile.
            kill_process(recorder, Signal::INT).unwrap_or_default();
            asked = Some(Instant::now());
        }
        let is_stuck = asked.is_some_and(|asked| asked.elapsed() > LAST_RECORDS);
        if is_stuck || signals.count() > 1 {
            kill(&mut child, recorder, kind);
            break None;
        }
        thread::sleep(BEAT);
    };
    let took = started.elapsed();
    if let Ok(guard) = &mut guard {
        // It waits for the end of this program, which goes on.
        drop(guard.kill());
        drop(guard.wait());
    }
    Ok(RecorderRun {
        status,
        said: listener.map(Listener::end).unwrap_or_default(),
        is_ended_early: asked.is_some(),
        took,
    })
}

/// When a recorder is asked to end.
struct Deadline {
    /// How long it records; `None` when it ends by itself.
    after: Option<Duration>,
    /// When it was seen to have begun.
    began: Option<Instant>,
}

impl Deadline {
    fn is_past(&mut self, recorder: Pid) -> bool {
        let Some(after) = self.after else {
            return false;
        };
        if self.began.is_none() && has_begun(recorder) {
            self.began = Some(Instant::now());
        }
        self.began.is_some_and(|began| began.elapsed() >= after)
    }
}

/// Whether a recorder has begun to record the command that it was given; true also where that cannot be
/// told.
///
/// It starts a process for the command first, which becomes the command when events are counted.
///
/// Source: `evlist__prepare_workload()` and `evlist__start_workload()`, tools/perf/util/evlist.c, Linux 6.1.
fn has_begun(recorder: Pid) -> bool {
    let recorder = recorder.as_raw_nonzero();
    let program = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let children = std::fs::read_to_string(format!("/proc/{recorder}/task/{recorder}/children"));
    let Ok(children) = children else {
        return true;
    };
    let own = program(&recorder.to_string());
    let mut children = children.split_whitespace();
    children.any(|child| program(child) != own)
}

fn kill(child: &mut Child, recorder: Pid, kind: RunKind) {
    if kind == RunKind::Alone {
        kill_process_group(recorder, Signal::KILL).unwrap_or_default();
    }
    drop(child.kill());
    drop(child.wait());
}

/// Starts what ends the recorder if this program is killed and cannot do it itself: it reads from a
/// pipe that ends with this program. It is there before the recorder, so that no recorder runs without.
fn guard() -> io::Result<Child> {
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        "read recorder || exit; cat >/dev/null; kill -INT \"$recorder\"",
    ]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.process_group(0).spawn()
}

/// Tells a guard whom it ends. One that is gone guards nothing; the recording goes on.
fn watch(guard: &mut Child, recorder: Pid) {
    if let Some(pipe) = &mut guard.stdin {
        drop(writeln!(pipe, "{}", recorder.as_raw_nonzero()));
    }
}

/// How long to wait for the last of what a recorder said: what the user's command has left running
/// may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What takes what a recorder says.
struct Listener {
    kept: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Listener {
    fn end(self) -> String {
        let since = Instant::now();
        while !self.thread.is_finished() && since.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(1));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

/// Takes what a recorder says. With the user's command in it, it is passed on as it comes.
fn listen(mut stderr: impl Read + Send + 'static, kind: RunKind) -> Listener {
    let kept: Arc<Mutex<Vec<u8>>> = Arc::default();
    let all = Arc::clone(&kept);
    let thread = thread::spawn(move || {
        let mut bytes = [0; 1 << 12];
        loop {
            match stderr.read(&mut bytes) {
                Ok(0) => break,
                Ok(len) => {
                    let said = bytes.get(..len).unwrap_or_default();
                    if kind == RunKind::WithCommand {
                        // Nobody may read it any more.
                        drop(io::stderr().write_all(said));
                    }
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.extend(said);
                    let surplus = all.len().saturating_sub(KEPT);
                    drop(all.drain(..surplus));
                }
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    });
    Listener { kept, thread }
}
