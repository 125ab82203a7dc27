//! What debug information tells of addresses.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::intern::Interner;
use crate::object::{DebugPart, LostUnit};
use crate::units::{Svma, index};

/// Functions that are inlined into each other deeper than this are taken for damage.
pub(super) const DEEPEST: usize = 512;

/// The longest name or path that is shown.
const LONGEST: usize = 1 << 16;

index! {
    /// Index of a function's name or of a source file's path in [`CodeFrames`].
    pub CodeTextIx
}

index! {
    /// Index of a chain of functions in [`CodeFrames`].
    pub CodeChainIx
}

/// A function that the code at an address belongs to, and the line there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CodeFrame {
    /// Its name as the linker would know it, mangled; `None` when none is told.
    pub function: Option<CodeTextIx>,
    /// The source file of the line; `None` when none is told, or lines were not asked for.
    pub file: Option<CodeTextIx>,
    /// The line: of the code itself in the innermost function, of the call in the others; 0 when
    /// there is none, as of code that the compiler added, or lines were not asked for.
    pub line: u32,
}

/// For addresses of an object the function that holds each, and those that are inlined there.
#[derive(Clone, Debug, Default)]
pub struct CodeFrames {
    /// Those addresses of which something is told, in order.
    addresses: Vec<(Svma, CodeChainIx)>,
    /// Each different chain once, the function that holds the code first.
    chains: Interner<Vec<CodeFrame>, CodeChainIx>,
    texts: Interner<String, CodeTextIx>,
    /// Addresses whose debug information cannot be read.
    pub(super) unreadable: u64,
    /// The files that were read beside the one with the debug information.
    pub(super) parts: BTreeSet<DebugPart>,
    /// Split debug information that was asked for and is not to be had.
    pub(super) lost: BTreeSet<LostUnit>,
}

impl CodeFrames {
    /// The chain at an address; `None` when nothing is told that a symbol table does not tell.
    pub fn at(&self, address: Svma) -> Option<CodeChainIx> {
        let found = self.addresses.binary_search_by_key(&address, |&(of, _)| of);
        Some(self.addresses.get(found.ok()?)?.1)
    }

    /// The functions of a chain: the one that holds the code, then those that are inlined, each into
    /// the one before it.
    pub fn chain(&self, ix: CodeChainIx) -> &[CodeFrame] {
        self.chains.get(ix).map_or(&[], Vec::as_slice)
    }

    /// A name or path.
    pub fn text(&self, ix: CodeTextIx) -> &str {
        self.texts.get(ix).map_or("", String::as_str)
    }

    /// All names and paths, each at the position that its index tells.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.items().iter().map(String::as_str)
    }

    /// Whether nothing is told of any address.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Addresses whose debug information cannot be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The files that were read beside the one with the debug information.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &DebugPart> {
        self.parts.iter()
    }

    /// Split debug information that was asked for and is not to be had.
    pub fn lost(&self) -> impl Iterator<Item = &LostUnit> {
        self.lost.iter()
    }

    /// The index of a name or path.
    pub(super) fn text_ix(&mut self, text: &str) -> CodeTextIx {
        self.texts.intern_ref(text)
    }

    /// Adds an address, which is behind all that are here or is to be put in order.
    pub(super) fn push(&mut self, address: Svma, chain: &[CodeFrame]) {
        let ix = self.chains.intern_ref(chain);
        self.addresses.push((address, ix));
    }

    /// Puts the addresses in order.
    pub(super) fn sort(&mut self) {
        self.addresses.sort_unstable_by_key(|&(address, _)| address);
    }

    /// Adds what is told of other addresses, which are behind all that are here or are to be put in
    /// order.
    pub(super) fn append(&mut self, other: Self) {
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
        self.parts.extend(other.parts);
        self.lost.extend(other.lost);
        let texts = other.texts.items().iter();
        let texts: Vec<CodeTextIx> = texts.map(|text| self.texts.intern_ref(text)).collect();
        let moved = |ix: Option<CodeTextIx>| ix.and_then(|ix| texts.get(ix.as_usize()).copied());
        let chains = other.chains.items().iter().map(|chain| {
            let frames = chain.iter().map(|frame| CodeFrame {
                function: moved(frame.function),
                file: moved(frame.file),
                line: frame.line,
            });
            self.chains.intern(frames.collect())
        });
        let chains: Vec<CodeChainIx> = chains.collect();
        let addresses = other.addresses.into_iter();
        let addresses = addresses.filter_map(|(address, chain)| {
            let chain = chains.get(chain.as_usize())?;
            Some((address, *chain))
        });
        self.addresses.extend(addresses);
    }
}

/// A name or path as it is shown; `None` when it is empty or too long.
pub(super) fn shown_text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let is_shown = !bytes.is_empty() && bytes.len() <= LONGEST;
    is_shown.then(|| String::from_utf8_lossy(bytes))
}
