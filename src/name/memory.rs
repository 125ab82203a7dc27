//! Memory that programs filled with code, which maps of their runtimes name.

use hashbrown::{HashMap, HashSet};

use super::asked::AskedObject;
use super::object_report::ObjectReport;
use super::shown_names::shown_names;
use super::user_objects::{UserObject, UserObjects};
use crate::error::{BadFile, Error};
use crate::space::{Dso, DsoIx, LifeIx, Mapping};
use crate::symbol::{
    AskedLife, FoundDump, FoundMap, MapSearch, Places, Runtime, Unresolved, lies_in,
    module_short_name, parse_perf_map,
};
use crate::units::{Avma, Pid};

/// Maps by the life of the process that wrote them, or why one was not taken.
pub(super) type Maps = HashMap<LifeIx, Result<FoundMap, Error>>;

/// Memory that a process filled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory<'t> {
    pub(super) life: LifeIx,
    dso: &'t Dso,
}

impl<'a> UserObjects<'a> {
    /// The memory that a DSO is; `None` for files.
    pub(super) fn memory(&self, dso: DsoIx) -> Option<Memory<'a>> {
        let dso = self.timeline.dso(dso)?;
        let life = dso.life?;
        Some(Memory { life, dso })
    }

    /// Finds the maps of all memory that was asked for.
    pub(super) fn find_maps(&self, asked: &[AskedObject<'_>]) -> Maps {
        let lives = asked.iter().filter_map(|asked| {
            let ix = self.memory(asked.dso)?.life;
            let life = self.timeline.life(ix)?;
            Some(AskedLife { ix, life })
        });
        let mut lives: Vec<AskedLife<'_>> = lives.collect();
        // A process has memory under several names.
        lives.sort_unstable_by_key(|life| life.ix);
        lives.dedup_by_key(|life| life.ix);
        let mut maps = self.map_search().find(&lives);
        for AskedLife { ix, life } in lives {
            if let Some(map) = maps.get_mut(&ix) {
                self.refuse_other(map, ix, life.pid);
            }
        }
        maps
    }

    /// Refuses a map of unknown age whose functions lie elsewhere than where the process has memory:
    /// the kernel puts it elsewhere in each process.
    fn refuse_other(&self, map: &mut Result<FoundMap, Error>, life: LifeIx, pid: Pid) {
        let Ok(found) = map.as_ref() else { return };
        if !found.is_of_unknown_age {
            return;
        }
        let memory: Vec<&Mapping> = self.timeline.memory_of(pid, life).collect();
        let holds = |first, last| {
            let range = Avma::new(first)..=Avma::new(last);
            let mut memory = memory.iter();
            memory.any(|held| held.start <= *range.start() && *range.end() < held.end)
        };
        if !lies_in(&found.text, holds) {
            let pid = pid.as_i32();
            let problem = BadFile::MapOfOtherProcess { pid };
            *map = Err(Error::file(&found.path, problem));
        }
    }

    /// Takes the functions of a map.
    pub(super) fn read_memory(
        &self,
        memory: &Memory<'a>,
        map: Option<&Result<FoundMap, Error>>,
        places: Places<'_>,
    ) -> (UserObject, ObjectReport) {
        let mut broken = Vec::new();
        let (mut symbols, mut outcome) = (Err(Unresolved::Generated), Err(Unresolved::Generated));
        let mut map_name = None;
        // That a map was not taken is said once, whatever memory the process has.
        if let Some(Ok(found)) = map {
            let map = parse_perf_map(&found.text, places);
            if map.odd_lines > 0 {
                let lines = map.odd_lines;
                broken.push(Error::file(&found.path, BadFile::OddMapLines { lines }));
            }
            (symbols, outcome) = (Ok(map.symbols), Ok(found.path.clone()));
            let pid = self.timeline.life(memory.life).map(|life| life.pid);
            map_name = pid.map(|pid| format!("perf-{pid}.map").into());
        }
        let pid = self.timeline.life(memory.life).map(|life| life.pid);
        let dumps = self.how.dumps.refused.iter();
        for (path, own) in dumps.filter(|(_, own)| Some(*own) == pid) {
            let pid = own.as_i32();
            broken.push(Error::file(path, BadFile::MapOfOtherProcess { pid }));
        }
        let path = memory.dso.path.clone();
        let object = UserObject {
            not_called: HashSet::new(),
            shown_names: shown_names(&symbols, self.how.detail, 1),
            symbols,
            path: (*path).into(),
            build_id: None,
            short_name: module_short_name(&path).into(),
            map_name,
            code: None,
            known: HashMap::new(),
        };
        let runtime = outcome.is_err().then(|| self.runtime_of(memory)).flatten();
        let report = ObjectReport {
            path,
            build_id: None,
            outcome,
            looked_at: Vec::new(),
            refused: Vec::new(),
            broken,
            debug: None,
            runtime,
        };
        (object, report)
    }

    /// The map or dump that names an object, as it is called beside a capture.
    pub(super) fn map_name_of(&self, dso: DsoIx) -> Option<String> {
        let map_name = self.objects.get(&dso)?.map_name.as_ref();
        map_name.map(ToString::to_string)
    }

    /// Where maps of generated code may lie.
    fn map_search(&self) -> MapSearch<'a> {
        let processes = self.symbols.processes.as_ref();
        let processes = processes.filter(|_| self.here.is_some());
        MapSearch::new(
            self.search.capture_dir.as_deref(),
            processes,
            self.how.times,
        )
    }

    /// The dump that a DSO is, with what the capture calls it; `None` for others.
    pub(super) fn dump(&self, dso: DsoIx) -> Option<(&'a str, &'a FoundDump)> {
        let recorded = &*self.timeline.dso(dso)?.path;
        Some((recorded, self.how.dumps.get(recorded)?))
    }

    /// Takes the functions of a dump.
    pub(super) fn read_dump(
        &self,
        recorded: &str,
        found: &FoundDump,
        places: Places<'_>,
    ) -> (UserObject, ObjectReport) {
        let mut broken = Vec::new();
        if found.dump.odd_records > 0 {
            let records = found.dump.odd_records;
            broken.push(Error::file(
                &found.path,
                BadFile::OddDumpRecords { records },
            ));
        }
        let symbols = Ok(found.dump.symbols(places));
        let short_name = module_short_name(recorded);
        let object = UserObject {
            not_called: HashSet::new(),
            shown_names: shown_names(&symbols, self.how.detail, 1),
            symbols,
            path: recorded.into(),
            build_id: None,
            map_name: Some((*short_name).into()),
            short_name: short_name.into(),
            code: None,
            known: HashMap::new(),
        };
        let report = ObjectReport {
            path: recorded.to_owned(),
            build_id: None,
            outcome: Ok(found.path.clone()),
            looked_at: Vec::new(),
            refused: Vec::new(),
            broken,
            debug: None,
            runtime: None,
        };
        (object, report)
    }

    fn runtime_of(&self, memory: &Memory<'_>) -> Option<Runtime> {
        let pid = self.timeline.life(memory.life)?.pid;
        Runtime::of(self.timeline.objects_of(pid).map(|dso| &*dso.path))
    }
}
