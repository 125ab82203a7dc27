//! Where exits spent their time in the kernel, by call stacks.
//!
//! The time of an exit in the kernel is given to one stack, so that widths add up: to that at the
//! longest stretch of it between two occurrences that follow each other in the thread. Which of the
//! two is as for the slowest exits: the one where the stretch begins, or, where that is `kvm_exit`,
//! the one where it ends. Stretches in the VMM, which `kvm_userspace_exit` begins, and off the CPU, which
//! `sched_switch` begins, are not the kernel's.

use hashbrown::HashMap;

use super::basics::Row;
use crate::analysis::choice::{Chosen, fold_chosen};
use crate::analysis::front_half::{FrontHalf, NamedBy, beside_kernel, recorded_build_ids};
use crate::analysis::request::Request;
use crate::bytes::{ByteOrder, Endian, with_order};
use crate::error::Result;
use crate::kvm::exit::HostEvent;
use crate::name::{Namer, name_kernel_chains};
use crate::perf::Capture;
use crate::perf::abi::PERF_CONTEXT_USER;
use crate::symbol::SymbolRequest;
use crate::units::{Index as _, Tid, Timestamp};

/// The different stacks that stand for exits, up to where user space called the kernel.
#[derive(Debug, Default)]
pub(super) struct KernelStacks<'a> {
    chains: Vec<&'a [u8]>,
    numbers: HashMap<&'a [u8], u32>,
}

impl<'a> KernelStacks<'a> {
    /// The number of a chain's part in the kernel.
    pub(super) fn number(&mut self, chain: &'a [u8], endian: Endian) -> u32 {
        let kernel = with_order!(endian, O => kernel_part::<O>(chain));
        *self.numbers.entry(kernel).or_insert_with(|| {
            self.chains.push(kernel);
            u32::of(self.chains.len() - 1)
        })
    }

    /// The chains, by their numbers.
    pub(super) fn into_chains(self) -> Vec<Box<[u8]>> {
        self.chains.into_iter().map(Box::from).collect()
    }
}

/// What comes before user space in a chain, which begins with the leaf.
fn kernel_part<O: ByteOrder>(chain: &[u8]) -> &[u8] {
    let words: &[[u8; 8]] = chain.as_chunks().0;
    let user = words
        .iter()
        .position(|word| O::u64(*word) == PERF_CONTEXT_USER);
    let end = user.map_or(chain.len(), |words| words * 8);
    chain.get(..end).unwrap_or_default()
}

/// An occurrence within an exit.
#[derive(Clone, Copy, Debug)]
struct Passed<'a> {
    at: Timestamp,
    chain: &'a [u8],
    /// Whether its stack is that of the loop around the guest.
    is_of_loop: bool,
    /// Whether the thread is in the kernel from then on.
    goes_on_in_kernel: bool,
}

/// The stretches of a thread's exits between its occurrences, in order of time.
#[derive(Debug, Default)]
pub(super) struct KernelStretches<'a> {
    /// The last occurrence of the exit that is open.
    last: Option<Passed<'a>>,
    /// The longest stretch so far in nanoseconds, and its chain; empty where nothing tells more than
    /// the loop.
    longest: Option<u64>,
    chain: &'a [u8],
}

impl<'a> KernelStretches<'a> {
    /// Takes the next occurrence of the thread. The chain that stands for the exit which it ends.
    pub(super) fn take(&mut self, row: &Row<'a>, event: &HostEvent, tid: Tid) -> Option<&'a [u8]> {
        let mut switch = false;
        if let HostEvent::SchedSwitch { prev_tid, .. } = event {
            if *prev_tid != tid {
                // Recorded by another thread, with that one's stack.
                return None;
            }
            switch = true;
        }
        let is_exit = matches!(event, HostEvent::Exit(_));
        let is_entry = matches!(event, HostEvent::Entry { .. });
        let own = Passed {
            at: row.at,
            chain: row.chain,
            is_of_loop: is_exit || is_entry,
            goes_on_in_kernel: !switch && !matches!(event, HostEvent::UserspaceExit { .. }),
        };
        if is_exit {
            *self = Self {
                last: Some(own),
                ..Self::default()
            };
            return None;
        }
        let last = self.last.replace(own)?;
        if last.goes_on_in_kernel {
            let length = own.at.as_nanos().saturating_sub(last.at.as_nanos());
            if self.longest.is_none_or(|longest| length > longest) {
                self.longest = Some(length);
                self.chain = match (last.is_of_loop, own.is_of_loop) {
                    (false, _) => last.chain,
                    (true, false) => own.chain,
                    (true, true) => &[],
                };
            }
        }
        if !is_entry {
            return None;
        }
        let chain = self.chain;
        *self = Self::default();
        (!chain.is_empty()).then_some(chain)
    }
}

/// Names the frames of stacks that stand for exits: those of the kernel, the root first, as a flame
/// graph shows them.
///
/// # Errors
/// When a symbol file that was named cannot be used.
pub fn name_kernel_stacks(
    capture: &Capture,
    symbols: &SymbolRequest,
    chains: &[Box<[u8]>],
    threads: usize,
) -> Result<Vec<Vec<String>>> {
    if chains.is_empty() {
        return Ok(Vec::new());
    }
    let build_ids = recorded_build_ids(capture);
    let request = Request {
        threads,
        ..Request::default()
    };
    let named = NamedBy::new(&build_ids, symbols);
    let work = || {
        let Chosen { wanted, folded } = fold_chosen(capture, &request)?;
        Ok(FrontHalf::of(capture, wanted, folded, named))
    };
    let (front, kernel) = beside_kernel(threads, &build_ids, symbols, work)?;
    let mut namer = Namer::new(capture, front.namer_input(kernel, named))?;
    Ok(name_kernel_chains(&mut namer, capture.endian(), chains))
}
