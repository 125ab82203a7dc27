//! The values of an event that a text tells, by the kernel's names of its fields.

/// A value with its field's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct NamedValue<'t, T> {
    name: &'t str,
    value: T,
}

/// What a text tells of an event, by the kernel's names of its fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NamedValues<'t> {
    numbers: Vec<NamedValue<'t, u64>>,
    texts: Vec<NamedValue<'t, &'t str>>,
}

impl<'t> NamedValues<'t> {
    /// A number; `None` where the text does not tell it.
    pub fn number(&self, name: &str) -> Option<u64> {
        let found = self.numbers.iter().find(|one| one.name == name);
        found.map(|one| one.value)
    }

    /// A text; `None` where the text does not tell it.
    pub fn text(&self, name: &str) -> Option<&'t str> {
        let found = self.texts.iter().find(|one| one.name == name);
        found.map(|one| one.value)
    }

    /// All numbers with their names, in the order of the text.
    pub fn numbers(&self) -> impl Iterator<Item = NamedNumber<'t>> {
        self.numbers.iter().map(|one| NamedNumber {
            name: one.name,
            value: one.value,
        })
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.numbers.len() + self.texts.len()
    }

    /// Whether the text tells nothing that is understood.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a number.
    pub(super) fn add(&mut self, name: &'t str, value: u64) {
        self.numbers.push(NamedValue { name, value });
    }

    /// Adds a text.
    pub(super) fn add_text(&mut self, name: &'t str, value: &'t str) {
        self.texts.push(NamedValue { name, value });
    }

    /// How much there is, to go back to.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            numbers: self.numbers.len(),
            texts: self.texts.len(),
        }
    }

    /// Drops what was added since.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.numbers.truncate(mark.numbers);
        self.texts.truncate(mark.texts);
    }
}

/// A number with its field's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NamedNumber<'t> {
    /// The kernel's name of the field.
    pub name: &'t str,
    /// Its value; of negative ones, their bits.
    pub value: u64,
}

/// How much there was at some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    numbers: usize,
    texts: usize,
}
