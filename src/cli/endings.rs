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
    pub(super) packing: Option<Packing>,
}

impl Ending {
    pub(super) fn of(output: &Path) -> Self {
        let last = |path: &Path| Some(path.extension()?.to_string_lossy().to_lowercase());
        let packing = match last(output).as_deref() {
            Some("gz") => Packing::Gzip,
            Some("zst") => Packing::Zstd,
            Some("svgz") => {
                return Self {
                    format: Some("svg".to_owned()),
                    packing: Some(Packing::Gzip),
                };
            }
            format => {
                return Self {
                    format: format.map(ToOwned::to_owned),
                    packing: None,
                };
            }
        };
        Self {
            format: last(Path::new(output.file_stem().unwrap_or_default())),
            packing: Some(packing),
        }
    }
}

/// An ending of outputs, in small letters, and the format that it names.
pub(super) struct FormatEnding<F>(pub(super) &'static str, pub(super) F);

/// The format that an output's ending names, of those that a verb writes; `None` when there is no
/// ending. Pipes and devices are called as they must be: theirs need not name a format.
///
/// # Errors
/// When the ending names something else.
pub(super) fn format_of<F: Copy>(output: &Path, formats: &[FormatEnding<F>]) -> Result<Option<F>> {
    let Some(ending) = Ending::of(output).format else {
        return Ok(None);
    };
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
        let formats = [FormatEnding("svg", 1), FormatEnding("folded", 2)];
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
        for name in ["a", "-", ".svg", "/dev/null", "/nowhere.d/a"] {
            assert_eq!(of(name), (Ok(None), None), "{name}");
        }
        for name in ["a.png", "a.svgz.gz", "a.svg.bz2", "a.txt.gz", "a.svg.x"] {
            assert!(of(name).0.is_err(), "{name}");
        }
    }
}
