//! The recorded kernel: its symbols, and whether it is this machine's.

use hashbrown::HashMap;

use super::input::{KernelSource, SymbolRequest};
use crate::error::{Error, Result};
use crate::perf::bytes::with_order;
use crate::perf::{Capture, Feature};
use crate::space::{KernelMapping, Timeline};
use crate::symbol::{KernelAnchor, KernelSymbols, ModuleRange, module_short_name};
use crate::units::BuildId;

/// The build id of the recorded kernel.
fn kernel_build_id<'b>(
    timeline: &'b Timeline,
    build_ids: &'b HashMap<String, BuildId>,
) -> Option<&'b BuildId> {
    let recorded = timeline.kernel_proper();
    recorded
        .and_then(|mapping| mapping.build_id.as_ref())
        .or_else(|| build_ids.get("[kernel.kallsyms]"))
}

/// Whether this machine made the capture, as far as names can tell: its kernel is the recorded one
/// and so is its host name.
///
/// perf writes build ids only of objects that held a sample's own address, so that a library which
/// always calls another has none; its file can be trusted nowhere else.
pub(super) fn is_recorded_here(
    capture: &Capture,
    timeline: &Timeline,
    build_ids: &HashMap<String, BuildId>,
    symbols: &SymbolRequest,
) -> bool {
    let host_name = with_order!(capture.endian(), O => {
        capture.features().string::<O>(Feature::HOSTNAME)
    });
    symbols.live.as_ref().is_some_and(|live| {
        kernel_build_id(timeline, build_ids) == Some(&live.build_id)
            && host_name.as_deref() == Some(live.host_name.as_str())
    })
}

/// Finds kernel symbols and fits them to the recorded boot.
///
/// A text that the user named or that lies in the capture directory is the user's word. One from a
/// cache or from the running kernel is known by build id only, which all boots share: it is used
/// only when the capture says where its kernel lay.
pub(super) fn find_kernel(
    timeline: &Timeline,
    build_ids: &HashMap<String, BuildId>,
    symbols: &SymbolRequest,
) -> Result<Option<(KernelSymbols, KernelSource)>> {
    let recorded = timeline.kernel_proper();
    let build_id = kernel_build_id(timeline, build_ids);
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|source| Error::io("read", path, source))
    };
    let (text, path, is_users_word) = if let Some(path) = &symbols.kallsyms {
        (read(path)?, path.clone(), true)
    } else if let Some(found) = symbols.places.find_kallsyms(build_id)? {
        let is_users_word = found.origin == crate::symbol::Origin::Capture
            && symbols
                .places
                .capture_dir
                .as_ref()
                .is_some_and(|d| found.path.starts_with(d));
        (found.text, found.path, is_users_word)
    } else if let Some(live) = symbols
        .live
        .as_ref()
        .filter(|live| Some(&live.build_id) == build_id)
    {
        (read(&live.kallsyms)?, live.kallsyms.clone(), false)
    } else {
        return Ok(None);
    };
    let kernel = KernelSymbols::parse(&path, &text)?;
    if kernel.is_hidden() {
        return Ok(Some((kernel, KernelSource::Hidden(path))));
    }
    // Recorders that were not allowed to see kernel addresses wrote 0.
    let anchor = recorded
        .filter(|mapping| mapping.reference.as_u64() != 0)
        .and_then(|mapping| {
            KernelAnchor::of_mapping(&mapping.name).map(|anchor| (anchor, mapping.reference))
        });
    let Some((anchor, place)) = anchor else {
        return Ok(is_users_word.then_some((kernel, KernelSource::Unchecked(path))));
    };
    let source = if kernel.anchor(anchor) == Some(place) {
        KernelSource::SameBoot(path)
    } else {
        KernelSource::OtherBoot(path)
    };
    let modules = module_ranges(timeline.kernel());
    Ok(Some((
        kernel.for_boot(anchor, place).for_modules(&modules),
        source,
    )))
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
