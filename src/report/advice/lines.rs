//! Lines of advice: a label and its text, wrapped behind it.

use std::fmt::Write as _;

use crate::kvm::advice::Remedy;
use crate::text::wrapped;

/// Columns of the text.
const WIDTH: usize = 100;

/// Columns of the labels before it.
const LABEL: usize = 11;

/// A label and its text, wrapped behind it. What has a word that is longer than a line is a command:
/// it stays whole.
pub(super) fn line(out: &mut String, label: &str, text: &str) {
    if text.split(' ').any(|word| word.len() > WIDTH - LABEL - 2) {
        return exact_line(out, label, text);
    }
    for (number, part) in wrapped(text, WIDTH - LABEL - 2).iter().enumerate() {
        exact_line(out, if number == 0 { label } else { "" }, part);
    }
}

/// A label and its text in one line, however long: for what is copied to a shell.
pub(super) fn exact_line(out: &mut String, label: &str, text: &str) {
    // Writing to a String never fails.
    let _ = writeln!(out, "  {label:<LABEL$}{text}");
}

/// A remedy, without what it needs.
pub(super) fn remedy_lines(out: &mut String, remedy: &Remedy) {
    line(out, "remedy", &remedy_words(remedy));
    option_lines(out, remedy);
}

/// Where a remedy is set.
fn option_lines(out: &mut String, remedy: &Remedy) {
    for (label, text) in [
        ("  QEMU", remedy.qemu),
        ("  libvirt", remedy.libvirt),
        ("  host", remedy.on_host),
        ("  guest", remedy.in_guest),
    ] {
        if let Some(text) = text {
            line(out, label, text);
        }
    }
}

/// What a remedy does, and for whom.
pub(super) fn remedy_words(remedy: &Remedy) -> String {
    match remedy.guest {
        Some(guest) => format!("{}: {}", guest.as_str(), remedy.what),
        None => remedy.what.to_owned(),
    }
}
