//! Lines as people mail them.

use super::*;
use crate::tracepoint::text::values::Reader;

/// The events of a text, and what its other lines are.
fn read(text: &str) -> (Vec<String>, LineCounts) {
    let reader = Reader::new();
    let count = |event: &str, text: &str| {
        let event = format!("kvm:{}", event.trim_start_matches("kvm:"));
        reader.read(&event, text).map_or(0, |values| values.len())
    };
    let says_more = |longer: Longer<'_>| {
        let Longer {
            event,
            values,
            more,
        } = longer;
        count(event, &format!("{values} {more}")) > count(event, values)
    };
    let mut events = Vec::new();
    let layout = TextLayout::of(text.as_bytes(), |line| {
        let event = format!("kvm:{}", line.event.trim_start_matches("kvm:"));
        reader.count(&event, line.values)
    });
    let counts = LineReader::new(says_more).read(text.as_bytes(), layout, |line| {
        events.push(format!("{} {}", line.event, line.values));
    });
    (events, counts)
}

/// A mail: prose, a quoted text that a mail program has wrapped, and a signature.
#[test]
fn wrapped_and_quoted_lines_are_put_together() {
    let (events, counts) = read(
        "Hello,\r\nthis is what we see:\r\n\
         >        CPU 0/KVM   753 [000]   505.680908:           kvm:kvm_exit: vcpu 0 reason io\r\n\
         > rip 0x10205 info1 0x0000000000200010 info2 0x0000000000010207\r\n\
         > intr_info 0x00000020 error_code 0x00000000\r\n\
         >        CPU 0/KVM   753 [000]   505.680959:\r\n\
         > kvm:kvm_pio: pio_write at 0x20 size 1 count 1 val 0x20\r\n\
         >        CPU 0/KVM   753 [000]   505.681011:          kvm:kvm_entry: vcpu 0, rip 0x10207\r\n\
         Any ideas?\r\n",
    );
    assert_eq!(
        events,
        [
            "kvm:kvm_exit vcpu 0 reason io rip 0x10205 info1 0x0000000000200010 info2 \
             0x0000000000010207 intr_info 0x00000020 error_code 0x00000000",
            "kvm:kvm_pio pio_write at 0x20 size 1 count 1 val 0x20",
            "kvm:kvm_entry vcpu 0, rip 0x10207",
        ]
    );
    assert_eq!((counts.lines, counts.events, counts.continued), (9, 3, 3));
    assert_eq!((counts.unread, counts.unread_lines.len()), (3, 3));
    assert_eq!(counts.unread_lines[2].text, "Any ideas?");
    assert_eq!(counts.unread_lines[2].number, 9);
}

/// Headers, frames and losses are told apart; all lines are counted once.
#[test]
fn other_lines_are_counted_by_what_they_are() {
    let (events, counts) = read(
        "# tracer: nop\n#\n# entries-in-buffer/entries-written: 474/500   #P:2\ncpus=2\n\n\
         CPU:1 [LOST 1754 EVENTS]\nCPU:0 [3 EVENTS DROPPED]\nCPU:0 [EVENTS DROPPED]\n\
         perf  7596 [000] 14325.304111:     sched:sched_wakeup: comm=x pid=18 prio=0\n\
         \tffffffff813aa3e5 ttwu_do_activate+0x175 ([kernel.kallsyms])\n\
         \t           ee137 [unknown] (/usr/bin/perf)\n\t               0 [unknown] ([unknown])\n\
         what is this\n\ta 123 (of nothing)\n",
    );
    assert_eq!(events.len(), 1);
    let LineCounts {
        lines,
        passed,
        losses,
        unread,
        ..
    } = counts;
    assert_eq!((lines, passed, losses, unread), (14, 7, 4, 2));
    assert_eq!(counts.lost_events, 26 + 1754 + 3);
    assert_eq!(counts.uncounted_gaps, 1);
}

/// What a text ends with in the middle of is not taken for a number, nor what dots follow.
#[test]
fn cut_ends_are_left_out() {
    let line = "x-1 [000] 1.000001: kvm_pio: pio_read at 0x608 size 4 count 1 val 0x28";
    let expected = ["kvm_pio pio_read at 0x608 size 4 count 1 val"];
    assert_eq!(read(line).0, expected);
    assert_eq!(read(&format!("{line}...\n")).0, expected);
    assert_eq!(
        read(&format!("{line}\n")).0,
        [format!("{} 0x28", expected[0])]
    );
}
