//! Laws of pairing, and times by hand.

use super::*;
use crate::kvm::exit::ExitEvent;
use crate::kvm::exit::{Dimension, ExitTables, SurveyRequest, Task, TimeBasis, TimeParts};
use crate::units::Tid;
use proptest::prelude::*;

const OWN: Tid = Tid::new(7);
const HLT: u32 = 12;

fn all_recorded() -> Recorded {
    Recorded {
        exits: true,
        entries: true,
        apic: true,
        userspace_exits: true,
        wakeups: true,
        halt_polls: true,
        switches: true,
        sched_wakeups: true,
    }
}

fn exit(reason: u32, info1: u64) -> HostEvent {
    HostEvent::Exit(ExitEvent {
        reason,
        isa: Some(1),
        rip: Some(0x1000),
        info1: Some(info1),
        ..ExitEvent::default()
    })
}

const ENTRY: HostEvent = HostEvent::Entry {
    vcpu: Some(0),
    rip: None,
};

const VMM: HostEvent = HostEvent::UserspaceExit {
    reason: 2,
    errno: 0,
};

fn pio(port: u16) -> HostEvent {
    HostEvent::Pio {
        is_write: false,
        port,
        len: 1,
        repeats: 1,
        value: None,
    }
}

fn switch(prev: Tid, next: Tid, prev_state: u64) -> HostEvent {
    HostEvent::SchedSwitch {
        prev_tid: prev,
        prev_state,
        next_tid: next,
        next_comm: [0; 16],
    }
}

const fn wakeup(halted_ns: u64, is_wait: bool) -> HostEvent {
    HostEvent::Wakeup {
        halted_ns,
        is_wait,
        is_valid: Some(true),
    }
}

/// What comes of events at these times, all of one thread.
fn parts_of(recorded: Recorded, events: &[(u64, HostEvent)]) -> Vec<TimeParts> {
    let mut pairing = ThreadPairing::new(OWN, recorded);
    let mut parts = Vec::new();
    let mut found = |finding: &Finding<'_>| {
        if let Finding::Exit(exit) = finding {
            parts.push(exit.parts);
        }
    };
    for (at, event) in events {
        pairing.take(Timestamp::from_nanos(*at), event, true, &mut found);
    }
    pairing.end(&mut found);
    assert!(pairing.counts.adds_up());
    parts
}

/// A port that the VMM answers: from its exit to the read it is the VMM's time.
#[test]
fn time_in_the_vmm_ends_with_the_next_event() {
    let events = [
        (0, ENTRY),
        (100, exit(30, 0x0608_0008)),
        (103, VMM),
        (153, pio(0x608)),
        (160, ENTRY),
    ];
    let parts = TimeParts {
        kernel: 3 + 7,
        vmm: 50,
        ..TimeParts::default()
    };
    assert_eq!(parts_of(all_recorded(), &events), [parts]);
}

/// Who is switched away in the middle is off the CPU; interrupt lines that the VMM moves are not its
/// return into the kernel.
#[test]
fn time_off_the_cpu_is_told_apart() {
    let other = Tid::new(9);
    let line = HostEvent::SetIrq {
        line: 4,
        is_raised: true,
    };
    let events = [
        (0, exit(30, 0x0608_0008)),
        (10, VMM),
        (12, line),
        (15, switch(OWN, other, 0)),
        (40, switch(other, OWN, 0)),
        (45, pio(0x608)),
        (50, ENTRY),
    ];
    let parts = TimeParts {
        kernel: 10 + 5,
        vmm: 5 + 5,
        off_cpu: 25,
        ..TimeParts::default()
    };
    assert_eq!(parts_of(all_recorded(), &events), [parts]);
}

/// A halt that polled 30 ns in vain and then slept for 60.
#[test]
fn halts_poll_and_sleep() {
    let idle = Tid::new(0);
    let events = [
        (0, exit(HLT, 0)),
        (40, switch(OWN, idle, 1)),
        (100, switch(idle, OWN, 0)),
        (105, wakeup(95, true)),
        (108, ENTRY),
    ];
    let parts = TimeParts {
        kernel: 10 + 3,
        polled: 30 + 5,
        blocked: 60,
        ..TimeParts::default()
    };
    assert_eq!(parts_of(all_recorded(), &events), [parts]);
    // Without switches all of a halt that slept is sleep, unless it is known how long it polls.
    let unseen = Recorded {
        switches: false,
        ..all_recorded()
    };
    let short = [(0, exit(HLT, 0)), (105, wakeup(95, true)), (108, ENTRY)];
    let parts = TimeParts {
        kernel: 10 + 3,
        blocked: 95,
        ..TimeParts::default()
    };
    assert_eq!(parts_of(unseen, &short), [parts]);
    // With neither, all of it.
    let nothing = Recorded {
        wakeups: false,
        ..unseen
    };
    let bare = [(0, exit(HLT, 0)), (108, ENTRY)];
    let parts = TimeParts {
        blocked: 108,
        ..TimeParts::default()
    };
    assert_eq!(parts_of(nothing, &bare), [parts]);
}

/// Linux 5.8 to 5.10 enter the guest again from a fast path and trace no entry.
#[test]
fn an_exit_behind_an_exit_has_no_known_end() {
    let events = [
        (0, exit(32, 0)),
        (100, exit(32, 0)),
        (105, ENTRY),
        (200, exit(1, 0)),
    ];
    let known = TimeParts {
        kernel: 5,
        ..TimeParts::default()
    };
    let unknown = TimeParts::default();
    assert_eq!(parts_of(all_recorded(), &events), [unknown, known, unknown]);
}

fn any_event() -> impl Strategy<Value = HostEvent> {
    let other = Tid::new(9);
    prop_oneof![
        4 => Just(ENTRY),
        4 => (0..60_u32, any::<u64>()).prop_map(|(reason, info1)| exit(reason, info1)),
        1 => Just(exit(HLT, 0)),
        2 => Just(VMM),
        2 => (0..4_u16).prop_map(pio),
        1 => (0..3_u64).prop_map(move |state| switch(OWN, other, state)),
        1 => Just(switch(other, OWN, 0)),
        1 => (0..300_u64, any::<bool>()).prop_map(|(ns, is_wait)| wakeup(ns, is_wait)),
        1 => (0..200_u64).prop_map(|new_ns| HostEvent::HaltPoll {
            is_grown: true,
            vcpu: 0,
            new_ns,
            old_ns: 0,
        }),
        1 => (0..3_u64).prop_map(|page| HostEvent::PageFault {
            gpa: page << 12,
            rip: None,
            error_code: 0,
        }),
        1 => Just(HostEvent::FastMmio { gpa: 0xfe00_3000 }),
    ]
}

/// A thread and its tables.
fn taken(
    mut pairing: ThreadPairing,
    tables: &mut ExitTables,
    events: &[(u64, HostEvent)],
) -> ThreadPairing {
    let task = Task {
        pid: None,
        tid: OWN,
    };
    for (at, event) in events {
        let at = Timestamp::from_nanos(*at);
        pairing.take(at, event, true, &mut |finding| tables.add(task, finding));
    }
    pairing
}

proptest! {
    /// What is paired from any entry on, and put behind what comes before it, is what is paired in
    /// one go; and all exits that are read are told.
    #[test]
    fn a_thread_can_be_taken_up_at_any_entry(
        steps in prop::collection::vec((0..100_u64, any_event()), 1..80),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut now = 0;
        let events: Vec<(u64, HostEvent)> = steps
            .into_iter()
            .map(|(step, event)| { now += step; (now, event) })
            .collect();
        let request = SurveyRequest {
            views: vec![vec![Dimension::Reason], vec![Dimension::Register, Dimension::Second]],
            basis: TimeBasis::Wall,
            slowest: 3,
            ..SurveyRequest::default()
        };
        let task = Task { pid: None, tid: OWN };
        let mut whole_tables = ExitTables::new(&request);
        let new = ThreadPairing::new(OWN, all_recorded());
        let mut whole = taken(new.clone(), &mut whole_tables, &events);
        whole.end(&mut |finding| whole_tables.add(task, finding));
        prop_assert!(whole.counts.adds_up());
        let mut parts = TimeParts::default();
        let mut exits = 0;
        for row in whole_tables.views[0].rows() {
            parts.add(&row.stats.parts);
            exits += row.stats.exits;
        }
        prop_assert_eq!(exits, whole.counts.exits);
        let entries: Vec<usize> = (0..events.len())
            .filter(|&at| matches!(events[at].1, HostEvent::Entry { .. }))
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        let at = entries[cut.index(entries.len())];
        let (before, behind) = events.split_at(at + 1);
        let mut tables = ExitTables::new(&request);
        let mut first = taken(new, &mut tables, before);
        let entry = EntryAt {
            at: Timestamp::from_nanos(before[at].0),
            vcpu: Some(0),
            poll_limit: first.poll_limit,
            last: Timestamp::from_nanos(before[at].0),
        };
        let later = ThreadPairing::from_entry(OWN, all_recorded(), entry);
        let later = taken(later, &mut tables, behind);
        prop_assert!(first.absorb(later));
        first.end(&mut |finding| tables.add(task, finding));
        prop_assert_eq!(first.counts, whole.counts);
        prop_assert_eq!(first.halts, whole.halts);
        prop_assert_eq!(first.guest_ns, whole.guest_ns);
        for (own, other) in tables.views.iter().zip(&whole_tables.views) {
            let rows = |view: &crate::kvm::exit::View| -> Vec<_> {
                view.rows().iter().map(|row| (row.values.to_vec(), row.stats.clone())).collect()
            };
            prop_assert_eq!(rows(own), rows(other));
        }
        tables.keep_slowest();
        whole_tables.keep_slowest();
        prop_assert_eq!(tables.slowest, whole_tables.slowest);
    }
}
