//! `vmflame bench --generate fleet`: the dataset of a made-up fleet.

use std::path::Path;

use crate::cli::fleet::WrongS3;
use crate::cli::inputs::Inputs;
use crate::cli::outcome::Outcome;
use crate::cli::table_output::{TableForm, write_tables};
use crate::cli::this_machine;
use crate::cli::write::Destination;
use vmflame::dataset::{FleetLoad, Store, write_fleet};
use vmflame::error::{BadFile, DatasetFault, Error, Result};
use vmflame::report::dataset::truth_tables;

/// Makes a fleet up in a folder, where there is no dataset yet, and tells what is planted in it.
pub(in crate::cli) fn generate(load: &FleetLoad, folder: &Path, is_json: bool) -> Result<Outcome> {
    WrongS3::refuse(folder, |place| WrongS3::Written {
        verb: "bench",
        place,
    })?;
    let destination = Destination::stdout(&Inputs::default())?;
    let store = Store::begin(folder)?;
    if !store.manifest()?.files.is_empty() {
        let what = BadFile::Dataset(DatasetFault::ThereAlready);
        return Err(Error::file(folder, what));
    }
    let truth = write_fleet(&store, load, this_machine::threads(None))?;
    let tables = truth_tables(&truth, &folder.display().to_string());
    let form = TableForm::of(is_json, false);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    Ok(Outcome::Done)
}
