//! `vmflame bench --generate`: captures that are made up.

use std::fs::File;
use std::io::{self, BufWriter, IntoInnerError};
use std::path::Path;

use super::inputs::Inputs;
use super::outcome::Outcome;
use super::write::Destination;
#[cfg(feature = "fleet")]
use vmflame::dataset::FleetLoad;
use vmflame::error::Result;
use vmflame::perf::writer::{ExitLoad, Little, Load};
use vmflame::report::bench::{exits_as_json, exits_as_text, generated_as_json, generated_as_text};

/// Bytes that are written at once.
const BUFFER: usize = 1 << 20;

/// A capture to make up.
#[derive(Clone, Debug)]
pub(super) enum MadeUp {
    /// Of `cpu-clock` with call chains.
    Stacks(Load),
    /// Of VM exits.
    Exits(ExitLoad),
    /// The dataset of many hosts.
    #[cfg(feature = "fleet")]
    Fleet(FleetLoad),
}

/// What is said of a capture that was written.
#[derive(Default)]
struct Said {
    json: String,
    text: String,
}

/// A capture that was written.
struct WrittenCapture {
    out: BufWriter<File>,
    said: Said,
}

impl MadeUp {
    /// Reads a description: one that begins with the word `exits` is of VM exits, with `fleet` of many
    /// hosts.
    pub(super) fn parse(spec: &str) -> std::result::Result<Self, String> {
        let (kind, rest) = spec.split_once(',').unwrap_or((spec, ""));
        match kind {
            "exits" => ExitLoad::parse(rest).map(Self::Exits),
            #[cfg(feature = "fleet")]
            "fleet" => FleetLoad::parse(rest).map(Self::Fleet),
            #[cfg(not(feature = "fleet"))]
            "fleet" => Err("this vmflame was built without the feature fleet".to_owned()),
            _ => Load::parse(spec).map(Self::Stacks),
        }
    }

    /// Writes it to `path`, where `is_forced` in the place of a file, and says what it holds.
    pub(super) fn make(&self, path: &Path, is_forced: bool, is_json: bool) -> Result<Outcome> {
        let said = match self {
            Self::Stacks(load) => write_capture(path, is_forced, |out| {
                let (out, facts) = load.write::<Little, _>(out)?;
                let json = format!("{:#}\n", generated_as_json(&facts));
                let text = generated_as_text(path, &facts);
                let said = Said { json, text };
                Ok(WrittenCapture { out, said })
            })?,
            Self::Exits(load) => write_capture(path, is_forced, |out| {
                let (out, facts) = load.write::<Little, _>(out)?;
                let json = format!("{:#}\n", exits_as_json(&facts));
                let text = exits_as_text(path, &facts);
                let said = Said { json, text };
                Ok(WrittenCapture { out, said })
            })?,
            #[cfg(feature = "fleet")]
            Self::Fleet(load) => return super::dataset::generate(load, path, is_json),
        };
        let said = if is_json { said.json } else { said.text };
        Destination::stdout(&Inputs::default())?.write(|out| out.write_all(said.as_bytes()))?;
        Ok(Outcome::Done)
    }
}

/// Writes a capture to a path by `write`.
fn write_capture(
    path: &Path,
    is_forced: bool,
    write: impl FnOnce(BufWriter<File>) -> io::Result<WrittenCapture>,
) -> Result<Said> {
    let mut said = Said::default();
    Destination::of_capture(path, is_forced)?.write_file(|file| {
        let done = write(BufWriter::with_capacity(BUFFER, file))?;
        said = done.said;
        done.out.into_inner().map_err(IntoInnerError::into_error)
    })?;
    Ok(said)
}
