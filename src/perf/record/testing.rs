//! Layouts of samples, for the tests of this folder.

use super::{Attr, MIN_ATTR_SIZE, SampleLayout};
use crate::bytes::Little;

/// The layout of samples with these fields, as bits of `sample_type`.
pub(super) fn layout(sample_type: u64) -> SampleLayout {
    let mut attr = vec![0; MIN_ATTR_SIZE];
    attr[24..32].copy_from_slice(&sample_type.to_le_bytes());
    SampleLayout::of(&Attr::parse::<Little>(&attr).unwrap())
}
