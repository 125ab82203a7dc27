//! `info mtree`, against `info mtree -f` of the same machine as awk reads it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::shared::{shared, skipped};
use vmflame::qemu::{Bus, MapGaps, MemoryMap, NoMap};

/// What a flat view has at a range.
#[derive(Debug)]
struct Expected {
    bus: Bus,
    first: u64,
    last: u64,
    offset: u64,
    name: String,
}

/// The flat views of a text as awk reads them; `None` without awk.
fn flat_views(text: &str) -> Option<Vec<Expected>> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qemu/flat_view.awk");
    let started = Command::new("awk")
        .args(["-f", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut awk) = started else {
        skipped("no awk");
        return None;
    };
    let mut input = awk.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = awk.wait_with_output().unwrap();
    writer.join().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let ranges: Vec<Expected> = output.lines().map(expected).collect();
    assert!(!ranges.is_empty(), "no flat view");
    Some(ranges)
}

fn expected(line: &str) -> Expected {
    let mut words = line.splitn(5, ' ');
    let mut word = || words.next().unwrap();
    let bus = match word() {
        "port" => Bus::Port,
        _ => Bus::Gpa,
    };
    let mut number = || u64::from_str_radix(word(), 16).unwrap();
    Expected {
        bus,
        first: number(),
        last: number(),
        offset: number(),
        name: word().to_owned(),
    }
}

/// Both ends of each range and their neighbours: a map that equals there equals everywhere, as
/// neither changes in between, unless the map does: its own ends are among them.
fn addresses(ranges: &[Expected], bus: Bus) -> BTreeSet<u64> {
    let ranges = ranges.iter().filter(|range| range.bus == bus);
    let near = |address: u64| [address.wrapping_sub(1), address, address.wrapping_add(1)];
    ranges
        .flat_map(|range| [near(range.first), near(range.last)].concat())
        .collect()
}

/// What a map says otherwise than the flat views, one line each.
fn differences(map: &MemoryMap, ranges: &[Expected]) -> Vec<String> {
    let mut found = Vec::new();
    for bus in [Bus::Port, Bus::Gpa] {
        let mut addresses = addresses(ranges, bus);
        if bus == Bus::Port {
            addresses.extend(0..0x1_0000);
        }
        for address in addresses {
            let holds = |r: &&Expected| r.bus == bus && (r.first..=r.last).contains(&address);
            let wanted = ranges.iter().find(holds);
            let wanted = wanted.map(|r| (r.name.as_str(), r.offset + (address - r.first)));
            let got = map.region(bus, address).map(|at| (at.name, at.offset));
            if got != wanted {
                found.push(format!("{bus:?} {address:#x}: {got:?}, not {wanted:?}"));
            }
        }
    }
    found
}

fn map_of(text: &str) -> MemoryMap {
    MemoryMap::parse(text).expect("it has address spaces")
}

/// The answer to one of the commands of a text, which stand behind a sharp each.
fn answer<'a>(text: &'a str, command: &str) -> &'a str {
    let start = text.find(command).expect(command) + command.len();
    let rest = &text[start..];
    rest.find("\n##").map_or(rest, |end| &rest[..end])
}

/// A text of the repository that a QEMU of this machine printed.
fn told(machine: &str, what: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/qemu");
    fs::read_to_string(folder.join(format!("{machine}.{what}.txt"))).unwrap()
}

/// A tree gives the flat view that QEMU made of it.
#[test]
fn trees_give_qemus_flat_views() {
    for machine in ["pc", "q35"] {
        let (tree, flat) = (told(machine, "mtree"), told(machine, "mtree-f"));
        let Some(ranges) = flat_views(&flat) else {
            return;
        };
        for text in [&tree, &flat, &format!("{tree}\n{flat}")] {
            let map = map_of(text);
            assert_eq!(differences(&map, &ranges), [""; 0], "{machine}");
            assert_eq!(map.gaps(), MapGaps::default(), "{machine}");
        }
    }
}

/// The styles of older QEMUs: other attributes, and bare words as headings.
#[test]
fn older_styles_say_the_same() {
    for machine in ["pc", "q35"] {
        let tree = told(machine, "mtree").replace('\r', "");
        let Some(ranges) = flat_views(&told(machine, "mtree-f")) else {
            return;
        };
        let attributes = tree.replace(", i/o)", ", RW)").replace(", rom)", ", R-)");
        let older = differences(&map_of(&attributes), &ranges);
        assert_eq!(older, [""; 0], "{machine}, RW");
        // Up to 1.3: `memory`, `I/O`, `aliases` and names on lines of their own, no indentation.
        let lines = attributes.lines().filter(|line| !line.is_empty());
        let bare = lines.map(|line| {
            let named = line.strip_prefix("address-space: ");
            let named = named.or_else(|| line.strip_prefix("memory-region: "));
            named.unwrap_or_else(|| line.strip_prefix("  ").unwrap())
        });
        let bare: Vec<&str> = bare.collect();
        let oldest = differences(&map_of(&bare.join("\n")), &ranges);
        assert_eq!(oldest, [""; 0], "{machine}, bare");
    }
}

/// What a text does not decide has no name.
#[test]
fn what_is_open_is_not_guessed() {
    let map = map_of(
        "address-space: I/O\n  0-ffff (prio 0, i/o): io\n    10-1f (prio 0, i/o): a\n    18-27 \
         (prio 0, i/o): b\n    30-3f (prio 0, i/o): alias c @nowhere 0-f\n    (prio x\n",
    );
    let name = |port| map.region(Bus::Port, port).map(|at| at.name);
    let names = [0x0, 0x10, 0x17, 0x18, 0x1f, 0x20, 0x27, 0x28, 0x30].map(name);
    let (a, b) = (Some("a"), Some("b"));
    assert_eq!(names, [None, a, a, None, None, b, b, None, None]);
    let gaps = MapGaps {
        unread_lines: 1,
        open_aliases: 1,
        contested_ranges: 2,
    };
    assert_eq!(map.gaps(), gaps);
    assert!(map.shows(Bus::Port) && !map.shows(Bus::Gpa));
}

/// An address that two machines' texts in one file do not agree on has no name.
#[test]
fn texts_of_two_machines_leave_open_where_they_differ() {
    let map = map_of(&(told("pc", "mtree-f") + &told("q35", "mtree-f")));
    let name = |port| map.region(Bus::Port, port).map(|at| at.name);
    assert_eq!(name(0x608), Some("acpi-tmr"));
    assert_eq!(
        name(0xcf9),
        None,
        "each has a reset control of its own name"
    );
}

/// No tree costs more than a moment, and none ends the program.
#[test]
fn intricate_texts_are_refused() {
    // Each region shows the next twice: 2^40 ranges.
    let mut text = "address-space: memory\n  0-ffffffffffffffff (prio 0, i/o): system\n    \
                    0-ffffffffffff (prio 0, i/o): alias x @r0 0-ffffffffffff\n"
        .to_owned();
    for at in 0..40_u32 {
        let next = at + 1;
        text += &format!(
            "memory-region: r{at}\n  0-ffffffffffff (prio 0, i/o): r{at}\n    0-{half:x} (prio 0, \
             i/o): alias a @r{next} 0-{half:x}\n    {next_half:x}-ffffffffffff (prio 0, i/o): \
             alias b @r{next} 0-{half:x}\n",
            half = u64::MAX >> (17 + at),
            next_half = (u64::MAX >> (17 + at)) + 1,
        );
    }
    assert!(matches!(
        MemoryMap::parse(&text),
        Ok(_) | Err(NoMap::TooIntricate)
    ));
    // A region that shows itself.
    let map = map_of(
        "address-space: memory\n  0-f (prio 0, i/o): system\n    0-f (prio 0, i/o): alias x @r \
         0-f\nmemory-region: r\n  0-f (prio 0, i/o): r\n    0-f (prio 0, i/o): alias y @r 0-f\n",
    );
    assert_eq!(map.region(Bus::Gpa, 0), None);
    let no_map = MemoryMap::parse("unknown command: 'info mtree'\r\n").map(|_| ());
    assert_eq!(no_map, Err(NoMap::NoAddressSpace));
}

/// Cut and changed texts are read or refused, and what is read keeps its order.
#[test]
fn damaged_texts_are_read_as_far_as_they_go() {
    let text = told("pc", "mtree") + &told("pc", "mtree-f");
    let bytes = text.as_bytes();
    let mut state = 1_u64;
    for round in 0..200 {
        let mut damaged = bytes.to_vec();
        for _ in 0..=round % 7 {
            // Knuth's multiplier: places and bytes spread over the text.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = usize::try_from(state >> 33).unwrap() % damaged.len();
            damaged[at] = state.to_le_bytes()[2];
        }
        damaged.truncate(bytes.len() - (round * 37) % bytes.len());
        let Ok(map) = MemoryMap::parse(&String::from_utf8_lossy(&damaged)) else {
            continue;
        };
        for port in 0..=0xfff_u64 {
            if let Some(at) = map.region(Bus::Port, port) {
                assert!(!at.name.is_empty(), "{round}: {port:#x}");
            }
        }
    }
}

/// Trees of captures that are no part of the repository.
#[test]
fn trees_of_captures_give_qemus_flat_views() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut pairs = 0;
    for path in [
        "svm/bad-fp/bad-fp",
        "svm/badst-fp/badst-fp",
        "svm/goodst-fp/goodst-fp",
        "svm/linux-fp/linux-fp",
        "arm64/linuxarm/linuxarm",
    ] {
        let read = |end: &str| fs::read_to_string(captures.join(format!("{path}.{end}")));
        let (tree, flat) = (read("mtree.txt").unwrap(), read("mtree-f.txt").unwrap());
        let Some(ranges) = flat_views(&flat) else {
            return;
        };
        assert_eq!(
            differences(&map_of(&flat), &ranges),
            [""; 0],
            "{path}, flat"
        );
        assert_eq!(
            differences(&map_of(&tree), &ranges),
            [""; 0],
            "{path}, tree"
        );
        pairs += 1;
    }
    assert_eq!(pairs, 5);
}

/// Both machines of x86, with owners, with a monitor's noise, and in the styles of older QEMUs.
#[test]
fn all_styles_give_qemus_flat_views() {
    let Some(domain) = shared("domain") else {
        return;
    };
    for machine in ["pc", "q35"] {
        let read = |end: &str| fs::read_to_string(domain.join(format!("mtree-{machine}.{end}")));
        let text = read("txt").unwrap();
        let Some(ranges) = flat_views(answer(&text, "##### info mtree -f\n")) else {
            return;
        };
        let tree = map_of(answer(&text, "##### info mtree\n"));
        assert_eq!(differences(&tree, &ranges), [""; 0], "{machine}, tree");
        assert_eq!(
            differences(&map_of(&text), &ranges),
            [""; 0],
            "{machine}, all"
        );
        let noisy = map_of(&read("raw.txt").unwrap());
        assert_eq!(differences(&noisy, &ranges), [""; 0], "{machine}, noise");
    }
}
