//! Samples of a tracepoint kept apart by what they recorded.

use std::fmt;
use std::sync::Arc;

use crate::bytes::{ByteOrder, position, slice_at, u32_at};
use crate::perf::Attr;
use crate::perf::abi::PERF_SAMPLE_RAW;

/// Tells payloads of one tracepoint apart.
pub trait PayloadClassifier: fmt::Debug + Send + Sync {
    /// The class of a payload, of very few: 0 for all that it says nothing about.
    fn class_of(&self, payload: &[u8]) -> u8;
}

/// What payloads of one tracepoint are told apart by, for as many threads as fold.
#[derive(Clone, Debug)]
pub struct PayloadClasses {
    classifier: Arc<dyn PayloadClassifier>,
    /// The tracepoint's number.
    config: u64,
}

impl PayloadClasses {
    /// The classes of the tracepoint with these attributes; `None` when its samples hold no payloads.
    pub fn new(attr: &Attr, classifier: Arc<dyn PayloadClassifier>) -> Option<Self> {
        let has_payloads = attr.is_tracepoint() && attr.samples(PERF_SAMPLE_RAW);
        has_payloads.then_some(Self {
            classifier,
            config: attr.config,
        })
    }

    /// The class of a sample; `tail` is what stands behind its call chain, raw data first. A sample
    /// that stands for another event than its own has none.
    #[inline]
    pub(super) fn of_sample<O: ByteOrder>(&self, attr: &Attr, tail: &[u8]) -> u8 {
        if attr.config != self.config || !attr.is_tracepoint() {
            return 0;
        }
        let len = u32_at::<O>(tail, 0).map_or(0, |len| position(len.into()));
        let payload = slice_at(tail, 4, len).unwrap_or_default();
        self.classifier.class_of(payload)
    }
}

impl PartialEq for PayloadClasses {
    /// The same classifier, not one that is like it.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.classifier, &other.classifier) && self.config == other.config
    }
}

impl Eq for PayloadClasses {}
