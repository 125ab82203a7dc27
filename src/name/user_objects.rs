//! The objects of user space that samples hit, and what was found for them.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::asked::{AskedObject, asked_objects};
use super::code_files::CodeFiles;
use super::hits::HitObject;
use super::inlined_code::InlinedCode;
use super::object_report::{DebugReport, ObjectReport};
use super::piece::KnownName;
use super::request::FrameDetail;
use super::shown_names::{ShownNames, shown_names};
use super::this_machine::{ThisMachine, mapped_object};
use super::unnamed::true_cause;
use crate::input::ShownPaths;
use crate::locate::ObjectPlaces;
use crate::object::{MappedBuild, ObjectSearch};
use crate::parallel::{by_pieces, give_back};
use crate::space::{BuildSource, DsoIx, Timeline};
use crate::symbol::{
    CodeChainIx, CodeWish, EntriesAhead, FoundCode, FoundSymbols, FunctionWish, JitDumps,
    LiveKernel, ObjectSymbols, Places, SymbolRequest, Unresolved, module_short_name, vdso,
    write_table,
};
use crate::units::{BuildId, FileOffset, Svma, Timestamp};

/// To give the names of fewer functions back is not worth a thread.
const MIN_BESIDE: usize = 1 << 12;

/// The functions of a user object, or why there are none.
#[derive(Debug)]
pub(super) struct UserObject {
    pub(super) symbols: Result<ObjectSymbols, Unresolved>,
    /// What the capture calls it.
    pub(super) path: Box<str>,
    pub(super) build_id: Option<BuildId>,
    /// What frames show as its name.
    pub(super) short_name: Arc<str>,
    /// What frames of its functions show in place of that: the map that names them.
    pub(super) map_name: Option<Arc<str>>,
    /// The places before return addresses that are none: no call ends there.
    pub(super) not_called: HashSet<FileOffset>,
    /// What functions are shown as.
    pub(super) shown_names: ShownNames,
    /// What its debug information tells; `None` when there is none, or nothing of it was wanted.
    pub(super) code: Option<InlinedCode>,
    /// The names that were asked for, those that lie beside shown names left out.
    pub(super) known: HashMap<FunctionKey, KnownName>,
}

/// What tells a name in an object from others: where its function begins or why there is none, and
/// what is inlined.
pub(super) type FunctionKey = (Result<Svma, Unresolved>, Option<CodeChainIx>);

/// What decides which files are taken, and how names are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct HowNamed<'a> {
    pub(super) detail: FrameDetail,
    /// Times of the earliest and the latest sample; `None` without times.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// Dumps of code that processes made.
    pub(super) dumps: &'a JitDumps,
}

/// Finds the files of objects, and what was found.
#[derive(Debug)]
pub(super) struct UserObjects<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) search: &'a ObjectSearch,
    shown: &'a ShownPaths,
    live: Option<&'a LiveKernel>,
    /// This machine, where it recorded the capture.
    pub(super) here: Option<ThisMachine>,
    pub(super) how: HowNamed<'a>,
    /// Whether return addresses are looked at for a call before them.
    judges_callers: bool,
    pub(super) symbols: &'a SymbolRequest,
    pub(super) objects: HashMap<DsoIx, UserObject>,
    /// What was found, and for which objects.
    reports: Vec<(DsoIx, ObjectReport)>,
}

impl<'a> UserObjects<'a> {
    /// No object is known yet.
    pub(super) fn new(
        timeline: &'a Timeline,
        symbols: &'a SymbolRequest,
        here: Option<ThisMachine>,
        how: HowNamed<'a>,
    ) -> Self {
        Self {
            timeline,
            search: &symbols.search,
            shown: &symbols.shown,
            live: symbols.live.as_ref(),
            here,
            how,
            judges_callers: true,
            symbols,
            objects: HashMap::new(),
            reports: Vec::new(),
        }
    }

    /// Takes every return address for one: frames were not found by frame pointers, or the user wants
    /// what they lead to.
    pub(super) fn trust_callers(&mut self) {
        self.judges_callers = false;
    }

    /// The files of objects, for their code.
    pub(super) fn code_files(&self) -> CodeFiles<'a> {
        let all = (0..self.timeline.dso_count()).map(DsoIx);
        let is_own = |here: &ThisMachine| here.has_files(self.timeline, self.search, all.clone());
        CodeFiles {
            timeline: self.timeline,
            search: self.search,
            live: self.live,
            here: self.here.filter(is_own),
        }
    }

    /// Reads what names places, of each object once and on several threads. Of some debug information the
    /// entries are unpacked ahead.
    pub(super) fn read<'l>(
        &mut self,
        places: impl Iterator<Item = &'l ObjectPlaces>,
        ahead: &EntriesAhead,
        threads: usize,
    ) {
        let mut asked = asked_objects(places);
        let hit = || asked.iter().map(|asked| asked.dso);
        let is_own = |here: &ThisMachine| here.has_files(self.timeline, self.search, hit());
        self.here = self.here.filter(is_own);
        let mut maps = self.find_maps(&asked);
        // What waits for another thread comes last.
        asked.sort_by_key(|asked| {
            ahead
                .build_id()
                .is_some_and(|of| self.is_build(asked.dso, of))
        });
        let read = by_pieces(asked.len(), threads, Vec::new, |done, at| {
            if let Some(asked) = asked.get(at) {
                let dso = asked.dso;
                let memory = self.memory(dso);
                let (object, report) = if let Some(memory) = memory {
                    let places = asked.places();
                    self.read_memory(&memory, maps.get(&memory.life), Places::Offsets(&places))
                } else if let Some((recorded, found)) = self.dump(dso) {
                    self.read_dump(recorded, found, Places::Offsets(&asked.places()))
                } else {
                    self.read_object(asked, ahead, threads)
                };
                done.push((asked.dso, object, report));
            }
        });
        let mut read: Vec<_> = read.into_iter().flatten().collect();
        read.sort_unstable_by_key(|(dso, ..)| *dso);
        for (dso, object, mut report) in read {
            let life = self.memory(dso).map(|memory| memory.life);
            if let Some(Err(refused)) = life.and_then(|life| maps.remove(&life)) {
                report.broken.push(refused);
            }
            self.reports.push((dso, report));
            self.objects.insert(dso, object);
        }
    }

    fn is_build(&self, dso: DsoIx, wanted: &BuildId) -> bool {
        let dso = self.timeline.dso(dso);
        dso.is_some_and(|dso| dso.build_id.as_ref() == Some(wanted))
    }

    /// An object that was read.
    #[inline]
    pub(super) fn object_mut(&mut self, dso: DsoIx) -> Option<&mut UserObject> {
        self.objects.get_mut(&dso)
    }

    /// Number of functions that were read, of all objects: about as many as samples hit.
    pub(super) fn function_count(&self) -> usize {
        let objects = self.objects.values();
        objects.map(|object| object.shown_names.len()).sum()
    }

    /// The objects that were asked for, in the order in which the capture tells them, each with the
    /// functions that hold the asked places.
    pub(super) fn hits(&self) -> Vec<HitObject> {
        let mut reports: Vec<&(DsoIx, ObjectReport)> = self.reports.iter().collect();
        reports.sort_by_key(|(dso, _)| *dso);
        let hits = reports.into_iter().map(|(dso, report)| {
            let mapped = mapped_object(self.timeline, *dso, None);
            let is_any_file = |mapped| matches!(mapped, MappedBuild::AnyFile(_));
            HitObject {
                path: report.path.clone(),
                build_id: report.build_id.clone(),
                is_proved: {
                    let dso = self.timeline.dso(*dso);
                    dso.is_some_and(|dso| dso.source == BuildSource::Proof)
                },
                is_any_file: mapped.is_some_and(|mapped| is_any_file(mapped.build)),
                inode: mapped.and_then(|mapped| mapped.inode),
                file: report.outcome.clone(),
                map_name: self.map_name_of(*dso),
                debug_parts: self.objects.get(dso).map_or_else(Vec::new, |object| {
                    let code = object.code.iter();
                    code.flat_map(InlinedCode::parts).cloned().collect()
                }),
                functions: match self.objects.get(dso).map(|object| &object.symbols) {
                    Some(Ok(symbols)) => write_table(symbols, |_| true),
                    Some(Err(_)) | None => String::new(),
                },
            }
        });
        hits.collect()
    }

    /// What was found for the objects that were asked for, in order of path and build id.
    pub(super) fn into_reports(self, threads: usize) -> Vec<ObjectReport> {
        let are_few = self.function_count() < MIN_BESIDE;
        give_back(if are_few { 1 } else { threads }, self.objects);
        let reports = self.reports.into_iter();
        let reports = reports.map(|(_, report)| report.shown(self.shown));
        reports.collect()
    }

    /// Finds the functions of an object that a process mapped.
    fn read_object(
        &self,
        asked: &AskedObject<'_>,
        ahead: &EntriesAhead,
        threads: usize,
    ) -> (UserObject, ObjectReport) {
        let ix = asked.dso;
        let offsets = asked.places();
        let dso = self.timeline.dso(ix).cloned();
        let (path, build_id) = dso.map(|dso| (dso.path, dso.build_id)).unwrap_or_default();
        let mut found = self.find_symbols(ix, &offsets, threads);
        let judged = self.judges_callers.then(|| asked.before_returns());
        let not_called = found.places_without_call(&judged.unwrap_or_default(), threads);
        let code = self.read_code(&mut found, &offsets, ahead, threads);
        found.give_files_back(threads);
        let debug = code.as_ref().map(DebugReport::of);
        let code = code.map(|code| InlinedCode::new(code.frames, self.how.detail));
        let mut outcome = match (&found.symbols, found.file) {
            (Ok(_), Some(file)) => Ok(file.path),
            (Ok(_), None) => Err(Unresolved::NoFile),
            (Err(cause), _) => Err(*cause),
        };
        if outcome.is_err()
            && path == vdso::VDSO
            && let Some(live) = self.live
        {
            let lowest = self.timeline.dso_use(ix).map(|used| used.lowest);
            let known = build_id.as_ref();
            let is_recorded_here = self.here.is_some();
            if let Some(object) = vdso::of_running_kernel(live, known, is_recorded_here, lowest) {
                (found.symbols, outcome) = (Ok(object), Ok(vdso::VDSO.into()));
            }
        }
        if let Err(cause) = &mut outcome {
            *cause = true_cause(*cause, &path, build_id.as_ref(), !found.broken.is_empty());
        }
        let symbols = match &outcome {
            Ok(_) => found.symbols,
            Err(cause) => Err(*cause),
        };
        let object = UserObject {
            not_called,
            shown_names: shown_names(&symbols, self.how.detail, threads),
            symbols,
            path: (*path).into(),
            build_id: build_id.clone(),
            short_name: module_short_name(&path).into(),
            map_name: None,
            code,
            known: HashMap::new(),
        };
        let report = ObjectReport {
            path,
            build_id,
            outcome,
            looked_at: found.looked_at,
            refused: found.refused,
            broken: found.broken,
            debug,
            runtime: None,
        };
        (object, report)
    }

    /// Finds the functions that cover places of an object.
    fn find_symbols(&self, ix: DsoIx, offsets: &[FileOffset], threads: usize) -> FoundSymbols {
        let wish = FunctionWish {
            places: Places::Offsets(offsets),
            spelling: self.how.detail.spelling(),
            threads,
        };
        if let Some(object) = mapped_object(self.timeline, ix, self.here.as_ref()) {
            return FoundSymbols::find_mapped(self.search, &object, wish);
        }
        let dso = self.timeline.dso(ix);
        let path = dso.map(|dso| &*dso.path).unwrap_or_default();
        let build_id = dso.and_then(|dso| dso.build_id.as_ref());
        FoundSymbols::find(self.search, path, build_id, wish)
    }

    /// What debug information tells of places in an object, when that is wanted.
    fn read_code(
        &self,
        found: &mut FoundSymbols,
        offsets: &[FileOffset],
        ahead: &EntriesAhead,
        threads: usize,
    ) -> Option<FoundCode> {
        let symbols = found.symbols.as_ref().ok();
        let symbols = symbols.filter(|_| self.how.detail.wants_code())?;
        let addresses = offsets.iter().filter_map(|&at| symbols.svma_of(at));
        let mut addresses: Vec<Svma> = addresses.collect();
        addresses.sort_unstable();
        addresses.dedup();
        let wish = CodeWish {
            addresses: &addresses,
            lines: self.how.detail.lines,
            threads,
        };
        found.code_from(self.search, wish, Some(ahead))
    }
}
