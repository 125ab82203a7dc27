//! Function names without what compilers append.

/// Suffixes that stand alone (`.cold`).
const PLAIN: [&str; 2] = ["cold", "localalias"];

/// Suffixes that a number follows (`.part.0`).
const NUMBERED: [&str; 8] = [
    "part",
    "isra",
    "constprop",
    "llvm",
    "__uniq",
    "cold",
    "clone",
    "lto_priv",
];

/// The name as written in the source: without `.cold`, `.part.N`, `.isra.N`, `.constprop.N`,
/// `.llvm.N`, `.__uniq.N` and their like, in any combination.
pub(crate) fn base_name(name: &str) -> &str {
    let mut base = name;
    while let Some(shorter) = without_suffix(base) {
        base = shorter;
    }
    base
}

/// `name` without its last suffix; `None` when it has none that a compiler made.
fn without_suffix(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once('.')?;
    let rest = if PLAIN.contains(&last) {
        rest
    } else if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        let (rest, word) = rest.rsplit_once('.')?;
        NUMBERED.contains(&word).then_some(rest)?
    } else {
        return None;
    };
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compilers' suffixes would hide functions from tables; a dot of the name itself must stay.
    #[test]
    fn compilers_suffixes_are_stripped() {
        for name in [
            "f",
            "f.cold",
            "f.part.0",
            "f.isra.0.cold",
            "f.constprop.12.isra.3",
            "f.llvm.123",
        ] {
            assert_eq!(base_name(name), "f", "{name}");
        }
        assert_eq!(base_name("f.__uniq.4711.llvm.12"), "f");
        assert_eq!(base_name(".cold"), ".cold");
        assert_eq!(base_name("a.b.0"), "a.b.0");
    }
}
