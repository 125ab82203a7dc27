//! Markup that is well formed by the way it is written.

use std::collections::BTreeSet;

use crate::text::{one_line, push_attribute, push_escaped};

/// HTML that is being written.
///
/// An element is closed where the closure ends that writes what is in it. Texts are made safe: they
/// are one line, nothing in them reorders what is around them, and markup in them is text. What is
/// written can be read as XML too.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    text: String,
    /// Ids of elements.
    ids: BTreeSet<String>,
}

/// The start tag of an element that is being written; one of the methods that end it must follow.
#[must_use]
#[derive(Debug)]
pub(crate) struct StartTag<'m> {
    markup: &'m mut Markup,
    name: &'static str,
}

impl Markup {
    /// Begins an element.
    pub(crate) fn tag(&mut self, name: &'static str) -> StartTag<'_> {
        self.text.push('<');
        self.text.push_str(name);
        StartTag { markup: self, name }
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        push_escaped(&mut self.text, &one_line(text));
    }

    /// Adds what was written elsewhere. It must have none of the ids that are here.
    pub(crate) fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.ids.extend(other.ids);
    }

    /// Whether an element has this id.
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// All of it.
    pub(crate) fn into_string(self) -> String {
        self.text
    }
}

impl StartTag<'_> {
    /// Adds an attribute.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        push_attribute(&mut self.markup.text, name, &one_line(value));
        self
    }

    /// Adds an attribute where there is a value.
    pub(crate) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Gives the element an id, unless another one has it.
    pub(crate) fn with_id(self, id: &str) -> Self {
        if self.markup.ids.insert(id.to_owned()) {
            self.with("id", id)
        } else {
            self
        }
    }

    /// Ends the tag and writes what is in the element.
    pub(crate) fn holding(self, inside: impl FnOnce(&mut Markup)) {
        let Self { markup, name } = self;
        markup.text.push('>');
        inside(markup);
        markup.text.push_str("</");
        markup.text.push_str(name);
        markup.text.push('>');
    }

    /// Ends the tag; the element holds a text.
    pub(crate) fn text(self, text: &str) {
        self.holding(|markup| markup.text(text));
    }

    /// Ends the tag of an element that never holds anything, such as `meta`.
    pub(crate) fn void(self) {
        self.markup.text.push_str("/>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symbol may be called anything; marks that reorder text would show what is not there.
    #[test]
    fn what_a_capture_holds_is_text() {
        let mut markup = Markup::default();
        let name = "</td><script>alert(1)</script>\u{202e}\"&'\n\u{0}";
        markup
            .tag("td")
            .with("title", name)
            .holding(|markup| markup.text(name));
        let safe =
            "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&quot;&amp;&#39; \\u{0}";
        let expected = format!("<td title=\"{safe}\">{safe}</td>");
        assert_eq!(markup.into_string(), expected);
    }
}
