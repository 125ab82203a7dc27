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
///
/// ```
/// # use vmflame::kvm::base_name;
/// assert_eq!(base_name("kvm_mmu_page_fault.part.0.cold"), "kvm_mmu_page_fault");
/// ```
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
