//! Shells and `man` are told what `--help` tells.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "tells why a test did nothing")]

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

fn output(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    let done = command.args(arguments).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// The words of a text that are long options.
fn options(text: &str) -> BTreeSet<String> {
    let plain = text.replace("\\-", "-");
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = plain.split(|c| !is_part(c));
    let options = words.filter(|word| word.starts_with("--") && word.len() > 3);
    options.map(str::to_owned).collect()
}

/// The verbs that the help lists.
fn verbs() -> Vec<String> {
    let help = output(&["--help"]);
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let list = list.take_while(|line| !line.is_empty());
    let names = list.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.map(str::to_owned).collect()
}

/// What a verb's help declares as its options: examples below may name others.
#[test]
fn pages_and_completions_tell_all_options() {
    let verbs = verbs();
    assert!(verbs.len() > 8, "{verbs:?}");
    let completions = options(&output(&["completions", "bash"]));
    for verb in verbs {
        let help = output(&[&verb, "--help"]);
        // Options stand at the left; an alias that begins a line of its text is none.
        let is_option = |line: &&str| {
            let text = line.trim_start();
            text.starts_with('-') && line.len() - text.len() <= 6
        };
        let declared = help.lines().filter(is_option);
        let declared: String = declared
            .flat_map(|line| [line.trim_start(), "\n"])
            .collect();
        let first = declared.lines().filter_map(|line| line.split("  ").next());
        let declared = options(&first.collect::<Vec<_>>().join(" "));
        let page = options(&output(&["man", &verb]));
        assert!(declared.is_subset(&page), "{verb}: {declared:?}");
        assert!(declared.is_subset(&completions), "{verb}: {declared:?}");
    }
}

/// bash itself takes the text for a program.
#[test]
fn completions_are_programs_of_the_shell() {
    let child = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no bash");
        return;
    };
    let text = output(&["completions", "bash"]);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
}
