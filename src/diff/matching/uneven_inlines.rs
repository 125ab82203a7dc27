//! Inlined functions that debug information tells on one side only.
//!
//! A function that the compiler inlined is not there for the other side, whose debug files are not at
//! hand: all that it does would count as new, and what holds its code as gone. So inlined functions
//! and lines of such an object are left out of both sides.

use std::collections::BTreeSet;

use super::loose_name::loose_object;
use crate::before_after::Sides;
use crate::diff::sides::Side;
use crate::stack::{Frame, FrameIx, FrameKind};
use crate::units::CpuMode;

/// Leaves inlined functions and lines of those objects out of both sides of which one side has no
/// debug information; tells their names, in order. Of an object that the other side does not run
/// nothing is left out; of folded text nobody knows what it shows.
pub fn leave_out_uneven_inlines(sides: &mut Sides<Side>) -> Vec<String> {
    let debugged = sides.each_ref().map(|side| {
        let names = side.debugged.iter();
        names
            .map(|name| loose_object(name))
            .collect::<BTreeSet<_>>()
    });
    let seen = sides.each_ref().map(objects);
    let are_text = sides.each_ref().map(Side::is_text);
    let missed =
        |told: &BTreeSet<String>, other: &BTreeSet<String>, seen: &BTreeSet<String>, is_text| {
            let told = told.difference(other);
            told.filter(|object| is_text || seen.contains(*object))
                .cloned()
                .collect::<BTreeSet<String>>()
        };
    let (before, after) = (&debugged.before, &debugged.after);
    let mut uneven = missed(before, after, &seen.after, are_text.after);
    uneven.extend(missed(after, before, &seen.before, are_text.before));
    if !uneven.is_empty() {
        for side in [&mut sides.before, &mut sides.after] {
            leave_out(side, &uneven);
        }
    }
    uneven.into_iter().collect()
}

/// The objects whose code a side's stacks run.
fn objects(side: &Side) -> BTreeSet<String> {
    let frames = (0..side.frames.len()).map(|at| side.frames.get(frame_ix(at)));
    let is_code = |frame: &&Frame| matches!(frame.mode, CpuMode::User | CpuMode::Kernel);
    let code = frames.filter(|frame| is_code(frame) && !frame.dso.is_empty());
    code.map(|frame| loose_object(&frame.dso)).collect()
}

/// Leaves inlined functions and lines of these objects out.
fn leave_out(side: &mut Side, objects: &BTreeSet<String>) {
    let others = (0..side.frames.len()).map(|at| {
        let ix = frame_ix(at);
        let frame = side.frames.get(ix);
        let is_told = frame.kind == FrameKind::Inlined || frame.line.is_some();
        if !is_told || !objects.contains(&loose_object(&frame.dso)) {
            return Some(ix);
        }
        let line = None;
        let frame = Frame {
            line,
            ..frame.clone()
        };
        (frame.kind != FrameKind::Inlined).then(|| side.frames.intern(frame))
    });
    let others: Vec<Option<FrameIx>> = others.collect();
    side.replace_frames(&others);
}

/// The index of the frame at a position of a table.
fn frame_ix(at: usize) -> FrameIx {
    FrameIx(u32::try_from(at).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::sides::Count;
    use crate::kvm::Tagged;
    use crate::stack::Tag;

    fn side(names: &[(&str, FrameKind)], debugged: &[&str]) -> Side {
        let mut side = Side::default();
        let frames = names.iter().map(|&(name, kind)| {
            side.frames.intern(Frame {
                name: name.into(),
                dso: "app".into(),
                mode: CpuMode::User,
                kind,
                line: (!debugged.is_empty()).then(|| "a.c:7".into()),
            })
        });
        let frames: Vec<FrameIx> = frames.collect();
        let deciding = frames.len() - 1;
        let (tag, count) = (Tag::Vmm, Count::default());
        side.push(&frames, Tagged { tag, deciding }, count);
        side.debugged = debugged.iter().map(|&name| name.into()).collect();
        side.origin.event = Some("cycles".to_owned());
        side
    }

    fn shown(side: &Side) -> Vec<String> {
        let stack = &side.stacks[0];
        let frames = side.frames_of(stack).iter().zip(0..);
        let text = |(&ix, at): (&FrameIx, usize)| {
            let Frame { name, line, .. } = side.frames.get(ix);
            let mark = if at == stack.tagged.deciding { "!" } else { "" };
            format!("{mark}{name} {}", line.as_deref().unwrap_or("-"))
        };
        frames.map(text).collect()
    }

    /// With debug files for one side only both show what symbol tables tell; with those of both, or
    /// where the other side does not run the object, nothing is left out.
    #[test]
    fn what_one_side_cannot_tell_is_left_out_of_both() {
        use FrameKind::{Function, Inlined};
        let full = [("main", Function), ("step", Inlined), ("work", Function)];
        let mut sides = Sides {
            before: side(&full, &["app"]),
            after: side(&[("main", Function), ("work", Function)], &[]),
        };
        assert_eq!(leave_out_uneven_inlines(&mut sides), ["app"]);
        assert_eq!(shown(&sides.before), ["main -", "!work -"]);
        assert_eq!(shown(&sides.after), ["main -", "!work -"]);
        let mut sides = Sides {
            before: side(&full, &["app"]),
            after: side(&full, &["app"]),
        };
        assert!(leave_out_uneven_inlines(&mut sides).is_empty());
        let all = ["main a.c:7", "step a.c:7", "!work a.c:7"];
        assert_eq!(shown(&sides.after), all);
        sides.after = Side::default();
        sides.after.origin.event = Some("cycles".to_owned());
        assert!(leave_out_uneven_inlines(&mut sides).is_empty());
        assert_eq!(shown(&sides.before), all);
    }
}
