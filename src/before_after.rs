//! What there is twice in a diff: once of the side before, once of the side after.

use std::ops::{Index, IndexMut};

use crate::parallel::at_once;

/// Which of the two sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SideRole {
    /// What was there first.
    Before,
    /// What it is compared with.
    After,
}

impl SideRole {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
        }
    }

    /// Both, in their order.
    pub const BOTH: [Self; 2] = [Self::Before, Self::After];

    /// As messages call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// The same thing of both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sides<T> {
    /// Of the side before.
    pub before: T,
    /// Of the side after.
    pub after: T,
}

impl<T> Sides<T> {
    /// Makes both, that of the before side first.
    pub fn from_fn(mut of_side: impl FnMut(SideRole) -> T) -> Self {
        let [before, after] = SideRole::BOTH.map(&mut of_side);
        Self { before, after }
    }

    /// Makes both, at the same time where there is more than one thread.
    pub(crate) fn at_once(threads: usize, of_side: impl Fn(SideRole) -> T + Sync) -> Self
    where
        T: Send,
    {
        let [before, after] = SideRole::BOTH.map(|role| {
            let of_side = &of_side;
            move || of_side(role)
        });
        let (before, after) = at_once(threads, before, after);
        Self { before, after }
    }

    /// Changes both in the same way.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Sides<U> {
        let [before, after] = self.into_array().map(change);
        Sides { before, after }
    }

    /// Puts another thing beside each.
    pub fn zip<U>(self, other: Sides<U>) -> Sides<(T, U)> {
        Sides {
            before: (self.before, other.before),
            after: (self.after, other.after),
        }
    }

    /// Borrows both.
    pub const fn each_ref(&self) -> Sides<&T> {
        Sides {
            before: &self.before,
            after: &self.after,
        }
    }

    /// Before, then after.
    pub fn into_array(self) -> [T; 2] {
        [self.before, self.after]
    }

    /// Before, then after.
    pub fn iter(&self) -> std::array::IntoIter<&T, 2> {
        self.each_ref().into_iter()
    }

    /// Each with the side that it is of.
    pub fn with_roles(self) -> [(SideRole, T); 2] {
        [
            (SideRole::Before, self.before),
            (SideRole::After, self.after),
        ]
    }
}

impl<T> Sides<Option<T>> {
    /// Both; `None` when either is missing.
    pub fn both(self) -> Option<Sides<T>> {
        Some(Sides {
            before: self.before?,
            after: self.after?,
        })
    }
}

impl<T, E> Sides<Result<T, E>> {
    /// Both, or the first error.
    ///
    /// # Errors
    /// When either is one.
    pub fn all_ok(self) -> Result<Sides<T>, E> {
        Ok(Sides {
            before: self.before?,
            after: self.after?,
        })
    }
}

impl<T> Index<SideRole> for Sides<T> {
    type Output = T;

    fn index(&self, role: SideRole) -> &T {
        match role {
            SideRole::Before => &self.before,
            SideRole::After => &self.after,
        }
    }
}

impl<T> IndexMut<SideRole> for Sides<T> {
    fn index_mut(&mut self, role: SideRole) -> &mut T {
        match role {
            SideRole::Before => &mut self.before,
            SideRole::After => &mut self.after,
        }
    }
}

impl<T> IntoIterator for Sides<T> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, 2>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_array().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Sides<T> {
    type Item = &'a T;
    type IntoIter = std::array::IntoIter<&'a T, 2>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
