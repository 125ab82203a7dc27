//! What perf is told, word by word, on machines that are made up here.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::estimate::{EventRates, silent};
use super::machine::{RecordingHost, Rights, Tracefs};
use super::not_recorded::NotRecorded;
use super::perf_program::PerfProgram;
use super::plan::{Clock, RecordPlan, perf_size, plan, shell_line};
use super::request::{ChainKind, RecordProfile, RecordRequest, RecordTarget};
use vmflame::units::Pid;

/// A host as root sees it: perf 6.1, two CPUs that count cycles, Intel's KVM.
fn host() -> RecordingHost {
    let options = ["-z", "-N", "--namespaces", "--max-size", "-m", "-k"];
    let tracepoints = [
        "kvm:kvm_entry",
        "kvm:kvm_exit",
        "kvm:kvm_userspace_exit",
        "kvm:kvm_pio",
        "kvm:kvm_msr",
        "kvm:kvm_emulate_insn",
        "kvm:kvm_fpu",
        "sched:sched_switch",
        "sched:sched_wakeup",
        "sched:sched_process_exec",
    ];
    RecordingHost {
        perf: PerfProgram {
            program: "perf".into(),
            version: "6.1.192".to_owned(),
            options: options.map(str::to_owned).into(),
        },
        cpus: 2,
        free_memory: Some(8 << 30),
        tracepoints: Tracefs::Listed(tracepoints.map(str::to_owned).into()),
        has_cycles: true,
        has_lbr: false,
        mediated_pmu: None,
        kvm_modules: vec!["kvm".to_owned(), "kvm_intel".to_owned()],
        rights: Rights {
            is_privileged: true,
            paranoid: Some(2),
            kptr_restrict: Some(1),
        },
        is_contained: false,
    }
}

fn request(profile: RecordProfile) -> RecordRequest {
    RecordRequest {
        target: RecordTarget::Host,
        profile,
        frequency: 99,
        chains: ChainKind::Fp,
        has_tracepoint_chains: false,
        asks_for_clock: false,
        left_out: Vec::new(),
        duration: Some(Duration::from_secs(20)),
        max_bytes: 2 << 30,
        command: Vec::new(),
    }
}

fn command(request: &RecordRequest, machine: &RecordingHost) -> String {
    let plan = plan(request, machine).unwrap();
    let words = plan.record_command(request, machine, plan.buffer_bytes, Path::new("o"));
    shell_line(&words)
}

const END: &str = "-m 16M -k mono -z -N --max-size=2G --namespaces -o o -- sleep 20";

/// Call chains for the clock alone, named events, and modifiers in all of them.
#[test]
fn each_profile_is_a_command() {
    let host = host();
    let told = |profile| command(&request(profile), &host);
    assert_eq!(
        told(RecordProfile::Cpu),
        format!("perf record -a -g -F 99 -e cycles:GH {END}")
    );
    assert_eq!(
        told(RecordProfile::Both),
        format!(
            "perf record -a -g -e cycles/freq=99/GH -e \
             kvm:kvm_entry/call-graph=no/H,kvm:kvm_exit/call-graph=no/H,\
             kvm:kvm_pio/call-graph=no/H,kvm:kvm_msr/call-graph=no/H,\
             kvm:kvm_userspace_exit/call-graph=no/H {END}"
        )
    );
    assert_eq!(
        told(RecordProfile::Exits),
        format!(
            "perf record -a -c 1 -e kvm:kvm_entry:H,kvm:kvm_exit:H,kvm:kvm_pio:H,kvm:kvm_msr:H,\
             kvm:kvm_userspace_exit:H {END}"
        )
    );
    assert_eq!(
        told(RecordProfile::Sched),
        format!("perf record -a -c 1 -e sched:sched_switch:H,sched:sched_wakeup:H {END}")
    );
}

/// One VM, call chains with tracepoints, a command of the user's.
#[test]
fn what_is_asked_for_is_told() {
    let host = host();
    let mut one = request(RecordProfile::Exits);
    one.target = RecordTarget::Processes([4711, 12].map(Pid::new).into());
    one.has_tracepoint_chains = true;
    one.left_out = vec!["kvm_msr".to_owned(), "kvm:kvm_pio".to_owned()];
    one.command = ["./it's", "-x"].map(OsString::from).to_vec();
    let told = command(&one, &host);
    assert_eq!(
        told,
        "perf record -p 12,4711 -g -c 1 -e \
         kvm:kvm_entry:H,kvm:kvm_exit:H,kvm:kvm_userspace_exit:H -m 16M -k mono -z -N --max-size=2G \
         --namespaces -o o -- './it'\\''s' -x"
    );
    let count = plan(&one, &host).unwrap().stat_command(&host, "0.2");
    assert_eq!(
        shell_line(&count),
        "perf stat -x ';' -p 12,4711 --per-thread -e \
         kvm:kvm_entry,kvm:kvm_exit,kvm:kvm_userspace_exit -- sleep 0.2"
    );
    one.profile = RecordProfile::Sched;
    let plan = plan(&one, &host).unwrap();
    assert_eq!(plan.target, RecordTarget::Host, "who woke it is elsewhere");
    assert!(plan.remarks[0].contains("all threads of the host"));
}

/// Never a pattern, and never what fires for each instruction that is emulated.
#[test]
fn the_flood_is_never_recorded() {
    for profile in [RecordProfile::Exits, RecordProfile::Both] {
        let told = command(&request(profile), &host());
        assert!(
            !told.contains('*') && !told.contains("emulate_insn"),
            "{told}"
        );
        assert!(!told.contains("kvm_fpu"), "{told}");
    }
}

/// An old perf is told no options that it does not have.
#[test]
fn an_old_perf_is_told_what_it_knows() {
    let mut old = host();
    old.perf.options = BTreeSet::new();
    assert_eq!(
        command(&request(RecordProfile::Cpu), &old),
        "perf record -a -g -F 99 -e cycles:GH -m 16M -k mono -o o -- sleep 20"
    );
}

/// Who is not root is not refused for an option that only root may give.
#[test]
fn namespaces_are_for_root() {
    let mut user = host();
    user.rights.is_privileged = false;
    let told = command(&request(RecordProfile::Cpu), &user);
    assert!(!told.contains("--namespaces"), "{told}");
}

/// The clock is the kernel's where the CPUs' would be none, or would keep VMs from starting.
#[test]
fn the_clock_is_one_that_can_be_had() {
    let clock = |machine: &RecordingHost| plan(&request(RecordProfile::Cpu), machine).unwrap();
    assert_eq!(clock(&host()).clock, Some(Clock::Cycles));
    let mut none = host();
    none.has_cycles = false;
    let planned = clock(&none);
    assert_eq!(planned.clock, Some(Clock::CpuClock));
    assert!(planned.remarks[0].contains("no PMU"), "{planned:?}");
    let mut mediated = host();
    let parameter = "/sys/module/kvm_intel/parameters/enable_mediated_pmu";
    mediated.mediated_pmu = Some(parameter.to_owned());
    let planned = clock(&mediated);
    assert_eq!(planned.clock, Some(Clock::CpuClock));
    assert!(planned.remarks[0].contains(parameter), "{planned:?}");
    let mut lbr = request(RecordProfile::Cpu);
    lbr.chains = ChainKind::Lbr;
    assert_eq!(plan(&lbr, &host()), Err(NotRecorded::NoLbr));
    let mut has_lbr = host();
    has_lbr.has_lbr = true;
    assert!(command(&lbr, &has_lbr).contains(" --call-graph lbr "));
}

/// Without tracepoints a clock is left; alone they are an error that says what to do.
#[test]
fn what_cannot_be_recorded_is_said() {
    let refused = |tracepoints: Tracefs, profile| {
        let mut machine = host();
        machine.tracepoints = tracepoints;
        plan(&request(profile), &machine)
    };
    let unmounted = refused(Tracefs::NotMounted, RecordProfile::Exits).unwrap_err();
    assert!(unmounted.hint().unwrap().contains("mount -t tracefs"));
    let denied = refused(Tracefs::Denied, RecordProfile::Sched).unwrap_err();
    assert!(denied.hint().unwrap().contains("as root"));
    let both = refused(Tracefs::NotMounted, RecordProfile::Both).unwrap();
    assert!(both.tracepoints.is_empty() && both.clock.is_some());
    assert!(both.remarks[0].contains("mount -t tracefs"), "{both:?}");
    let unloaded = refused(Tracefs::Listed(BTreeSet::new()), RecordProfile::Exits);
    let unloaded = unloaded.unwrap_err();
    assert!(unloaded.hint().unwrap().contains("modprobe kvm_intel"));
    let mut machine = host();
    machine.rights.paranoid = None;
    let planned = plan(&request(RecordProfile::Cpu), &machine);
    assert_eq!(planned, Err(NotRecorded::NoPerfEvents));
    machine = host();
    (machine.is_contained, machine.rights.kptr_restrict) = (true, Some(2));
    let remarks = plan(&request(RecordProfile::Cpu), &machine)
        .unwrap()
        .remarks
        .join("\n");
    assert!(remarks.contains("container") && remarks.contains("kptr_restrict"));
}

/// Buffers of many CPUs must not take the memory of the VMs.
#[test]
fn buffers_leave_memory_to_others() {
    let mut large = host();
    (large.cpus, large.free_memory) = (256, Some(16 << 30));
    let buffer = plan(&request(RecordProfile::Cpu), &large)
        .unwrap()
        .buffer_bytes;
    // 256 × 4 MiB is a sixteenth of 16 GiB.
    assert_eq!(perf_size(buffer), "4M");
    assert_eq!(perf_size(1536 << 10), "1536K");
}

fn exits_plan() -> RecordPlan {
    plan(&request(RecordProfile::Both), &host()).unwrap()
}

/// Lines of perf 6.1.192; in a tenth of a second 376 occurrences on CPU 0 are 3760 in one.
#[test]
fn rates_are_those_of_perf_stat() {
    let plan = exits_plan();
    let of_cpus = "CPU0;376;;kvm:kvm_pio;105781187;100.00;;\n\
        CPU1;4;;kvm:kvm_pio;109748675;100.00;;\nCPU0;0;;kvm:kvm_exit;105781187;100.00;;\n\
        CPU0;99;msec;cycles:GH;105781187;100.00;;\n";
    let rates = EventRates::parse(of_cpus, &plan, 0.1);
    assert_eq!(rates.of("kvm:kvm_pio"), Some(3800.0));
    assert_eq!(rates.of("kvm:kvm_msr"), None);
    let cost = rates.cost(&plan, &request(RecordProfile::Exits), 2);
    // 3800 × 0.2 µs and twice 99 × 5 µs.
    assert!((cost.cpus - (0.000_76 + 0.000_99)).abs() < 1e-9, "{cost:?}");
    let worst = cost.worst.unwrap();
    assert_eq!(worst.place, "CPU0");
    assert!((worst.share - (0.000_752 + 0.000_495)).abs() < 1e-9);
    let silence = silent(&rates, &plan, &["kvm".to_owned(), "kvm_pvm".to_owned()]).unwrap();
    assert!(silence.contains("kvm:kvm_pio does 3800 times") && silence.contains("kvm_pvm"));
    let of_threads = "CPU 0;KVM-30061;363;;kvm:kvm_pio;52585924;100.00;;\n\
        qemu-30056;<not counted>;;kvm:kvm_pio;0;100.00;;\n\
        qemu-30056;<not supported>;;cycles:GH;0;100.00;;\n";
    let rates = EventRates::parse(of_threads, &plan, 0.1);
    assert_eq!(rates.of("kvm:kvm_pio"), Some(3630.0));
    assert!(rates.is_clock_refused);
    let cost = rates.cost(&plan, &request(RecordProfile::Exits), 2);
    assert_eq!(cost.worst.unwrap().place, "CPU 0;KVM-30061");
    assert_eq!(silent(&rates, &plan, &[]), None, "kvm_exit was not counted");
}
