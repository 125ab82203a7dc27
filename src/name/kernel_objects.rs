//! Files of the kernel and of its modules: functions that kallsyms lacks, and what debug information
//! tells.

use hashbrown::HashMap;

use super::hits::HitModule;
use super::inlined_code::InlinedCode;
use super::object_report::{DebugReport, ObjectReport};
use super::request::FrameDetail;
use crate::bytes::with_order;
use crate::error::Error;
use crate::perf::{Capture, Feature};
use crate::space::{KernelMapping, Timeline};
use crate::symbol::{
    CodeChainIx, CodeWish, FoundModule, KernelCodeFile, KernelSymbol, KernelSymbols, ModuleQuest,
    RecordedBuilds, SymbolRequest, Unresolved, module_short_name,
};
use crate::units::{Avma, Svma};

/// The kernel's files.
#[derive(Debug)]
pub(super) struct KernelObjects<'a> {
    timeline: &'a Timeline,
    symbols: &'a SymbolRequest,
    detail: FrameDetail,
    /// The recorded kernel's release.
    release: Option<String>,
    /// The file with the kernel's own debug information, where inlined functions or lines are wanted.
    code_file: Option<KernelCodeFile>,
    /// Modules whose files were looked for, by where they begin.
    modules: HashMap<Avma, ModuleObject<'a>>,
    /// What debug information tells of the kernel itself.
    code: Option<InlinedCode>,
    /// The file that tells it, or why it does not.
    code_outcome: Option<Result<DebugReport, Error>>,
}

/// A module, and what its files tell.
#[derive(Debug)]
struct ModuleObject<'a> {
    mapping: &'a KernelMapping,
    found: FoundModule,
    /// Whether its functions name frames: kallsyms has none of it.
    names: bool,
    code: Option<InlinedCode>,
    debug: Option<DebugReport>,
}

/// What debug information tells of an address of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct KernelChain<'k> {
    pub(super) code: &'k InlinedCode,
    pub(super) chain: CodeChainIx,
}

/// The release of the recorded kernel; `None` when the capture does not tell it.
fn release_of(capture: &Capture) -> Option<String> {
    let features = capture.features();
    with_order!(capture.endian(), O => features.string::<O>(Feature::OSRELEASE))
}

impl<'a> KernelObjects<'a> {
    /// Finds the kernel's debug information, where it is wanted; modules are found when it is known
    /// which of them were hit.
    pub(super) fn new(
        builds: RecordedBuilds<'a>,
        symbols: &'a SymbolRequest,
        capture: &Capture,
        detail: FrameDetail,
    ) -> Self {
        let release = release_of(capture);
        let is_wanted = detail.wants_code();
        let find = || KernelCodeFile::find(builds, symbols, release.as_deref());
        Self {
            timeline: builds.timeline,
            symbols,
            detail,
            code_file: is_wanted.then(find).flatten(),
            release,
            modules: HashMap::new(),
            code: None,
            code_outcome: None,
        }
    }

    /// Whether debug information tells the parts of the kernel's functions apart.
    pub(super) fn has_code(&self) -> bool {
        self.code_file.is_some()
    }

    /// Reads what is told of addresses.
    pub(super) fn read(
        &mut self,
        kernel: Option<&KernelSymbols>,
        addresses: impl Iterator<Item = Avma>,
        threads: usize,
    ) {
        let mut addresses: Vec<Avma> = addresses.collect();
        addresses.sort_unstable();
        addresses.dedup();
        let mut own = Vec::new();
        let mut of_modules: HashMap<Avma, (&'a KernelMapping, Vec<Avma>)> = HashMap::new();
        for at in addresses {
            let Some(mapping) = self.timeline.kernel_mapping_of(at) else {
                continue;
            };
            if mapping.name.starts_with("[kernel.kallsyms]") {
                own.push(at);
            } else {
                let (_, hit) = of_modules
                    .entry(mapping.start)
                    .or_insert((mapping, Vec::new()));
                hit.push(at);
            }
        }
        self.read_kernel(&own, threads);
        let mut hit: Vec<_> = of_modules.into_values().collect();
        hit.sort_unstable_by_key(|(mapping, _)| mapping.start);
        for (mapping, addresses) in hit {
            self.read_module(kernel, mapping, &addresses, threads);
        }
    }

    fn read_kernel(&mut self, addresses: &[Avma], threads: usize) {
        let Some(file) = self.code_file.as_ref().filter(|_| !addresses.is_empty()) else {
            return;
        };
        let mut svmas: Vec<Svma> = addresses.iter().map(|&at| file.svma_of(at)).collect();
        svmas.sort_unstable();
        let wish = self.wish(&svmas, threads);
        self.code_outcome = Some(file.code(self.symbols, wish).map(|found| {
            let report = DebugReport::of(&found);
            self.code = Some(InlinedCode::new(found.frames, self.detail));
            report
        }));
    }

    fn read_module(
        &mut self,
        kernel: Option<&KernelSymbols>,
        mapping: &'a KernelMapping,
        addresses: &[Avma],
        threads: usize,
    ) {
        let name = module_short_name(&mapping.name);
        let name = name.trim_matches(['[', ']']);
        let names = !kernel.is_some_and(|kernel| kernel.has_module(name));
        if !names && !self.has_code() {
            return;
        }
        let quest = ModuleQuest {
            search: &self.symbols.search,
            mapping,
            release: self.release.as_deref(),
            kernel: kernel.filter(|_| !names),
        };
        let mut found = quest.find();
        let wants_code = self.detail.wants_code();
        let offsets = addresses
            .iter()
            .filter_map(|at| at.checked_since(mapping.start));
        let offsets: Vec<Svma> = offsets.map(Svma::new).collect();
        let wish = self.wish(&offsets, threads);
        let code = wants_code.then(|| quest.code(&mut found, wish)).flatten();
        let module = ModuleObject {
            mapping,
            found,
            names,
            debug: code.as_ref().map(DebugReport::of),
            code: code.map(|code| InlinedCode::new(code.frames, self.detail)),
        };
        self.modules.insert(mapping.start, module);
    }

    fn wish<'w>(&self, addresses: &'w [Svma], threads: usize) -> CodeWish<'w> {
        CodeWish {
            addresses,
            lines: self.detail.lines,
            threads,
        }
    }

    /// The function of a module that kallsyms does not know; `cause` is why it does not.
    pub(super) fn look_up(
        &self,
        at: Avma,
        cause: Unresolved,
    ) -> Result<KernelSymbol<'_>, Unresolved> {
        let module = self.module_at(at).filter(|module| module.names);
        let Some(module) = module else {
            return Err(cause);
        };
        match &module.found.symbols {
            Ok(symbols) => symbols.look_up(at),
            Err(_) => Err(cause),
        }
    }

    fn module_at(&self, at: Avma) -> Option<&ModuleObject<'a>> {
        let mapping = self.timeline.kernel_mapping_of(at)?;
        self.modules.get(&mapping.start)
    }

    /// What debug information tells of an address.
    pub(super) fn chain(&self, at: Avma) -> Option<KernelChain<'_>> {
        if let Some(module) = self.module_at(at) {
            let within = at.checked_since(module.mapping.start)?;
            let code = module.code.as_ref()?;
            let chain = code.chain_at(Svma::new(within))?;
            return Some(KernelChain { code, chain });
        }
        let (file, code) = self.code_file.as_ref().zip(self.code.as_ref())?;
        let chain = code.chain_at(file.svma_of(at))?;
        Some(KernelChain { code, chain })
    }

    /// The modules whose files name frames.
    pub(super) fn hits(&self) -> Vec<HitModule> {
        let named = self.modules.values().filter(|module| module.names);
        let hits = named.filter_map(|module| {
            module.found.symbols.as_ref().ok()?;
            Some(HitModule {
                path: module.mapping.name.clone(),
                file: module.found.path()?,
                build_id: module.found.build_id().cloned(),
            })
        });
        let mut hits: Vec<HitModule> = hits.collect();
        hits.sort();
        hits
    }

    /// What was found for the modules whose files were looked for, and for the kernel's debug information.
    pub(super) fn into_reports(self) -> Vec<ObjectReport> {
        let modules = self.modules.into_values().map(|module| ObjectReport {
            path: module.mapping.name.clone(),
            build_id: module.mapping.build_id.clone(),
            outcome: match (&module.found.symbols, module.found.path()) {
                (Ok(_), Some(file)) => Ok(file),
                (Ok(_), None) => Err(Unresolved::NoFile),
                (Err(cause), _) => Err(*cause),
            },
            looked_at: module.found.looked_at,
            refused: module.found.refused,
            broken: module.found.broken,
            debug: module.debug,
            runtime: None,
        });
        let mut reports: Vec<ObjectReport> = modules.collect();
        if let Some(outcome) = self.code_outcome {
            let kernel = self.timeline.kernel_proper();
            let name = kernel.map_or("[kernel.kallsyms]", |mapping| &mapping.name);
            let (debug, wrong) = match outcome {
                Ok(debug) => (Some(debug), None),
                Err(wrong) => (None, Some(wrong)),
            };
            reports.push(ObjectReport {
                path: name.to_owned(),
                build_id: kernel.and_then(|mapping| mapping.build_id.clone()),
                outcome: match &debug {
                    Some(debug) => Ok(debug.file.clone()),
                    None => Err(Unresolved::Unreadable),
                },
                looked_at: Vec::new(),
                refused: Vec::new(),
                broken: wrong.into_iter().collect(),
                debug,
                runtime: None,
            });
        }
        reports
    }
}
