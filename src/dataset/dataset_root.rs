//! Where an engine finds the files of a dataset.

use std::fmt;

use super::s3_access::{S3Access, quoted};
use super::s3_place::S3Place;
use super::store::Store;

/// Where an engine finds the files of a dataset, and what it runs before it can.
#[derive(Clone)]
pub struct DatasetRoot {
    /// What stands before the `/` of each path.
    text: String,
    preamble: String,
}

/// What the engine runs may have secrets.
impl fmt::Debug for DatasetRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("DatasetRoot");
        shown.field("text", &self.text).finish_non_exhaustive()
    }
}

impl DatasetRoot {
    /// A folder.
    pub fn of_folder(store: &Store) -> Self {
        let text = store.folder().display().to_string();
        Self {
            text: text.trim_end_matches('/').to_owned(),
            preamble: String::new(),
        }
    }

    /// A place in S3.
    pub fn of_s3(place: &S3Place, access: &S3Access) -> Self {
        Self {
            text: place.as_str().to_owned(),
            preamble: access.preamble(place),
        }
    }

    /// What the engine runs to tell the list of files: a line of JSON, for
    /// [`Manifest::of_engine`](super::Manifest::of_engine).
    pub fn list_script(&self) -> String {
        let list = self.file("dataset.json");
        format!(
            "{}COPY (SELECT content FROM read_text({list})) TO '/dev/stdout' (FORMAT json);\n",
            self.preamble
        )
    }

    /// What comes before all else.
    pub(super) fn preamble(&self) -> &str {
        &self.preamble
    }

    /// A file of the list as SQL has it.
    pub(super) fn file(&self, path: &str) -> String {
        quoted(&format!("{}/{path}", self.text))
    }
}
