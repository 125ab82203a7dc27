//! What changed between two captures: as `diff` compares them when nothing is said.

use std::path::Path;

use super::options::PageOptions;
use crate::cli::diff;
use crate::cli::diff_args::DiffOptions;
use clap::Parser;
use vmflame::diff::Comparison;
use vmflame::error::Result;

/// Reads both captures once more: a comparison tells slices of time apart, to know what is noise.
///
/// # Errors
/// When they cannot be compared.
pub(super) fn comparison(options: &PageOptions, after: &Path) -> Result<Option<Comparison>> {
    let Some(mut asked) = default_options(&options.input.input, after) else {
        return Ok(None);
    };
    let places = &options.input;
    asked.filter = options.filter.clone();
    asked.kallsyms.clone_from(&places.kallsyms);
    asked.symfs.clone_from(&places.symfs);
    asked.guests = places.guests.clone();
    asked.names = options.names.clone();
    asked.no_idle = options.no_idle;
    asked.buildid_dir.clone_from(&places.buildid_dir);
    asked.debug_dir.clone_from(&places.debug_dir);
    asked.max_unpacked = places.max_unpacked;
    asked.threads = places.threads;
    diff::comparison(&asked).map(Some)
}

/// The arguments of `diff`.
#[derive(Parser, Debug)]
struct DiffArguments {
    #[command(flatten)]
    options: DiffOptions,
}

/// The options of `diff` when nothing but both captures is said; `None` where they are not taken.
fn default_options(before: &Path, after: &Path) -> Option<DiffOptions> {
    let arguments = ["diff", "--"].map(AsRef::as_ref);
    let paths = [before.as_os_str(), after.as_os_str()];
    let arguments = DiffArguments::try_parse_from(arguments.into_iter().chain(paths));
    Some(arguments.ok()?.options)
}
