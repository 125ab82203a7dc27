//! Schedules by hand.

use super::*;
use crate::kvm::exit::{HaltCounts, PairingCounts};
use crate::units::Pid;
use proptest::prelude::*;

/// The thread whose schedule is asked for.
const OWN: Tid = Tid::new(7);

/// The vCPU that it runs.
fn vcpu() -> VcpuSummary {
    VcpuSummary {
        task: Task {
            pid: Some(Pid::new(1)),
            tid: OWN,
        },
        vcpu: None,
        counts: PairingCounts::default(),
        halts: HaltCounts::default(),
        guest_ns: 0,
    }
}

/// Its schedule, up to an end, by switches: when, on which CPU, from whom, whether that one can go on, to
/// whom.
fn switched(
    switches: &[(u64, u32, i32, bool, i32)],
    times: &[TimeRange],
    end: u64,
) -> TaskSchedule {
    let vcpu = vcpu();
    let task = vcpu.task;
    let mut schedule = Schedule::of(&[vcpu], times);
    for &(at, cpu, from, is_runnable, to) in switches {
        let moment = Moment {
            at: Timestamp::from_nanos(at),
            cpu: Some(Cpu(cpu)),
            task,
        };
        let event = HostEvent::SchedSwitch {
            prev_tid: Tid::new(from),
            prev_state: u64::from(!is_runnable),
            next_tid: Tid::new(to),
            next_comm: [0; 16],
        };
        schedule.take(moment, &event);
    }
    schedule.end(Timestamp::from_nanos(end));
    schedule.tasks()[0].clone()
}

/// By hand: 10 ns made to wait by another thread, 4 ns from being woken on an idle CPU.
#[test]
fn ready_time_is_from_being_able_to_run_to_running() {
    let (own, other) = (OWN, Tid::new(9));
    let vcpu = vcpu();
    let task = vcpu.task;
    let switch = |prev_tid, prev_state, next_tid| HostEvent::SchedSwitch {
        prev_tid,
        prev_state,
        next_tid,
        next_comm: *b"a name\0\0\0\0\0\0\0\0\0\0",
    };
    let woken = HostEvent::SchedWakeup {
        tid: own,
        target_cpu: 3,
    };
    let idle = Tid::new(0);
    let mut schedule = Schedule::of(&[vcpu], &[]);
    for (at, event) in [
        (100, switch(idle, 0, own)),
        (130, switch(own, 0x100, other)),
        (140, switch(other, 1, own)),
        (150, switch(own, 1, idle)),
        (200, woken),
        (204, switch(idle, 0, own)),
        (209, switch(own, 1, idle)),
    ] {
        let moment = Moment {
            at: Timestamp::from_nanos(at),
            cpu: Some(Cpu(3)),
            task,
        };
        schedule.take(moment, &event);
    }
    let [vcpu] = schedule.tasks() else {
        panic!("one vCPU");
    };
    assert_eq!(
        [vcpu.running_ns, vcpu.ready_ns, vcpu.asleep_ns],
        [30 + 10 + 5, 10 + 4, 50]
    );
    assert_eq!([vcpu.preempted, vcpu.woken], [1, 1]);
    assert_eq!([vcpu.longest_preempted_ns, vcpu.longest_wake_ns], [10, 4]);
    let rivals: Vec<(Tid, u64)> = vcpu.rivals.iter().map(|(&tid, &ns)| (tid, ns)).collect();
    assert_eq!(rivals, [(idle, 4), (other, 10)]);
}

/// By hand: a vCPU that is kept from its CPU at the end of a recording waits until then, and what it
/// began before the times that count is its own within them. Both were left out, so that a vCPU which
/// gets no CPU any more seemed to wait for nothing.
#[test]
fn what_lasts_at_either_end_counts_as_far_as_it_is_within() {
    let at = Timestamp::from_nanos;
    let schedule = |times: &[TimeRange]| {
        let switches = [
            (100, 3, 9, true, 7),
            (130, 3, 7, true, 9),
            (150, 3, 9, true, 7),
            (160, 3, 7, true, 9),
        ];
        let task = switched(&switches, times, 200);
        let rivals: Vec<u64> = task.rivals.into_values().collect();
        [vec![task.running_ns, task.ready_ns], rivals].concat()
    };
    assert_eq!(schedule(&[]), [30 + 10, 20 + 40, 20 + 40]);
    let range = |first, last| TimeRange {
        first: at(first),
        last: at(last),
    };
    assert_eq!(schedule(&[range(110, 170)]), [20 + 10, 20 + 10, 20 + 10]);
    assert_eq!(
        schedule(&[range(140, 155), range(190, 300)]),
        [5, 10 + 10, 10 + 10]
    );
}

/// By hand: what passed between two switches of which one is missing was nobody's, and a vCPU that is
/// switched away from without having been switched to did not wait.
#[test]
fn who_ran_is_not_told_across_a_missing_switch() {
    let rivals = |switches: &[_], end| {
        let vcpu = switched(switches, &[], end);
        let rivals: Vec<_> = (vcpu.rivals.iter())
            .map(|(tid, &nanos)| (tid.as_i32(), nanos))
            .collect();
        (vcpu.ready_ns, rivals)
    };
    // From 8 to 9 is missing.
    let others = [
        (100, 3, 7, true, 8),
        (120, 3, 9, true, 8),
        (130, 3, 8, true, 7),
    ];
    assert_eq!(rivals(&others, 130), (30, vec![(8, 10)]));
    // From 8 to 7 is missing.
    let own = [
        (100, 3, 0, true, 7),
        (130, 3, 7, true, 8),
        (150, 3, 7, true, 9),
        (160, 3, 9, true, 7),
    ];
    assert_eq!(rivals(&own, 160), (10, vec![(9, 10)]));
    // Nothing is.
    let whole = [
        (100, 3, 7, true, 8),
        (120, 3, 8, true, 9),
        (130, 3, 9, true, 7),
    ];
    assert_eq!(rivals(&whole, 130), (30, vec![(8, 20), (9, 10)]));
}

proptest! {
    /// By definition: nobody waits for itself, and what others had meanwhile is not longer than the
    /// waiting; whatever is missing.
    #[test]
    fn nobody_waits_for_itself(
        all in prop::collection::vec((1..9_u64, 0..2_u32, 5..9_i32, any::<bool>(), 5..9_i32), 0..40)
    ) {
        let mut now = 0;
        let all: Vec<_> = (all.into_iter())
            .map(|(step, cpu, from, is_runnable, to)| {
                now += step;
                (now, cpu, from, is_runnable, to)
            })
            .collect();
        let vcpu = switched(&all, &[], now);
        prop_assert!(!vcpu.rivals.contains_key(&OWN));
        prop_assert!(vcpu.rivals.values().sum::<u64>() <= vcpu.ready_ns);
    }
}
