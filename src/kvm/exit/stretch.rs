//! Occurrences of a thread in order, taken at once.

use super::pairing::ThreadPairing;
use super::plain_exit::{PlainExit, WaitingEvent};
use super::tables::ExitTables;
use super::task::Task;

/// Pairs occurrences of a thread, in order of time, and adds what they tell. Most exits are plain:
/// where nothing is asked of them but their reasons and lengths, each is taken in one step.
pub fn take_in_order(
    pairing: &mut ThreadPairing,
    task: Task,
    mut events: &[WaitingEvent],
    tables: &mut ExitTables,
) {
    while let Some((first, behind)) = events.split_first() {
        if let Some(exit) = PlainExit::first_of(events)
            && pairing.takes_plain(exit.start)
            && tables.add_plain(&exit)
        {
            pairing.take_plain(&exit);
            events = events.get(exit.occurrence_count()..).unwrap_or_default();
            continue;
        }
        pairing.take_event(first.at, &first.event, &mut |finding| {
            tables.add(task, finding);
        });
        events = behind;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kvm::exit::{
        Dimension, ExitEvent, HostEvent, Recorded, SurveyRequest, ThreadEvent, ViewRow,
    };
    use crate::units::{Tid, Timestamp};

    fn event(kind: u8) -> HostEvent {
        let exit = |reason, info1| {
            HostEvent::Exit(ExitEvent {
                reason,
                isa: Some(1),
                rip: Some(0x1000),
                info1: Some(info1),
                vcpu: Some(3),
                ..ExitEvent::default()
            })
        };
        match kind {
            0 => exit(30, 0x0608_000b),
            1 => exit(49, 0),
            2 => exit(12, 0),
            3..7 => HostEvent::Entry {
                vcpu: Some(3),
                rip: None,
            },
            7 => HostEvent::Pio {
                is_write: false,
                port: 0x608,
                len: 1,
                repeats: 1,
                value: None,
            },
            8 => HostEvent::PageFault {
                gpa: 0x1000,
                rip: None,
                error_code: 0,
            },
            9 => HostEvent::UserspaceExit {
                reason: 2,
                errno: 0,
            },
            10 => HostEvent::Wakeup {
                halted_ns: 20,
                is_wait: true,
                is_valid: None,
            },
            11 => HostEvent::EmulateInsn {
                rip: 0,
                is_failed: false,
            },
            _ => HostEvent::Eoi {
                apic_id: 0,
                vector: 0,
            },
        }
    }

    proptest! {
        /// Law: what is taken at once tells what the same occurrences tell one by one.
        #[test]
        fn at_once_is_as_one_by_one(
            // Times seldom go backwards.
            steps in prop::collection::vec((0..13_u8, -3..40_i64, 0..8_u8), 0..60),
            cut in 0..60_usize,
            slowest in 0..3_usize,
            by_reason in any::<bool>(),
        ) {
            let mut at = 1000_i64;
            let tid = Tid::new(7);
            let events: Vec<WaitingEvent> = steps
                .into_iter()
                .map(|(kind, step, unwanted)| {
                    at += step;
                    WaitingEvent {
                        at: Timestamp::from_nanos(at.unsigned_abs()),
                        event: ThreadEvent::of(&event(kind), tid).wanted(unwanted > 0),
                    }
                })
                .collect();
            let dimension = if by_reason { Dimension::Reason } else { Dimension::Port };
            let request = SurveyRequest {
                views: vec![vec![dimension]],
                slowest,
                ..SurveyRequest::default()
            };
            let task = Task { pid: None, tid };
            let nothing = || {
                (ThreadPairing::new(tid, Recorded::default()), ExitTables::new(&request))
            };
            let (mut pairing, mut tables) = nothing();
            for WaitingEvent { at, event } in &events {
                pairing.take_event(*at, event, &mut |finding| tables.add(task, finding));
            }
            let (mut own, mut own_tables) = nothing();
            let (first, second) = events.split_at(cut.min(events.len()));
            take_in_order(&mut own, task, first, &mut own_tables);
            // From there on it is known who is too fast to be kept.
            own_tables.keep_slowest();
            take_in_order(&mut own, task, second, &mut own_tables);
            for (pairing, tables) in [(&mut pairing, &mut tables), (&mut own, &mut own_tables)] {
                pairing.end(&mut |finding| tables.add(task, finding));
            }
            prop_assert_eq!(own.counts, pairing.counts);
            prop_assert_eq!(own.halts, pairing.halts);
            prop_assert_eq!(own.guest_ns, pairing.guest_ns);
            prop_assert_eq!((own.vcpu, own.is_vcpu), (pairing.vcpu, pairing.is_vcpu));
            tables.keep_slowest();
            own_tables.keep_slowest();
            prop_assert_eq!(&own_tables.slowest, &tables.slowest);
            let rows = |tables: &ExitTables| {
                let rows = tables.views[0].rows();
                let row = |row: &ViewRow<'_>| (row.values.to_vec(), row.stats.clone());
                rows.iter().map(row).collect::<Vec<_>>()
            };
            prop_assert_eq!(rows(&own_tables), rows(&tables));
        }
    }
}
