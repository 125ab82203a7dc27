//! Symbol tables as text: the names a capture needs, without the object files.
//!
//! ```text
//! # a comment
//! # segment FILE_OFFSET SVMA BYTES
//! SVMA BYTES NAME
//! ```
//!
//! Numbers are hexadecimal without `0x`. The name is the rest of the line, still mangled. The
//! segments are the code parts of the file's `PT_LOAD` headers.

use std::fmt::Write;
use std::path::Path;

use super::alias::Binding;
use super::builder::{SizedBuilder, StatedSymbol};
use super::places::Places;
use super::sieve::{Decisive, Sieve, StatedRange};
use super::symbols::ObjectSymbols;
use crate::error::{BadFile, Error, Result};
use crate::object::{ElfSegment, ElfSegments};
use crate::units::{FileOffset, Svma};

/// Reads a symbol table in text form, of its functions those that cover a place; `path` is for the
/// error only.
///
/// # Errors
/// When a line has another form.
pub fn parse_table(path: &Path, text: &[u8], places: Places<'_>) -> Result<ObjectSymbols> {
    let text = std::str::from_utf8(text)
        .map_err(|problem| BadFile::NotSymbolTable {
            cause: problem.to_string(),
        })
        .map_err(|wrong| Error::file(path, wrong))?;
    let mut segments = Vec::new();
    let mut has_functions = false;
    for (number, line) in (1..).zip(text.lines()) {
        let understood = match line.strip_prefix('#') {
            Some(comment) => parse_comment(comment, &mut segments),
            None if line.is_empty() => Some(()),
            None => parse_symbol(line).map(|stated| has_functions |= stated.range.is_sized()),
        };
        if understood.is_none() {
            return Err(Error::file(path, BadFile::WrongSymbol { line: number }));
        }
    }
    let segments = ElfSegments::from(segments);
    let points = places.points(&segments);
    let decisive = points.as_ref().map(|points| {
        let mut sieve = Sieve::new(points);
        symbols_of(text).for_each(|stated| sieve.see(&stated.range));
        sieve.into_decisive()
    });
    let mut builder = SizedBuilder::default();
    let takes = |range: &StatedRange| {
        let takes = |decisive: &Decisive| decisive.takes(range.start, || range.end());
        decisive.as_ref().is_none_or(takes)
    };
    symbols_of(text)
        .filter(|stated| takes(&stated.range))
        .for_each(|stated| builder.push(stated));
    Ok(ObjectSymbols {
        symbols: builder.finish(points.as_ref()),
        segments,
        has_functions,
        full: true,
    })
}

/// The symbols of a text whose lines have the right form.
fn symbols_of(text: &str) -> impl Iterator<Item = StatedSymbol<'_>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(parse_symbol)
}

fn parse_comment(comment: &str, segments: &mut Vec<ElfSegment>) -> Option<()> {
    let mut fields = comment.split_ascii_whitespace();
    if fields.next() != Some("segment") {
        return Some(());
    }
    segments.push(ElfSegment {
        file_offset: FileOffset::new(hex(fields.next()?)?),
        svma: Svma::new(hex(fields.next()?)?),
        bytes: hex(fields.next()?)?,
        executable: true,
    });
    Some(())
}

fn parse_symbol(line: &str) -> Option<StatedSymbol<'_>> {
    let (start, rest) = line.split_once(' ')?;
    let (bytes, name) = rest.split_once(' ')?;
    let (start, bytes) = (hex(start)?, hex(bytes)?);
    (!name.is_empty()).then_some(StatedSymbol {
        name,
        range: StatedRange {
            start,
            bytes,
            limit: start.saturating_add(bytes),
            label: false,
        },
        binding: Binding::Global,
    })
}

fn hex(digits: &str) -> Option<u64> {
    // `from_str_radix` takes a sign.
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| plain)
}

/// Writes the functions of `object` whose mangled names `keep` accepts, and all its code segments.
///
/// Names that do not fit a line are left out. [`parse_table`] reads the result.
pub fn write_table(object: &ObjectSymbols, mut keep: impl FnMut(&str) -> bool) -> String {
    let mut text = String::from("# SVMA BYTES NAME\n");
    for segment in object
        .segments()
        .iter()
        .filter(|segment| segment.executable)
    {
        let (offset, svma) = (segment.file_offset.as_u64(), segment.svma.as_u64());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# segment {offset:x} {svma:x} {:x}", segment.bytes);
    }
    for symbol in object.iter().filter(|symbol| keep(symbol.name)) {
        if symbol.name.contains(|c: char| c.is_control()) {
            continue;
        }
        let start = symbol.start.as_u64();
        let bytes = symbol.end.as_u64() - start;
        let _ = writeln!(text, "{start:x} {bytes:x} {}", symbol.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<ObjectSymbols> {
        parse_table(
            Path::new("symbols/00.txt"),
            text.as_bytes(),
            Places::Everywhere,
        )
    }

    /// What is written is read back, trimmed to the names in use.
    #[test]
    fn tables_survive_a_round_trip() {
        let text = "# made by hand\n# segment 1000 2000 500\n\
            2000 10 _ZN3foo3barEv\n2010 20 operator new(unsigned long)\n2040 8 other\n";
        let object = table(text).unwrap();
        assert_eq!(
            object.svma_of(FileOffset::new(0x1014)),
            Some(Svma::new(0x2014))
        );
        assert_eq!(object.svma_of(FileOffset::new(0x1500)), None);
        let symbol = object.look_up(Svma::new(0x202f)).unwrap();
        assert_eq!(symbol.name, "operator new(unsigned long)");
        assert!(object.look_up(Svma::new(0x2030)).is_err());
        let trimmed = write_table(&object, |name| name != "other");
        assert_eq!(write_table(&table(&trimmed).unwrap(), |_| true), trimmed);
        assert!(!trimmed.contains("other") && trimmed.contains("# segment 1000 2000 500"));
    }

    /// A line that is not understood is an error, not a missing name.
    #[test]
    fn odd_lines_are_refused() {
        for text in [
            "x\n",
            "10 20\n",
            "10 20 \n",
            "+1 20 name\n",
            "# segment 1 2\n",
        ] {
            assert!(table(text).is_err(), "{text}");
        }
        assert!(table("\n#\n# segments are many\n").unwrap().is_empty());
    }
}
