//! What is done with a dataset that is there: schema, check, compact; and the script for Spark.

use std::path::{Path, PathBuf};

use crate::cli::fleet::WrongS3;
use crate::cli::inputs::Inputs;
use crate::cli::outcome::Outcome;
use crate::cli::table_output::{TableForm, write_tables};
use crate::cli::write::Destination;
use clap::Args;
use vmflame::dataset::{self, Store};
use vmflame::error::Result;
use vmflame::report::dataset::{check_tables, schema_tables};
use vmflame::text::{counted, grouped};

// In which form tables are written.
#[derive(Args, Debug)]
pub(super) struct FormOptions {
    /// Print JSON: all tables, all rows, what each column means.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values: the first table, all rows.
    #[arg(long)]
    csv: bool,
}

impl FormOptions {
    const fn form(&self) -> TableForm {
        TableForm::of(self.json, self.csv)
    }
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FolderOptions {
    /// The dataset's folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    form: FormOptions,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct SchemaOptions {
    #[command(flatten)]
    form: FormOptions,
}

fn stdout() -> Result<Destination> {
    Destination::stdout(&Inputs::default())
}

pub(super) fn schema(options: &SchemaOptions) -> Result<Outcome> {
    let tables = schema_tables();
    write_tables(
        &tables,
        tables.tables.first(),
        options.form.form(),
        &stdout()?,
    )?;
    Ok(Outcome::Done)
}

pub(super) fn check(options: &FolderOptions) -> Result<Outcome> {
    WrongS3::refuse(&options.folder, |place| WrongS3::Checked { place })?;
    let store = Store::open(&options.folder)?;
    let report = dataset::check(&store)?;
    let tables = check_tables(&report, &options.folder.display().to_string());
    // As CSV the faults, which are what a program asks for.
    write_tables(
        &tables,
        tables.tables.last(),
        options.form.form(),
        &stdout()?,
    )?;
    Ok(if report.faults.is_empty() {
        Outcome::Done
    } else {
        Outcome::Damaged
    })
}

pub(super) fn compact(options: &FolderOptions, quiet: bool) -> Result<Outcome> {
    WrongS3::refuse(&options.folder, |place| WrongS3::Written {
        verb: "dataset compact",
        place,
    })?;
    let store = Store::open(&options.folder)?;
    let done = dataset::compact(&store)?;
    if !quiet {
        let before = counted(done.files_before as u64, "file");
        eprintln!(
            "{}: {before}, {} bytes, are now {}, {} bytes",
            shown(&options.folder),
            grouped(done.bytes_before),
            grouped(done.files_after as u64),
            grouped(done.bytes_after),
        );
    }
    Ok(Outcome::Done)
}

pub(super) fn spark_job() -> Result<Outcome> {
    let script = dataset::spark_job();
    stdout()?.write(|out| out.write_all(script.as_bytes()))?;
    Ok(Outcome::Done)
}

fn shown(folder: &Path) -> String {
    folder.display().to_string()
}
