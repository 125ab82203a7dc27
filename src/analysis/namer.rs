//! From addresses to frames: locate, then name.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::input::{KernelSource, SymbolRequest};
use super::kernel::{find_kernel, is_recorded_here};
use crate::error::{Error, Result};
use crate::fold::ChainFrame;
use crate::perf::Capture;
use crate::space::{DsoIx, Moment, Timeline};
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::symbol::{
    KernelSymbols, ObjectSymbols, Places, Refused, Unresolved, demangle, module_short_name,
};
use crate::units::{Avma, BuildId, CpuMode, Pid};

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

/// The functions of a user object, or why there are none.
#[derive(Debug)]
struct UserObject {
    symbols: std::result::Result<ObjectSymbols, Unresolved>,
    /// What frames show as its name.
    short_name: Box<str>,
}

/// Turns addresses into frames. Each different address of a place is located and named once.
#[derive(Debug)]
pub struct Namer<'a> {
    /// The frames made so far.
    pub frames: FrameTable,
    timeline: &'a Timeline,
    places: &'a Places,
    kernel: Option<KernelSymbols>,
    kernel_source: KernelSource,
    /// Whether files at recorded paths may be taken without a build id.
    is_recorded_here: bool,
    objects: HashMap<DsoIx, UserObject>,
    reports: Vec<ObjectReport>,
    kernel_frames: HashMap<Avma, (FrameIx, Option<Unresolved>)>,
    user_frames: HashMap<(Pid, Moment, Avma), (FrameIx, Option<Unresolved>)>,
    causes: [u64; Unresolved::ALL.len()],
    /// By [`FrameIx`]; frames behind the end are calls.
    passages: Vec<Passage>,
}

impl<'a> Namer<'a> {
    /// Finds the kernel's symbols; objects of user space are found when an address asks for them.
    ///
    /// # Errors
    /// When a kallsyms text that the user named cannot be read or is none.
    pub fn new(
        capture: &Capture,
        timeline: &'a Timeline,
        build_ids: &HashMap<String, BuildId>,
        symbols: &'a SymbolRequest,
    ) -> Result<Self> {
        let found = find_kernel(timeline, build_ids, symbols)?;
        let (kernel, kernel_source) = match found {
            Some((kernel, source)) => (Some(kernel), source),
            None => (None, KernelSource::Missing),
        };
        Ok(Self {
            frames: FrameTable::default(),
            timeline,
            places: &symbols.places,
            kernel,
            kernel_source,
            is_recorded_here: is_recorded_here(capture, timeline, build_ids, symbols),
            objects: HashMap::new(),
            reports: Vec::new(),
            kernel_frames: HashMap::new(),
            user_frames: HashMap::new(),
            causes: [0; Unresolved::ALL.len()],
            passages: Vec::new(),
        })
    }

    /// What was true of the capture's threads.
    pub fn timeline(&self) -> &'a Timeline {
        self.timeline
    }

    /// Number of addresses at which the kernel changed its code during the recording.
    pub fn text_pokes(&self) -> usize {
        self.timeline.text_pokes()
    }

    /// The frame of an address that `samples` samples hold.
    pub fn name(&mut self, pid: Pid, moment: Moment, at: ChainFrame, samples: u64) -> FrameIx {
        let (ix, cause) = match at.mode {
            CpuMode::Kernel => self.kernel_frame(at.lookup),
            CpuMode::User => self.user_frame(pid, moment, at.lookup),
            CpuMode::GuestKernel | CpuMode::GuestUser => (self.guest(at.mode), None),
            CpuMode::Hypervisor | CpuMode::Unknown => (
                self.unresolved_frame("", at.mode),
                Some(Unresolved::NoMapping),
            ),
        };
        if let Some(cause) = cause {
            let place = Unresolved::ALL.iter().position(|&c| c == cause);
            if let Some(count) = place.and_then(|place| self.causes.get_mut(place)) {
                *count += samples;
            }
        }
        ix
    }

    /// What the function of a kernel frame means for the frames that called it.
    pub(super) fn passage(&self, frame: FrameIx) -> Passage {
        self.passages
            .get(frame.as_usize())
            .copied()
            .unwrap_or_default()
    }

    /// The frame that stands for guest code.
    pub fn guest(&mut self, mode: CpuMode) -> FrameIx {
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
    pub fn root(&mut self, name: &str) -> FrameIx {
        let (mode, kind) = (CpuMode::Unknown, FrameKind::Root);
        self.frames.intern(Frame {
            name: name.into(),
            dso: "".into(),
            mode,
            kind,
        })
    }

    /// Frames without a name, one count per sample, by cause.
    pub fn unresolved(&self) -> Vec<(Unresolved, u64)> {
        let counts = Unresolved::ALL.into_iter().zip(self.causes);
        counts.filter(|&(_, count)| count > 0).collect()
    }

    /// What was found for the objects that were asked for, in order of first use.
    pub fn take_reports(&mut self) -> Vec<ObjectReport> {
        std::mem::take(&mut self.reports)
    }

    /// Where the kernel's symbols come from.
    pub fn kernel_source(&self) -> KernelSource {
        self.kernel_source.clone()
    }

    fn kernel_frame(&mut self, lookup: Avma) -> (FrameIx, Option<Unresolved>) {
        if let Some(&known) = self.kernel_frames.get(&lookup) {
            return known;
        }
        let found = match &self.kernel {
            Some(kernel) => kernel.look_up(lookup),
            None => Err(Unresolved::NoKernelSymbols),
        };
        let made = match found {
            Ok(symbol) => {
                let (name, dso) = (demangle(symbol.name).into_owned(), symbol.dso());
                let frame = self.function(&name, &dso, CpuMode::Kernel);
                let passage = Passage::of(&name);
                if passage != Passage::Call {
                    let len = self.passages.len().max(frame.as_usize() + 1);
                    self.passages.resize(len, Passage::Call);
                    self.passages[frame.as_usize()] = passage;
                }
                (frame, None)
            }
            Err(cause) => match self.timeline.ksymbol(lookup) {
                Some(name) => (self.function(name, "[bpf]", CpuMode::Kernel), None),
                None => {
                    let mapping = self.timeline.kernel_mapping_of(lookup);
                    let dso = mapping
                        .map(|m| module_short_name(&m.name))
                        .unwrap_or_default();
                    (self.unresolved_frame(&dso, CpuMode::Kernel), Some(cause))
                }
            },
        };
        self.kernel_frames.insert(lookup, made);
        made
    }

    fn user_frame(
        &mut self,
        pid: Pid,
        moment: Moment,
        lookup: Avma,
    ) -> (FrameIx, Option<Unresolved>) {
        let key = (pid, moment.of_space(), lookup);
        if let Some(&known) = self.user_frames.get(&key) {
            return known;
        }
        let space = self.timeline.space(pid, moment);
        let mapping = space.and_then(|space| space.find(lookup)).copied();
        let made = match mapping {
            None => (
                self.unresolved_frame("", CpuMode::User),
                Some(Unresolved::NoMapping),
            ),
            Some(mapping) => {
                let object = self.object(mapping.dso);
                let dso = object.short_name.clone();
                let found = match &object.symbols {
                    Err(cause) => Err(*cause),
                    Ok(symbols) => symbols
                        .svma_of(mapping.offset_of(lookup))
                        .ok_or(Unresolved::NoSymbol)
                        .and_then(|svma| symbols.look_up(svma))
                        .map(|symbol| demangle(symbol.name).into_owned()),
                };
                match found {
                    Ok(name) => (self.function(&name, &dso, CpuMode::User), None),
                    Err(cause) => (self.unresolved_frame(&dso, CpuMode::User), Some(cause)),
                }
            }
        };
        self.user_frames.insert(key, made);
        made
    }

    fn object(&mut self, dso: DsoIx) -> &UserObject {
        match self.objects.entry(dso) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let (path, build_id) = self
                    .timeline
                    .dso(dso)
                    .map(|dso| (dso.path.clone(), dso.build_id.clone()))
                    .unwrap_or_default();
                let mut found = self.places.find_object(&path, build_id.as_ref());
                if self.is_recorded_here && matches!(found.object, Err(Unresolved::NoBuildId)) {
                    found = self.places.read_recorded(&path);
                }
                let outcome = match (&found.object, found.origin) {
                    (Ok(_), Some((_, file))) => Ok(file),
                    (Ok(_), None) => Err(Unresolved::NoFile),
                    (Err(cause), _) => Err(*cause),
                };
                let short_name = module_short_name(&path).into();
                let (refused, broken) = (found.refused, found.broken);
                self.reports.push(ObjectReport {
                    path,
                    build_id,
                    outcome,
                    refused,
                    broken,
                });
                place.insert(UserObject {
                    symbols: found.object,
                    short_name,
                })
            }
        }
    }

    fn function(&mut self, name: &str, dso: &str, mode: CpuMode) -> FrameIx {
        let kind = FrameKind::Function;
        self.frames.intern(Frame {
            name: name.into(),
            dso: dso.into(),
            mode,
            kind,
        })
    }

    /// The one rule by which frames without a name are shown: `[dso]`, or `[unknown]`.
    fn unresolved_frame(&mut self, dso: &str, mode: CpuMode) -> FrameIx {
        let name = match dso {
            "" => "[unknown]".to_owned(),
            bracketed if bracketed.starts_with('[') => bracketed.to_owned(),
            file => format!("[{file}]"),
        };
        let kind = FrameKind::Unresolved;
        self.frames.intern(Frame {
            name: name.into(),
            dso: dso.into(),
            mode,
            kind,
        })
    }
}

/// What a kernel function means for the frames that called it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Passage {
    /// Nothing: it was called.
    #[default]
    Call,
    /// An interrupt or exception entered the kernel in it. What "called" it is the interrupted
    /// instruction: its address is exact.
    Interrupt,
    /// The system call that replaces the process's program. What called it is code of the old
    /// program, also after the new one's name and mappings were recorded.
    Exec,
}

impl Passage {
    /// Source: `idtentry` in `arch/x86/entry/entry_64.S` (Linux 6.1; before 5.8 without `asm_`),
    /// `kernel_ventry` in `arch/arm64/kernel/entry.S` (Linux 6.1; before 5.14 `el1_irq`),
    /// `fs/exec.c` (`__x64_sys_execve`, `__arm64_sys_execveat`, before 4.17 `sys_execve`).
    fn of(name: &str) -> Self {
        let entries = [
            "asm_sysvec_",
            "asm_exc_",
            "asm_common_interrupt",
            "el1h_64_",
            "el1t_64_",
        ];
        let is_entry = entries.iter().any(|prefix| name.starts_with(prefix));
        let is_older = matches!(
            name,
            "apic_timer_interrupt" | "ret_from_intr" | "page_fault" | "el1_irq" | "el1_sync"
        );
        if (is_entry && !name.ends_with("_handler")) || is_older {
            Self::Interrupt
        } else if name.ends_with("sys_execve") || name.ends_with("sys_execveat") {
            Self::Exec
        } else {
            Self::Call
        }
    }
}
