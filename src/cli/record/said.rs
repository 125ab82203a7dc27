//! What perf says on standard error, and what it means.

use super::machine::Rights;
use super::not_recorded::NotRecorded;

/// What ended a recording before it began, or spoilt it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// The buffers are larger than what this user may lock in memory.
    BuffersTooLarge,
    /// The system does not allow it.
    NotAllowed,
    /// The disk is full.
    DiskFull,
    /// It is as long as it may become: the end is missing.
    SizeReached,
    /// The process that was to be recorded is not there.
    NoProcess,
    /// The command that was to run meanwhile cannot be run.
    NoCommand,
    /// More files are open than may be.
    TooManyFiles,
}

/// Words of perf's, and what they mean.
///
/// Source: `record__mmap_evlist`, `record__write` and `switch_output_size_warn` in
/// tools/perf/builtin-record.c, `evsel__open_strerror` in tools/perf/util/evsel.c, perf 5.10 to 6.12.
const WORDS: [(&str, Trouble); 13] = [
    ("smaller value of -m", Trouble::BuffersTooLarge),
    ("Permission error mapping pages", Trouble::BuffersTooLarge),
    ("perf size limit reached", Trouble::SizeReached),
    ("No space left on device", Trouble::DiskFull),
    ("No such process", Trouble::NoProcess),
    ("Problems finding threads", Trouble::NoProcess),
    ("Workload failed", Trouble::NoCommand),
    ("Too many open files", Trouble::TooManyFiles),
    ("Too many events are opened", Trouble::TooManyFiles),
    ("Access to performance monitoring", Trouble::NotAllowed),
    ("may not have permission", Trouble::NotAllowed),
    ("Operation not permitted", Trouble::NotAllowed),
    ("Permission denied", Trouble::NotAllowed),
];

/// What perf says that is wrong; `None` when it says nothing that is known.
pub(super) fn trouble(said: &str) -> Option<Trouble> {
    let found = WORDS.iter().find(|(words, _)| said.contains(words));
    found.map(|(_, trouble)| *trouble)
}

/// Whether perf says that it wrote a recording.
pub(super) fn is_captured(said: &str) -> bool {
    said.contains("[ perf record: Captured and wrote")
}

/// What perf says beside its usual lines.
pub(super) fn unusual(said: &str) -> String {
    let lines = said.lines().map(str::trim_end);
    let kept = lines.filter(|line| {
        !line.is_empty()
            && !line.starts_with("[ perf record: ")
            && !line.starts_with("rounding mmap")
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Why there is no recording.
pub(super) fn failure(said: &str, rights: Rights, is_contained: bool) -> NotRecorded {
    let said = unusual(said);
    let hint = match trouble(&said) {
        Some(Trouble::NotAllowed) => {
            // More lines tell of settings, which the hint does as well.
            let mut lines = said.lines().filter(|line| *line != "Error:");
            return NotRecorded::NotAllowed {
                said: lines.next().unwrap_or_default().to_owned(),
                paranoid: rights.paranoid,
                is_privileged: rights.is_privileged,
                is_contained,
            };
        }
        Some(Trouble::BuffersTooLarge) => {
            "this user may lock too little memory (ulimit -l, kernel.perf_event_mlock_kb): run it \
             as root"
        }
        Some(Trouble::DiskFull) => "name an output on another disk",
        Some(Trouble::NoProcess) => "the process has ended; -a records the whole host",
        Some(Trouble::NoCommand) => "name a command that can be run",
        Some(Trouble::TooManyFiles) => {
            "each event of each CPU or thread is an open file: raise ulimit -n, or -a instead of -p"
        }
        Some(Trouble::SizeReached) | None => "",
    };
    NotRecorded::Failed { said, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What perf 6.1 says, in its own words.
    #[test]
    fn words_of_perf_are_known() {
        let mlock = "Permission error mapping pages.\nConsider increasing \
            /proc/sys/kernel/perf_event_mlock_kb,\nor try again with a smaller value of \
            -m/--mmap_pages.\n(current value: 4294967295,0)\n";
        assert_eq!(trouble(mlock), Some(Trouble::BuffersTooLarge));
        let paranoid = "Error:\nAccess to performance monitoring and observability operations is \
            limited.\nConsider adjusting /proc/sys/kernel/perf_event_paranoid setting to open\n";
        assert_eq!(trouble(paranoid), Some(Trouble::NotAllowed));
        let usual = "[ perf record: Woken up 1 times to write data ]\n[ perf record: Captured and \
            wrote 0.080 MB t3.data, compressed (original 0.053 MB, ratio is 4.500) ]\n";
        assert_eq!((trouble(usual), is_captured(usual)), (None, true));
        assert_eq!(unusual(usual), "");
        let gone = "Couldn't create thread/CPU maps: No such process\n";
        assert_eq!(trouble(gone), Some(Trouble::NoProcess));
    }

    /// A hint fits who is refused: root in a container cannot be helped by sudo.
    #[test]
    fn who_is_refused_is_told_what_helps() {
        let said = "Operation not permitted\n";
        let rights = |is_privileged| Rights {
            is_privileged,
            paranoid: Some(2),
            kptr_restrict: Some(1),
        };
        let hint = |is_privileged, is_contained| {
            failure(said, rights(is_privileged), is_contained)
                .hint()
                .unwrap()
        };
        assert!(hint(false, false).contains("perf_event_paranoid is 2"));
        assert!(hint(true, true).contains("--privileged --pid=host"));
        assert!(hint(true, false).contains("lockdown"));
    }
}
