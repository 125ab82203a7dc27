//! Schedules by hand.

use super::*;
use crate::kvm::exit::{HaltCounts, PairingCounts};
use crate::units::Pid;

/// By hand: 10 ns made to wait by another thread, 4 ns from being woken on an idle CPU.
#[test]
fn ready_time_is_from_being_able_to_run_to_running() {
    let (own, other) = (Tid::new(7), Tid::new(9));
    let task = Task {
        pid: Some(Pid::new(1)),
        tid: own,
    };
    let vcpu = VcpuSummary {
        task,
        vcpu: None,
        counts: PairingCounts::default(),
        halts: HaltCounts::default(),
        guest_ns: 0,
    };
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
    let mut schedule = Schedule::of(&[vcpu]);
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
