//! Folded text as a side.

use std::path::Path;

use super::count::Count;
use super::origin::SideOrigin;
use super::side::Side;
use crate::error::{BadFile, Error, NothingLeft, Result};
use crate::folded_text::parse;
use crate::kvm::Tagged;
use crate::stack::{Frame, FrameKind, Tag};
use crate::units::CpuMode;

/// A side that was folded text.
#[derive(Debug)]
pub struct FoldedSide {
    /// The side.
    pub side: Side,
    /// What of the text is not in it, in words.
    pub remarks: Vec<String>,
}

/// Reads folded text: lines of `root;…;leaf WEIGHT`; `path` is what errors call it.
///
/// # Errors
/// When a line is none, or no line is there.
pub fn parse_folded(path: &Path, bytes: &[u8]) -> Result<FoldedSide> {
    let text = parse(bytes).map_err(|wrong| {
        Error::file(
            path,
            BadFile::NotFolded {
                what: wrong.to_string(),
            },
        )
    })?;
    let mut side = Side {
        origin: SideOrigin {
            name: path.display().to_string(),
            decimals: text.decimals,
            ..SideOrigin::default()
        },
        ..Side::default()
    };
    for (stack, weight) in text.stacks() {
        let frames: Vec<_> = stack
            .split(';')
            .map(|name| {
                side.frames.intern(Frame {
                    name: name.into(),
                    dso: "".into(),
                    mode: CpuMode::Unknown,
                    kind: FrameKind::Function,
                    line: None,
                })
            })
            .collect();
        let tagged = Tagged {
            tag: Tag::Host,
            deciding: frames.len(),
        };
        // A line does not tell how many samples it is of.
        let count = Count {
            samples: weight,
            weight,
        };
        side.push(&frames, tagged, count);
    }
    if side.samples() == 0 {
        return Err(NothingLeft::OfFolded {
            path: path.to_owned(),
        }
        .into());
    }
    let mut remarks = Vec::new();
    if text.is_rounded {
        remarks.push(format!(
            "weights of the folded text have more digits than are kept: rounded to {} decimals",
            text.decimals
        ));
    }
    if text.numbered_comments > 0 {
        remarks.push(format!(
            "lines of the folded text that begin with `# ` and end in a number, left out as \
             comments: {}",
            text.numbered_comments
        ));
    }
    Ok(FoldedSide { side, remarks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_spaces_and_weights_a_fraction() {
        let text = b"CPU 0/KVM;a 2\nCPU 0/KVM;a 3.9\n# 7\n";
        let FoldedSide { side, remarks } = parse_folded(Path::new("x"), text).unwrap();
        assert_eq!((side.samples(), side.origin.decimals), (59, 1));
        assert_eq!(side.frames.len(), 2);
        assert_eq!(remarks.len(), 1);
    }

    #[test]
    fn errors_speak_of_folded_text() {
        let wrong = |text: &[u8]| {
            let error = parse_folded(Path::new("x"), text).unwrap_err();
            error.to_string()
        };
        assert!(wrong(b"a;b 2\nrubbish\n").starts_with("x: line 2 of the folded text"));
        assert!(wrong(b"rubbish\n").starts_with("x: neither a perf.data file nor folded text"));
        assert!(wrong(b"\n").contains("folded text"));
    }
}
