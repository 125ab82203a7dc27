//! Names without anything that folded text gives a meaning.

use crate::text::one_line;

/// Stands for a frame whose name has nothing to show, and for a stack without frames.
pub(super) const NAMELESS: &str = "[unknown]";

/// `raw` without anything that the format gives a meaning.
pub(super) fn safe_name(raw: &str) -> String {
    let line = one_line(raw);
    let line = line.trim();
    if line.is_empty() {
        return NAMELESS.to_owned();
    }
    let mut name = line.replace(';', ":");
    if let Some(space) = name.rfind(' ')
        && looks_like_weight(&name[space + 1..])
    {
        name.replace_range(space..=space, "_");
    }
    if name == "#" || name.starts_with("# ") {
        name.insert(0, '_');
    }
    name
}

/// Whether readers take the last word of a name for a weight: digits, perhaps with a point.
fn looks_like_weight(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_the_format_gives_a_meaning() {
        assert_eq!(safe_name("fn(&[u8; 8])"), "fn(&[u8: 8])");
        assert_eq!(safe_name("a\nb\r"), "a b");
        assert_eq!(safe_name("\x1b[0m"), "\\u{1b}[0m");
        assert_eq!(safe_name(" \t"), "[unknown]");
        assert_eq!(safe_name("worker 3"), "worker_3");
        assert_eq!(safe_name("CPU 0/KVM"), "CPU 0/KVM");
        assert_eq!(safe_name("v 1.5"), "v_1.5");
        assert_eq!(safe_name("# comment"), "_# comment");
    }
}
