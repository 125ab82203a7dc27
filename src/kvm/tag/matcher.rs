//! How a name finds what the tables say about it.

use std::borrow::Cow;

use hashbrown::HashMap;

/// What is said about names: literals in a map, patterns with a wildcard in a list.
#[derive(Clone, Debug)]
pub(super) struct Matcher<V> {
    literals: HashMap<Cow<'static, str>, V>,
    patterns: Vec<StarPattern<V>>,
}

/// What a wildcard stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wildcard {
    /// `*`: anything.
    Anything,
    /// `#`: a decimal number.
    Number,
}

/// A pattern with one wildcard.
#[derive(Clone, Debug)]
struct StarPattern<V> {
    /// What stands before the wildcard.
    start: Box<str>,
    /// What stands behind it.
    end: Box<str>,
    wildcard: Wildcard,
    value: V,
}

impl<V> StarPattern<V> {
    /// What the wildcard stands for in a name; `None` when the name does not fit.
    fn inside<'n>(&self, name: &'n str) -> Option<&'n str> {
        let inside = name.strip_prefix(&*self.start)?.strip_suffix(&*self.end)?;
        let fits = match self.wildcard {
            Wildcard::Anything => true,
            Wildcard::Number => {
                !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit())
            }
        };
        fits.then_some(inside)
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
    /// Nothing yet, with room for so many literals.
    pub(super) fn with_room(literals: usize) -> Self {
        Self {
            literals: HashMap::with_capacity(literals),
            patterns: Vec::new(),
        }
    }

    /// Adds a pattern; the first of equal ones stays.
    pub(super) fn add(&mut self, pattern: impl Into<Cow<'static, str>>, value: V) {
        let pattern = pattern.into();
        match pattern.split_once('*') {
            None => {
                self.literals.entry(pattern).or_insert(value);
            }
            Some((start, end)) => self.patterns.push(StarPattern {
                start: start.into(),
                end: end.into(),
                wildcard: Wildcard::Anything,
                value,
            }),
        }
    }

    /// Adds a pattern in which one `#` stands for a decimal number; one without is as in [`Self::add`].
    pub(super) fn add_numbered(&mut self, pattern: &'static str, value: V) {
        match pattern.split_once('#') {
            None => self.add(pattern, value),
            Some((start, end)) => self.patterns.push(StarPattern {
                start: start.into(),
                end: end.into(),
                wildcard: Wildcard::Number,
                value,
            }),
        }
    }

    /// What is said about `name`; a literal goes before a pattern.
    pub(super) fn get(&self, name: &str) -> Option<V> {
        self.literals.get(name).copied().or_else(|| {
            let fits = |pattern: &&StarPattern<V>| pattern.inside(name).is_some();
            self.patterns.iter().find(fits).map(|pattern| pattern.value)
        })
    }

    /// What the wildcard of the first pattern that fits stands for in `name`.
    pub(super) fn inside<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.patterns
            .iter()
            .find_map(|pattern| pattern.inside(name))
    }

    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.patterns.is_empty()
    }
}
