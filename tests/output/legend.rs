//! The entries of the legend.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::svg_trees::{Sample, draw, picture};
use vmflame::stack::Tag;

/// Would break if the idle CPUs of a whole machine made it a host of VMs, whose kinds of code are
/// hidden at first.
#[test]
fn without_vms_the_legend_begins_with_the_kinds_of_code() {
    let samples: [Sample<'_>; 2] = [
        ("cargo;!do_syscall_64", Tag::Host, 60),
        ("swapper;!halt", Tag::Idle, 40),
    ];
    let svg = draw(&samples, &picture(&samples));
    let keys: Vec<&str> = svg
        .match_indices("data-key=\"")
        .map(|(at, found)| svg[at + found.len()..].split('"').next().unwrap())
        .collect();
    assert_eq!(keys, ["kind:kernel", "idle"]);
    assert!(!svg.contains("<g class=\"opener"));
}
