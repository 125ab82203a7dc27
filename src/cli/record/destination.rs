//! Where the case will be.

use std::path::Path;

use super::not_recorded::NotRecorded;
use super::options::RecordOptions;
use crate::cli::inputs::Inputs;
use crate::cli::write::Destination;
use vmflame::error::Result;

/// Where the case will be; checked before anything is recorded.
pub(super) fn destination(options: &RecordOptions, output: &Path) -> Result<Destination> {
    let destination = Destination::of_case(output, &Inputs::default(), true)?;
    refuse_to_replace(options, output)?;
    Ok(destination)
}

/// Refuses an output that is there, unless it is to be replaced.
pub(super) fn refuse_to_replace(options: &RecordOptions, output: &Path) -> Result<()> {
    let is_there =
        output != Path::new("-") && output.symlink_metadata().is_ok_and(|found| found.is_file());
    if is_there && !options.replace {
        let output = output.to_owned();
        return Err(NotRecorded::ThereAlready { output }.into());
    }
    Ok(())
}
