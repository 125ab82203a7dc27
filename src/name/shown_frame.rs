//! How functions, and addresses without one, are shown as frames.

use std::borrow::Cow;

use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::symbol::demangle;
use crate::units::CpuMode;

/// Stands for what lies nowhere.
pub(super) const UNKNOWN: &str = "[unknown]";

/// The frame of a function.
pub(super) fn function(frames: &mut FrameTable, name: &str, dso: &str, mode: CpuMode) -> FrameIx {
    let kind = FrameKind::Function;
    frames.intern(Frame {
        name: name.into(),
        dso: dso.into(),
        mode,
        kind,
    })
}

/// A name of a symbol table as it is shown.
pub(super) fn shown(name: &str, is_raw: bool) -> Cow<'_, str> {
    if is_raw {
        Cow::Borrowed(name)
    } else {
        demangle(name)
    }
}

/// The one rule by which frames without a name are shown: `[dso]`, or `[unknown]`.
pub(super) fn unresolved_frame(frames: &mut FrameTable, dso: &str, mode: CpuMode) -> FrameIx {
    let name = match dso {
        "" => UNKNOWN.to_owned(),
        bracketed if bracketed.starts_with('[') => bracketed.to_owned(),
        file => format!("[{file}]"),
    };
    let kind = FrameKind::Unresolved;
    frames.intern(Frame {
        name: name.into(),
        dso: dso.into(),
        mode,
        kind,
    })
}
