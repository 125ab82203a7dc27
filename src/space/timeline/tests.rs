//! Timelines of hand-made records.

use crate::perf::MappingRecord;
use crate::space::timeline::*;
use crate::units::{CpuMode, FileOffset, Timestamp};

fn thread(pid: Pid, tid: Tid) -> ThreadId {
    ThreadId { pid, tid }
}

fn at(nanos: u64) -> RecordOrder {
    RecordOrder::of_time(Timestamp::from_nanos(nanos))
}

fn item(time: u64, sideband: Sideband<'static>) -> SidebandItem<'static> {
    SidebandItem {
        order: at(time),
        position: FilePosition::new(time),
        sideband,
    }
}

fn map(time: u64, pid: i32, start: u64, name: &'static [u8]) -> SidebandItem<'static> {
    item(
        time,
        Sideband::Mapping(MappingRecord {
            pid: Pid::new(pid),
            mode: CpuMode::User,
            start: Avma::new(start),
            len: 0x1000,
            file_offset: FileOffset::new(0),
            build_id: None,
            inode: None,
            name,
        }),
    )
}

fn dso_at(timeline: &Timeline, pid: i32, time: u64, avma: u64) -> Option<&str> {
    let pid = Pid::new(pid);
    let task_epoch = timeline.task_epoch(thread(pid, Tid::new(pid.as_i32())), at(time));
    let mapping = timeline.space(pid, task_epoch)?.find(Avma::new(avma))?;
    timeline.dso(mapping.dso).map(|dso| dso.path.as_str())
}

/// Names would be lost for samples that the kernel wrote just before the mapping's record.
#[test]
fn a_mapping_over_nothing_holds_for_earlier_samples_too() {
    let timeline = Timeline::build(vec![map(100, 7, 0x1000, b"a")], &HashMap::new());
    assert_eq!(dso_at(&timeline, 7, 50, 0x1800), Some("a"));
}

/// A sample before a second dlopen at the same address would get the second library's names.
#[test]
fn a_mapping_over_another_object_holds_from_its_time_on() {
    let records = vec![map(200, 7, 0x1000, b"b"), map(100, 7, 0x1000, b"a")];
    let timeline = Timeline::build(records, &HashMap::new());
    assert_eq!(dso_at(&timeline, 7, 199, 0x1800), Some("a"));
    assert_eq!(dso_at(&timeline, 7, 200, 0x1800), Some("b"));
}

/// A child runs its parent's code until it execs; after that none of it is left.
#[test]
fn a_child_inherits_mappings_until_it_execs() {
    let (pid, tid) = (Pid::new(8), Tid::new(8));
    let (parent_pid, parent_tid) = (Pid::new(7), Tid::new(7));
    let records = vec![
        map(0, 7, 0x1000, b"a"),
        item(
            50,
            Sideband::Fork {
                pid,
                parent_pid,
                tid,
                parent_tid,
            },
        ),
        item(
            60,
            Sideband::Comm {
                pid,
                tid,
                is_exec: true,
                name: b"ls",
            },
        ),
        map(70, 8, 0x5000, b"b"),
    ];
    let timeline = Timeline::build(records, &HashMap::new());
    assert_eq!(dso_at(&timeline, 8, 55, 0x1800), Some("a"));
    assert_eq!(dso_at(&timeline, 8, 65, 0x1800), None);
    assert_eq!(dso_at(&timeline, 8, 65, 0x5800), Some("b"));
}

/// Between the record of an exec and the kernel's return, the caller is code of the old program,
/// even when a mapping of the new one has begun another epoch: on arm64 the parts of one file
/// overlap each other. The 4 samples of sleep in linuxarm.cpu had no name.
#[test]
fn the_caller_of_exec_is_looked_for_before_the_exec() {
    let (pid, tid) = (Pid::new(7), Tid::new(7));
    let exec = Sideband::Comm {
        pid,
        tid,
        is_exec: true,
        name: b"sleep",
    };
    let records = vec![
        map(10, 7, 0x1000, b"libc"),
        item(50, exec),
        map(60, 7, 0x5000, b"sleep"),
        map(70, 7, 0x5000, b"ld.so"),
    ];
    let timeline = Timeline::build(records, &HashMap::new());
    let task_epoch = timeline.task_epoch(thread(pid, tid), at(80));
    let dso_of = |caller| {
        let caller = Avma::new(caller);
        let task_epoch = timeline.of_caller_of_exec(pid, task_epoch, caller);
        let mapping = timeline.space(pid, task_epoch)?.find(caller)?;
        timeline.dso(mapping.dso).map(|dso| dso.path.as_str())
    };
    assert_eq!(dso_of(0x1800), Some("libc"));
    assert_eq!(dso_of(0x5800), Some("ld.so"));
    assert_eq!(dso_of(0x9000), None);
}

/// A thread that was renamed would show one name for all its samples.
#[test]
fn threads_have_the_name_of_the_time() {
    let (pid, tid) = (Pid::new(7), Tid::new(9));
    let comm = |time, name| {
        item(
            time,
            Sideband::Comm {
                pid,
                tid,
                is_exec: false,
                name,
            },
        )
    };
    let timeline = Timeline::build(
        vec![comm(20, b"CPU 0/KVM"), comm(10, b"qemu")],
        &HashMap::new(),
    );
    let name = |time| {
        let task_epoch = timeline.task_epoch(thread(pid, tid), at(time));
        timeline.thread_name(tid, task_epoch).map(ToOwned::to_owned)
    };
    assert_eq!(name(5).as_deref(), Some("qemu"));
    assert_eq!(name(19).as_deref(), Some("qemu"));
    assert_eq!(name(20).as_deref(), Some("CPU 0/KVM"));
}

/// All samples of a process would be folded a second time because it loaded a library somewhere
/// else; or those that see another object, name or program would not be.
#[test]
fn only_changes_at_its_own_addresses_concern_a_stack() {
    let (pid, tid) = (Pid::new(7), Tid::new(7));
    let comm = |is_exec, name| Sideband::Comm {
        pid,
        tid,
        is_exec,
        name,
    };
    let records = vec![
        map(10, 7, 0x1000, b"a"),
        map(10, 7, 0x5000, b"b"),
        map(20, 7, 0x5000, b"c"),
        item(30, comm(false, b"renamed")),
        item(40, comm(false, b"again")),
        item(50, comm(true, b"exec")),
        map(60, 7, 0x1000, b"a"),
    ];
    let timeline = Timeline::build(records, &HashMap::new());
    let same = |from, to, addresses: &[u64]| {
        let task_epoch = |time| timeline.task_epoch(thread(pid, tid), at(time));
        let mut changes = timeline.changes_between(pid, task_epoch(from), task_epoch(to));
        let is_spared = |number: u32| {
            let mut changes = timeline.changes(pid, number).unwrap();
            let mut addresses = addresses.iter().copied().map(Avma::new);
            addresses.all(|at| !changes.concern(at))
        };
        changes
            .as_mut()
            .is_some_and(|numbers| numbers.all(is_spared))
    };
    assert!(same(15, 25, &[0x1800, 0x9000]));
    assert!(!same(15, 25, &[0x1800, 0x5800]));
    assert!(same(15, 15, &[0x5800]));
    // The first name is taken to have been the thread's before.
    assert!(same(15, 35, &[0x1800]));
    assert!(!same(35, 45, &[0x1800]));
    assert!(!same(45, 65, &[0x1800]));
}
