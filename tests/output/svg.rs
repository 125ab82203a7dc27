//! The SVG as readers see it: parsed again, compared with sums made by hand.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "few kinds of events matter here"
)]

use std::collections::BTreeMap;

use super::svg_trees::{self, Sample, draw, picture};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use vmflame::output::{Annotate, Colors, DrawnPart, Growth, Picture, write_folded, write_svg};
use vmflame::stack::Tag;

/// One box of the picture.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shape {
    title: String,
    attributes: BTreeMap<String, String>,
}

impl Shape {
    fn number(&self, name: &str) -> u64 {
        self.attributes[name].parse().unwrap()
    }

    fn name(&self) -> &str {
        &self.title[..self.title.rfind(" (").unwrap()]
    }

    fn span(&self) -> (u64, u64) {
        let first = self.number("fg:x");
        (first, first + self.number("fg:w"))
    }
}

/// All boxes, checking on the way that the document is well formed.
fn shapes(svg: &str) -> Vec<Shape> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut shapes, mut shape) = (Vec::new(), Shape::default());
    let (mut inside, mut in_title, mut depth) = (false, false, 0);
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(e) | Event::Empty(e) => {
                let is_start = matches!(event, Event::Start(_));
                let attributes: BTreeMap<String, String> = e
                    .attributes()
                    .map(|a| {
                        let a = a.unwrap();
                        let key = String::from_utf8(a.key.as_ref().to_vec()).unwrap();
                        let value = String::from_utf8(a.value.to_vec()).unwrap();
                        (
                            key,
                            quick_xml::escape::unescape(&value).unwrap().into_owned(),
                        )
                    })
                    .collect();
                match e.name().as_ref() {
                    b"svg" => inside = attributes.contains_key("total_samples"),
                    b"title" => in_title = inside,
                    b"g" if inside => shape.attributes.extend(attributes),
                    b"rect" if inside => shape.attributes.extend(attributes),
                    _ => {}
                }
                depth += usize::from(is_start);
            }
            Event::Text(text) if in_title => {
                shape.title += std::str::from_utf8(text).unwrap();
            }
            Event::GeneralRef(entity) if in_title => {
                let entity = format!("&{};", std::str::from_utf8(entity).unwrap());
                shape.title += &quick_xml::escape::unescape(&entity).unwrap();
            }
            Event::End(e) => {
                depth -= 1;
                match e.name().as_ref() {
                    b"title" => in_title = false,
                    b"g" if inside => shapes.push(std::mem::take(&mut shape)),
                    b"svg" => inside = false,
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "unclosed elements");
    shapes
}

fn named<'a>(shapes: &'a [Shape], name: &str) -> Vec<&'a Shape> {
    let mut found: Vec<_> = shapes.iter().filter(|s| s.name() == name).collect();
    found.sort_by_key(|s| s.span());
    found
}

const KVM: [Sample<'static>; 6] = [
    ("qemu;vcpu_run;!handle_pio;outb", Tag::ExitPio, 30),
    ("qemu;vcpu_run;!handle_pio", Tag::ExitPio, 5),
    ("qemu;vcpu_run;!handle_pio", Tag::Entry, 7),
    ("qemu;vcpu_run;!vmx_vcpu_run", Tag::Guest, 40),
    ("qemu;main_loop", Tag::Host, 8),
    ("swapper;!halt", Tag::Idle, 10),
];

#[test]
fn widths_and_places_are_the_sums_made_by_hand() {
    let shapes = shapes(&draw(&KVM, &picture(&KVM)));
    let spans = |name| -> Vec<_> { named(&shapes, name).iter().map(|s| s.span()).collect() };
    assert_eq!(spans("all"), [(0, 100)]);
    assert_eq!(spans("qemu"), [(0, 90)]);
    assert_eq!(spans("main_loop"), [(0, 8)]);
    assert_eq!(spans("vcpu_run"), [(8, 90)]);
    // One name with two tags is two boxes; own weight lies left of the callees.
    assert_eq!(spans("handle_pio"), [(8, 43), (43, 50)]);
    assert_eq!(spans("outb"), [(13, 43)]);
    assert_eq!(spans("vmx_vcpu_run"), [(50, 90)]);
    assert_eq!(spans("swapper"), [(90, 100)]);
    assert_eq!(shapes.len(), 10);
}

#[test]
fn tooltips_say_function_count_share_tag_and_dso() {
    let shapes = shapes(&draw(&KVM, &picture(&KVM)));
    let pio = named(&shapes, "handle_pio");
    assert_eq!(
        pio[0].title,
        "handle_pio (35 samples, 35.00\u{a0}% of all, 42.68\u{a0}% of its caller, \
         VM exit: port I/O, [kvm], drawn once for each thing that its callees do)"
    );
    assert_eq!(pio[0].attributes["data-tag"], "exit:pio");
    assert_eq!(pio[1].attributes["data-tag"], "entry");
    assert_eq!(
        named(&shapes, "all")[0].title,
        "all (100 samples, 100.00\u{a0}%)"
    );
    // A frame above both tags and host work carries the mark of host work, and no colour of a tag.
    assert_eq!(named(&shapes, "qemu")[0].attributes["data-tag"], "host");
    assert!(
        !named(&shapes, "vcpu_run")[0]
            .attributes
            .contains_key("data-tag")
    );
}

#[test]
fn every_row_lies_within_the_row_below_and_the_first_adds_up() {
    let shapes = shapes(&draw(&KVM, &picture(&KVM)));
    let mut rows: BTreeMap<u64, Vec<&Shape>> = BTreeMap::new();
    for shape in &shapes {
        rows.entry(shape.number("y")).or_default().push(shape);
    }
    let rows: Vec<_> = rows.into_values().rev().collect();
    let first: u64 = rows[1].iter().map(|s| s.number("fg:w")).sum();
    assert_eq!(first, 100);
    for pair in rows.windows(2) {
        for shape in &pair[1] {
            let (start, end) = shape.span();
            let parents = pair[0]
                .iter()
                .filter(|p| p.span().0 <= start && end <= p.span().1);
            assert_eq!(parents.count(), 1, "{shape:?}");
        }
    }
}

const HOSTILE: [&str; 9] = [
    "</title><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "\u{0}\u{1b}[31m\u{7}",
    "\u{fffe}\u{ffff}\u{85}\u{2028}",
    "\" onload=\"alert(1)",
    "&amp;&#0;&bogus;",
    "a;b\nc\r\n 5 10",
    "\u{202e}gpj.exe",
    "_",
];

#[test]
fn hostile_names_are_text() {
    for name in HOSTILE {
        let mut shown = picture(&KVM);
        shown.title = name.to_owned();
        shown.subtitle = name.repeat(20);
        shown.unit = name.to_owned();
        let (tree, table) = svg_trees::tree_of_names(&[&[name, "x", name], &["y"]]);
        let mut out = Vec::new();
        write_svg(&tree, &table, &shown, &mut out).unwrap();
        let svg = String::from_utf8(out).unwrap();
        assert!(!svg.contains("<script>"), "{name:?}");
        assert_eq!(svg.matches("<script ").count(), 1, "{name:?}");
        let allowed = |c: char| {
            c == '\n' || !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{202e}')
        };
        assert!(svg.chars().all(allowed), "{name:?}");
        assert_eq!(shapes(&svg).len(), 5, "{name:?}");
    }
}

#[test]
fn a_name_of_a_megabyte_is_cut() {
    let long = "std::".repeat(200_000);
    let (tree, table) = svg_trees::tree_of_names(&[&[&long]]);
    let mut out = Vec::new();
    write_svg(&tree, &table, &picture(&KVM), &mut out).unwrap();
    assert!(out.len() < 60_000, "{}", out.len());
    shapes(std::str::from_utf8(&out).unwrap());
}

#[test]
fn the_order_of_stacks_does_not_change_a_byte() {
    let mut turned = KVM;
    turned.reverse();
    assert_eq!(draw(&KVM, &picture(&KVM)), draw(&turned, &picture(&KVM)));
}

#[test]
fn the_legend_has_every_tag_with_its_share() {
    let svg = draw(&KVM, &picture(&KVM));
    let keys: Vec<&str> = svg
        .match_indices("data-key=\"")
        .map(|(at, found)| svg[at + found.len()..].split('"').next().unwrap())
        .collect();
    // The largest first; all exits and the host open to what they consist of.
    let expected = [
        "guest",
        "exit:",
        "exit:pio",
        "idle",
        "host",
        "kind:kernel",
        "entry",
    ];
    assert_eq!(keys, expected);
    assert!(svg.contains(">VM exits <tspan>35\u{a0}%</tspan>"));
    assert!(svg.contains("data-status=\"VM exit: port I/O: 35 samples, 35.00\u{a0}%\""));
}

#[test]
fn a_profile_without_tags_has_kinds_of_code_and_an_empty_one_is_a_picture() {
    let mut plain = picture(&KVM);
    plain.totals.clear();
    plain.colors = Colors::Object;
    let svg = draw(&KVM, &plain);
    assert!(svg.contains(">kernel <tspan>100\u{a0}%</tspan>"));
    plain.colors = Colors::Name;
    assert!(!draw(&KVM, &plain).contains("class=\"legend\""));
    let empty = draw(&[], &plain);
    assert!(shapes(&empty).is_empty() && empty.contains("no samples"));
}

#[test]
fn boxes_below_the_least_width_keep_their_place_and_weight() {
    let samples = [
        ("a;b;c", Tag::Host, 1000),
        ("a;d", Tag::Host, 1),
        ("a;e", Tag::Host, 999),
        ("z", Tag::Host, 1),
        ("zz", Tag::Host, 1999),
    ];
    let mut shown = picture(&samples);
    shown.extent.min_width = Some(2.0);
    let shapes = shapes(&draw(&samples, &shown));
    assert!(named(&shapes, "d").is_empty() && named(&shapes, "z").is_empty());
    assert_eq!(named(&shapes, "a")[0].span(), (0, 2000));
    assert_eq!(named(&shapes, "e")[0].span(), (1001, 2000));
    assert_eq!(named(&shapes, "zz")[0].span(), (2001, 4000));
    assert_eq!(named(&shapes, "all")[0].span(), (0, 4000));
}

#[test]
fn a_file_of_very_many_different_stacks_stays_below_three_megabytes() {
    let paths: Vec<String> = (0_u64..60_000)
        .map(|i| {
            let spread = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let name = |level: u64| format!("a_function_of_some_length_{}", spread >> (60 - level));
            (0..12).map(name).collect::<Vec<_>>().join(";")
        })
        .collect();
    let samples: Vec<Sample<'_>> = paths.iter().map(|p| (&**p, Tag::Host, 100)).collect();
    let svg = draw(&samples, &picture(&samples));
    assert!((1_000_000..3_000_000).contains(&svg.len()), "{}", svg.len());
}

/// One stack that is far deeper than all others, and has less than a two hundredth of the weight,
/// would make the picture twice as high.
#[test]
fn the_top_of_a_spire_is_cut_with_a_mark_and_no_other() {
    let deep: Vec<String> = (0..140).map(|level| format!("f{level}")).collect();
    let deep = deep.join(";");
    let rows = |svg: &str| {
        let shapes = shapes(svg);
        let rows: std::collections::BTreeSet<u64> = shapes.iter().map(|s| s.number("y")).collect();
        rows.len()
    };
    let spire: [Sample<'_>; 2] = [(&deep, Tag::Host, 3), ("g;h", Tag::Host, 9997)];
    let svg = draw(&spire, &picture(&spire));
    assert!(rows(&svg) < 45, "{}", rows(&svg));
    assert_eq!(svg.matches(" cut\"").count(), 1);
    let mut all = picture(&spire);
    all.extent.max_depth = Some(1000);
    assert_eq!(rows(&draw(&spire, &all)), 141);
    all.extent.max_depth = Some(2);
    let svg = draw(&spire, &all);
    assert_eq!((rows(&svg), svg.matches(" cut\"").count()), (3, 1));
    // As deep, and heavy: nothing is cut.
    let heavy: [Sample<'_>; 2] = [(&deep, Tag::Host, 300), ("g;h", Tag::Host, 9700)];
    let svg = draw(&heavy, &picture(&heavy));
    assert_eq!((rows(&svg), svg.matches(" cut\"").count()), (141, 0));
}

#[test]
fn an_icicle_is_the_flame_graph_upside_down() {
    let up = shapes(&draw(&KVM, &picture(&KVM)));
    let mut shown = picture(&KVM);
    shown.extent.direction = Growth::Down;
    let down = shapes(&draw(&KVM, &shown));
    let highest = up.iter().map(|shape| shape.number("y")).max().unwrap();
    assert_eq!(up.len(), down.len());
    for (up, down) in up.iter().zip(&down) {
        assert_eq!((up.name(), up.span()), (down.name(), down.span()));
        assert_eq!(up.number("y") + down.number("y"), highest, "{up:?}");
    }
    assert_eq!(named(&down, "all")[0].number("y"), 0);
}

#[test]
fn folded_text_has_every_weight_once() {
    let (tree, table) = svg_trees::tree_of(&KVM);
    let mut out = Vec::new();
    write_folded(&tree, &table, Annotate::None, &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "qemu;main_loop 8\nqemu;vcpu_run;handle_pio 12\nqemu;vcpu_run;handle_pio;outb 30\n\
         qemu;vcpu_run;vmx_vcpu_run 40\nswapper;halt 10\n"
    );
}

#[test]
fn weights_too_large_for_a_browser_are_an_error() {
    let samples = [("a", Tag::Host, 1 << 60)];
    let (tree, table) = svg_trees::tree_of(&samples);
    let shown: Picture = picture(&samples);
    assert!(write_svg(&tree, &table, &shown, &mut Vec::new()).is_err());
}

/// Takes so many bytes and no more.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = self.0.min(bytes.len());
        self.0 -= taken;
        if taken == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The picture is drawn by one thread and written by another: neither may wait for the other for
/// ever, and the error is that of the disk.
#[test]
fn a_full_disk_ends_the_drawing() {
    let names: Vec<String> = (0..3000).map(|at| format!("root;f{at}")).collect();
    let samples: Vec<Sample<'_>> = names.iter().map(|name| (&**name, Tag::Host, 1)).collect();
    let (tree, table) = svg_trees::tree_of(&samples);
    let picture = Picture {
        extent: DrawnPart {
            min_width: Some(0.0),
            ..DrawnPart::default()
        },
        ..picture(&samples)
    };
    let whole = draw(&samples, &picture).len();
    assert!(whole > 1 << 18, "all of it fits into a pipe: {whole}");
    for bytes in [0, 1, 1000, whole / 2, whole - 1] {
        let error = write_svg(&tree, &table, &picture, &mut Full(bytes)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{bytes}");
    }
}
