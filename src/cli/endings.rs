//! What the ending of an output's name says: its format, and how it is compressed.

use std::path::Path;

use super::wrong_arguments::WrongArguments;
use vmflame::error::Result;
use vmflame::output::Packing;

/// An output's ending, in small letters: `folded` and gzip for `out.folded.gz`.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Ending {
    /// What the name ends in, compression taken off; `None` when nothing is left.
    format: Option<String>,
    /// The same with the part before it, as in `speedscope.json`.
    long_format: Option<String>,
    pub(super) packing: Option<Packing>,
}

impl Ending {
    pub(super) fn of(output: &Path) -> Self {
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        let packings = [("gz", Packing::Gzip), ("zst", Packing::Zstd)];
        let packed = packings.into_iter().find_map(|(ending, packing)| {
            let inner = last_of(&name).filter(|&(_, last)| last == ending)?.0;
            Some((inner, packing))
        });
        if let Some((inner, "svgz")) = last_of(&name) {
            return Self::unpacked(&format!("{inner}.svg"), Some(Packing::Gzip));
        }
        match packed {
            Some((inner, packing)) => Self::unpacked(inner, Some(packing)),
            None => Self::unpacked(&name, None),
        }
    }

    fn unpacked(name: &str, packing: Option<Packing>) -> Self {
        let last = last_of(name);
        let long = last.and_then(|(inner, last)| {
            let before = last_of(inner)?.1;
            Some(format!("{before}.{last}"))
        });
        Self {
            format: last.map(|(_, last)| last.to_owned()),
            long_format: long,
            packing,
        }
    }
}

/// The parts of a name before and behind its last dot; a dot at its beginning hides a file.
fn last_of(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(inner, _)| !inner.is_empty())
}

/// An ending of outputs, in small letters, and the format that it names.
pub(super) struct FormatEnding<F>(pub(super) &'static str, pub(super) F);

/// The format that an output's ending names, of those that a verb writes; `None` when there is no
/// ending. Pipes and devices are called as they must be: theirs need not name a format.
///
/// # Errors
/// When the ending names something else.
pub(super) fn format_of<F: Copy>(output: &Path, formats: &[FormatEnding<F>]) -> Result<Option<F>> {
    let found = Ending::of(output);
    let Some(ending) = found.format else {
        return Ok(None);
    };
    let is_long = |known: &&FormatEnding<F>| found.long_format.as_deref() == Some(known.0);
    if let Some(found) = formats.iter().find(is_long) {
        return Ok(Some(found.1));
    }
    if let Some(found) = formats.iter().find(|known| known.0 == ending) {
        return Ok(Some(found.1));
    }
    if std::fs::metadata(output).is_ok_and(|found| !found.is_file()) {
        return Ok(None);
    }
    let output = output.to_owned();
    let known = formats.iter().map(|known| format!(".{}", known.0));
    let known = known.collect();
    Err(WrongArguments::UnknownEnding {
        output,
        ending,
        known,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compressed file holds what its inner ending says.
    #[test]
    fn endings_name_a_format_and_a_compression() {
        let formats = [
            FormatEnding("svg", 1),
            FormatEnding("folded", 2),
            FormatEnding("x.json", 3),
            FormatEnding("json", 4),
        ];
        let of = |name: &str| {
            let path = Path::new(name);
            let format = format_of(path, &formats).map_err(|error| error.to_string());
            (format, Ending::of(path).packing)
        };
        assert_eq!(of("a.svg"), (Ok(Some(1)), None));
        assert_eq!(of("a.b.SVG"), (Ok(Some(1)), None));
        assert_eq!(of("a.svgz"), (Ok(Some(1)), Some(Packing::Gzip)));
        assert_eq!(of("a.svg.gz"), (Ok(Some(1)), Some(Packing::Gzip)));
        assert_eq!(of("a.folded.zst"), (Ok(Some(2)), Some(Packing::Zstd)));
        assert_eq!(of("a.gz"), (Ok(None), Some(Packing::Gzip)));
        assert_eq!(of("b.X.json.gz"), (Ok(Some(3)), Some(Packing::Gzip)));
        assert_eq!(of("x.json"), (Ok(Some(4)), None));
        assert_eq!(of("y.json"), (Ok(Some(4)), None));
        for name in ["a", "-", ".svg", "/dev/null", "/nowhere.d/a"] {
            assert_eq!(of(name), (Ok(None), None), "{name}");
        }
        for name in ["a.png", "a.svgz.gz", "a.svg.bz2", "a.txt.gz", "a.svg.x"] {
            assert!(of(name).0.is_err(), "{name}");
        }
    }
}
