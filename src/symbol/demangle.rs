//! Mangled names of Rust and C++ made readable.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::symbol::cpp_spelling;

/// Longest name that is demangled, and longest result. Real C++ names stay under a few kilobytes;
/// a crafted one can double its result with every byte.
const LONGEST: usize = 1 << 16;

/// Names that are longer or have more ends of lists in them are not tried a second time.
const LONGEST_BARE: usize = 2000;
const MOST_ENDS: usize = 60;

/// Makes a Rust or C++ name readable; other names stay as they are.
///
/// Rust names lose their hash. C++ names come without parameters and return type, as perf prints
/// them when not told to be verbose. The suffix `@plt` of a linkage table entry is kept.
pub fn demangle(name: &str) -> Cow<'_, str> {
    if !name.starts_with('_') || name.len() > LONGEST {
        return Cow::Borrowed(name);
    }
    let (stem, suffix) = match name.strip_suffix("@plt") {
        Some(stem) => (stem, "@plt"),
        None => (name, ""),
    };
    match rust(stem).or_else(|| cpp(stem)) {
        Some(readable) => Cow::Owned(readable + suffix),
        None => Cow::Borrowed(name),
    }
}

fn rust(name: &str) -> Option<String> {
    if !name.starts_with("_R") && !has_rust_hash(name) {
        return None;
    }
    let demangled = rustc_demangle::try_demangle(name).ok()?;
    let mut text = Bounded::for_name(name);
    write!(text, "{demangled:#}").ok()?;
    Some(text.0)
}

/// Whether a `_ZN…E` name ends in Rust's `17h` and sixteen hexadecimal digits, without which it
/// may as well be C++. Behind it may come a suffix such as `.llvm.42`; dots inside spell `::`.
fn has_rust_hash(name: &str) -> bool {
    let Some(path) = name.strip_prefix("_ZN") else {
        return false;
    };
    let path = path.as_bytes();
    let mut ends = memchr::memchr_iter(b'.', path).chain([path.len()]);
    ends.any(|end| {
        let stem = path.get(..end).and_then(|stem| stem.strip_suffix(b"E"));
        let hash = stem.and_then(<[u8]>::last_chunk::<19>);
        let digits = hash.and_then(|hash| hash.strip_prefix(b"17h"));
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

fn cpp(name: &str) -> Option<String> {
    let plain = cpp_demangle::DemangleOptions::new()
        .no_params()
        .no_return_type();
    if !name.starts_with("_Z") && !name.starts_with("_GLOBAL_") {
        return None;
    }
    match wrapped(name) {
        // What such a name wraps is shown with its parameters, as binutils does.
        Some((what, inner)) => {
            let inner = cpp_with(&inner, &cpp_demangle::DemangleOptions::new())?;
            // The suffix of a copy is shown for no function.
            let inner = inner.split(" [clone ").next().unwrap_or_default();
            Some(format!("{what} {}", cpp_spelling::special(inner)))
        }
        None => {
            let text = cpp_with(name, &plain).or_else(|| cpp_with(bare(name)?, &plain))?;
            Some(if name.starts_with("_ZT") || name.starts_with("_ZG") {
                cpp_spelling::special(&text)
            } else {
                cpp_spelling::function(&text)
            })
        }
    }
    .filter(|text| text.len() <= LONGEST)
}

/// The name without its types, where only these cannot be read: they are not shown anyway.
///
/// A name of several parts says itself where it ends, so that the shortest beginning that makes
/// sense is the name.
fn bare(name: &str) -> Option<&str> {
    if name.len() > LONGEST_BARE
        || ["_ZT", "_ZG", "_ZZ"]
            .iter()
            .any(|what| name.starts_with(what))
    {
        return None;
    }
    let ends = name.match_indices('E').map(|(at, _)| at + 1);
    let mut beginnings = ends.filter_map(|end| name.get(..end)).take(MOST_ENDS);
    beginnings.find(|beginning| cpp_demangle::Symbol::new(beginning).is_ok())
}

fn cpp_with(name: &str, options: &cpp_demangle::DemangleOptions) -> Option<String> {
    let symbol = cpp_demangle::Symbol::new(name).ok()?;
    let mut text = Bounded::for_name(name);
    symbol.structured_demangle(&mut text, options).ok()?;
    Some(text.0)
}

/// What a thunk or transaction clone is, and the mangled name of the function behind it.
fn wrapped(name: &str) -> Option<(&'static str, String)> {
    let (what, inner) = if let Some(rest) = name.strip_prefix("_ZTh") {
        ("non-virtual thunk to", rest.split_once('_')?.1)
    } else if let Some(rest) = name.strip_prefix("_ZTv") {
        let (_, rest) = rest.split_once('_')?;
        ("virtual thunk to", rest.split_once('_')?.1)
    } else {
        ("transaction clone for", name.strip_prefix("_ZGTt")?)
    };
    Some((what, format!("_Z{inner}")))
}

/// Text that refuses to grow beyond [`LONGEST`].
struct Bounded(String);

impl Bounded {
    /// Has room for what most names become: it is written in small pieces.
    fn for_name(name: &str) -> Self {
        Self(String::with_capacity(2 * name.len()))
    }
}

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len() + part.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One name of every scheme, and names that only look like one.
    #[test]
    fn names_of_every_scheme_become_readable() {
        let cases = [
            ("main", "main"),
            ("__x64_sys_ioctl", "__x64_sys_ioctl"),
            ("_start", "_start"),
            ("_ZN3foo3barEv", "foo::bar"),
            ("_ZN3foo3barEi@plt", "foo::bar@plt"),
            ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
            (
                "_ZN4core3fmt5write17h0123456789abcdefE.llvm.42",
                "core::fmt::write",
            ),
            (
                "_ZN62_$LT$T$u20$as$u20$alloc..vec..spec_from_elem..SpecFromElem$GT$9from_elem\
                 17he10c5b3c90b59609E",
                "<T as alloc::vec::spec_from_elem::SpecFromElem>::from_elem",
            ),
            ("_RNvC6_123foo3bar", "123foo::bar"),
            (
                "_ZNSt6vectorIiSaIiEE9push_backEOi",
                "std::vector<int, std::allocator<int> >::push_back",
            ),
            (
                "_ZThn16_NSt9strstreamD1Ev",
                "non-virtual thunk to std::strstream::~strstream()",
            ),
            ("_Znonsense", "_Znonsense"),
            ("_", "_"),
            ("", ""),
        ];
        for (mangled, readable) in cases {
            assert_eq!(demangle(mangled), readable, "{mangled}");
        }
    }

    /// Names whose trees `cpp_demangle` spells otherwise, as `c++filt -p` of binutils 2.40 has them.
    #[test]
    fn cpp_names_are_spelled_as_binutils_does() {
        let cases = [
            (
                "_ZNSi6ignoreEv",
                "std::basic_istream<char, std::char_traits<char> >::ignore",
            ),
            ("_Z1fIJEEvv", "f<>"),
            (
                "_ZN2wi3subISt4pairIP7rtx_def12machine_modeES5_EENS_13binary_traitsIT_T0_XsrNS_\
                 10int_traitsIS7_EE14precision_typeEXsrNS9_IS8_EE14precision_typeEE11result_type\
                 ERKS7_RKS8_6signopPNS_13overflow_typeE",
                "wi::sub<std::pair<rtx_def*, machine_mode>, std::pair<rtx_def*, machine_mode> >",
            ),
            ("_ZN1fIiJEE1gEv", "f<int>::g"),
            (
                "_Z1fILj8ELin3ELm1ELb1ELc65EEvv",
                "f<8u, -3, 1ul, true, (char)65>",
            ),
            ("_ZNK1f1gEv", "f::g"),
            ("_ZTV1f", "vtable for f"),
            ("_ZTT1f", "VTT for f"),
            ("_ZTIK1f", "typeinfo for f const"),
            (
                "_Z1fIF1ASsEEvv",
                "f<A (std::basic_string<char, std::char_traits<char>, std::allocator<char> >)>",
            ),
            ("_Z1fIXadL_ZN1A1gEiEEEvv", "f<&A::g>"),
            ("_Z1fIXadL_ZNK1A1gEiEEEvv", "f<&(A::g(int) const)>"),
            ("_ZN1AltIiEEbT_", "A::operator< <int>"),
            ("_ZN1AclIJEEEvDpT_", "A::operator()<>"),
            (
                "_ZNSoC1Ev",
                "std::basic_ostream<char, std::char_traits<char> >::basic_ostream",
            ),
            ("_ZThn8_N1A1gEi.cold", "non-virtual thunk to A::g(int)"),
        ];
        for (mangled, readable) in cases {
            assert_eq!(demangle(mangled), readable, "{mangled}");
        }
    }

    /// A name whose substitutions double the text at each step stays bounded.
    #[test]
    fn exploding_names_stay_as_they_are() {
        let mut name = String::from("_Z1fI1A");
        for step in 0..200 {
            name.push_str(&format!("S{step:X}_IS_S_E"));
        }
        assert!(demangle(&name).len() <= LONGEST);
        assert!(demangle(&"_Z1f".repeat(50_000)).len() <= 200_000);
    }
}
