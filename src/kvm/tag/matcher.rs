//! How a name finds what the tables say about it.

use hashbrown::HashMap;

/// What is said about names: literals in a map, patterns with a `*` in a list.
#[derive(Clone, Debug)]
pub(super) struct Matcher<V> {
    literals: HashMap<Box<str>, V>,
    patterns: Vec<StarPattern<V>>,
}

/// A pattern with one star.
#[derive(Clone, Debug)]
struct StarPattern<V> {
    /// What stands before the star.
    start: Box<str>,
    /// What stands behind it.
    end: Box<str>,
    value: V,
}

impl<V> StarPattern<V> {
    fn fits(&self, name: &str) -> bool {
        let (start, end) = (&*self.start, &*self.end);
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    }
}

impl<V> Default for Matcher<V> {
    fn default() -> Self {
        Self {
            literals: HashMap::new(),
            patterns: Vec::new(),
        }
    }
}

impl<V: Copy> Matcher<V> {
    /// Adds a pattern; the first of equal ones stays.
    pub(super) fn add(&mut self, pattern: &str, value: V) {
        match pattern.split_once('*') {
            None => {
                self.literals.entry(pattern.into()).or_insert(value);
            }
            Some((start, end)) => self.patterns.push(StarPattern {
                start: start.into(),
                end: end.into(),
                value,
            }),
        }
    }

    /// What is said about `name`; a literal goes before a pattern.
    pub(super) fn get(&self, name: &str) -> Option<V> {
        self.literals.get(name).copied().or_else(|| {
            let found = self.patterns.iter().find(|pattern| pattern.fits(name));
            found.map(|pattern| pattern.value)
        })
    }

    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.patterns.is_empty()
    }
}
