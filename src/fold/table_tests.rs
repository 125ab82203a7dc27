//! Tables of unique stacks.

use super::slice_rows::SliceRows;
use super::table::{FEW, StackTable};
use super::unique_stack::UniqueStack;
use crate::fold::split::Slicing;
use crate::fold::unique_stack::{StackKey, UserPart};
use crate::hash::Mixer;
use crate::units::CpuMode;
use crate::units::{Avma, Pid, RecordOrder, Tid, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What tells a stack, in an order.
type Told<'a> = (&'a [u8], i32, u64);

/// Slices of ten nanoseconds.
const SLICING: Slicing = Slicing {
    origin: RecordOrder::of_time(Timestamp::from_nanos(0)),
    len: 10,
    slices: 4,
};

fn add<'a>(table: &mut StackTable<'a>, told: Told<'a>, time: u64) {
    let (chain, tid, split) = told;
    let at = RecordOrder::of_time(Timestamp::from_nanos(time));
    table.add(&UniqueStack {
        key: StackKey {
            pid: Pid::new(1),
            tid: Tid::new(tid),
            mode: CpuMode::User,
            ip: Avma::default(),
            split,
            payload_class: 0,
            task_epoch: None,
        },
        chain,
        user: UserPart::InChain,
        samples: 1,
        period: 1,
        first: at,
        last: at,
        cpu: None,
    });
}

const CHAINS: [&[u8]; 3] = [&[1; 16], &[2; 16], &[1; 8]];

proptest! {
    /// Several tables hold the samples of one, whether equal stacks stay apart or not, and so do
    /// their slices of time.
    #[test]
    fn tables_together_hold_all_samples(
        parts in prop::collection::vec(
            prop::collection::vec((0..3_usize, 0..3_i32, 0..3_u64, 0..50_u64), 0..40), 1..5),
        few in prop_oneof![Just(0_usize), Just(8), Just(FEW)],
    ) {
        let mixer = Mixer::new();
        let new = || {
            let mut table = StackTable::new(mixer);
            table.few = few;
            table.stacks.slices = Some(SliceRows::new(SLICING));
            table
        };
        let (mut all, mut expected) = (new(), BTreeMap::<Told<'_>, u64>::new());
        let mut expected_slices = BTreeMap::<(Told<'_>, u64), u64>::new();
        for part in parts {
            let mut table = new();
            for (chain, tid, split, time) in part {
                let told = (CHAINS[chain], tid, split);
                add(&mut table, told, time);
                *expected.entry(told).or_default() += 1;
                // What comes behind the last slice belongs to it.
                *expected_slices.entry((told, (time / 10).min(3))).or_default() += 1;
            }
            all.append(table);
        }
        let mut stacks = all.into_stacks();
        let rows = stacks.take_rows();
        let mut found = BTreeMap::new();
        for stack in stacks.iter() {
            let told = (stack.chain, stack.key.tid.as_i32(), stack.key.split);
            *found.entry(told).or_default() += stack.samples;
        }
        if few == 0 {
            prop_assert_eq!(stacks.len(), expected.len());
        }
        prop_assert_eq!(found, expected);
        let mut found_slices = BTreeMap::new();
        for row in rows {
            let stack = stacks.iter().nth(row.stack as usize).unwrap();
            let told = (stack.chain, stack.key.tid.as_i32(), stack.key.split);
            prop_assert_eq!(row.samples, row.period);
            *found_slices.entry((told, u64::from(row.slice))).or_default() += row.samples;
        }
        prop_assert_eq!(found_slices, expected_slices);
    }
}
