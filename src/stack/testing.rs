//! Tables of frames, for the tests of this folder.

use super::{Frame, FrameKind, FrameTable};
use crate::units::CpuMode;

/// Functions of these names, with the indexes that the names have.
pub(super) fn functions(names: [&str; 4]) -> FrameTable {
    let mut table = FrameTable::default();
    for name in names {
        table.intern(Frame {
            name: name.into(),
            dso: "".into(),
            mode: CpuMode::User,
            kind: FrameKind::Function,
            line: None,
        });
    }
    table
}
