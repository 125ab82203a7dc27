//! From locations to frames.

use std::sync::Arc;

use hashbrown::HashMap;

use super::shown_frame::{UNKNOWN, function, shown, unresolved_frame};
use super::unnamed::{Reason, ReasonIx, Reasons, Unnamed, UnnamedCounts, true_cause};
use crate::error::{Error, Result};
use crate::input::ShownPaths;
use crate::locate::Location;
use crate::object::{ObjectSearch, Refused};
use crate::perf::Capture;
use crate::space::{DsoIx, Timeline};
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::symbol::{
    EarlyKernel, FoundSymbols, KernelSource, KernelSymbols, LiveKernel, ObjectSymbol,
    ObjectSymbols, RecordedHere, SymbolRequest, Unresolved, module_short_name, vdso,
};
use crate::units::{Avma, BuildId, CpuMode, FileOffset, Svma, Timestamp};

/// What was found for an object that samples hit.
#[derive(Debug)]
pub struct ObjectReport {
    /// The object as recorded.
    pub path: String,
    /// Its recorded build id.
    pub build_id: Option<BuildId>,
    /// The file that names come from, or why there are none.
    pub outcome: std::result::Result<std::path::PathBuf, Unresolved>,
    /// Files of another build, which were not used.
    pub refused: Vec<Refused>,
    /// Files that could not be read or make no sense.
    pub broken: Vec<Error>,
}

impl ObjectReport {
    /// The same report of files as the user knows them.
    fn shown(self, paths: &ShownPaths) -> Self {
        let mut refused = self.refused;
        for refused in &mut refused {
            refused.path = paths.path(&refused.path);
        }
        let broken = self.broken.into_iter().map(|error| paths.error(error));
        Self {
            path: self.path,
            build_id: self.build_id,
            outcome: self.outcome.map(|file| paths.path(&file)),
            refused,
            broken: broken.collect(),
        }
    }
}

/// The functions of a user object, or why there are none.
#[derive(Debug)]
struct UserObject {
    symbols: std::result::Result<ObjectSymbols, Unresolved>,
    /// What the capture calls it.
    path: Box<str>,
    build_id: Option<BuildId>,
    /// What frames show as its name.
    short_name: Box<str>,
    /// The frames of functions that were named, by where they begin.
    functions: HashMap<Svma, FrameIx>,
    /// The frame of all that has no name.
    unresolved: Option<FrameIx>,
}

/// What a location is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocationName<'n> {
    /// Its frames, root first: the function that holds it, then those that are inlined there.
    pub(super) frames: &'n [FrameIx],
    /// Why it has no name.
    pub(super) reason: Option<ReasonIx>,
}

/// A location that has its name.
#[derive(Clone, Copy, Debug)]
struct KnownLocation {
    /// Where its frames lie in the list.
    start: usize,
    end: usize,
    reason: Option<ReasonIx>,
}

/// How an address of an object finds its function.
type LookUp = fn(&ObjectSymbols, Svma) -> std::result::Result<ObjectSymbol<'_>, Unresolved>;

/// Stands above the last branches of an event without call chains: they are no call stack.
const LAST_BRANCHES: &str = "[last branches]";

/// Turns locations into frames. Each different one is named once.
#[derive(Debug)]
pub(crate) struct Namer<'a> {
    /// The frames made so far.
    pub(crate) frames: FrameTable,
    timeline: &'a Timeline,
    search: &'a ObjectSearch,
    shown: &'a ShownPaths,
    live: Option<&'a LiveKernel>,
    kernel: Option<Arc<KernelSymbols>>,
    kernel_source: KernelSource,
    /// Whether files at recorded paths may be taken without a build id.
    is_recorded_here: bool,
    /// Whether names stay mangled.
    raw_names: bool,
    objects: HashMap<DsoIx, UserObject>,
    reports: Vec<ObjectReport>,
    known: HashMap<Location, KnownLocation>,
    /// The frames of all known locations, one behind the other.
    location_frames: Vec<FrameIx>,
    reasons: Reasons,
}

impl<'a> Namer<'a> {
    /// Fits the kernel's symbols to the recorded boot; objects of user space are found when an
    /// address asks for them. `last` is the time of the latest sample.
    ///
    /// # Errors
    /// When a kallsyms text that the user named cannot be read or is none.
    pub(crate) fn new(
        capture: &Capture,
        (timeline, kernel): (&'a Timeline, EarlyKernel),
        (build_ids, last): (&HashMap<String, BuildId>, Option<Timestamp>),
        symbols: &'a SymbolRequest,
    ) -> Result<Self> {
        let live = symbols.live.as_ref();
        let recorded_here = RecordedHere::find(capture, (timeline, build_ids), last, live);
        let found = kernel.fit(timeline, build_ids, symbols, recorded_here)?;
        let (kernel, kernel_source) = match found {
            Some((kernel, source)) => (Some(Arc::new(kernel)), source),
            None => (None, KernelSource::Missing),
        };
        let is_recorded_here = match recorded_here {
            RecordedHere::No => false,
            RecordedHere::ByBuildId => true,
            RecordedHere::ByCircumstances => matches!(kernel_source, KernelSource::SameBoot(_)),
        };
        Ok(Self {
            frames: FrameTable::default(),
            timeline,
            search: &symbols.search,
            shown: &symbols.shown,
            live: symbols.live.as_ref(),
            kernel,
            kernel_source,
            is_recorded_here,
            raw_names: false,
            objects: HashMap::new(),
            reports: Vec::new(),
            known: HashMap::new(),
            location_frames: Vec::new(),
            reasons: Reasons::default(),
        })
    }

    /// Whether names stay as object files hold them, mangled.
    pub(crate) fn set_raw_names(&mut self, raw_names: bool) {
        self.raw_names = raw_names;
    }

    /// What was true of the capture's threads.
    pub(crate) fn timeline(&self) -> &'a Timeline {
        self.timeline
    }

    /// Number of addresses at which the kernel changed its code during the recording.
    pub(crate) fn text_pokes(&self) -> usize {
        self.timeline.text_pokes()
    }

    /// The kernel's functions, when there are any.
    pub(super) fn kernel(&self) -> Option<Arc<KernelSymbols>> {
        self.kernel.clone()
    }

    /// The name of a location.
    pub(super) fn name(&mut self, location: Location) -> LocationName<'_> {
        let known = self.known.get(&location).copied();
        let known = known.unwrap_or_else(|| self.look_up(location));
        let frames = self.location_frames.get(known.start..known.end);
        LocationName {
            frames: frames.unwrap_or_default(),
            reason: known.reason,
        }
    }

    fn look_up(&mut self, location: Location) -> KnownLocation {
        let start = self.location_frames.len();
        let (frame, reason) = self.frame_of(location);
        self.location_frames.push(frame);
        let known = KnownLocation {
            start,
            end: self.location_frames.len(),
            reason,
        };
        self.known.insert(location, known);
        known
    }

    /// The frame of the function that a location lies in, and why it has no name.
    fn frame_of(&mut self, location: Location) -> (FrameIx, Option<ReasonIx>) {
        match location {
            Location::Kernel { lookup } => self.kernel_frame(lookup),
            Location::Object { dso, lookup } => {
                self.object_frame(dso, lookup, ObjectSymbols::look_up)
            }
            Location::BeforeReturn { dso, lookup } => {
                self.object_frame(dso, lookup, ObjectSymbols::look_up_before_return)
            }
            Location::Guest { mode, .. } => (self.guest(mode), None),
            Location::LastBranches => (self.root(LAST_BRANCHES), None),
            Location::Unmapped => self.unknown(CpuMode::User),
            Location::Unknown(mode) => self.unknown(mode),
        }
    }

    /// The frame of an address that lies nowhere.
    fn unknown(&mut self, mode: CpuMode) -> (FrameIx, Option<ReasonIx>) {
        let frame = unresolved_frame(&mut self.frames, "", mode);
        let reason = self.reasons.intern(Reason {
            object: UNKNOWN.into(),
            build_id: None,
            cause: Unresolved::NoMapping,
        });
        (frame, Some(reason))
    }

    /// The frame that stands for guest code.
    fn guest(&mut self, mode: CpuMode) -> FrameIx {
        let name = if mode == CpuMode::GuestUser {
            "[guest user]"
        } else {
            "[guest kernel]"
        };
        let frame = Frame {
            name: name.into(),
            dso: "".into(),
            mode,
            kind: FrameKind::Guest,
        };
        self.frames.intern(frame)
    }

    /// A grouping frame.
    pub(super) fn root(&mut self, name: &str) -> FrameIx {
        let (mode, kind) = (CpuMode::Unknown, FrameKind::Root);
        self.frames.intern(Frame {
            name: name.into(),
            dso: "".into(),
            mode,
            kind,
        })
    }

    /// Frames without a name, one count per sample, by object.
    pub(crate) fn unnamed(&self, counts: &UnnamedCounts) -> Vec<Unnamed> {
        self.reasons.by_object(counts)
    }

    /// What was found for the objects that were asked for, in order of path and build id.
    pub(crate) fn take_reports(&mut self) -> Vec<ObjectReport> {
        let mut reports = std::mem::take(&mut self.reports);
        let name = |report: &ObjectReport| {
            let build_id = report.build_id.as_ref().map(BuildId::to_string);
            (report.path.clone(), build_id)
        };
        reports.sort_by_cached_key(name);
        let shown = reports.into_iter().map(|report| report.shown(self.shown));
        shown.collect()
    }

    /// Where the kernel's symbols come from.
    pub(crate) fn kernel_source(&self) -> KernelSource {
        self.kernel_source.clone().shown(self.shown)
    }

    fn kernel_frame(&mut self, at: Avma) -> (FrameIx, Option<ReasonIx>) {
        let found = match &self.kernel {
            Some(kernel) => kernel.look_up(at),
            None => Err(Unresolved::NoKernelSymbols),
        };
        match found {
            Ok(symbol) => {
                let name = shown(symbol.name, self.raw_names).into_owned();
                let dso = symbol.dso();
                (
                    function(&mut self.frames, &name, &dso, CpuMode::Kernel),
                    None,
                )
            }
            Err(cause) => match self.timeline.ksymbol(at) {
                Some(name) => (
                    function(&mut self.frames, name, "[bpf]", CpuMode::Kernel),
                    None,
                ),
                None => {
                    let mapping = self.timeline.kernel_mapping_of(at);
                    let dso = mapping
                        .map(|m| module_short_name(&m.name))
                        .unwrap_or_default();
                    let object = if dso.is_empty() { UNKNOWN } else { &dso };
                    let reason = self.reasons.intern(Reason {
                        object: object.into(),
                        build_id: None,
                        cause,
                    });
                    let frame = unresolved_frame(&mut self.frames, &dso, CpuMode::Kernel);
                    (frame, Some(reason))
                }
            },
        }
    }

    fn object_frame(
        &mut self,
        dso: DsoIx,
        offset: FileOffset,
        look_up: LookUp,
    ) -> (FrameIx, Option<ReasonIx>) {
        if !self.objects.contains_key(&dso) {
            let (object, report) = self.read(dso);
            self.reports.push(report);
            self.objects.insert(dso, object);
        }
        let Some(object) = self.objects.get_mut(&dso) else {
            return self.unknown(CpuMode::User);
        };
        let found = match &object.symbols {
            Err(cause) => Err(*cause),
            Ok(symbols) => symbols
                .svma_of(offset)
                .ok_or(Unresolved::NoSymbol)
                .and_then(|svma| look_up(symbols, svma))
                .map_err(|cause| {
                    if symbols.is_stripped() {
                        Unresolved::Stripped
                    } else {
                        cause
                    }
                }),
        };
        let (frames, dso) = (&mut self.frames, &object.short_name);
        let raw_names = self.raw_names;
        match found {
            Ok(symbol) => {
                let known = object.functions.entry(symbol.start);
                let frame = known.or_insert_with(|| {
                    function(frames, &shown(symbol.name, raw_names), dso, CpuMode::User)
                });
                (*frame, None)
            }
            Err(cause) => {
                let known = &mut object.unresolved;
                let frame =
                    known.get_or_insert_with(|| unresolved_frame(frames, dso, CpuMode::User));
                let reason = self.reasons.intern(Reason {
                    object: object.path.clone(),
                    build_id: object.build_id.clone(),
                    cause,
                });
                (*frame, Some(reason))
            }
        }
    }

    /// Finds the functions of an object that a process mapped.
    fn read(&self, ix: DsoIx) -> (UserObject, ObjectReport) {
        let dso = self.timeline.dso(ix).cloned();
        let (path, build_id) = dso.map(|dso| (dso.path, dso.build_id)).unwrap_or_default();
        let mut found = FoundSymbols::find(self.search, &path, build_id.as_ref());
        if self.is_recorded_here && matches!(found.symbols, Err(Unresolved::NoBuildId)) {
            found = FoundSymbols::find_recorded(self.search, &path);
        }
        let mut outcome = match (&found.symbols, found.file) {
            (Ok(_), Some(file)) => Ok(file.path),
            (Ok(_), None) => Err(Unresolved::NoFile),
            (Err(cause), _) => Err(*cause),
        };
        if outcome.is_err()
            && path == vdso::VDSO
            && let Some(live) = self.live
        {
            let lowest = self.timeline.lowest_address_of(ix);
            let known = build_id.as_ref();
            if let Some(object) =
                vdso::of_running_kernel(live, known, self.is_recorded_here, lowest)
            {
                (found.symbols, outcome) = (Ok(object), Ok(vdso::VDSO.into()));
            }
        }
        if let Err(cause) = &mut outcome {
            *cause = true_cause(*cause, (&path, build_id.as_ref()), !found.broken.is_empty());
        }
        let symbols = match &outcome {
            Ok(_) => found.symbols,
            Err(cause) => Err(*cause),
        };
        let object = UserObject {
            symbols,
            path: (*path).into(),
            build_id: build_id.clone(),
            short_name: module_short_name(&path).into(),
            functions: HashMap::new(),
            unresolved: None,
        };
        let report = ObjectReport {
            path,
            build_id,
            outcome,
            refused: found.refused,
            broken: found.broken,
        };
        (object, report)
    }
}
