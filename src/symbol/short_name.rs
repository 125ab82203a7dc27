//! Readable names of Rust and C++, shortened.

use std::borrow::Cow;

/// How many parts of a path are kept: a method with its type, a function with its module.
const KEPT_PARTS: usize = 2;

/// Stands for what is left out between `<` and `>`.
const LEFT_OUT: char = '…';

/// A readable name without the arguments of templates, and without the first parts of its path:
/// `Harness<…>::poll` for `tokio::runtime::task::harness::Harness<T, S>::poll`. A Rust path that
/// begins with a type keeps the last part of its names: `<Vec<…> as Extend<…>>::extend`.
pub(crate) fn short_name(name: &str) -> Cow<'_, str> {
    let is_plain = !name.contains("::") && !name.contains('<');
    // What the compiler made for a function is told by the words in front.
    if is_plain || name.contains(" thunk to ") || name.contains(" for ") {
        return Cow::Borrowed(name);
    }
    let parts = parts_with_arguments(name);
    let kept = parts.len().saturating_sub(KEPT_PARTS);
    let short: Vec<String> = parts
        .iter()
        .skip(kept)
        .map(|part| short_part(part))
        .collect();
    Cow::Owned(short.join("::"))
}

/// The parts of a path; what Rust writes as a part of its own, `::<T>`, belongs to the one before.
fn parts_with_arguments(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in split_outside(name, "::") {
        match parts.last_mut() {
            Some(before) if part.starts_with('<') => {
                before.push_str("::");
                before.push_str(part);
            }
            Some(_) | None => parts.push(part.to_owned()),
        }
    }
    parts
}

/// The parts of a text between separators that stand outside of all brackets.
fn split_outside<'n>(name: &'n str, separator: &str) -> Vec<&'n str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, letter) in name.char_indices() {
        match letter {
            _ if is_operator(name, at) => (),
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {
                let rest = name.get(at..).unwrap_or_default();
                if depth == 0 && at >= start && rest.starts_with(separator) {
                    parts.extend(name.get(start..at));
                    start = at + separator.len();
                }
            }
        }
    }
    parts.extend(name.get(start..));
    parts
}

/// A part of a path without the arguments of its template. A part that begins with `<` is a type in
/// Rust, of which the names are shortened.
fn short_part(part: &str) -> String {
    if let Some(inner) = part
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
    {
        let sides = split_outside(inner, " as ").into_iter().map(short_type);
        let sides: Vec<String> = sides.collect();
        return format!("<{}>", sides.join(" as "));
    }
    without_arguments(part)
}

/// The last part of a type's path.
fn short_type(path: &str) -> String {
    let parts = split_outside(path, "::");
    parts
        .last()
        .map_or(String::new(), |last| without_arguments(last))
}

/// A name with `…` for what stands in its angle brackets.
fn without_arguments(part: &str) -> String {
    let mut short = String::with_capacity(part.len());
    let mut depth = 0_usize;
    for (at, letter) in part.char_indices() {
        match letter {
            '<' if !is_operator(part, at) => {
                if depth == 0 {
                    short.push('<');
                    short.push(LEFT_OUT);
                }
                depth += 1;
            }
            '>' if depth > 0 && !is_operator(part, at) => {
                depth -= 1;
                if depth == 0 {
                    short.push('>');
                }
            }
            _ if depth == 0 => short.push(letter),
            _ => (),
        }
    }
    short
}

/// Whether a letter is no bracket but belongs to an operator's name or to an arrow: `operator<<`,
/// `operator->`, `fn() -> T`.
fn is_operator(name: &str, at: usize) -> bool {
    let before = name.get(..at).unwrap_or_default();
    let is_arrow =
        name.get(at..).is_some_and(|rest| rest.starts_with('>')) && before.ends_with('-');
    let bare = before.trim_end_matches(['<', '>', '=']);
    is_arrow || (bare.ends_with("operator") && before.len() - bare.len() < 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of each kind of name what a reader needs to tell functions apart.
    #[test]
    fn names_keep_what_tells_them_apart() {
        let cases = [
            ("main", "main"),
            (
                "std::vector<int, std::allocator<int> >::push_back",
                "vector<…>::push_back",
            ),
            (
                "tokio::runtime::task::harness::Harness<T,S>::poll",
                "Harness<…>::poll",
            ),
            (
                "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>",
                "ptr::drop_in_place::<…>",
            ),
            (
                "<alloc::vec::Vec<T> as core::iter::traits::collect::Extend<T>>::extend",
                "<Vec<…> as Extend<…>>::extend",
            ),
            ("a::b::operator<< <char>", "b::operator<< <…>"),
            ("a::operator->", "a::operator->"),
            ("a::b::{closure#0}", "b::{closure#0}"),
            ("(anonymous namespace)::f", "(anonymous namespace)::f"),
            ("vtable for a::b::c", "vtable for a::b::c"),
            ("<<a::B as c::D>::E as f::G<H>>::i", "<E as G<…>>::i"),
            ("a::b<", "a::b<…"),
            ("::", "::"),
        ];
        for (name, short) in cases {
            assert_eq!(short_name(name), short, "{name}");
        }
    }
}
