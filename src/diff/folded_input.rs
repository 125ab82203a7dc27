//! Folded text as a side.

use std::path::Path;

use super::side::{Origin, Side};
use crate::error::{Error, Result};
use crate::stack::{Frame, FrameKind, Tag};
use crate::units::CpuMode;

/// Bytes that are looked at to recognise folded text.
const LOOKED_AT: usize = 1 << 16;

/// Whether `bytes`, the beginning of a file, are folded text: the first line that is neither empty
/// nor a comment ends in a number.
pub fn is_folded(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(LOOKED_AT)).unwrap_or_default();
    if head.contains(&0) {
        return false;
    }
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().filter(|line| !is_skipped(line));
    lines.next().is_some_and(|line| split(line).is_some())
}

fn is_skipped(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

/// A line's stack and weight. A fraction behind the point is cut off, as `flamegraph.pl` and
/// inferno do.
fn split(line: &str) -> Option<(&str, u64)> {
    let (stack, weight) = line.trim_end().rsplit_once(' ')?;
    let whole = match weight.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => weight,
    };
    Some((stack.trim_end(), whole.parse().ok()?))
}

/// Reads folded text: lines of `root;…;leaf WEIGHT`.
///
/// # Errors
/// When a line is none, or no line is there.
pub fn parse_folded(path: &Path, text: &str) -> Result<Side> {
    let mut side = Side {
        origin: Origin {
            name: path.display().to_string(),
            ..Origin::default()
        },
        ..Side::default()
    };
    for (number, line) in text.lines().enumerate() {
        if is_skipped(line) {
            continue;
        }
        let Some((stack, weight)) = split(line) else {
            let what = format!("line {} is no `root;…;leaf WEIGHT`", number + 1);
            return Err(Error::format(path, what));
        };
        let frames: Vec<_> = stack
            .split(';')
            .map(|name| {
                side.frames.intern(Frame {
                    name: name.into(),
                    dso: "".into(),
                    mode: CpuMode::Unknown,
                    kind: FrameKind::Function,
                })
            })
            .collect();
        side.push(&frames, (Tag::Host, frames.len()), (weight, weight), 0);
    }
    if side.samples() == 0 {
        return Err(Error::NoMatch {
            what: format!("{}: no stack has a weight", path.display()),
            hint: None,
        });
    }
    Ok(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_text_is_told_by_its_first_line() {
        assert!(is_folded(b"# comment\n\na;b 12\n"));
        assert!(is_folded(b"a b 3.5\n"));
        assert!(!is_folded(b"PERFILE2\0\0\0"));
        assert!(!is_folded(b"hello world\n"));
        assert!(!is_folded(b""));
    }

    #[test]
    fn names_may_hold_spaces_and_weights_a_fraction() {
        let side = parse_folded(Path::new("x"), "CPU 0/KVM;a 2\nCPU 0/KVM;a 3.9\n").unwrap();
        assert_eq!(side.samples(), 5);
        assert_eq!(side.frames.len(), 2);
        assert!(parse_folded(Path::new("x"), "a;b 2\nrubbish\n").is_err());
        assert!(parse_folded(Path::new("x"), "\n").is_err());
    }
}
