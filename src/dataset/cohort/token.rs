//! The words of a condition.

/// A word of a condition, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ConditionToken {
    /// `'6.12'`, without its quotes.
    Text(String),
    /// `10`, `0.5`, `1e9`.
    Number(String),
    /// `kernel`, `captures`: in lower case.
    Name(String),
    /// One of [`SIGNS`].
    Sign(&'static str),
}

/// What is no name, no number and no text; the longer ones before those that they begin with.
const SIGNS: [&str; 17] = [
    "<>", "!=", "<=", ">=", "||", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".",
];

/// Takes a condition apart.
///
/// # Errors
/// At the first thing that is no word of a condition.
pub(super) fn tokens(text: &str) -> Result<Vec<ConditionToken>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first == '\'' || first == '"' {
            quoted(rest, first)?
        } else if first.is_ascii_digit() {
            let length = number_length(rest);
            (ConditionToken::Number(rest[..length].to_owned()), length)
        } else if is_of_name(first) {
            let length = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            (
                ConditionToken::Name(rest[..length].to_ascii_lowercase()),
                length,
            )
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("{first:?} is no part of a condition"))?;
            (ConditionToken::Sign(sign), sign.len())
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

const fn is_of_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// A text in single quotes, or a name in double ones; a quote within is written twice.
fn quoted(text: &str, quote: char) -> Result<(ConditionToken, usize), String> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_control() {
            return Err("it has a control character".to_owned());
        }
        if c != quote {
            inner.push(c);
        } else if chars.next_if(|&(_, next)| next == quote).is_some() {
            inner.push(quote);
        } else {
            let token = if quote == '\'' {
                ConditionToken::Text(inner)
            } else {
                ConditionToken::Name(inner.to_ascii_lowercase())
            };
            return Ok((token, at + 1));
        }
    }
    Err(format!("a text that begins with {quote} does not end"))
}

/// How long the number is that a text begins with: digits, a fraction, an exponent.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        let length = rest.find(|c: char| !c.is_ascii_digit());
        from + length.unwrap_or(rest.len())
    };
    let bytes = text.as_bytes();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let past = digits(end + 1 + sign);
        if past > end + 1 + sign {
            end = past;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quotes, numbers and signs end where SQL ends them.
    #[test]
    fn words_end_where_sql_ends_them() {
        let found = tokens("kernel<='6.1''2' AND \"Share\">1.5e-3--2").unwrap();
        let expected = [
            ConditionToken::Name("kernel".to_owned()),
            ConditionToken::Sign("<="),
            ConditionToken::Text("6.1'2".to_owned()),
            ConditionToken::Name("and".to_owned()),
            ConditionToken::Name("share".to_owned()),
            ConditionToken::Sign(">"),
            ConditionToken::Number("1.5e-3".to_owned()),
            ConditionToken::Sign("-"),
            ConditionToken::Sign("-"),
            ConditionToken::Number("2".to_owned()),
        ];
        assert_eq!(found, expected);
        for wrong in [
            "a;b",
            "'x",
            "a = $1",
            "a = ?",
            "'x\n.shell'",
            "a\\b",
            "`a`",
            "é",
        ] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }
}
