//! Pictures of exits: their widths, against the sums of `perf kvm stat report`.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::path::Path;

use super::exit_tags::{capture_of, reports};
use crate::common::shared::shared;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{ExitRequest, TimeBasis, recorded_exits};
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::report::exits::{
    ExitAnswer, ExitGraph, ExitGraphRequest, ExitWidth, exit_graph, graph_views,
};
use vmflame::stack::Tag;

fn graph_of(path: &Path, width: ExitWidth, has_guest_leaf: bool) -> ExitGraph {
    let capture = Capture::open(path).unwrap();
    let request = ExitGraphRequest {
        width,
        has_guest_leaf,
        has_kernel_stacks: false,
        slices: None,
    };
    let recorded = recorded_exits(
        &capture,
        &ExitRequest {
            filter: Request {
                threads: 2,
                ..Request::default()
            },
            views: graph_views(request),
            basis: TimeBasis::Wall,
            slowest: 0,
            all_threads: false,
            each: false,
        },
    );
    let recorded = recorded.unwrap();
    let devices = recorded.devices();
    let answer = ExitAnswer {
        recorded: &recorded,
        devices: &devices,
        guests: &vmflame::symbol::GuestKernels::default(),
        source: "",
        slow_stacks: &[],
        kernel_stacks: &[],
    };
    exit_graph(answer, request)
}

fn folded(graph: &ExitGraph) -> Vec<String> {
    let mut text = Vec::new();
    write_folded(&graph.tree(), &graph.frames, Annotate::None, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

/// perf measures from `kvm_exit` to `kvm_entry` on x86, and prints the sum of all.
#[test]
fn widths_add_up_to_perfs_times() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut compared = 0;
    for report in reports(&captures) {
        let text = fs::read_to_string(&report).unwrap();
        let total = text.lines().find(|line| line.starts_with("Total Samples:"));
        let (Some(total), Some(path)) = (total, capture_of(&report)) else {
            continue;
        };
        if path.to_str().unwrap().contains("arm64") {
            continue;
        }
        let (_, micros) = total.rsplit_once(':').unwrap();
        let graph = graph_of(&path, ExitWidth::Time, compared % 2 == 0);
        let all = graph.tree().root().total;
        let width = all as f64 / 1e3;
        let own = format!("{width:.2}us.");
        assert_eq!(own, micros, "{}", path.display());
        let by_tag: u64 = graph.totals.iter().map(|(_, weight)| weight).sum();
        assert_eq!(by_tag, all);
        compared += 1;
    }
    assert!(compared > 20, "{compared} captures were compared");
}

/// What was measured in the case study: the guest reads the ACPI PM timer, and the VMM answers.
#[test]
fn stacks_lead_from_the_vm_to_where_the_time_went() {
    let Some(capture) = shared("captures/vmx/l2linux/l2linux.kvm.data") else {
        return;
    };
    let by_count = graph_of(&capture, ExitWidth::Count, false);
    assert_eq!(by_count.unit, "exits");
    let port = "qemu-system-x86;vCPU 0;IO_INSTRUCTION;port 0x608 read · acpi-tmr (ACPI PM timer) ?";
    let spelled = |line: &str| line.replace("vCPU_0", "vCPU 0");
    let lines: Vec<String> = folded(&by_count).iter().map(|line| spelled(line)).collect();
    let found = lines.iter().filter(|line| line.contains("0x608"));
    let found: Vec<&str> = found.map(String::as_str).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(port), "{found:?}");
    assert!(by_count.has_assumption);
    let pio = by_count.totals.iter().find(|(tag, _)| *tag == Tag::ExitPio);
    assert!(pio.is_some());
    let by_time = graph_of(&capture, ExitWidth::Time, true);
    let leaves: Vec<String> = folded(&by_time);
    let has = |what: &str| leaves.iter().any(|line| line.contains(what));
    assert!(has(";[vmm];guest 0xffffffff"), "{leaves:?}");
    assert!(has("HLT;[halted];guest 0x"), "{leaves:?}");
}
