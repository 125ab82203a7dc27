//! Frames without a name: whose they are, and why they have none.

use hashbrown::HashMap;

use super::kept_stacks::KeptStacks;
use crate::space::is_memory;
use crate::symbol::Unresolved;
use crate::units::BuildId;

/// Frames of one object that have no name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unnamed {
    /// The object as recorded, `[kernel]`, a kernel module, or `[unknown]`.
    pub object: String,
    /// Its recorded build id.
    pub build_id: Option<BuildId>,
    /// How many there are, each counted once for each sample.
    pub frames: u64,
    /// The same by cause, the most frequent first.
    pub causes: Vec<(Unresolved, u64)>,
}

/// Index of a [`Reason`] in its table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ReasonIx(u32);

/// Frames side by side that have no name for one reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UnnamedRow {
    pub(super) reason: ReasonIx,
    pub(super) frames: u32,
}

impl UnnamedRow {
    /// No frames.
    pub(super) const NONE: Self = Self {
        reason: ReasonIx(0),
        frames: 0,
    };

    pub(super) const fn of_one(reason: ReasonIx) -> Self {
        Self { reason, frames: 1 }
    }
}

/// Why a frame has no name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Reason {
    pub(super) object: Box<str>,
    pub(super) build_id: Option<BuildId>,
    pub(super) cause: Unresolved,
}

/// All reasons that were met, each once.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    list: Vec<Reason>,
    index: HashMap<Reason, ReasonIx>,
}

impl Reasons {
    pub(super) fn intern(&mut self, reason: Reason) -> ReasonIx {
        let list = &mut self.list;
        *self.index.entry(reason).or_insert_with_key(|reason| {
            list.push(reason.clone());
            // There are no more reasons than addresses, and fewer than 2^32 of them.
            ReasonIx(u32::try_from(list.len() - 1).unwrap_or(u32::MAX))
        })
    }

    /// The frames without a name by object: the object with the most comes first.
    pub(super) fn by_object(&self, counts: &UnnamedCounts) -> Vec<Unnamed> {
        let mut sums = vec![0_u64; self.list.len()];
        for &(_, ReasonIx(reason), frames) in &counts.0 {
            if let Some(sum) = sums.get_mut(reason as usize) {
                *sum = sum.saturating_add(frames);
            }
        }
        let mut objects: HashMap<(&str, Option<&BuildId>), Unnamed> = HashMap::new();
        for (reason, frames) in self.list.iter().zip(sums).filter(|&(_, sum)| sum > 0) {
            let key = (&*reason.object, reason.build_id.as_ref());
            let object = objects.entry(key).or_insert_with(|| Unnamed {
                object: reason.object.to_string(),
                build_id: reason.build_id.clone(),
                frames: 0,
                causes: Vec::new(),
            });
            object.frames = object.frames.saturating_add(frames);
            object.causes.push((reason.cause, frames));
        }
        let mut objects: Vec<Unnamed> = objects.into_values().collect();
        for object in &mut objects {
            object
                .causes
                .sort_by_key(|&(cause, n)| (std::cmp::Reverse(n), cause));
        }
        objects.sort_by(|a, b| {
            let name = |unnamed: &Unnamed| (unnamed.object.clone(), unnamed.build_id.clone());
            b.frames.cmp(&a.frames).then_with(|| name(a).cmp(&name(b)))
        });
        objects
    }
}

/// Why an object has no symbols, given why its file was not found.
pub(super) fn true_cause(
    cause: Unresolved,
    path: &str,
    build_id: Option<&BuildId>,
    is_broken: bool,
) -> Unresolved {
    match cause {
        Unresolved::NoFile | Unresolved::NoBuildId if is_broken => Unresolved::Unreadable,
        // What has a build id is an ELF file, wherever it lies.
        Unresolved::NoFile | Unresolved::NoBuildId if build_id.is_none() && is_memory(path) => {
            Unresolved::Generated
        }
        Unresolved::NoFile | Unresolved::NoBuildId if path.ends_with(" (deleted)") => {
            Unresolved::Deleted
        }
        Unresolved::NoMapping
        | Unresolved::NoFile
        | Unresolved::NoBuildId
        | Unresolved::BuildIdMismatch
        | Unresolved::NoSymbols
        | Unresolved::NoSymbol
        | Unresolved::NoKernelSymbols
        | Unresolved::KernelHidden
        | Unresolved::OtherBoot
        | Unresolved::Stripped
        | Unresolved::Generated
        | Unresolved::Deleted
        | Unresolved::NoCall
        | Unresolved::Unreadable
        | Unresolved::OtherFile => cause,
    }
}

/// All frames without a name, by cause, in the order of [`Unresolved::ALL`].
pub(crate) fn by_cause(objects: &[Unnamed]) -> Vec<(Unresolved, u64)> {
    let count = |cause: Unresolved| {
        let counts = objects.iter().flat_map(|object| &object.causes);
        let counts = counts.filter(|&&(of, _)| of == cause);
        counts.fold(0_u64, |sum, &(_, count)| sum.saturating_add(count))
    };
    let counts = Unresolved::ALL
        .into_iter()
        .map(|cause| (cause, count(cause)));
    counts.filter(|&(_, count)| count > 0).collect()
}

/// Frames without a name, as (position of the stack, reason, frames in all its samples).
#[derive(Debug, Default)]
pub(crate) struct UnnamedCounts(Vec<(u32, ReasonIx, u64)>);

impl UnnamedCounts {
    /// Leaves out those of stacks that are not kept, and follows the others.
    pub(super) fn retain(&mut self, kept: &KeptStacks) {
        self.0.retain_mut(|(stack, ..)| {
            let moved = kept.position(*stack);
            *stack = moved.unwrap_or(*stack);
            moved.is_some()
        });
    }
}

/// Frames of a stack that have no name for one reason, in all its samples; 0 where there are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UnnamedSum {
    reason: ReasonIx,
    frames: u64,
}

impl UnnamedSum {
    pub(super) const NONE: Self = Self {
        reason: ReasonIx(0),
        frames: 0,
    };

    /// Frames once for each of so many samples.
    #[inline]
    pub(super) fn of(row: UnnamedRow, samples: u64) -> Self {
        Self {
            reason: row.reason,
            frames: samples.saturating_mul(u64::from(row.frames)),
        }
    }

    /// Adds others; gives them back where they have another reason.
    #[inline]
    #[must_use]
    pub(super) fn add(&mut self, other: Self) -> Option<Self> {
        if self.frames == 0 {
            *self = other;
            return None;
        }
        if self.reason != other.reason {
            return Some(other).filter(|other| other.frames > 0);
        }
        self.frames = self.frames.saturating_add(other.frames);
        None
    }
}

/// Frames without a name for other reasons than those of each stack that were met first.
#[derive(Debug, Default)]
pub(super) struct FurtherUnnamed(HashMap<(u32, ReasonIx), u64>);

impl FurtherUnnamed {
    /// Adds frames of a stack.
    pub(super) fn add(&mut self, stack: u32, new: UnnamedSum) {
        let sum = self.0.entry((stack, new.reason)).or_default();
        *sum = sum.saturating_add(new.frames);
    }

    /// Adds those of stacks that have other positions here.
    pub(super) fn append(&mut self, other: Self, positions: &[u32]) {
        for ((stack, reason), frames) in other.0 {
            if let Some(&position) = positions.get(stack as usize) {
                self.add(position, UnnamedSum { reason, frames });
            }
        }
    }

    /// All, with those of each stack that were met first.
    pub(super) fn into_counts(self, first: Vec<UnnamedSum>) -> UnnamedCounts {
        let first = (0..).zip(first).filter(|(_, sum)| sum.frames > 0);
        let first = first.map(|(stack, sum)| (stack, sum.reason, sum.frames));
        let further = self.0.into_iter();
        let further = further.map(|((stack, reason), n)| (stack, reason, n));
        UnnamedCounts(first.chain(further).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "No build id recorded" would be no reason for code that no file holds, nor for a file that
    /// is gone.
    #[test]
    fn causes_are_the_true_ones() {
        let build_id = BuildId::new(&[1; 20]);
        let (no_file, no_build_id) = (Unresolved::NoFile, Unresolved::NoBuildId);
        let cases = [
            (no_build_id, "//anon", false, Unresolved::Generated),
            (no_build_id, "[heap]", false, Unresolved::Generated),
            (
                no_build_id,
                "/memfd:jit (deleted)",
                false,
                Unresolved::Generated,
            ),
            (
                no_build_id,
                "/usr/bin/a (deleted)",
                false,
                Unresolved::Deleted,
            ),
            (no_build_id, "/usr/bin/a", false, no_build_id),
            (no_build_id, "/usr/bin/a", true, Unresolved::Unreadable),
            (no_file, "/usr/bin/a", false, no_file),
            (no_build_id, "[vdso]", false, no_build_id),
        ];
        for (cause, path, is_broken, expected) in cases {
            assert_eq!(true_cause(cause, path, None, is_broken), expected, "{path}");
        }
        let cloned = "/memfd:runc_cloned:/proc/self/exe (deleted)";
        let cause = true_cause(no_file, cloned, build_id.as_ref(), false);
        assert_eq!(cause, Unresolved::Deleted);
        let mismatch = Unresolved::BuildIdMismatch;
        assert_eq!(true_cause(mismatch, "/usr/bin/a", None, true), mismatch);
    }

    /// One line for an object, the worst first, and equal ones in order of their names.
    #[test]
    fn objects_come_with_the_worst_first() {
        let mut reasons = Reasons::default();
        let mut first = vec![UnnamedSum::NONE; 3];
        let mut further = FurtherUnnamed::default();
        for (stack, object, cause, frames) in [
            (0, "b", Unresolved::Stripped, 5),
            (1, "a", Unresolved::NoSymbol, 3),
            (1, "a", Unresolved::Stripped, 2),
            (2, "c", Unresolved::NoFile, 90),
            (0, "d", Unresolved::NoFile, 7),
        ] {
            let reason = reasons.intern(Reason {
                object: object.into(),
                build_id: None,
                cause,
            });
            let new = UnnamedSum { reason, frames };
            if let Some(new) = first[stack as usize].add(new) {
                further.add(stack, new);
            }
        }
        let mut counts = further.into_counts(first);
        counts.retain(&KeptStacks::of(&[true, true, false]));
        let objects = reasons.by_object(&counts);
        let lines: Vec<_> = objects.iter().map(|o| (&*o.object, o.frames)).collect();
        assert_eq!(lines, [("d", 7), ("a", 5), ("b", 5)]);
        let expected = [(Unresolved::NoSymbol, 3), (Unresolved::Stripped, 2)];
        assert_eq!(objects[1].causes, expected);
        let causes = [
            (Unresolved::NoFile, 7),
            (Unresolved::NoSymbol, 3),
            (Unresolved::Stripped, 7),
        ];
        assert_eq!(by_cause(&objects), causes);
    }
}
