//! Numbers look the same wherever they are shown.

use super::{Run, case, folder, run};

/// The number before some words, as it is written.
fn before<'t>(text: &'t str, words: &str) -> &'t str {
    let (front, _) = text
        .split_once(words)
        .unwrap_or_else(|| panic!("no {words}: {text}"));
    let is_digit = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    &front[front.trim_end_matches(is_digit).len()..]
}

/// A capture of this program's making, larger than those of the repository.
fn made(size: &str) -> String {
    let path = folder(&format!("made-{size}")).join("made.data");
    let path = path.to_str().unwrap().to_owned();
    let spec = format!("size={size},stacks=50");
    let made = run(&["bench", "--generate", &spec, &path]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    path
}

fn folded_sum(run: &Run) -> u64 {
    let weights = run.out.lines().filter_map(|line| line.rsplit_once(' '));
    weights
        .map(|(_, weight)| weight.parse::<u64>().unwrap())
        .sum()
}

/// Spaces in the title, commas in tooltips and nothing in the account were three ways.
#[test]
fn a_count_is_written_in_one_way_everywhere() {
    let path = made("4M");
    let folded = run(&["convert", &path, "--format=folded"]);
    // Plain digits, for other programs.
    let samples = folded_sum(&folded);
    assert!((10_000..100_000).contains(&samples), "{samples}");
    let shown = format!("{},{:03}", samples / 1000, samples % 1000);
    assert_eq!(before(&folded.err, " samples read"), shown);
    assert_eq!(before(&folded.err, " folded"), shown);
    let svg = run(&["convert", &path]).out;
    assert!(svg.contains(&format!("data-full=\"{shown} samples · ")));
    assert!(svg.contains(&format!("<title>all ({shown} samples, 100.00\u{a0}%)")));
    let info = run(&["info", &path]).out;
    let rows = info
        .lines()
        .filter(|line| line.contains(&format!(" {shown}")));
    assert_eq!(rows.count(), 2, "{info}");
    let diff = run(&["diff", &path, &path]).out;
    assert_eq!(diff.matches(&shown).count(), 2, "{diff}");
    let empty = run(&["convert", &path, "-p", "1"]);
    assert!(
        empty.err.contains(&format!("none of the {shown} samples")),
        "{}",
        empty.err
    );
    let json = run(&["info", "--json", &path]).out;
    assert!(json.contains(&format!("\"samples\": {samples}")), "{json}");
}

/// Four digits are read at a glance.
#[test]
fn four_digits_have_no_comma() {
    let svg = run(&["convert", &case("svm-bad")]);
    assert!(
        svg.err.contains("3661 samples read, 3661 folded"),
        "{}",
        svg.err
    );
    assert!(svg.out.contains("data-full=\"3661 samples · "));
    assert!(svg.out.contains("<title>all (3661 samples, "));
}

/// A microsecond of `svm-bad` holds one sample.
#[test]
fn one_sample_is_one_sample() {
    let part = ["--time", "32.954804,32.954805"];
    let one = run(&[&["convert", &case("svm-bad")][..], &part].concat());
    assert_eq!(one.code, Some(0), "{}", one.err);
    assert!(one.out.contains("data-full=\"1 sample · "));
    assert!(one.out.contains("<title>all (1 sample, 100.00\u{a0}%"));
    assert!(!one.out.contains("1 samples"));
    let none = run(&[
        &["convert", &case("svm-bad"), "--no-idle", "--kernel-only"][..],
        &part,
    ]
    .concat());
    if none.code == Some(1) {
        assert!(!none.err.contains(" 1 samples"), "{}", none.err);
    }
}

/// `cpu-clock` counts nanoseconds: 3661 samples at 997 Hz are 3.67 s. Other events count
/// themselves.
#[test]
fn periods_of_clocks_are_seconds() {
    let capture = case("svm-bad");
    let period = ["convert", &capture, "--weight=period"];
    let nanos = folded_sum(&run(&[&period[..], &["--format=folded"]].concat()));
    assert!(nanos > 3_600_000_000 && nanos < 3_700_000_000, "{nanos}");
    let micros = nanos / 1000;
    let shown = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let svg = run(&period).out;
    let total = before(&svg, " s · 1.9 s");
    assert_eq!(total, shown.trim_end_matches('0'));
    assert!(svg.contains(&format!("<title>all ({total} s, 100.00\u{a0}%)")));
    let table = run(&[
        "diff",
        &capture,
        &capture,
        "--weight=period",
        "--normalise=none",
    ])
    .out;
    let row = table
        .lines()
        .find(|line| line.starts_with("  total"))
        .unwrap();
    assert!(row.contains("3.7 s"), "{row}");
    let exits = ["-e", "kvm:kvm_exit", "--weight=period"];
    let svg = run(&[&["convert", &case("vmx-bad-tracepoints")][..], &exits].concat()).out;
    assert!(svg.contains("<title>all (495 kvm:kvm_exit, "));
}
