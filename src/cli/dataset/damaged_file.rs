//! A file whose reader panics, as an error.

use std::panic;

use crate::cli::told_error;
use vmflame::dataset::file_in_reading;
use vmflame::error::{BadFile, DatasetFault, Error};

/// From here on, a panic while a file of rows is read ends the program as an error of that file does.
/// Nothing is half done then: files that are being written count when the list names them, and locks end
/// with the process.
pub(super) fn watch() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let Some(path) = file_in_reading() else {
            return usual(panic);
        };
        let cause = "a length in it is wrong".to_owned();
        let what = BadFile::Dataset(DatasetFault::BadParquet { cause });
        told_error::tell(&Error::file(&path, what));
        std::process::exit(2);
    }));
}
