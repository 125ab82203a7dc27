//! What of this machine may be looked at: the only code that reads its environment and kernel.

use std::fs::{File, Metadata};
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::inputs::Inputs;
use super::options::InputOptions;
use super::own_clock;
use vmflame::analysis::{VmProcess, is_of_machine};
use vmflame::input::Input;
use vmflame::object::{ObjectSearch, read_kernel_notes};
use vmflame::perf::Capture;
use vmflame::qemu::CommandLine;
use vmflame::symbol::{LiveKernel, LiveProcesses, SymbolRequest, USER_HZ, process_start};
use vmflame::units::Timestamp;

/// Worker threads: as asked for, else one for each CPU.
pub(crate) fn threads(asked: Option<u16>) -> usize {
    let asked = asked.map(usize::from);
    let machine = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    asked.unwrap_or_else(machine)
}

/// Where symbols may come from: the capture directory, build-id caches, the recorded paths, and
/// the running kernel.
pub(crate) fn symbols(options: &InputOptions, input: &Input) -> SymbolRequest {
    let mut buildid_dirs = options.buildid_dir.clone();
    buildid_dirs.extend(input.buildid_dirs.iter().cloned());
    buildid_dirs.extend(own_caches());
    let search = ObjectSearch {
        capture_dir: input.directory.clone(),
        buildid_dirs,
        debug_dirs: options.debug_dir.clone(),
        symfs: options.symfs.clone(),
        debuginfod_cache: debuginfod_cache(),
        recorded_paths: true,
        processes: Some(PathBuf::from("/proc")),
        limit: options.max_unpacked.unwrap_or_default(),
    };
    SymbolRequest {
        kallsyms: options.kallsyms.clone(),
        search,
        live: live_kernel(input),
        guests: options.guests.request(),
        processes: live_processes(input),
        shown: input.shown.clone(),
    }
}

/// The user's own build-id caches: where perf was told to keep files, and where it does by itself.
pub(crate) fn own_caches() -> impl Iterator<Item = PathBuf> {
    let told = std::env::var_os("PERF_BUILDID_DIR").map(PathBuf::from);
    let usual = std::env::var_os("HOME").map(|home| Path::new(&home).join(".debug"));
    told.into_iter().chain(usual)
}

/// Where debuginfod's client keeps what it downloaded.
///
/// Source: debuginfod-client-config(7), elfutils 0.192.
fn debuginfod_cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let usual = || {
        let caches = folder("XDG_CACHE_HOME");
        let caches = caches.or_else(|| Some(folder("HOME")?.join(".cache")))?;
        Some(caches.join("debuginfod_client"))
    };
    folder("DEBUGINFOD_CACHE_PATH").or_else(usual)
}

/// The files that a verb with one input reads.
pub(crate) fn inputs(options: &InputOptions) -> Inputs<'_> {
    Inputs {
        captures: vec![&options.input],
        files: options
            .kallsyms
            .as_deref()
            .into_iter()
            .chain(options.guests.files())
            .collect(),
        caches: options
            .buildid_dir
            .iter()
            .cloned()
            .chain(own_caches())
            .collect(),
    }
}

/// The running kernel; `None` when it does not tell its build id.
fn live_kernel(input: &Input) -> Option<LiveKernel> {
    let notes = std::fs::read("/sys/kernel/notes").ok()?;
    let build_id = read_kernel_notes(&notes)?;
    let setting = |name: &str| {
        let text = std::fs::read_to_string(Path::new("/proc/sys/kernel").join(name));
        text.unwrap_or_default().trim_end().to_owned()
    };
    Some(LiveKernel {
        build_id,
        kallsyms: PathBuf::from("/proc/kallsyms"),
        host_name: setting("hostname"),
        release: setting("osrelease"),
        input_written: written(&input.data),
        input_changed: changed(&input.data),
        clocks: own_clock::now(),
        input_begun: looked_at(&input.data).and_then(|found| found.created().ok()),
        vdso: vdso().unwrap_or_default(),
    })
}

/// The processes of this machine; `None` when it does not tell for how long it has been up.
fn live_processes(input: &Input) -> Option<LiveProcesses> {
    use std::os::unix::fs::MetadataExt;
    Some(LiveProcesses {
        proc: PathBuf::from("/proc"),
        temporary: PathBuf::from("/tmp"),
        booted: SystemTime::now().checked_sub(up()?)?,
        input_begun: begun(&input.data),
        input_written: written(&input.data),
        user: std::fs::metadata("/proc/self").ok()?.uid(),
    })
}

/// The `[vdso]` of this process, which the running kernel maps into all 64-bit ones alike. No file
/// holds it, unless `perf record` copied it into its cache.
fn vdso() -> Option<Box<[u8]>> {
    if cfg!(not(target_pointer_width = "64")) {
        return None;
    }
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with("[vdso]"))?;
    let (start, end) = line.split_once(' ')?.0.split_once('-')?;
    let start = u64::from_str_radix(start, 16).ok()?;
    let bytes = u64::from_str_radix(end, 16).ok()?.checked_sub(start)?;
    let mut image = vec![0; usize::try_from(bytes).ok()?];
    let memory = File::open("/proc/self/mem").ok()?;
    memory.read_exact_at(&mut image, start).ok()?;
    Some(image.into())
}

/// When the input was last written; `None` where that is not known. Standard input was read to its
/// end just now.
fn changed(input: &Path) -> Option<SystemTime> {
    if input == Path::new("-") {
        return Some(SystemTime::now());
    }
    let written = looked_at(input)?.modified().ok()?;
    // Archives without times are unpacked to files of 1970, by tar as well as here.
    Some(written).filter(|written| *written > SystemTime::UNIX_EPOCH)
}

/// What the file system tells of the input. A directory of perf's was last changed when the last file
/// was made in it, as recording began; `data` is written until the end.
fn looked_at(input: &Path) -> Option<Metadata> {
    let found = std::fs::metadata(input).ok()?;
    if found.is_dir() {
        return std::fs::metadata(input.join("data")).ok();
    }
    Some(found)
}

/// How long the running kernel has been up, to the nanosecond: `/proc/uptime` tells hundredths of a
/// second, by which a file would seem older than a process that was there before it.
///
/// Source: the start of a process is on this clock, `do_task_stat()`, fs/proc/array.c, Linux 6.18.
fn up() -> Option<Duration> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(now.tv_nsec).ok()?))
}

/// How long the running kernel had been up when the input was last written.
fn written(input: &Path) -> Option<Timestamp> {
    up_at(changed(input)?)
}

/// How long it had been up when the input was begun; `None` for standard input, for a copy that was
/// made after the last writing, and where the file system does not tell.
fn begun(input: &Path) -> Option<Timestamp> {
    let made = looked_at(input)?.created().ok()?;
    (made <= changed(input)?).then_some(())?;
    up_at(made)
}

/// How long the running kernel had been up at a time; `None` before it was started.
fn up_at(time: SystemTime) -> Option<Timestamp> {
    let since = SystemTime::now().duration_since(time).ok()?;
    let nanos = up()?.checked_sub(since)?.as_nanos();
    u64::try_from(nanos).ok().map(Timestamp::from_nanos)
}

/// Whether this machine, with the kernel that runs, has the name of the one that made a capture.
pub(crate) fn has_made(capture: &Capture) -> bool {
    let own = |name: &str| {
        let text = std::fs::read_to_string(Path::new("/proc/sys/kernel").join(name));
        text.unwrap_or_default()
    };
    let (host_name, release) = (own("hostname"), own("osrelease"));
    is_of_machine(capture, host_name.trim_end(), release.trim_end())
}

/// The command line of a process of a capture, which still runs on the machine that recorded it.
///
/// This is that machine when it has the capture's name and kernel, and the file was written since
/// it was started. Then a process with the capture's pid and the name of its main thread, which is
/// older than the file, is the recorded one: no two that live at once share a pid.
pub(crate) fn command_line(
    process: &VmProcess,
    data: &Path,
    capture: &Capture,
) -> Option<CommandLine> {
    has_made(capture).then_some(())?;
    let folder = PathBuf::from(format!("/proc/{}", process.pid));
    let main_thread = std::fs::read_to_string(folder.join("comm")).ok()?;
    if process.main_thread.as_deref() != Some(main_thread.trim_end()) {
        return None;
    }
    (process_start(&folder)? <= written(data)?).then_some(())?;
    read_command_line(&folder.join("cmdline"))
}

/// Reads a command line; `None` when it cannot be read or is longer than any.
pub(crate) fn read_command_line(path: &Path) -> Option<CommandLine> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LONGEST_COMMAND_LINE)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(CommandLine::parse(&String::from_utf8_lossy(&bytes)))
}

/// Bytes of a command line that are read: as many as Linux allows a process.
///
/// Source: `bprm_stack_limits()`, fs/exec.c, Linux 6.18: three quarters of `_STK_LIM`.
const LONGEST_COMMAND_LINE: u64 = 6 << 20;

/// Bytes of memory that this process has filled itself, mapped files not counted.
pub(crate) fn anonymous_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Columns of the terminal that standard output goes to; `None` when it is no terminal.
pub(crate) fn columns() -> Option<usize> {
    terminal().map(|terminal| terminal.columns)
}

/// How much a terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TerminalExtent {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// The terminal that standard output goes to; `None` when it is no terminal.
pub(crate) fn terminal() -> Option<TerminalExtent> {
    let (width, height) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(TerminalExtent {
        columns: usize::from(width.0),
        rows: usize::from(height.0),
    })
}

/// How long this process has run on CPUs; `None` when the kernel does not say.
///
/// Source: `proc_pid_schedstat()`, fs/proc/base.c, Linux 6.18; that of the first thread, which does
/// all the work but waiting for signals.
pub(crate) fn own_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanos = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// How long the programs have run on CPUs that this process started and that have ended; `None` when
/// the kernel does not say.
///
/// Source: fields 16 and 17, `do_task_stat()`, fs/proc/array.c, Linux 6.18.
pub(crate) fn children_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let ticks = fields.split(' ').skip(13).take(2);
    let ticks = ticks
        .map(|ticks| ticks.parse::<u64>().ok())
        .sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks.checked_mul(1000 / USER_HZ)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// What lives is not younger than the moment at hand, however soon that comes.
    #[test]
    fn a_process_was_started_before_what_follows() {
        for _ in 0..30 {
            let mut waiting = Command::new("cat");
            let mut child = waiting.stdin(Stdio::piped()).spawn().unwrap();
            let now = up_at(SystemTime::now()).unwrap();
            let start = process_start(Path::new(&format!("/proc/{}", child.id()))).unwrap();
            drop(child.stdin.take());
            child.wait().unwrap();
            assert!(start <= now, "started at {start:?}, asked at {now:?}");
        }
    }
}
