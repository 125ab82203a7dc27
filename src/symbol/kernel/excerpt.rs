//! The part of a kallsyms text that names given addresses.

use std::collections::BTreeSet;

use crate::units::Avma;

/// Symbols that tell where the kernel lay: perf records one of them.
const ANCHORS: [&str; 3] = ["_text", "_stext", "_etext"];

/// Cuts a kallsyms text down to what names some addresses: the symbols that lie nearest below each,
/// those that come next, since they end a function, and the anchors of the kernel.
///
/// [`KernelSymbols::parse`](super::KernelSymbols::parse) of the excerpt finds the same function at
/// each of the addresses as it does of the whole text. Lines that have no address are left out.
pub fn excerpt_kallsyms(text: &[u8], addresses: &BTreeSet<Avma>) -> String {
    let text = String::from_utf8_lossy(text);
    let mut lines: Vec<KallsymsRow<'_>> = text.lines().filter_map(KallsymsRow::of).collect();
    lines.sort_by_key(|line| line.start);
    let mut kept: BTreeSet<u64> = BTreeSet::new();
    for at in addresses.iter().map(|at| at.as_u64()) {
        let above = lines.partition_point(|line| line.start <= at);
        let below = above.checked_sub(1).and_then(|ix| lines.get(ix));
        kept.extend(below.map(|line| line.start));
        kept.extend(lines.get(above).map(|line| line.start));
    }
    let mut out = String::new();
    for line in lines {
        if kept.contains(&line.start) || ANCHORS.contains(&line.name) {
            out.push_str(line.whole);
            out.push('\n');
        }
    }
    out
}

/// A line with an address.
struct KallsymsRow<'a> {
    start: u64,
    name: &'a str,
    whole: &'a str,
}

impl<'a> KallsymsRow<'a> {
    /// A line of a symbol that names or ends a function: mapping symbols and local labels do neither.
    fn of(whole: &'a str) -> Option<Self> {
        let mut words = whole.split_ascii_whitespace();
        let start = u64::from_str_radix(words.next()?, 16).ok()?;
        let kind = words.next()?;
        let name = words.next()?;
        let decides =
            "tTwWdDbBrR".contains(kind) && !name.starts_with('$') && !name.starts_with(".L");
        decides.then_some(Self { start, name, whole })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::symbol::KernelSymbols;

    const TEXT: &str = "\
ffffffff81000000 T _text\n\
ffffffff81000000 T _stext\n\
ffffffff81000100 t first\n\
ffffffff81000200 t other\n\
ffffffff81000200 T alias\n\
ffffffff81000300 t far\n\
ffffffff81000400 D ends_it\n\
ffffffff81000500 t .Llocal\n\
ffffffff81001000 T _etext\n\
ffffffffc0000010 t in_module\t[kvm]\n\
ffffffffc0000090 t beside\t[kvm]\n";

    /// Each address has the function of the whole text, and nothing else is told.
    #[test]
    fn an_excerpt_names_the_addresses_and_no_more() {
        let at = [0xffff_ffff_8100_0250, 0xffff_ffff_c000_0010].map(Avma::new);
        let addresses: BTreeSet<Avma> = at.into_iter().collect();
        let cut = excerpt_kallsyms(TEXT.as_bytes(), &addresses);
        let path = Path::new("kallsyms");
        let [whole, part] =
            [TEXT, &cut].map(|text| KernelSymbols::parse(path, text.as_bytes()).unwrap());
        for avma in at {
            assert_eq!(part.look_up(avma), whole.look_up(avma));
        }
        assert_eq!(part.look_up(at[0]).unwrap().name, "alias");
        assert_eq!(part.look_up(at[1]).unwrap().dso(), "[kvm]");
        assert!(!cut.contains("first") && !cut.contains("ends_it") && !cut.contains(".Llocal"));
        assert!(cut.contains("_stext"));
    }

    /// Data ends a function, also in the excerpt.
    #[test]
    fn what_ends_a_function_is_kept() {
        let at = Avma::new(0xffff_ffff_8100_0399);
        let behind = Avma::new(0xffff_ffff_8100_0450);
        let cut = excerpt_kallsyms(TEXT.as_bytes(), &BTreeSet::from([at]));
        let part = KernelSymbols::parse(Path::new("kallsyms"), cut.as_bytes()).unwrap();
        assert_eq!(part.look_up(at).unwrap().name, "far");
        assert!(part.look_up(behind).is_err());
    }
}
