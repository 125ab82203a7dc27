//! `vmflame bench --generate`: captures that are made up.

use std::io::{BufWriter, IntoInnerError};
use std::path::Path;

use super::write::Destination;
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
}

/// What is said of a capture that was written.
#[derive(Default)]
pub(super) struct Said {
    pub(super) json: String,
    pub(super) text: String,
}

impl MadeUp {
    /// Reads a description: one that begins with the word `exits` is of VM exits.
    pub(super) fn parse(spec: &str) -> std::result::Result<Self, String> {
        match spec.strip_prefix("exits") {
            Some(rest) if rest.is_empty() || rest.starts_with(',') => {
                ExitLoad::parse(rest).map(Self::Exits)
            }
            _ => Load::parse(spec).map(Self::Stacks),
        }
    }

    /// Writes it to `path`, which `destination` stands for, and tells what it holds.
    pub(super) fn write(&self, destination: &Destination, path: &Path) -> Result<Said> {
        let mut said = None;
        destination.write_file(|file| {
            let out = BufWriter::with_capacity(BUFFER, file);
            let (out, done) = match self {
                Self::Stacks(load) => {
                    let (out, facts) = load.write::<Little, _>(out)?;
                    let json = format!("{:#}\n", generated_as_json(&facts));
                    let text = generated_as_text(path, &facts);
                    (out, Said { json, text })
                }
                Self::Exits(load) => {
                    let (out, facts) = load.write::<Little, _>(out)?;
                    let json = format!("{:#}\n", exits_as_json(&facts));
                    let text = exits_as_text(path, &facts);
                    (out, Said { json, text })
                }
            };
            said = Some(done);
            out.into_inner().map_err(IntoInnerError::into_error)
        })?;
        Ok(said.unwrap_or_default())
    }
}
