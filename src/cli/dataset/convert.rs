//! `vmflame convert --format parquet`: the tables of one capture.

use std::path::Path;

use super::case::{CaseLabel, rows_of_case, written_at};
use crate::cli::convert_args::ConvertOptions;
use crate::cli::fleet::WrongS3;
use crate::cli::options::read_rules;
use crate::cli::outcome::Outcome;
use crate::cli::read_case::CaseWish;
use crate::cli::{standard_input, this_machine, unused};
use vmflame::analysis::{Request, WeightKind};
use vmflame::dataset::{TableName, TableRows, check_table_folder, write_table_folder};
use vmflame::error::{Error, Problem, Result};
use vmflame::report::dataset::{case_views, content_of};
use vmflame::text::{counted, grouped};

/// Writes the tables of a capture into a folder: the rows that `dataset add` makes of it.
pub(in crate::cli) fn convert(options: &ConvertOptions, quiet: bool) -> Result<Outcome> {
    check(options)?;
    let folder = options.output.as_path();
    let path = options.input.input.as_path();
    WrongS3::refuse(folder, |place| WrongS3::Tables { place })?;
    check_table_folder(folder)?;
    let wish = CaseWish {
        places: options.input.clone(),
        filter: Request {
            weight: WeightKind::Period,
            threads: this_machine::threads(options.input.threads),
            max_stack: options.names.max_stack.map(usize::from),
            detail: options.names.detail(),
            keep_garbage: options.names.keep_garbage,
            rules: read_rules(options.rules.as_deref())?,
            ..Request::default()
        },
        views: case_views(),
        each_exit: false,
        devices: &options.devices,
        debuginfod: &options.debuginfod,
        quiet,
    };
    let (input, opened) = standard_input::open_any(&wish.places, quiet)?;
    let label = CaseLabel {
        path,
        capture: content_of(&opened),
        recorded_at: written_at(path, &input)?,
        recorded_by: "file",
        host: None,
    };
    let found = rows_of_case(&wish, &input, opened, &label, quiet)?;
    let bytes = write_table_folder(folder, &found.rows)?;
    if !quiet {
        for line in unused::of_tables(options) {
            eprintln!("{line}");
        }
        let rows = found.rows.tables.iter().map(TableRows::len).sum::<usize>();
        eprintln!(
            "{}: {} of {} tables, {} bytes; `vmflame dataset schema` says what they are",
            folder.display(),
            counted(rows as u64, "row"),
            TableName::ALL.len(),
            grouped(bytes),
        );
    }
    Ok(if found.is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

/// Refuses what tables cannot hold.
fn check(options: &ConvertOptions) -> Result<()> {
    let pipe = Path::new("-");
    if options.output == pipe {
        return Err(refused(
            "--format parquet writes a folder",
            "-o DIR names it",
        ));
    }
    if options.input.input == pipe {
        let hint = "write it to a file first: cat > perf.data";
        return Err(refused(
            "a capture from a pipe does not tell when it was recorded",
            hint,
        ));
    }
    if let Some(filter) = options.filter.first_given() {
        let what = format!("{filter} is not for --format parquet: tables hold all of a capture");
        return Err(refused(
            &what,
            "filter by SQL: each row has its VM, vCPU, thread and tag",
        ));
    }
    Ok(())
}

fn refused(what: &str, hint: &str) -> Error {
    Error::from(Problem::Arguments(what.to_owned())).with_hint(hint.to_owned())
}
