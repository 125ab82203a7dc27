//! What is refused of places in S3. Each has its hint here.

use std::fmt;
use std::path::Path;

use vmflame::dataset::S3Place;
use vmflame::error::{Error, Problem, Result};

/// Whether a place that was named is in S3.
pub(in crate::cli) fn is_in_s3(place: &Path) -> bool {
    S3Place::is_one(&place.to_string_lossy())
}

/// Why a place in S3 is not read, or not written.
#[derive(Debug)]
pub(in crate::cli) enum WrongS3 {
    /// A place that is none.
    Place { text: String, why: &'static str },
    /// A server that is none.
    Endpoint { text: String, why: &'static str },
    /// A server for S3, and the dataset is a folder.
    EndpointOfFolder,
    /// One of two that belong together.
    HalfKeys { of: String, missing: &'static str },
    /// A profile that no file has.
    NoProfile { name: String },
    /// A value with a character that none has.
    Control { what: &'static str },
    /// No list of files.
    NoDataset { place: String },
    /// What writes a dataset, and does so in folders only.
    Written { verb: &'static str, place: String },
    /// Tables of one capture, which are written to a folder only.
    Tables { place: String },
    /// All of a dataset is to be read, which is done in folders only.
    Checked { place: String },
}

impl WrongS3 {
    /// Refuses a place in S3 where a folder is wanted.
    ///
    /// # Errors
    /// With what is wrong then.
    pub(in crate::cli) fn refuse(place: &Path, wrong: impl FnOnce(String) -> Self) -> Result<()> {
        if !is_in_s3(place) {
            return Ok(());
        }
        let place = place.to_string_lossy();
        Err(wrong(place.trim_end_matches('/').to_owned()).into())
    }

    fn hint(&self) -> String {
        match self {
            Self::Place { .. } => "name it as s3://BUCKET/PREFIX: the folder that dataset.json is in",
            Self::Endpoint { .. } => "name it as https://HOST or http://HOST:PORT",
            Self::EndpointOfFolder => "a dataset in S3 is named as s3://BUCKET/PREFIX",
            Self::HalfKeys { .. } => "give both, or neither",
            Self::NoProfile { .. } => {
                "AWS_PROFILE names a section of ~/.aws/credentials or ~/.aws/config"
            }
            Self::Control { .. } => "a line's end may have been copied with it",
            Self::NoDataset { .. } => {
                "name the folder that dataset.json is in. aws s3 sync DIR s3://BUCKET/PREFIX copies a \
                 dataset there; captures are read from files only"
            }
            Self::Written { place, .. } => {
                return format!(
                    "write to a folder, then copy it, the list of files last:\n  \
                     aws s3 sync DIR {place} --exclude dataset.json --exclude '.*' --exclude '_staging/*'\n  \
                     aws s3 cp DIR/dataset.json {place}/dataset.json\n\
                     behind compact, when no question is being asked, remove what is no longer listed:\n  \
                     aws s3 sync DIR {place} --delete --exclude '.*' --exclude '_staging/*'"
                );
            }
            Self::Tables { place } => {
                return format!("write to a folder, then copy it: aws s3 sync DIR {place}");
            }
            Self::Checked { place } => {
                return format!(
                    "check a copy: aws s3 sync {place} DIR && vmflame dataset check DIR"
                );
            }
        }
        .to_owned()
    }
}

impl fmt::Display for WrongS3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { text, why } => write!(f, "{text:?} is no place in S3: {why}"),
            Self::Endpoint { text, why } => write!(f, "{text:?} is no server of S3: {why}"),
            Self::EndpointOfFolder => f.write_str("--s3-endpoint: the dataset is not in S3"),
            Self::HalfKeys { of, missing } => write!(f, "{of} has no {missing}"),
            Self::NoProfile { name } => write!(f, "no AWS profile is called {name:?}"),
            Self::Control { what } => write!(f, "{what} has a control character"),
            Self::NoDataset { place } => {
                write!(
                    f,
                    "{place}: there is no dataset in it: dataset.json is missing"
                )
            }
            Self::Written { verb, place } => write!(f, "{place}: {verb} writes to folders only"),
            Self::Tables { place } => write!(f, "{place}: tables are written to folders only"),
            Self::Checked { place } => write!(f, "{place}: only folders are checked"),
        }
    }
}

impl From<WrongS3> for Error {
    fn from(wrong: WrongS3) -> Self {
        let hint = wrong.hint();
        Self::from(Problem::Arguments(wrong.to_string())).with_hint(hint)
    }
}
