//! Names of perf's lines from the symbol tables that the captures came with.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use vmflame::object::ObjectSearch;
use vmflame::perf::Capture;
use vmflame::symbol::{FoundSymbols, KernelSymbols, ObjectSymbols, Places, demangle};
use vmflame::units::{Avma, BuildId, FileOffset};

use super::script::Line;

/// The tables of a boot.
#[derive(Debug)]
pub struct Tables {
    kernel: KernelSymbols,
    search: ObjectSearch,
    build_ids: HashMap<String, BuildId>,
    objects: HashMap<String, Option<ObjectSymbols>>,
}

impl Tables {
    /// Reads kallsyms of a capture directory; object files are read when asked for.
    pub fn new(directory: &Path, capture: &Capture) -> Self {
        let path = directory.join("kallsyms");
        let search = ObjectSearch {
            capture_dir: Some(directory.to_owned()),
            ..ObjectSearch::default()
        };
        let ids = capture.build_ids().iter();
        Self {
            kernel: KernelSymbols::parse(&path, &fs::read(&path).unwrap()).unwrap(),
            search,
            build_ids: ids
                .map(|id| (id.path.clone(), id.build_id.clone()))
                .collect(),
            objects: HashMap::new(),
        }
    }

    /// What lies at the address that caused a line: the call before a return address.
    pub fn name(&mut self, line: &Line) -> Option<String> {
        // Garbage on user stacks may be 0.
        let address = line.address.saturating_sub(u64::from(line.is_return));
        if line.is_kernel() {
            let symbol = self.kernel.look_up(Avma::new(address));
            return symbol.ok().map(|symbol| symbol.name.to_owned());
        }
        let object = self.object(&line.dso)?;
        let svma = object.svma_of(FileOffset::new(address))?;
        let symbol = object.look_up(svma).ok()?;
        Some(demangle(symbol.name).into_owned())
    }

    /// Whether there is a table of an object.
    pub fn has(&mut self, dso: &str) -> bool {
        self.object(dso).is_some()
    }

    fn object(&mut self, dso: &str) -> Option<&ObjectSymbols> {
        if !self.objects.contains_key(dso) {
            let object = FoundSymbols::find(
                &self.search,
                dso,
                self.build_ids.get(dso),
                Places::Everywhere,
            );
            self.objects.insert(dso.to_owned(), object.symbols.ok());
        }
        self.objects.get(dso)?.as_ref()
    }
}
