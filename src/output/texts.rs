//! Texts that a file holds once each, and names by number.

use crate::intern::Interner;

/// Texts by number. The first is empty, as the formats that have such a list want it.
#[derive(Debug)]
pub(super) struct Texts(Interner<String, u32>);

impl Texts {
    /// The empty text alone.
    pub(super) fn new() -> Self {
        let mut texts = Interner::default();
        texts.intern(String::new());
        Self(texts)
    }

    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        self.0.intern_ref(text)
    }

    /// All of them, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.items().iter().map(String::as_str)
    }
}
