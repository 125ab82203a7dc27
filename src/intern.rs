//! Interning: what is met often is kept once, and known by its position.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::units::Index;

/// Different items, each once, in order of first appearance.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T, I> {
    items: Vec<T>,
    /// The items are in the list only, so that none is held twice.
    positions: HashTable<I>,
    hasher: DefaultHashBuilder,
}

impl<T, I> Default for Interner<T, I> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            positions: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Hash + Eq, I: Index> Interner<T, I> {
    /// The index of an item, which is added when it is new.
    pub(crate) fn intern(&mut self, item: T) -> I {
        let hash = self.hasher.hash_one(&item);
        let known = self.find(hash, &item);
        known.unwrap_or_else(|| self.add(hash, item))
    }

    /// The same, copying the item only when it is new.
    pub(crate) fn intern_ref<Q>(&mut self, item: &Q) -> I
    where
        T: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = T> + ?Sized,
    {
        let hash = self.hasher.hash_one(item);
        let known = self.find(hash, item);
        known.unwrap_or_else(|| self.add(hash, item.to_owned()))
    }

    /// Makes room for so many further items: a table that grows hashes all of its items again.
    pub(crate) fn reserve(&mut self, further: usize) {
        self.items.reserve(further);
        let (items, hasher) = (&self.items, &self.hasher);
        let rehash = |ix: &I| hasher.hash_one(&items[ix.position()]);
        self.positions.reserve(further, rehash);
    }

    fn find<Q: Eq + ?Sized>(&self, hash: u64, item: &Q) -> Option<I>
    where
        T: Borrow<Q>,
    {
        let is_item = |ix: &I| self.items[ix.position()].borrow() == item;
        self.positions.find(hash, is_item).copied()
    }

    fn add(&mut self, hash: u64, item: T) -> I {
        let ix = I::of(self.items.len());
        self.items.push(item);
        let (items, hasher) = (&self.items, &self.hasher);
        let rehash = |ix: &I| hasher.hash_one(&items[ix.position()]);
        self.positions.insert_unique(hash, ix, rehash);
        ix
    }

    /// The item of an index.
    #[inline]
    pub(crate) fn get(&self, ix: I) -> Option<&T> {
        self.items.get(ix.position())
    }

    /// The items, each at the position that its index tells.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }
}

/// The position in `list` of what is known by `key`; `item` goes to its end when it is new.
///
/// For lists that several maps number, or whose items hold more than their key.
#[inline]
pub(crate) fn number<K: Hash + Eq, T>(
    key: K,
    item: T,
    known: &mut HashMap<K, u32>,
    list: &mut Vec<T>,
) -> u32 {
    *known.entry(key).or_insert_with(|| {
        list.push(item);
        u32::of(list.len() - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// By definition: equal items have one index, by which the item is found; indices count up.
        #[test]
        fn equal_items_have_one_index(items in prop::collection::vec("[ab]{0,3}", 0..40)) {
            let mut interner = Interner::<String, u32>::default();
            let mut different: Vec<&str> = Vec::new();
            for item in &items {
                if !different.contains(&&**item) {
                    different.push(item);
                }
                let ix = interner.intern_ref(&**item);
                prop_assert_eq!(interner.get(ix), Some(item));
                prop_assert_eq!(interner.intern(item.clone()), ix);
            }
            prop_assert_eq!(interner.items(), &different);
        }
    }
}
