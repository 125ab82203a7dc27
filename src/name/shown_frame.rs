//! How functions, and addresses without one, are shown as frames.

use std::borrow::Cow;

use super::request::FrameDetail;
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::symbol::{demangle, short_name};
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
        line: None,
    })
}

/// A name of a symbol table, or of debug information, as it is shown.
pub(super) fn shown(name: &str, detail: FrameDetail) -> Cow<'_, str> {
    if detail.raw_names {
        return Cow::Borrowed(name);
    }
    shown_readable(demangle(name), detail)
}

/// A readable name as it is shown.
pub(super) fn shown_readable(readable: Cow<'_, str>, detail: FrameDetail) -> Cow<'_, str> {
    if !detail.short_names {
        return readable;
    }
    match short_name(&readable) {
        Cow::Borrowed(_) => readable,
        Cow::Owned(short) => Cow::Owned(short),
    }
}

/// A source line as it is shown.
pub(super) fn shown_line(path: &str, line: u32, detail: FrameDetail) -> Box<str> {
    let path = match path.rsplit_once('/') {
        Some((_, file)) if detail.short_names => file,
        Some(_) | None => path,
    };
    format!("{path}:{line}").into()
}

/// The frame that stands for guest code, of the VM of that name where one is given.
pub(super) fn guest_frame(frames: &mut FrameTable, mode: CpuMode, vm: Option<&str>) -> FrameIx {
    let code = if mode == CpuMode::GuestUser {
        "guest user"
    } else {
        "guest kernel"
    };
    let name = match vm {
        Some(vm) => format!("[{code} of {vm}]"),
        None => format!("[{code}]"),
    };
    frames.intern(Frame {
        name: name.into(),
        dso: "".into(),
        mode,
        kind: FrameKind::Guest,
        line: None,
    })
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
        line: None,
    })
}
