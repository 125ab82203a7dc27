//! Which of several names of one address is shown.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::symbol::demangle::demangle;

/// What is shown of a name that a compiler mangled, which decides between names of one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Spelling {
    /// The readable form: `foo::bar(int)`.
    #[default]
    Readable,
    /// What the file holds: `_ZN3foo3barEi`.
    Mangled,
}

impl Spelling {
    fn of(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Readable => demangle(name),
            Self::Mangled => Cow::Borrowed(name),
        }
    }
}

/// How a symbol is bound, as far as it decides between names of one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binding {
    Local,
    Global,
    Weak,
}

/// One of several symbols that start at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alias<'n> {
    pub(super) name: &'n str,
    /// Whether it covers anything.
    pub(super) is_sized: bool,
    /// Whether it is a mere label (`STT_NOTYPE`).
    pub(super) is_label: bool,
    pub(super) binding: Binding,
    /// How names are shown, the same of all symbols of a table.
    pub(super) spelling: Spelling,
}

/// How good a name is by what its table says: the better, the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct StatedRank {
    is_sized: bool,
    is_function: bool,
    binding: u8,
}

/// What is shown of a name.
#[derive(Debug)]
pub(super) struct ShownAlias {
    rank: ShownRank,
    /// Its readable form; `None` where it is shown as the file has it.
    pub(super) readable: Option<String>,
}

/// How good a name is by what is shown: the better, the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct ShownRank {
    underscores: Reverse<usize>,
    len: usize,
}

impl Alias<'_> {
    /// Whether it names the address better than `old`, which came first.
    ///
    /// `shown` is what is shown of the better one of both, before and after: it costs most.
    ///
    /// Source: tools/perf/util/symbol.c (`choose_best_symbol`), Linux 6.1.
    pub(super) fn is_better_than(&self, old: &Self, shown: &mut Option<ShownAlias>) -> bool {
        let (stated, of_old) = (self.stated_rank(), old.stated_rank());
        if stated != of_old {
            let is_better = stated > of_old;
            if is_better {
                *shown = None;
            }
            return is_better;
        }
        // What `.dynsym` lists is in `.symtab` too.
        if self.name == old.name || differ_in_kind(self.name, old.name) {
            return false;
        }
        let of_old = shown.get_or_insert_with(|| old.shown()).rank;
        let own = self.shown();
        let is_better = own.rank > of_old;
        if is_better {
            *shown = Some(own);
        }
        is_better
    }

    fn stated_rank(&self) -> StatedRank {
        StatedRank {
            is_sized: self.is_sized,
            is_function: !self.is_label,
            binding: match self.binding {
                Binding::Weak => 0,
                Binding::Local => 1,
                Binding::Global => 2,
            },
        }
    }

    /// perf compares the names it shows: mangled ones under `--no-demangle`.
    fn shown(&self) -> ShownAlias {
        let text = self.spelling.of(self.name);
        let stem = text.trim_start_matches('_');
        let rank = ShownRank {
            underscores: Reverse(text.len() - stem.len()),
            len: text.len(),
        };
        let readable = match text {
            Cow::Owned(text) => Some(text),
            Cow::Borrowed(_) => None,
        };
        ShownAlias { rank, readable }
    }
}

/// Whether two mangled C++ names differ in nothing but which constructor or destructor they are of a
/// class (`C1E`, `C2E`, `D0E`, …), which is not shown. Compilers give one address to several.
fn differ_in_kind(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() || !a.starts_with(b"_ZN") {
        return false;
    }
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return false;
    };
    let around = |name: &[u8]| -> Option<[u8; 4]> {
        let around = name.get(at.checked_sub(2)?..)?.first_chunk();
        around.copied()
    };
    let (Some([before, what, a_kind, end]), Some([.., b_kind, _])) = (around(a), around(b)) else {
        return false;
    };
    // `S` would begin the number of something that was named before.
    let is_kind = |kind: u8| match what {
        b'C' => matches!(kind, b'1'..=b'3'),
        b'D' => matches!(kind, b'0'..=b'2'),
        _ => false,
    };
    before != b'S'
        && end == b'E'
        && is_kind(a_kind)
        && is_kind(b_kind)
        && a.get(at + 1..) == b.get(at + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not shown is told without reading the names; a class's name is read.
    #[test]
    fn constructors_of_a_class_are_shown_alike() {
        let alike = [
            ("_ZN3FooC1Ev", "_ZN3FooC2Ev"),
            ("_ZN3FooD0Ev", "_ZN3FooD1Ev"),
            ("_ZN3FooD2Ev.cold", "_ZN3FooD1Ev.cold"),
        ];
        for (a, b) in alike {
            assert!(differ_in_kind(a, b), "{a} {b}");
            assert_eq!(demangle(a), demangle(b));
        }
        let different = [
            ("_ZN3FooC1Ev", "_ZN3FooD1Ev"),
            ("_ZN3FooC1Ev", "_ZN3FooC1Ei"),
            ("_ZN3FooC1Ev", "_ZN3FooC2Ei"),
            ("_ZN3FooC1Ev", "_ZN3FooC1Ev.cold"),
            ("_ZN1A1BISC1E_EEvv", "_ZN1A1BISC2E_EEvv"),
            ("_ZN3FC1Ev", "_ZN4FC2Ev"),
            ("_ZN3FooC1", "_ZN3FooC2"),
            ("memcpyC1E", "memcpyC2E"),
        ];
        for (a, b) in different {
            assert!(!differ_in_kind(a, b), "{a} {b}");
        }
    }

    /// A rank that is kept is that of the better one: choosing one by one is choosing the first of
    /// the best.
    #[test]
    fn ranks_are_those_of_the_better_one() {
        let bindings = [Binding::Local, Binding::Global, Binding::Weak];
        let names = [
            "_a",
            "a",
            "bb",
            "__ccc",
            "_ZN3FooC1Ev",
            "_ZN3FooC2Ev",
            "Foo::Foo",
        ];
        let alias = |round: usize, number: usize| Alias {
            name: names[number % 7],
            is_sized: number & 4 > 0,
            is_label: number & 24 > 0,
            binding: bindings[number / 112 % 3],
            spelling: [Spelling::Readable, Spelling::Mangled][round % 2],
        };
        let mut seed = 1_usize;
        for round in 0..500 {
            let list: Vec<Alias<'_>> = (0..6)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    alias(round, seed >> 40)
                })
                .collect();
            let (mut best, mut shown) = (0, None);
            for (at, alias) in list.iter().enumerate().skip(1) {
                if alias.is_better_than(&list[best], &mut shown) {
                    best = at;
                }
            }
            let key = |alias: &Alias<'_>| (alias.stated_rank(), alias.shown().rank);
            let most = list.iter().map(key).max().unwrap();
            let first = list.iter().position(|alias| key(alias) == most);
            assert_eq!(Some(best), first, "{list:?}");
            let of_best = list[best].shown().readable;
            assert!(
                shown.is_none_or(|shown| shown.readable == of_best),
                "{list:?}"
            );
        }
    }
}
