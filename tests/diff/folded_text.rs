//! Folded text of other tools as a side.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::Path;
use std::process::Command;

use super::command::{diff, folder, json, text};

/// A file of `testdata/faults`.
pub(crate) fn fault(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/faults");
    folder.join(path).to_str().unwrap().to_owned()
}

fn folded_diff(before: &str, after: &str) -> String {
    let output = diff(
        Path::new(env!("CARGO_TARGET_TMPDIR")),
        &[before, after, "--format", "folded"],
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    text(&output)
}

/// difffolded.pl (`FlameGraph` at commit 1420532) adds up `\d+(?:\.\d*)?` and so keeps fractions, and
/// it knows no comments: a task may be called `#c`.
#[test]
fn fractions_and_names_with_a_hash_are_kept() {
    let pair = |name: &str| ["before", "after"].map(|side| fault(&format!("{name}/{side}.folded")));
    let [before, after] = pair("folded-fractions");
    assert_eq!(folded_diff(&before, &after), "app;a 1.9 1\napp;b 1 1.9\n");
    let [before, after] = pair("folded-hash-line");
    assert_eq!(folded_diff(&before, &after), "#c;x 40 80\na;b 10 10\n");
    let output = diff(
        Path::new("."),
        &[&before, &after, "--normalise", "none", "--json"],
    );
    assert_eq!(json(&output)["total"]["change"], 40.0);
}

/// The same two lines as the tools and editors of the field write them; iconv writes UTF-16.
#[test]
fn folded_text_is_read_in_every_dialect() {
    let folder = folder("dialects");
    let plain = fault("folded-dialects/plain.folded");
    let expected = "a;b 10 10\na;c 20 20\n";
    for dialect in ["plain", "tab", "bom"] {
        let other = fault(&format!("folded-dialects/{dialect}.folded"));
        assert_eq!(folded_diff(&other, &plain), expected, "{dialect}");
    }
    let utf16 = "a;b 10\na;c 20\n".encode_utf16();
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    let dialects: [(&str, &[u8]); 5] = [
        ("crlf", b"a;b 10\r\na;c 20\r\n"),
        ("blanks", b"\n# by hand\na;b \t  10 \na;c   20"),
        ("exponents", b"a;b 1e1\na;c 2.0E+01\n"),
        ("utf16", &[b"\xff\xfe", &utf16[..]].concat()),
        ("utf16-no-mark", &utf16),
    ];
    for (name, bytes) in dialects {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(
            folded_diff(path.to_str().unwrap(), &plain),
            expected,
            "{name}"
        );
    }
    let long = format!("{}leaf 7\na;b 10\n", "frame;".repeat(20_000));
    std::fs::write(folder.join("long"), &long).unwrap();
    let found = folded_diff(folder.join("long").to_str().unwrap(), &plain);
    assert!(found.ends_with(";leaf 7 0\n") && found.starts_with("a;b 10 10\n"));
}

/// Neither taken for a capture nor passed over in silence.
#[test]
fn errors_of_folded_text_speak_of_it() {
    let folder = folder("dialect-errors");
    let wrong: [(&str, &[u8], &str); 9] = [
        ("rubbish", b"a;b 1\nrubbish\n", "line 2 of the folded text"),
        ("prose", b"hello world\n", "nor folded text: line 1"),
        ("nan", b"a nan\n", "line 1 of the folded text"),
        ("negative", b"a 1\n\nb -3\n", "line 3 of the folded text"),
        ("huge", b"a 1e300\n", "line 1 of the folded text"),
        ("sum", b"a 9e18\nb 9e18\n", "line 2 of the folded text"),
        ("diff", b"a;b 1 2\na;c 3 4\n", "two weights"),
        ("utf32", b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        ("bare", b"12\n", "no stack before its weight"),
    ];
    for (name, bytes, part) in wrong {
        std::fs::write(folder.join(name), bytes).unwrap();
        let output = diff(&folder, &[name, "before.folded"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {told}");
        assert!(
            told.contains(part) && told.contains("folded text"),
            "{name}: {told}"
        );
        assert!(
            told.contains(name) && !told.contains("not a perf.data"),
            "{name}: {told}"
        );
    }
    for arguments in [
        ["--comm", "x"],
        ["--pid", "1"],
        ["-e", "cycles"],
        ["--per", "cycles"],
    ] {
        let all = [&["before.folded", "after.folded"], &arguments[..]].concat();
        let output = diff(&folder, &all);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains("folded text"), "{arguments:?}: {told}");
    }
    let converted = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["convert", "before.folded"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&converted.stderr).contains("before.folded: folded text"));
    assert_eq!(converted.status.code(), Some(2));
}
