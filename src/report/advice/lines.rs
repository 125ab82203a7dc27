//! Lines of advice: a label and its text, wrapped behind it.

use std::fmt::Write as _;

use crate::kvm::advice::{Remedy, RowSubject};
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
fn exact_line(out: &mut String, label: &str, text: &str) {
    // Writing to a String never fails.
    let _ = writeln!(out, "  {label:<LABEL$}{text}");
}

/// What is said of a finding, line by line, before it is text or a part of a page.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct AdviceLines {
    pub(crate) lines: Vec<AdviceLine>,
}

/// A label and its text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AdviceLine {
    /// Empty: it goes on with what the line before is about.
    pub(crate) label: &'static str,
    /// Safe, and in one line.
    pub(crate) text: String,
    /// Whether it is copied to a shell, or in columns: it is not wrapped.
    pub(crate) is_exact: bool,
    /// What it is measured of.
    pub(crate) subject: Option<RowSubject>,
}

impl AdviceLines {
    /// Adds a line.
    pub(super) fn line(&mut self, label: &'static str, text: &str) {
        self.lines.push(AdviceLine {
            label,
            text: text.to_owned(),
            is_exact: false,
            subject: None,
        });
    }

    /// Adds a line that is not wrapped.
    pub(super) fn exact_line(&mut self, label: &'static str, text: &str) {
        self.line(label, text);
        if let Some(line) = self.lines.last_mut() {
            line.is_exact = true;
        }
    }

    /// Adds a line in columns about something that was measured.
    pub(super) fn row_line(&mut self, label: &'static str, text: &str, subject: &RowSubject) {
        self.exact_line(label, text);
        if let Some(line) = self.lines.last_mut() {
            line.subject = Some(subject.clone());
        }
    }

    /// Adds a remedy, without what it needs.
    pub(super) fn remedy(&mut self, remedy: &Remedy) {
        self.line("remedy", &remedy_words(remedy));
        for (label, text) in [
            ("  QEMU", remedy.qemu),
            ("  libvirt", remedy.libvirt),
            ("  host", remedy.on_host),
            ("  guest", remedy.in_guest),
        ] {
            if let Some(text) = text {
                self.line(label, text);
            }
        }
    }

    /// Writes them as text.
    pub(super) fn write(&self, out: &mut String) {
        for AdviceLine {
            label,
            text,
            is_exact,
            ..
        } in &self.lines
        {
            if *is_exact {
                exact_line(out, label, text);
            } else {
                line(out, label, text);
            }
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
