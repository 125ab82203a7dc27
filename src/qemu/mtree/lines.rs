//! Lines without the noise of a terminal and of mail.

use std::borrow::Cow;

/// The lines of a text as the monitor meant them.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(|line| {
        let line = without_escapes(line.trim_end_matches(['\r', ' ', '\t']));
        match line {
            Cow::Borrowed(line) => Cow::Borrowed(unquoted(line)),
            Cow::Owned(line) => Cow::Owned(unquoted(&line).to_owned()),
        }
    })
}

/// What stands behind the quoting of mail and the monitor's prompt.
fn unquoted(line: &str) -> &str {
    let mut line = line;
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    while let Some(rest) = line.strip_prefix("(qemu) ") {
        line = rest;
    }
    line
}

/// The line without escape sequences: the monitor's line editor draws with them.
fn without_escapes(line: &str) -> Cow<'_, str> {
    if !line.contains(['\x1b', '\r']) {
        return Cow::Borrowed(line);
    }
    let mut kept = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => {
                let mut behind = rest.clone();
                if behind.next() == Some('[') {
                    let end = behind.find(|c| !c.is_ascii_digit() && !";?".contains(*c));
                    if end.is_some_and(|end| end.is_ascii_alphabetic()) {
                        rest = behind;
                    }
                }
            }
            '\r' => {}
            c => kept.push(c),
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal and a mail program add is no part of a line.
    #[test]
    fn noise_is_taken_off() {
        let text = "(qemu) i\x1b[K\x1b[Din\x1b[K\r\n  a b \r\n>   a\n> > address-space: I/O\n\x1b[?25hx\x1b";
        let lines: Vec<_> = lines(text).collect();
        assert_eq!(lines, ["iin", "  a b", "  a", "address-space: I/O", "x"]);
    }
}
