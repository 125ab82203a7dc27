//! The spelling of C++ names: from the words of `cpp_demangle` to those of binutils.
//!
//! Both print the same tree. They differ in a few places, which are told by the text alone: what
//! an empty pack leaves behind, how literals and function types are written, and what of a
//! function remains where parameters are not asked for. Expected texts are those of
//! `c++filt -p` of binutils 2.40.

/// What each of [`WORDS`] begins with.
const STANDARD: &[u8] = b"std::";

/// What `cpp_demangle` abbreviates, and binutils' word for it.
const WORDS: [(&str, &str); 5] = [
    (
        "std::string",
        "std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
    ),
    (
        "std::istream",
        "std::basic_istream<char, std::char_traits<char> >",
    ),
    (
        "std::ostream",
        "std::basic_ostream<char, std::char_traits<char> >",
    ),
    (
        "std::iostream",
        "std::basic_iostream<char, std::char_traits<char> >",
    ),
    ("std::nullptr_t", "decltype(nullptr)"),
];

/// Types whose literals are written with a suffix.
const LITERALS: [(&str, &str); 6] = [
    ("(int)", ""),
    ("(unsigned int)", "u"),
    ("(long)", "l"),
    ("(unsigned long)", "ul"),
    ("(long long)", "ll"),
    ("(unsigned long long)", "ull"),
];

/// Operators with a bracket in them, the longer first.
const OPERATORS: [&str; 13] = [
    "<<=", ">>=", "<=>", "->*", "<<", ">>", "<=", ">=", "->", "()", "[]", "<", ">",
];

/// How deep brackets may lie in each other. Names of real programs reach 50; what is deeper stays
/// as it is.
const DEEPEST: usize = 1000;
/// How often something is put in between, which moves all that follows. Real names need 100.
const MOST_INSERTIONS: usize = 1000;

/// Rewrites what `cpp_demangle` printed without parameters and return type.
pub(super) fn function(text: &str) -> String {
    let mut text = rewritten(text);
    while let Some(shorter) = [" const", " volatile", " &&", " &"]
        .iter()
        .find_map(|qualifier| text.strip_suffix(qualifier))
    {
        text.truncate(shorter.len());
    }
    text
}

/// Rewrites what `cpp_demangle` printed of something that is no function, or with parameters.
pub(super) fn special(text: &str) -> String {
    for (brace, words) in [("{vtable(", "vtable for "), ("{vtt(", "VTT for ")] {
        if let Some((inner, rest)) = text
            .strip_prefix(brace)
            .and_then(|rest| rest.rsplit_once(")}"))
        {
            return format!("{words}{}{rest}", rewritten(inner));
        }
    }
    rewritten(text)
}

/// A bracket that is open.
#[derive(Clone, Copy)]
struct OpenBracket {
    bracket: u8,
    /// Where it stands in the output.
    at: usize,
    /// Where the part behind its last comma begins in the output.
    part: usize,
    /// The last pair of parentheses of that part.
    parentheses: Option<(usize, usize)>,
}

/// Text that is being rewritten: what is left of it, and what came out.
struct Rewriter<'a> {
    rest: &'a str,
    out: String,
    open: Vec<OpenBracket>,
    insertions: usize,
}

fn rewritten(text: &str) -> String {
    let mut rewriter = Rewriter {
        rest: text,
        out: String::with_capacity(text.len() + 16),
        open: Vec::new(),
        insertions: 0,
    };
    rewriter.copy_plain();
    while let Some(next) = rewriter.rest.chars().next() {
        rewriter.step(next);
        rewriter.copy_plain();
        if rewriter.open.len() > DEEPEST || rewriter.insertions > MOST_INSERTIONS {
            return text.to_owned();
        }
    }
    rewriter.out
}

impl Rewriter<'_> {
    /// Copies what nothing is done about: neither what [`Self::step`] tells apart nor what an operator
    /// begins with.
    fn copy_plain(&mut self) {
        let text = self.rest.as_bytes();
        let is_told = |(at, byte): (usize, &u8)| match byte {
            b'<' | b'(' | b'{' | b',' | b'>' | b')' | b'}' | b'-' | b'[' => true,
            b's' => text
                .get(at..)
                .is_some_and(|word| word.starts_with(STANDARD)),
            _ => false,
        };
        // These are ASCII, so that the cut is between characters.
        let plain = text.iter().enumerate().position(is_told);
        self.copy(plain.unwrap_or(self.rest.len()));
    }

    fn step(&mut self, next: char) {
        if self.out.ends_with("operator")
            && let Some(operator) = OPERATORS.iter().find(|o| self.rest.starts_with(**o))
        {
            return self.copy(operator.len());
        }
        match next {
            's' if self.word() => (),
            '(' if self.literal() => (),
            '<' | '(' | '{' => {
                let bracket = u8::try_from(next).unwrap_or_default();
                let at = self.out.len();
                self.copy(1);
                self.open.push(OpenBracket {
                    bracket,
                    at,
                    part: at + 1,
                    parentheses: None,
                });
            }
            ',' => {
                if self.is_void_of_pack() {
                    return;
                }
                self.end_of_part();
                self.copy(if self.rest.starts_with(", ") { 2 } else { 1 });
                let end = self.out.len();
                if let Some(open) = self.open.last_mut() {
                    (open.part, open.parentheses) = (end, None);
                }
            }
            '>' if self.open.last().is_some_and(|open| open.bracket == b'<') => {
                self.end_of_part();
                self.open.pop();
                self.copy(1);
            }
            ')' => self.close(b'('),
            '}' => self.close(b'{'),
            other => self.copy(other.len_utf8()),
        }
    }

    fn copy(&mut self, bytes: usize) {
        let (part, rest) = self.rest.split_at(bytes);
        self.out.push_str(part);
        self.rest = rest;
    }

    fn insert(&mut self, at: usize, character: char) {
        self.insertions += 1;
        self.out.insert(at, character);
    }

    /// Writes an abbreviated standard name in full.
    fn word(&mut self) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        if self.out.ends_with(is_part) {
            return false;
        }
        for (short, long) in WORDS {
            let Some(rest) = self.rest.strip_prefix(short) else {
                continue;
            };
            if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            self.out.push_str(long);
            self.rest = rest;
            if rest.starts_with('>') && long.ends_with('>') {
                self.out.push(' ');
            }
            // A constructor or destructor has the name of its class.
            for tilde in ["::", "::~"] {
                if let Some(rest) = rest.strip_prefix(tilde)
                    && let Some(class) = short.strip_prefix("std::")
                    && let Some(rest) = rest.strip_prefix(class)
                    && !rest.starts_with(is_part)
                {
                    self.out.push_str(tilde);
                    self.out.push_str("basic_");
                    self.out.push_str(class);
                    self.rest = rest;
                }
            }
            return true;
        }
        false
    }

    /// Writes a number of a known type with the suffix of its type.
    fn literal(&mut self) -> bool {
        for (cast, suffix) in LITERALS {
            let Some(number) = self.rest.strip_prefix(cast) else {
                continue;
            };
            let digits = number.strip_prefix('-').unwrap_or(number);
            let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == digits.len() {
                return false;
            }
            self.out.push_str(&number[..number.len() - rest.len()]);
            self.out.push_str(suffix);
            self.rest = rest;
            return true;
        }
        false
    }

    /// Passes over the reference to an empty pack, where it is the last parameter.
    fn is_void_of_pack(&mut self) -> bool {
        let left = [", &&)", ", &)", ", )"];
        let behind = left.iter().find(|text| self.rest.starts_with(**text));
        if let Some(behind) = behind {
            self.rest = &self.rest[behind.len() - 1..];
        }
        behind.is_some()
    }

    /// Closes parentheses or braces, and whatever was left open in them.
    fn close(&mut self, bracket: u8) {
        let Some(at) = self.open.iter().rposition(|open| open.bracket == bracket) else {
            return self.copy(1);
        };
        self.open.truncate(at + 1);
        let Some(OpenBracket { at: start, .. }) = self.open.pop() else {
            return;
        };
        // A parameter is never constant itself: that is the function.
        let qualifier = " const";
        let is_function = bracket == b'(' && self.out.ends_with(qualifier);
        if is_function {
            self.out.truncate(self.out.len() - qualifier.len());
        }
        self.copy(1);
        if is_function {
            // A lambda is a type: the word stands behind it.
            if let Some(number) = self.rest.find('}').filter(|_| self.rest.starts_with('#')) {
                self.copy(number);
                self.close(b'{');
                return self.out.push_str(qualifier);
            }
            self.out.push_str(qualifier);
        }
        let end = self.out.len();
        if bracket == b'('
            && let Some(open) = self.open.last_mut()
        {
            open.parentheses = Some((start, end));
        }
    }

    /// Looks at an argument of a template once it is whole.
    fn end_of_part(&mut self) {
        let Some(&OpenBracket {
            bracket: b'<',
            at,
            part,
            parentheses,
        }) = self.open.last()
        else {
            return;
        };
        let text = self.out.get(part..).unwrap_or_default();
        if text.is_empty() {
            // What an empty pack leaves behind.
            let comma = ", ";
            let before = self.out.get(at + 1..part).unwrap_or_default();
            if before.ends_with(comma) && self.rest.starts_with('>') {
                self.out.truncate(part - comma.len());
            }
            return;
        }
        let Some((start, end)) = parentheses else {
            return;
        };
        let behind = self.out.get(end..).unwrap_or_default();
        let name = self.out.get(part..start).unwrap_or_default();
        if name.starts_with('&') {
            match behind {
                "" => self.out.truncate(start),
                " const" => {
                    self.insert(part + 1, '(');
                    self.out.push(')');
                }
                _ => (),
            }
        } else if matches!(behind, "" | " const" | "&" | "&&" | " const&")
            && name.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '>' | '*' | '&'))
        {
            self.insert(start, ' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Brackets that do not match, commas and operators in odd places: no text stops the
        /// program, and only the standard names make it longer than some characters for a part.
        #[test]
        fn any_text_can_be_rewritten(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<", ">", "(", ")", "{", "}", ", ", ",", "&", " const", "operator", "f", "::",
                "(unsigned int)", "-", "7", "#1}", "std::string", "std::nullptr_t", "\u{fc}",
            ]), 0..60)
        ) {
            let text = parts.concat();
            let standard = text.matches("std::").count();
            let longest = text.len() + parts.len() + 80 * standard;
            prop_assert!(function(&text).len() <= longest);
            prop_assert!(special(&text).len() <= longest);
        }
    }

    /// Text of no real program: it stays as it is, and costs no more than reading it.
    #[test]
    fn text_without_measure_stays_as_it_is() {
        let deep = "A<".repeat(30_000);
        assert_eq!(function(&deep), deep);
        // A comma without a blank separates no arguments.
        assert_eq!(function("<\u{fc},>"), "<\u{fc},>");
        let wide = format!("A<{}int>", "B (), B(), ".repeat(5000));
        assert_eq!(function(&wide), wide);
    }
}
