//! Text of C expressions to words.

/// A word of a C expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// A name: `REC`, `__print_symbolic`, `unsigned`.
    Name(&'a str),
    /// A number, or a character as its code.
    Number(i128),
    /// A string, with its neighbours: C joins strings that follow each other.
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// Something else; no expression with it is understood.
    Unknown,
}

/// The signs, those that begin like others first.
const SIGNS: [&str; 34] = [
    "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "(", ")", "{", "}", "[", "]", ",", "?",
    ":", "&", "|", "^", "~", "!", "<", ">", "+", "-", "*", "/", "%", ";", "=", ".", "#",
];

/// Splits a text into words.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '"' => take_text(rest),
            '\'' => take_character(rest),
            '0'..='9' => take_number(rest),
            c if is_part(c) => {
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let (name, behind) = rest.split_at(end);
                (Token::Name(name), behind)
            }
            _ => take_sign(rest, first),
        };
        match (found.last_mut(), word) {
            (Some(Token::Text(before)), Token::Text(more)) => before.push_str(&more),
            (_, word) => found.push(word),
        }
        rest = behind.trim_start();
    }
    found
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn take_sign(rest: &str, first: char) -> (Token<'_>, &str) {
    for sign in SIGNS {
        if let Some(behind) = rest.strip_prefix(sign) {
            return (Token::Sign(sign), behind);
        }
    }
    let behind = rest.get(first.len_utf8()..).unwrap_or_default();
    (Token::Unknown, behind)
}

/// Takes a number with what C writes behind it (`UL`, `ULL`); one that is none is unknown.
fn take_number(rest: &str) -> (Token<'_>, &str) {
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let (spelled, behind) = rest.split_at(end);
    let digits = spelled.trim_end_matches(['u', 'U', 'l', 'L']);
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let number = match (hex, digits.strip_prefix('0')) {
        (Some(hex), _) => u64::from_str_radix(hex, 16),
        (None, Some(octal)) if !octal.is_empty() => u64::from_str_radix(octal, 8),
        (None, _) => digits.parse(),
    };
    let word = number.map_or(Token::Unknown, |number| Token::Number(number.into()));
    (word, behind)
}

fn take_character(rest: &str) -> (Token<'_>, &str) {
    let mut chars = rest.char_indices().skip(1);
    if let (Some((_, c)), Some((end, '\''))) = (chars.next(), chars.next())
        && c != '\\'
    {
        let behind = rest.get(end + 1..).unwrap_or_default();
        return (Token::Number(u32::from(c).into()), behind);
    }
    (Token::Unknown, rest.get(1..).unwrap_or_default())
}

/// Takes a string; one without an end reaches to the end of the text.
fn take_text(rest: &str) -> (Token<'_>, &str) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (Token::Text(text), rest.get(at + 1..).unwrap_or_default()),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, other)) => text.push(other),
                None => break,
            },
            other => text.push(other),
        }
    }
    (Token::Text(text), "")
}
