//! Kernel code that was made at run time, as `PERF_RECORD_KSYMBOL` tells it: programs and
//! trampolines of BPF, of ftrace and of kprobes.

use super::address_space::{AddressSpace, Mapping};
use super::dso::DsoIx;
use super::task_epoch::{Epoch, KernelEpoch};
use crate::intern::Interner;
use crate::units::{Avma, FileOffset, RecordOrder};

/// Code of the kernel that was made at run time, over time.
///
/// A registration over nothing else holds for all of its epoch, back to its beginning: perf tells
/// of code that was there before the recording when it began. One over other code begins a new epoch,
/// in which nothing is left of that, also where no removal was recorded: the kernel frees the memory of
/// a program as a whole before it gives any of it out again.
#[derive(Debug, Default)]
pub(super) struct KernelCode {
    epochs: Vec<Epoch>,
    names: Interner<Box<str>, DsoIx>,
    /// Where different code lay at different times.
    contested: AddressSpace,
}

impl KernelCode {
    /// Adds code that was registered; in order of time.
    pub(super) fn register(&mut self, from: RecordOrder, start: Avma, len: u32, name: &[u8]) {
        let name = self.names.intern(String::from_utf8_lossy(name).into());
        let end = start.checked_add(u64::from(len));
        let Some(end) = end.filter(|&end| end > start) else {
            return;
        };
        let code = Mapping {
            start,
            end,
            dso: name,
            file_offset: FileOffset::default(),
        };
        match self.epochs.last_mut() {
            Some(last) if last.space.conflicts_with(&code) => {
                let mut space = last.space.clone();
                for mapping in last.space.overlapped_by(&code) {
                    self.contested.insert(*mapping);
                    space.remove(mapping);
                }
                self.contested.insert(code);
                space.insert(code);
                if last.from == from {
                    last.space = space;
                    return;
                }
                self.epochs.push(Epoch {
                    from,
                    space,
                    began_by_exec: false,
                });
            }
            Some(last) => last.space.insert(code),
            None => {
                let mut first = Epoch::default();
                first.space.insert(code);
                self.epochs.push(first);
            }
        }
    }

    pub(super) fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Whether different code lay at an address at different times.
    pub(super) fn is_contested(&self, at: Avma) -> bool {
        self.contested.find(at).is_some()
    }

    /// The code at an address in an epoch.
    pub(super) fn find(&self, epoch: KernelEpoch, at: Avma) -> Option<DsoIx> {
        Some(self.mapping(epoch, at)?.dso)
    }

    /// The code that begins at an address in an epoch.
    pub(super) fn beginning_at(&self, epoch: KernelEpoch, at: Avma) -> Option<DsoIx> {
        let code = self.mapping(epoch, at)?;
        (code.start == at).then_some(code.dso)
    }

    fn mapping(&self, epoch: KernelEpoch, at: Avma) -> Option<&Mapping> {
        let epoch = self.epochs.get(usize::try_from(epoch.0).ok()?)?;
        epoch.space.find(at)
    }

    /// The name of code that was found.
    pub(super) fn name(&self, code: DsoIx) -> Option<&str> {
        self.names.get(code).map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;

    fn at(nanos: u64) -> RecordOrder {
        RecordOrder::of_time(Timestamp::from_nanos(nanos))
    }

    fn name_at(code: &KernelCode, time: u64, address: u64) -> Option<&str> {
        let epochs = code.epochs();
        let epoch = epochs.partition_point(|epoch| epoch.from <= at(time));
        let epoch = u32::try_from(epoch.max(1) - 1).unwrap();
        code.name(code.find(KernelEpoch(epoch), Avma::new(address))?)
    }

    /// The kernel gives the memory of a program that was removed to the next one. perf, which sorts
    /// by address alone, shows one of both names at all times. What the next one leaves of it is no code.
    #[test]
    fn the_later_of_two_programs_at_an_address_is_named_from_its_time_on() {
        let mut code = KernelCode::default();
        code.register(at(0), Avma::new(0x1000), 0x100, b"bpf_prog_1_a");
        code.register(at(0), Avma::new(0x1000), 0x100, b"bpf_prog_1_a");
        code.register(at(10), Avma::new(0x2000), 0x100, b"bpf_prog_2_b");
        assert_eq!(code.epochs().len(), 1);
        code.register(at(50), Avma::new(0x10c0), 0x80, b"bpf_prog_3_c");
        assert_eq!(code.epochs().len(), 2);
        for (time, address, expected) in [
            (0, 0x1000, Some("bpf_prog_1_a")),
            (49, 0x10ff, Some("bpf_prog_1_a")),
            (49, 0x1100, None),
            (50, 0x10bf, None),
            (50, 0x10c0, Some("bpf_prog_3_c")),
            (90, 0x113f, Some("bpf_prog_3_c")),
            (90, 0x1140, None),
            (5, 0x2000, Some("bpf_prog_2_b")),
        ] {
            assert_eq!(
                name_at(&code, time, address),
                expected,
                "{time} {address:x}"
            );
        }
        let beginning = |at: u64| code.beginning_at(KernelEpoch(1), Avma::new(at));
        assert_eq!(
            beginning(0x10c0).and_then(|at| code.name(at)),
            Some("bpf_prog_3_c")
        );
        assert_eq!([0x10bf, 0x10c1].map(beginning), [None; 2]);
        let contested = [0x1000, 0x10ff, 0x113f].map(Avma::new);
        assert!(contested.into_iter().all(|at| code.is_contested(at)));
        assert!(!code.is_contested(Avma::new(0x2000)));
    }

    /// Hostile records: no length, and an end beyond all addresses.
    #[test]
    fn code_without_a_range_is_nowhere() {
        let mut code = KernelCode::default();
        code.register(at(0), Avma::new(0x1000), 0, b"none");
        code.register(at(0), Avma::new(u64::MAX - 1), 8, b"beyond");
        assert!(code.epochs().is_empty());
    }
}
