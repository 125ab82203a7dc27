//! Which functions of an object are asked for.

use super::alias::Spelling;
use super::points::Points;
use crate::object::ElfSegments;
use crate::units::{FileOffset, Svma};

/// The places of an object whose functions are wanted. The functions of others are not read.
#[derive(Clone, Copy, Debug)]
pub enum Places<'a> {
    /// All there are.
    Everywhere,
    /// Those of bytes of its file. The byte behind each is asked for too, since a call may be the
    /// last instruction of its function.
    Offsets(&'a [FileOffset]),
    /// Those of addresses as its file states them.
    Addresses(&'a [Svma]),
}

/// Which functions of an object are wanted, and how their names will be shown.
#[derive(Clone, Copy, Debug)]
pub struct FunctionWish<'p> {
    /// Where the functions lie.
    pub places: Places<'p>,
    /// What decides between several names of an address.
    pub spelling: Spelling,
    /// How many threads may look at a large symbol table.
    pub threads: usize,
}

impl<'p> From<Places<'p>> for FunctionWish<'p> {
    /// Names will be readable; one thread reads.
    fn from(places: Places<'p>) -> Self {
        Self {
            places,
            spelling: Spelling::Readable,
            threads: 1,
        }
    }
}

impl Places<'_> {
    /// The addresses, of memory whose offsets are addresses; `None` when all are wanted.
    pub(crate) fn points_of_addresses(self) -> Option<Points> {
        self.points(&ElfSegments::of_addresses())
    }

    /// The addresses; `None` when all are wanted.
    pub(super) fn points(self, segments: &ElfSegments) -> Option<Points> {
        let points = match self {
            Self::Everywhere => return None,
            Self::Addresses(addresses) => addresses.iter().map(|at| at.as_u64()).collect(),
            Self::Offsets(offsets) => {
                let addresses = offsets
                    .iter()
                    .filter_map(|&offset| segments.svma_of(offset));
                let both = addresses.flat_map(|at| [Some(at), at.checked_add(1)]);
                both.flatten().map(Svma::as_u64).collect()
            }
        };
        Some(Points::new(points))
    }
}
