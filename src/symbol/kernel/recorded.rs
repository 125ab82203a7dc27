//! The recorded kernel: its symbols, and whether it is this machine's.

use std::path::PathBuf;

use hashbrown::HashMap;

use super::symbols::{KernelAnchor, KernelSymbols, ModuleRange};
use crate::bytes::Storage;
use crate::error::Result;
use crate::object::FileOrigin;
use crate::space::{KernelMapping, Timeline};
use crate::symbol::dso_name::module_short_name;
use crate::symbol::recorded_here::RecordedHere;
use crate::symbol::request::{KernelSource, LiveKernel, SymbolRequest};
use crate::units::BuildId;

/// What the build id table calls the kernel itself.
const KERNEL_PROPER: &str = "[kernel.kallsyms]";

/// The build id of the recorded kernel.
pub(crate) fn kernel_build_id<'b>(
    timeline: &'b Timeline,
    build_ids: &'b HashMap<String, BuildId>,
) -> Option<&'b BuildId> {
    let recorded = timeline.kernel_proper();
    recorded
        .and_then(|mapping| mapping.build_id.as_ref())
        .or_else(|| build_ids.get(KERNEL_PROPER))
}

/// Kernel symbols as a text states them, not yet fitted to the recorded boot.
#[derive(Debug)]
struct Stated {
    symbols: KernelSymbols,
    path: PathBuf,
    /// Whether the user says that they belong to the capture.
    is_users_word: bool,
}

/// Kernel symbols that were read before the records told which kernel it was.
#[derive(Debug)]
pub(crate) struct EarlyKernel {
    /// What the build id table of the header says.
    build_id: Option<BuildId>,
    stated: Result<Option<Stated>>,
}

impl EarlyKernel {
    /// Reads the symbols of the kernel that the build id table names.
    pub(crate) fn read(build_ids: &HashMap<String, BuildId>, symbols: &SymbolRequest) -> Self {
        let build_id = build_ids.get(KERNEL_PROPER).cloned();
        let stated = read_kernel(build_id.as_ref(), symbols);
        Self { build_id, stated }
    }

    /// Finds the symbols of the recorded kernel and fits them to the recorded boot.
    ///
    /// A text that the user named or that lies in the capture directory is the user's word. One
    /// from a cache or from the running kernel is known by build id only, which all boots share:
    /// it is used only when the capture says where its kernel lay. perf fills its cache once for a
    /// build id, in whatever boot that was; when that was another one than the recorded, the
    /// running kernel is asked too. It is also asked for a capture that it has made by all
    /// appearance but does not name it, and then believed when it lies where the capture says.
    pub(crate) fn fit(
        self,
        timeline: &Timeline,
        build_ids: &HashMap<String, BuildId>,
        symbols: &SymbolRequest,
        recorded_here: RecordedHere,
    ) -> Result<Option<(KernelSymbols, KernelSource)>> {
        let build_id = kernel_build_id(timeline, build_ids);
        let stated = if self.build_id.as_ref() == build_id {
            self.stated?
        } else {
            read_kernel(build_id, symbols)?
        };
        let is_users_word = stated.as_ref().is_some_and(|stated| stated.is_users_word);
        let found = stated.and_then(|stated| stated.fit(timeline));
        if found.is_none()
            && recorded_here == RecordedHere::ByCircumstances
            && let Some(live) = &symbols.live
        {
            let running = Stated::running(live).ok();
            let running = running.and_then(|stated| stated.fit(timeline));
            let is_of_boot = |(_, source): &(KernelSymbols, KernelSource)| {
                matches!(source, KernelSource::SameBoot(_) | KernelSource::Hidden(_))
            };
            return Ok(running.filter(is_of_boot));
        }
        if !is_users_word && found.as_ref().is_some_and(lacks_modules) {
            // What it does not tell, as in a container, is no reason to do without the cache.
            let running = read_running(build_id, symbols).ok().flatten();
            let running = running.and_then(|stated| stated.fit(timeline));
            return Ok(running.filter(|running| !lacks_modules(running)).or(found));
        }
        Ok(found)
    }
}

/// Whether symbols are those of another boot, so that modules have no names.
fn lacks_modules((kernel, source): &(KernelSymbols, KernelSource)) -> bool {
    !matches!(source, KernelSource::SameBoot(_)) || kernel.has_foreign_modules()
}

fn read_kernel(build_id: Option<&BuildId>, symbols: &SymbolRequest) -> Result<Option<Stated>> {
    if let Some(path) = &symbols.kallsyms {
        let text = Storage::open_unpacked(path, symbols.search.limit)?;
        return Stated::parse(text, path.clone(), true).map(Some);
    }
    if let Some(found) = symbols.search.find_kallsyms(build_id)? {
        let directory = symbols.search.capture_dir.as_ref();
        let is_users_word = found.origin == FileOrigin::Capture
            && directory.is_some_and(|directory| found.path.starts_with(directory));
        return Stated::parse(found.storage, found.path, is_users_word).map(Some);
    }
    read_running(build_id, symbols)
}

/// The symbols of the running kernel, when it is the recorded one.
fn read_running(build_id: Option<&BuildId>, symbols: &SymbolRequest) -> Result<Option<Stated>> {
    match &symbols.live {
        Some(live) if Some(&live.build_id) == build_id => Stated::running(live).map(Some),
        Some(_) | None => Ok(None),
    }
}

impl Stated {
    fn running(live: &LiveKernel) -> Result<Self> {
        let path = live.kallsyms.clone();
        Self::parse(Storage::open(&path)?, path, false)
    }

    fn parse(text: Storage, path: PathBuf, is_users_word: bool) -> Result<Self> {
        let symbols = KernelSymbols::parse_storage(&path, text)?;
        Ok(Self {
            symbols,
            path,
            is_users_word,
        })
    }

    fn fit(self, timeline: &Timeline) -> Option<(KernelSymbols, KernelSource)> {
        let Self {
            symbols: kernel,
            path,
            is_users_word,
        } = self;
        if kernel.is_hidden() {
            return Some((kernel, KernelSource::Hidden(path)));
        }
        // Recorders that were not allowed to see kernel addresses wrote 0.
        let recorded = timeline.kernel_proper();
        let anchor = recorded
            .filter(|mapping| mapping.reference.as_u64() != 0)
            .and_then(|mapping| {
                KernelAnchor::of_mapping(&mapping.name).map(|anchor| (anchor, mapping.reference))
            });
        let Some((anchor, place)) = anchor else {
            return is_users_word.then_some((kernel, KernelSource::Unchecked(path)));
        };
        let source = if kernel.anchor(anchor) == Some(place) {
            KernelSource::SameBoot(path)
        } else {
            KernelSource::OtherBoot(path)
        };
        let modules = module_ranges(timeline.kernel());
        let fitted = kernel.for_boot(anchor, place).for_modules(&modules);
        Some((fitted, source))
    }
}

/// Where the capture's own mapping records say the modules lay.
fn module_ranges(kernel: &[KernelMapping]) -> Vec<ModuleRange> {
    let modules = kernel.iter().filter_map(|mapping| {
        let name = module_short_name(&mapping.name);
        let name = name.strip_prefix('[')?.strip_suffix(']')?;
        (name != "kernel").then(|| ModuleRange {
            name: name.into(),
            range: mapping.start..mapping.end,
        })
    });
    modules.collect()
}
