//! From locations to frames.

use std::sync::Arc;

use hashbrown::HashMap;

use super::code_files::CodeFiles;
use super::found_functions::FoundFunction;
use super::hits::Hits;
use super::kernel_objects::KernelObjects;
use super::object_report::ObjectReport;
use super::piece::KnownName;
use super::request::FrameDetail;
use super::shown_frame::{UNKNOWN, function, guest_frame, shown, unresolved_frame};
use super::this_machine::ThisMachine;
use super::unnamed::{Reason, ReasonIx, Reasons, Unnamed, UnnamedCounts};
use super::user_objects::{HowNamed, UserObjects};
use super::vm_naming::VmNaming;
use crate::error::Result;
use crate::input::ShownPaths;
use crate::locate::{GuestAddress, Location};
use crate::perf::Capture;
use crate::space::Timeline;
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::symbol::{
    EarlyKernel, GuestKernels, JitDumps, KernelSource, KernelSymbols, RecordedBuilds, RecordedHere,
    SymbolRequest, Unresolved,
};
use crate::units::{Avma, BuildId, CpuMode, Pid, Timestamp};

/// What frames are named with.
#[derive(Debug)]
pub(crate) struct NamerInput<'a> {
    pub(crate) timeline: &'a Timeline,
    /// The kernel's symbols, not yet fitted to the recorded boot.
    pub(crate) kernel: EarlyKernel,
    /// The build ids that the capture states, by path.
    pub(crate) build_ids: &'a HashMap<String, BuildId>,
    /// Times of the first and the last sample; `None` without times.
    pub(crate) times: Option<(Timestamp, Timestamp)>,
    pub(crate) symbols: &'a SymbolRequest,
    /// What frames show of a function.
    pub(crate) detail: FrameDetail,
    /// Dumps of code that processes made.
    pub(crate) dumps: &'a JitDumps,
    /// Whether frame pointers are believed that lead to no caller.
    pub(crate) keep_garbage: bool,
    /// Who tells what VMMs call VMs.
    pub(crate) vm_naming: &'a VmNaming,
}

/// What naming tells besides the stacks.
#[derive(Debug)]
pub(crate) struct NameReport {
    /// All frames.
    pub(crate) frames: FrameTable,
    /// Frames without a name, one count per sample, by object.
    pub(crate) unnamed: Vec<Unnamed>,
    /// What was found for the objects that were asked for, in order of path and build id.
    pub(crate) objects: Vec<ObjectReport>,
    /// Where the kernel's symbols come from.
    pub(crate) kernel_source: KernelSource,
}

/// What a location is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocationName<'n> {
    /// Its frames, root first: the function that holds it, then those that are inlined there.
    pub(super) frames: &'n [FrameIx],
    /// Why it has no name.
    pub(super) reason: Option<ReasonIx>,
}

/// Turns locations into frames. Each different one is named once.
#[derive(Debug)]
pub(crate) struct Namer<'a> {
    /// The frames made so far.
    pub(crate) frames: FrameTable,
    pub(super) timeline: &'a Timeline,
    shown: &'a ShownPaths,
    pub(super) kernel: Option<Arc<KernelSymbols>>,
    /// The files of the kernel and of its modules.
    pub(super) kernel_objects: KernelObjects<'a>,
    kernel_source: KernelSource,
    /// The kernels of guests.
    guests: GuestKernels,
    /// Who tells what VMMs call VMs.
    vm_naming: &'a VmNaming,
    /// What guests' code is told apart by, by the process of the VM.
    of_guests: HashMap<Pid, String>,
    pub(super) detail: FrameDetail,
    pub(super) objects: UserObjects<'a>,
    /// Those of locations that lie in no object.
    known: HashMap<Location, KnownName>,
    /// The frames of all known names, one behind the other.
    pub(super) location_frames: Vec<FrameIx>,
    pub(super) reasons: Reasons,
}

impl<'a> Namer<'a> {
    /// Fits the kernel's symbols to the recorded boot; objects of user space are found when it is
    /// known which places of them are asked for.
    ///
    /// # Errors
    /// When a kallsyms text that the user named cannot be read or is none.
    pub(crate) fn new(capture: &Capture, input: NamerInput<'a>) -> Result<Self> {
        let NamerInput {
            timeline,
            build_ids,
            symbols,
            ..
        } = input;
        let last = input.times.map(|(_, last)| last);
        let live = symbols.live.as_ref();
        let builds = RecordedBuilds {
            timeline,
            table: build_ids,
        };
        let recorded_here = RecordedHere::find(capture, builds.kernel(), last, live);
        let found = input.kernel.fit(builds, symbols, recorded_here)?;
        let (kernel, kernel_source) = match found {
            Some(fitted) => (Some(Arc::new(fitted.symbols)), fitted.source),
            None => (None, KernelSource::Missing),
        };
        let is_kernel_same = match recorded_here {
            RecordedHere::No => false,
            RecordedHere::ByBuildId => true,
            // Without a kernel nothing tells boots apart but the times, and the files.
            RecordedHere::ByCircumstances => {
                timeline.kernel_proper().is_none()
                    || matches!(kernel_source, KernelSource::SameBoot(_))
            }
        };
        let here = live.filter(|_| is_kernel_same);
        let here = here.and_then(|live| ThisMachine::of_capture(capture, live, input.times));
        let (detail, times, dumps) = (input.detail, input.times, input.dumps);
        let how = HowNamed {
            detail,
            times,
            dumps,
        };
        let mut objects = UserObjects::new(timeline, symbols, here, how);
        if input.keep_garbage {
            objects.trust_callers();
        }
        Ok(Self {
            frames: FrameTable::default(),
            timeline,
            shown: &symbols.shown,
            kernel,
            kernel_objects: KernelObjects::new(builds, symbols, capture, detail),
            kernel_source,
            guests: GuestKernels::read(symbols)?,
            vm_naming: input.vm_naming,
            of_guests: HashMap::new(),
            detail: input.detail,
            objects,
            known: HashMap::new(),
            location_frames: Vec::new(),
            reasons: Reasons::default(),
        })
    }

    /// What was true of the capture's threads.
    pub(crate) fn timeline(&self) -> &'a Timeline {
        self.timeline
    }

    /// Who tells what VMMs call VMs.
    pub(super) fn vm_naming(&self) -> &'a VmNaming {
        self.vm_naming
    }

    /// Tells code of guests apart by these names, by the process of the VM.
    pub(super) fn name_guests(&mut self, of_guests: HashMap<Pid, String>) {
        self.of_guests = of_guests;
    }

    /// See [`UserObjects::trust_callers`].
    pub(crate) fn trust_callers(&mut self) {
        self.objects.trust_callers();
    }

    /// The files of objects, for their code.
    pub(crate) fn code_files(&self) -> CodeFiles<'a> {
        self.objects.code_files()
    }

    /// The kernel's functions, when there are any.
    pub(super) fn kernel(&self) -> Option<Arc<KernelSymbols>> {
        self.kernel.clone()
    }

    /// Whether debug information tells the parts of the kernel's functions apart.
    pub(super) fn has_kernel_code(&self) -> bool {
        self.kernel_objects.has_code()
    }

    /// Reads what names addresses of the kernel. All must be told that are asked for later.
    pub(super) fn read_kernel_objects(
        &mut self,
        addresses: impl Iterator<Item = Avma>,
        threads: usize,
    ) {
        let kernel = self.kernel.as_deref();
        self.kernel_objects.read(kernel, addresses, threads);
    }

    /// The frames of a name, and why there is none.
    pub(super) fn shown(&self, known: KnownName) -> LocationName<'_> {
        let frames = self.location_frames.get(known.start..known.end);
        LocationName {
            frames: frames.unwrap_or_default(),
            reason: known.reason,
        }
    }

    /// The name of places in an object of user space.
    pub(super) fn name_in_object(&mut self, found: FoundFunction) -> KnownName {
        let object = self.objects.object_mut(found.dso);
        if let Some(known) = object.and_then(|object| object.known(found)) {
            return known;
        }
        let (frame, reason) = self.object_frame(found);
        let mut known = self.add_name(frame, reason);
        if let Some(object) = self.objects.object_mut(found.dso) {
            if let (Some(code), Some(chain)) = (&object.code, found.chain) {
                let inlined = code.inlined(chain, &object.short_name, CpuMode::User);
                let inlined = inlined.map(|frame| self.frames.intern(frame));
                self.location_frames.extend(inlined);
                known.end = self.location_frames.len();
            }
            object.keep(found, known);
        }
        known
    }

    /// The name of a location that lies in no object.
    pub(super) fn name_elsewhere(&mut self, location: Location) -> KnownName {
        if let Some(known) = self.known.get(&location) {
            return *known;
        }
        let (frame, reason) = self.frame_of(location);
        let mut known = self.add_name(frame, reason);
        if let Some(lookup) = location.guest_address()
            && let Some(function) = self.guest_function(lookup)
        {
            known.end = self.add_name(function, None).end;
        }
        if let Location::Kernel { lookup } = location {
            known.end = self.add_inlined(lookup, known);
        }
        self.known.insert(location, known);
        known
    }

    /// The function of a guest's kernel at an address.
    fn guest_function(&mut self, GuestAddress { vm, at }: GuestAddress) -> Option<FrameIx> {
        let symbol = self.guests.look_up(Some(vm), at).ok()?;
        let name = shown(symbol.name, self.detail);
        let (dso, mode) = (symbol.guest_dso(), CpuMode::GuestKernel);
        Some(function(&mut self.frames, &name, &dso, mode))
    }

    fn add_name(&mut self, frame: FrameIx, reason: Option<ReasonIx>) -> KnownName {
        let start = self.location_frames.len();
        self.location_frames.push(frame);
        KnownName {
            start,
            end: self.location_frames.len(),
            reason,
        }
    }

    /// The frame of a location that lies in no object that was read, and why it has no name.
    fn frame_of(&mut self, location: Location) -> (FrameIx, Option<ReasonIx>) {
        match location {
            Location::Kernel { lookup } => self.kernel_frame(lookup),
            Location::KernelCode { code } => (self.kernel_code_frame(code), None),
            Location::Guest { mode, vm, .. } => {
                let vm = self.of_guests.get(&vm).map(String::as_str);
                (guest_frame(&mut self.frames, mode, vm), None)
            }
            Location::Mark(mark) => (self.root(mark.name()), None),
            Location::Vsyscall(entry) => self.vsyscall_frame(entry),
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

    /// A grouping frame.
    pub(super) fn root(&mut self, name: &str) -> FrameIx {
        let (mode, kind) = (CpuMode::Unknown, FrameKind::Root);
        self.frames.intern(Frame {
            name: name.into(),
            dso: "".into(),
            mode,
            kind,
            line: None,
        })
    }

    /// What the locations lie in that were named.
    pub(crate) fn hits(&self) -> Hits {
        let in_kernel = self
            .known
            .keys()
            .filter_map(|location| location.in_kernel());
        Hits {
            objects: self.objects.hits(),
            modules: self.kernel_objects.hits(),
            kernel: in_kernel.collect(),
            kernel_source: self.kernel_source.clone(),
        }
    }

    /// What is left to tell when all stacks have their names; `unnamed` counts the frames of those
    /// that stayed.
    pub(crate) fn into_report(self, unnamed: &UnnamedCounts, threads: usize) -> NameReport {
        let shown = self.shown;
        let in_kernel = self.kernel_objects.into_reports().into_iter();
        let mut objects = self.objects.into_reports(threads);
        objects.extend(in_kernel.map(|report| report.shown(shown)));
        objects.sort_by_cached_key(ObjectReport::order);
        NameReport {
            frames: self.frames,
            unnamed: self.reasons.by_object(unnamed),
            objects,
            kernel_source: self.kernel_source.shown(self.shown),
        }
    }

    /// The frame of what was found in an object, and why it has no name.
    fn object_frame(&mut self, found: FoundFunction) -> (FrameIx, Option<ReasonIx>) {
        let Some(object) = self.objects.object_mut(found.dso) else {
            return self.unknown(CpuMode::User);
        };
        let (frames, dso) = (&mut self.frames, &object.short_name);
        let holder = object.map_name.as_ref().unwrap_or(dso);
        let shown = found.start.map(|_| object.shown(found));
        match shown {
            Ok(Some(shown)) => {
                let code = object.code.as_ref().zip(found.chain);
                let frame = Frame {
                    name: shown.name.clone(),
                    dso: holder.clone(),
                    mode: CpuMode::User,
                    kind: FrameKind::Function,
                    line: code.and_then(|(code, chain)| code.line_of_holder(chain)),
                };
                (frames.intern(frame), None)
            }
            Ok(None) => (unresolved_frame(frames, dso, CpuMode::User), None),
            Err(cause) => {
                let reason = self.reasons.intern(Reason {
                    object: object.path.clone(),
                    build_id: object.build_id.clone(),
                    cause,
                });
                (unresolved_frame(frames, dso, CpuMode::User), Some(reason))
            }
        }
    }
}
