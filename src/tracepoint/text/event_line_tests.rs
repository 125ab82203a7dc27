//! Heads of lines as other programs print them.

use super::*;

fn told(line: &str) -> (&str, Option<i32>, i32, Option<u32>, LineTime, &str, &str) {
    let TracedLine {
        task,
        pid,
        tid,
        cpu,
        time,
        event,
        values,
    } = TracedLine::parse(line).unwrap_or_else(|| panic!("{line}"));
    (task, pid, tid, cpu, time, event, values)
}

/// Lines of `trace-cmd report` 3.1.6, with `-t` and `-l`, of a clock that counts cycles, and of an
/// instance's buffer.
#[test]
fn lines_of_trace_cmd_are_read() {
    let text = "pio_write at 0x70 size 1 count 1 val 0x0";
    let vcpu = |cpu, time| ("CPU 0/KVM", None, 753, Some(cpu), time, "kvm_pio", text);
    let time = LineTime::Nanos(570_095_594_000);
    let line = format!("       CPU 0/KVM-753   [000]   570.095594: kvm_pio:              {text} ");
    assert_eq!(told(&line), vcpu(0, time));
    let line = format!("       CPU 0/KVM-753   [001] 570.095594123: kvm_pio:     {text}");
    assert_eq!(told(&line), vcpu(1, LineTime::Nanos(570_095_594_123)));
    let line = format!("td_b:        CPU 0/KVM-753   [000]   570.095594: kvm_pio:      {text}");
    assert_eq!(told(&line), vcpu(0, time));
    let line = format!("       CPU 0/KVM-753   [012]32029327986803: kvm_pio:         {text}");
    assert_eq!(told(&line), vcpu(12, LineTime::Plain(32_029_327_986_803)));
    let line = format!("CPU 0/KV-753     0dNs4.   570.095594: kvm_pio:     {text}");
    let cut = ("CPU 0/KV", None, 753, Some(0), time, "kvm_pio", text);
    assert_eq!(told(&line), cut);
    let line = "     kvm-pit/746-754   [000]   570.096126: kvm_set_irq:          gsi 0 level 1";
    assert_eq!(told(line).0, "kvm-pit/746");
    assert_eq!(told(line).2, 754);
}

/// Lines of the kernel's `trace` of Linux 6.18, with and without processes and flags, and of its
/// latency format.
#[test]
fn lines_of_the_kernel_are_read() {
    let text = "pio_read at 0x608 size 4 count 1 val 0x286cb7";
    let time = LineTime::Nanos(14_319_553_357_000);
    let heads = [
        "       CPU 0/KVM-7453    [001] d..1. 14319.553357:",
        "       CPU 0/KVM-7453    [001]  14319.553357:",
        "       CPU 0/KVM-7453    (-------) [001] .....  14319.553357:",
        "       CPU 0/KVM-7453      1d..1. 14319553357us+:",
        "       CPU 0/KVM-7453      1..... 14319553357us :",
    ];
    for head in heads {
        let expected = ("CPU 0/KVM", None, 7453, Some(1), time, "kvm_pio", text);
        assert_eq!(told(&format!("{head} kvm_pio: {text} ")), expected);
    }
    let line = "       CPU 0/KVM-7453    (   7447) [001] ..... 14319.553357: kvm_pio: x";
    assert_eq!(told(line).1, Some(7447));
    let line = "          <idle>-0       [000] d..2.  14319.553357: sched_switch: x";
    assert_eq!(told(line).0, "<idle>");
}

/// Lines of `perf script` 6.1 with its own fields and others.
#[test]
fn lines_of_perf_script_are_read() {
    let text = "vcpu 0, rip 0x106b1";
    let time = LineTime::Nanos(505_678_105_000);
    let line = |pid, cpu, time| ("CPU 0/KVM", pid, 753, cpu, time, "kvm:kvm_entry", text);
    let heads = [
        (
            "       CPU 0/KVM   753 [000]   505.678105:          kvm:kvm_entry:",
            None,
            Some(0),
        ),
        (
            "       CPU 0/KVM   746/753   [002] 505.678105:     kvm:kvm_entry:",
            Some(746),
            Some(2),
        ),
        (
            "       CPU 0/KVM   753 505.678105:     kvm:kvm_entry:",
            None,
            None,
        ),
        (
            "CPU 0/KVM   753 [000]   505.678105:          1     kvm:kvm_entry:   ",
            None,
            Some(0),
        ),
    ];
    for (head, pid, cpu) in heads {
        assert_eq!(told(&format!("{head} {text}")), line(pid, cpu, time));
    }
}

/// Other events of perf's are events too: they are counted as such.
#[test]
fn events_of_other_kinds_are_read() {
    let line = "swapper     0 [000]   820.978232:    1003009    cpu-clock/freq=997/: ";
    assert_eq!(told(line).5, "cpu-clock/freq=997/");
    let line = "swapper     0 [000]   820.978232:    1003009    cycles:ppp:  ffffffffbb0592eb x";
    assert_eq!(told(line).5, "cycles:ppp");
}

/// Prose, headers, frames of call chains and function traces are no events.
#[test]
fn other_lines_are_no_events() {
    for line in [
        "",
        "cpus=2",
        "On Monday at 10:30, somebody wrote:",
        "see 12.345678: nothing",
        "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION",
        "\tffffffff821facd8 __schedule+0x618 ([kernel.kallsyms])",
        "CPU 0/KVM-753   [000]   570.095594: schedule <-do_idle",
        "CPU:1 [LOST 1754 EVENTS]",
        "a;b;c 12",
    ] {
        assert_eq!(TracedLine::parse(line), None, "{line}");
    }
}
