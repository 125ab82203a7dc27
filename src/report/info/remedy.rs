//! What would give names to frames that have none.

use crate::symbol::Unresolved;
use crate::units::BuildId;

/// What is known of frames without a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nameless<'a> {
    pub(super) cause: Unresolved,
    /// The object's recorded build id.
    pub(super) build_id: Option<&'a BuildId>,
    /// The recorded kernel's release, which tells distributions apart.
    pub(super) release: &'a str,
}

impl Nameless<'_> {
    /// The command or option that would help; `None` when nothing would.
    pub(super) fn remedy(&self) -> Option<String> {
        let download = |kind: &str| {
            let id = self.build_id?;
            Some(format!(
                "--debuginfod=URL of the distribution's server ({kind} {id})"
            ))
        };
        let text = match self.cause {
            Unresolved::NoFile | Unresolved::BuildIdMismatch => {
                let elsewhere = "on the recorded machine: vmflame pack, or perf archive";
                return Some(match download("executable") {
                    Some(download) => format!("{elsewhere}; or {download}"),
                    None => elsewhere.to_owned(),
                });
            }
            Unresolved::NoSymbols | Unresolved::Stripped => {
                return self.debug_package().or_else(|| download("debuginfo"));
            }
            Unresolved::NoBuildId | Unresolved::OtherFile => {
                "of a container: --symfs DIR of its root, or vmflame pack while it runs; or record \
                 again with perf record --buildid-mmap"
            }
            Unresolved::NoKernelSymbols => {
                "copy /proc/kallsyms as root on the recorded machine, then --kallsyms FILE"
            }
            Unresolved::KernelHidden => {
                "sysctl kernel.kptr_restrict=0 on the recorded machine, and copy /proc/kallsyms again"
            }
            Unresolved::OtherBoot => {
                "copy /proc/kallsyms in the boot in which it is recorded, then --kallsyms FILE"
            }
            Unresolved::Generated => {
                "let the runtime write a map: node --perf-basic-prof, python -X perf, java \
                 -XX:+DumpPerfMapAtExit"
            }
            Unresolved::Deleted => "run vmflame as root while the program still runs",
            Unresolved::Unreadable => "run vmflame as a user who may read the file",
            Unresolved::NoMapping | Unresolved::NoCall => {
                "where programs have no frame pointers: perf record --call-graph dwarf, or lbr"
            }
            Unresolved::NoSymbol => return None,
        };
        Some(text.to_owned())
    }

    /// How Fedora, RHEL and those built from it install the debug file of a build id, as gdb says
    /// there.
    fn debug_package(&self) -> Option<String> {
        let is_of_rpm = [".el", ".fc", ".amzn"]
            .iter()
            .any(|mark| self.release.contains(mark));
        let hex = self.build_id.filter(|_| is_of_rpm)?.to_string();
        let (first, rest) = hex.split_at_checked(2)?;
        Some(format!(
            "dnf --enablerepo='*debug*' install /usr/lib/debug/.build-id/{first}/{rest}.debug"
        ))
    }
}
