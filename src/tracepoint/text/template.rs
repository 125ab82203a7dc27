//! A form in which a tracepoint's values are printed, and how text is matched with it.
//!
//! | in a form | stands for |
//! |---|---|
//! | a space | one or more spaces, tabs and commas |
//! | `{name}` | a number, decimal or behind `0x` hexadecimal |
//! | `{name:x}` | a hexadecimal number, with `0x` or without |
//! | `{name:x8}` | one of so many digits at least: fewer were cut |
//! | `{name:-}` | a decimal number; the value is its negative |
//! | `{name=a,b}` | one of the words; the value is its position |
//! | `{name@kind}` | a name, by a [`WordKind`] |
//! | `{name^}` | any text up to ` rip `, or to the end where there is none |
//! | `{name$}` | any text up to where the rest matches |
//! | `{*}` | the same, and it means nothing |
//! | `{}` | what follows may be missing: cut off, or of a later kernel |
//! | anything else | itself |

use super::named_values::NamedValues;
use super::words::{WordKind, find_word};

/// One step of a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum FormStep {
    Space,
    Literal(&'static str),
    Number(&'static str, Radix),
    Words(&'static str, Vec<&'static str>),
    Word(&'static str, WordKind),
    BeforeRip(&'static str),
    Text(&'static str),
    Anything,
    Enough,
}

/// How a number is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Radix {
    /// Decimal, or hexadecimal behind `0x`.
    Told,
    /// Hexadecimal, of so many digits at least.
    Hex(usize),
    /// Decimal, of a number whose sign was turned.
    Negated,
}

/// Reads a form; `None` when it is none.
pub(super) fn parse_form(form: &'static str) -> Option<Vec<FormStep>> {
    let mut steps = Vec::new();
    let mut rest = form;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            ' ' => {
                steps.push(FormStep::Space);
                1
            }
            '{' => {
                let end = rest.find('}')?;
                steps.push(parse_capture(rest.get(1..end)?)?);
                end + 1
            }
            _ => {
                let end = rest.find([' ', '{']).unwrap_or(rest.len());
                steps.push(FormStep::Literal(rest.get(..end)?));
                end
            }
        };
        rest = rest.get(len..)?;
    }
    Some(steps)
}

fn parse_capture(inner: &'static str) -> Option<FormStep> {
    if inner.is_empty() {
        return Some(FormStep::Enough);
    }
    if inner == "*" {
        return Some(FormStep::Anything);
    }
    if let Some(name) = inner.strip_suffix('^') {
        return Some(FormStep::BeforeRip(name));
    }
    if let Some(name) = inner.strip_suffix('$') {
        return Some(FormStep::Text(name));
    }
    if let Some((name, words)) = inner.split_once('=') {
        return Some(FormStep::Words(name, words.split(',').collect()));
    }
    if let Some((name, kind)) = inner.split_once('@') {
        return Some(FormStep::Word(name, WordKind::of(kind)?));
    }
    Some(match inner.split_once(':') {
        None => FormStep::Number(inner, Radix::Told),
        Some((name, "x")) => FormStep::Number(name, Radix::Hex(1)),
        Some((name, "-")) => FormStep::Number(name, Radix::Negated),
        Some((name, digits)) => {
            let digits = digits.strip_prefix('x')?.parse().ok()?;
            FormStep::Number(name, Radix::Hex(digits))
        }
    })
}

/// How well text fits a form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FormFit {
    /// It does not.
    No,
    /// Up to where what follows may be missing.
    Partly,
    /// To the form's end.
    Whole,
}

impl FormFit {
    /// What it is where the rest does not fit.
    const fn broken_off(is_enough: bool) -> Self {
        if is_enough { Self::Partly } else { Self::No }
    }
}

/// Matches text with a form from its start. What does not fit behind [`FormStep::Enough`] is left out.
pub(super) fn matches<'t>(
    steps: &[FormStep],
    text: &'t str,
    values: &mut NamedValues<'t>,
) -> FormFit {
    let mut text = text;
    let mut is_enough = false;
    let mut rest = steps;
    while let Some((step, later)) = rest.split_first() {
        rest = later;
        let taken = match step {
            FormStep::Enough => {
                is_enough = true;
                continue;
            }
            FormStep::Anything => return search(None, later, text, values, is_enough),
            FormStep::Text(name) => return search(Some(name), later, text, values, is_enough),
            FormStep::Space => {
                let behind = text.trim_start_matches([' ', '\t', ',']);
                Some(text.len() - behind.len()).filter(|&len| len > 0)
            }
            FormStep::Literal(literal) => text.starts_with(literal).then_some(literal.len()),
            FormStep::Number(name, radix) => take_number(text, *radix).map(|taken| {
                values.add(name, taken.value);
                taken.len
            }),
            FormStep::Words(name, words) => {
                let found = (0..).zip(words).find(|(_, word)| text.starts_with(**word));
                found.map(|(value, word)| {
                    values.add(name, value);
                    word.len()
                })
            }
            FormStep::Word(name, kind) => find_word(*kind, text).map(|found| {
                values.add(name, found.value);
                found.len
            }),
            FormStep::BeforeRip(name) => {
                let end = text.find(" rip ").unwrap_or(text.len());
                let taken = text.get(..end).filter(|taken| !taken.is_empty());
                taken.map(|taken| {
                    values.add_text(name, taken);
                    taken.len()
                })
            }
        };
        match taken.and_then(|len| text.get(len..)) {
            Some(behind) => text = behind,
            None => return FormFit::broken_off(is_enough),
        }
    }
    FormFit::Whole
}

/// Looks for the first place where the rest of a form matches.
fn search<'t>(
    name: Option<&'static str>,
    later: &[FormStep],
    text: &'t str,
    values: &mut NamedValues<'t>,
    is_enough: bool,
) -> FormFit {
    let mark = values.mark();
    for (at, _) in text.char_indices() {
        let (Some(skipped), Some(behind)) = (text.get(..at), text.get(at..)) else {
            continue;
        };
        values.rewind(mark);
        if let Some(name) = name {
            values.add_text(name, skipped);
        }
        let fit = matches(later, behind, values);
        if fit != FormFit::No {
            return fit;
        }
    }
    values.rewind(mark);
    FormFit::broken_off(is_enough)
}

/// A number in text.
struct TakenNumber {
    value: u64,
    len: usize,
}

fn take_number(text: &str, radix: Radix) -> Option<TakenNumber> {
    let behind_prefix = text.strip_prefix("0x");
    let (digits, is_hex, least) = match (radix, behind_prefix) {
        (Radix::Hex(least), digits) => (digits.unwrap_or(text), true, least),
        (Radix::Told, Some(digits)) => (digits, true, 1),
        (Radix::Told | Radix::Negated, _) => (text, false, 1),
    };
    let (is_negative, digits) = match digits.strip_prefix('-') {
        Some(digits) if !is_hex => (true, digits),
        _ => (false, digits),
    };
    let base = if is_hex { 16 } else { 10 };
    let behind = digits.trim_start_matches(|c: char| c.is_digit(base));
    let number = digits.get(..digits.len() - behind.len())?;
    // A number that a letter follows is a part of something else.
    if number.len() < least || behind.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let value = u64::from_str_radix(number, base).ok()?;
    let value = if is_negative == (radix == Radix::Negated) {
        value
    } else {
        value.wrapping_neg()
    };
    Some(TakenNumber {
        value,
        len: text.len() - behind.len(),
    })
}
