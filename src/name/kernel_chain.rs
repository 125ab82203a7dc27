//! The kernel's part of call chains, without the stages of whole stacks.

use super::namer::Namer;
use crate::bytes::{ByteOrder, Endian, with_order};
use crate::fold::ChainFrames;
use crate::locate::Addresses;
use crate::units::CpuMode;

/// Names the frames of chains that are the host kernel's, the root first.
pub(crate) fn name_kernel_chains(
    namer: &mut Namer<'_>,
    endian: Endian,
    chains: &[Box<[u8]>],
) -> Vec<Vec<String>> {
    let mut addresses = Addresses::new(namer.timeline(), namer.kernel());
    let chains = chains.iter();
    let named =
        chains.map(|chain| with_order!(endian, O => name_chain::<O>(namer, &mut addresses, chain)));
    named.collect()
}

fn name_chain<O: ByteOrder>(
    namer: &mut Namer<'_>,
    addresses: &mut Addresses<'_>,
    chain: &[u8],
) -> Vec<String> {
    let mut names = Vec::new();
    let frames = ChainFrames::<O>::new(chain, CpuMode::Unknown);
    for frame in frames.filter(|frame| frame.mode == CpuMode::Kernel) {
        let Some(location) = addresses.kernel_location(&frame) else {
            continue;
        };
        let name = namer.name_elsewhere(location);
        let name = namer.shown(name);
        // Leaf first, as the chain is; of what is inlined the function that holds it is the caller.
        let frames: Vec<_> = name.frames.iter().rev().copied().collect();
        names.extend(
            frames
                .into_iter()
                .map(|ix| namer.frames.get(ix).name.to_string()),
        );
    }
    names.reverse();
    names
}
