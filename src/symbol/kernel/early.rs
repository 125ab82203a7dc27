//! The symbols of the recorded kernel: read early, fitted when the records tell its boot.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use hashbrown::HashMap;

use super::source::{FittedKernel, KernelSource};
use super::symbols::{KernelAnchor, KernelSymbols, ModuleRange};
use super::vmlinux::{is_vmlinux, kernel_text};
use crate::bytes::Storage;
use crate::error::Result;
use crate::object::FileOrigin;
use crate::space::{KernelMapping, Timeline};
use crate::symbol::dso_name::module_short_name;
use crate::symbol::recorded_builds::{KERNEL_PROPER, RecordedBuilds, kernel_in_table};
use crate::symbol::recorded_here::RecordedHere;
use crate::symbol::request::{LiveKernel, SymbolRequest};
use crate::units::{Avma, BuildId};

/// A kallsyms text that was read, not yet fitted to the recorded boot.
#[derive(Debug)]
struct KernelText {
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
    text: Result<Option<KernelText>>,
}

impl EarlyKernel {
    /// Reads the symbols of the kernel that the build id table names.
    pub(crate) fn read(build_ids: &HashMap<String, BuildId>, symbols: &SymbolRequest) -> Self {
        let build_id = kernel_in_table(build_ids).cloned();
        let text = read_kernel(build_id.as_ref(), symbols);
        Self { build_id, text }
    }

    /// Finds the symbols of the recorded kernel and fits them to the recorded boot.
    ///
    /// Which text is used:
    ///
    /// - One that the user named or that lies in the capture directory is believed, also where the
    ///   capture does not say where its kernel lay.
    /// - One from a cache or of the running kernel is known by its build id, which all boots of a
    ///   kernel share: it is used only where the capture says where its kernel lay.
    /// - perf fills its cache once for a build id, in whatever boot that was. When that was not the
    ///   recorded boot, the running kernel is asked too.
    /// - The kernel's own file, named by the user or found by its build id, is used in the same way:
    ///   the capture says where KASLR put the kernel.
    /// - A capture without its kernel's build id, which this machine seems to have made
    ///   ([`RecordedHere::ByCircumstances`]), gets the running kernel's text where that lies at the
    ///   recorded address.
    pub(crate) fn fit(
        self,
        builds: RecordedBuilds<'_>,
        symbols: &SymbolRequest,
        recorded_here: RecordedHere,
    ) -> Result<Option<FittedKernel>> {
        let (timeline, build_id) = (builds.timeline, builds.kernel());
        let text = if self.build_id.as_ref() == build_id {
            self.text?
        } else {
            read_kernel(build_id, symbols)?
        };
        let is_users_word = text.as_ref().is_some_and(|text| text.is_users_word);
        let found = text.and_then(|text| text.fit(timeline));
        if found.is_none()
            && recorded_here == RecordedHere::ByCircumstances
            && let Some(live) = &symbols.live
        {
            if recorded_anchor(timeline).is_none() && tells_addresses(live) {
                return Ok(None);
            }
            let running = KernelText::running(live).ok();
            let running = running.and_then(|text| text.fit(timeline));
            return Ok(running.filter(FittedKernel::is_of_recorded_boot));
        }
        if !is_users_word && found.as_ref().is_some_and(FittedKernel::lacks_modules) {
            // Where the running kernel cannot be read, as in a container, the cache's names do.
            let running = read_running(build_id, symbols).ok().flatten();
            let running = running.and_then(|text| text.fit(timeline));
            return Ok(running.filter(|running| !running.lacks_modules()).or(found));
        }
        Ok(found)
    }
}

fn read_kernel(build_id: Option<&BuildId>, symbols: &SymbolRequest) -> Result<Option<KernelText>> {
    if let Some(path) = &symbols.kallsyms {
        let file = Storage::open_unpacked(path, symbols.search.limit)?;
        // The kernel's file does not tell where KASLR put it, nor what it patched: a text of the
        // recorded boot knows more.
        let is_users_word = !is_vmlinux(&file);
        if !is_users_word && let Some(own) = symbols.search.find_kallsyms(None)? {
            return KernelText::parse(own.storage, own.path, true).map(Some);
        }
        let text = kernel_text(path, file, build_id)?;
        return KernelText::parse(text, path.clone(), is_users_word).map(Some);
    }
    if let Some(found) = symbols.search.find_kallsyms(build_id)? {
        let directory = symbols.search.capture_dir.as_ref();
        let is_users_word = found.origin == FileOrigin::Capture
            && directory.is_some_and(|directory| found.path.starts_with(directory));
        return KernelText::parse(found.storage, found.path, is_users_word).map(Some);
    }
    if let Some(running) = read_running(build_id, symbols)? {
        return Ok(Some(running));
    }
    build_id.map_or(Ok(None), |wanted| read_vmlinux(wanted, symbols))
}

/// The symbols of the kernel's own file, found by its build id: in caches, or where distributions
/// put it, as a debug file.
fn read_vmlinux(wanted: &BuildId, symbols: &SymbolRequest) -> Result<Option<KernelText>> {
    let search = &symbols.search;
    let of_cache = search.find_object(KERNEL_PROPER, wanted).file.ok();
    let path = of_cache.map(|file| file.path);
    let Some(path) = path.or_else(|| search.debug_file_of(KERNEL_PROPER, wanted)) else {
        return Ok(None);
    };
    let file = Storage::open(&path)?;
    let text = kernel_text(&path, file, Some(wanted))?;
    KernelText::parse(text, path, false).map(Some)
}

/// The symbols of the running kernel, when it is the recorded one.
fn read_running(build_id: Option<&BuildId>, symbols: &SymbolRequest) -> Result<Option<KernelText>> {
    match &symbols.live {
        Some(live) if Some(&live.build_id) == build_id => KernelText::running(live).map(Some),
        Some(_) | None => Ok(None),
    }
}

impl KernelText {
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

    fn fit(self, timeline: &Timeline) -> Option<FittedKernel> {
        let Self {
            symbols,
            path,
            is_users_word,
        } = self;
        if symbols.is_hidden() {
            let source = KernelSource::Hidden(path);
            return Some(FittedKernel { symbols, source });
        }
        let Some(RecordedAnchor { anchor, address }) = recorded_anchor(timeline) else {
            let source = KernelSource::Unchecked(path);
            return is_users_word.then_some(FittedKernel { symbols, source });
        };
        let source = if symbols.anchor(anchor) == Some(address) {
            KernelSource::SameBoot(path)
        } else {
            KernelSource::OtherBoot(path)
        };
        let modules = module_ranges(timeline.kernel());
        let symbols = symbols.for_boot(anchor, address).for_modules(&modules);
        Some(FittedKernel { symbols, source })
    }
}

/// Where the capture says that its kernel lay.
struct RecordedAnchor {
    anchor: KernelAnchor,
    address: Avma,
}

/// `None` where it does not say: recorders that were not allowed to see kernel addresses wrote 0, and those
/// that record no kernel nothing.
fn recorded_anchor(timeline: &Timeline) -> Option<RecordedAnchor> {
    let mapping = timeline.kernel_proper()?;
    let anchor = KernelAnchor::of_mapping(&mapping.name)?;
    let address = mapping.reference;
    (address.as_u64() != 0).then_some(RecordedAnchor { anchor, address })
}

/// Whether the running kernel's text shows addresses, told by its first lines: it takes the kernel 45 ms to
/// print all of them.
fn tells_addresses(live: &LiveKernel) -> bool {
    /// A hundred lines and more. The first ones are at zero on some kernels.
    const HEAD: u64 = 8 << 10;
    let mut head = Vec::new();
    let read = File::open(&live.kallsyms).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    let symbols = KernelSymbols::parse(&live.kallsyms, &head);
    read.is_ok() && symbols.is_ok_and(|symbols| !symbols.is_hidden())
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
