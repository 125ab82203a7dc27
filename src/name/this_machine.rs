//! What ties a capture to the files of the machine that made it, where this is that machine.

use crate::object::{MappedBuild, MappedHere, MappedObject, ObjectSearch};
use crate::perf::Capture;
use crate::space::{BuildSource, Dso, DsoIx, Timeline, is_memory};
use crate::symbol::{LiveKernel, RecordedClock};
use crate::units::Timestamp;

/// The machine that runs, which seems to have made the capture.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThisMachine {
    pub(super) clock: RecordedClock,
}

impl ThisMachine {
    /// `None` where it is not known when the capture was written.
    pub(super) fn of_capture(
        capture: &Capture,
        live: &LiveKernel,
        times: Option<(Timestamp, Timestamp)>,
    ) -> Option<Self> {
        let mut events = capture.events().iter();
        let has_own_clock = events.any(|(_, event)| event.attr.has_own_clock());
        let clock = RecordedClock::new(times, live, has_own_clock)?;
        Some(Self { clock })
    }

    /// Whether the files are those of the recorded machine, as well as its name and kernel: another
    /// of the same name, as virtual machines often have, and a copy of its disk have other inodes.
    pub(super) fn has_files(
        &self,
        timeline: &Timeline,
        search: &ObjectSearch,
        mut hit: impl Iterator<Item = DsoIx>,
    ) -> bool {
        self.clock.is_same_boot()
            || hit.any(|ix| {
                let object = mapped_object(timeline, ix, Some(self));
                let here = object.and_then(|object| Some((object.recorded, object.here?)));
                here.is_some_and(|(recorded, here)| search.has_inode(recorded, &here))
            })
    }
}

/// What is known of an object; `here` where this machine recorded it.
pub(super) fn mapped_object<'t>(
    timeline: &'t Timeline,
    ix: DsoIx,
    here: Option<&ThisMachine>,
) -> Option<MappedObject<'t>> {
    let Dso {
        path,
        build_id,
        source,
        inode,
        is_elsewhere,
        life: _,
    } = timeline.dso(ix)?;
    let used = timeline.dso_use(ix)?;
    let here = here.filter(|_| !is_memory(path)).map(|here| MappedHere {
        inode: *inode,
        since: if is_injected(path) {
            here.clock.end()
        } else {
            here.clock.earliest(used.since)
        },
        until: here.clock.end(),
        places: &used.places,
    });
    let build = match (source, build_id) {
        (BuildSource::Mapping | BuildSource::Proof, Some(build_id)) => {
            MappedBuild::Mapping(build_id)
        }
        (_, build_id) if *is_elsewhere || timeline.is_ambiguous(path) => {
            MappedBuild::AnyFile(build_id.as_ref())
        }
        (_, build_id) => MappedBuild::Path(build_id.as_ref()),
    };
    Some(MappedObject {
        recorded: path,
        build,
        inode: *inode,
        here,
    })
}

/// Whether `perf inject --jit` made the file, from a dump of generated code and when recording was
/// over: then it is new, and the capture tells its inode.
///
/// Source: `jit_emit_elf()`, tools/perf/util/jitdump.c, Linux 6.1.
pub(super) fn is_injected(path: &str) -> bool {
    let base = path.rsplit('/').next().unwrap_or(path);
    base.starts_with("jitted-") && base.ends_with(".so")
}
