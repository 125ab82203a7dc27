//! The words of a description: `size=8G,stacks=1000`.

/// A word of a description.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) key: &'a str,
    /// As it is written.
    pub(crate) value: &'a str,
    pub(crate) number: u64,
}

/// The words of a description, in order.
///
/// Each is an error, in one line, when it is no `KEY=NUMBER`.
pub(crate) fn settings(text: &str) -> impl Iterator<Item = Result<Setting<'_>, String>> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(|part| {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is no KEY=VALUE"))?;
        let number = parse_number(value).ok_or_else(|| format!("{value:?} is no number"))?;
        Ok(Setting { key, value, number })
    })
}

/// A number with a binary unit: `8G`, `64M`, `100K`, `7`.
fn parse_number(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'K' => (text.get(..text.len() - 1)?, 10),
        b'M' => (text.get(..text.len() - 1)?, 20),
        b'G' => (text.get(..text.len() - 1)?, 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}
