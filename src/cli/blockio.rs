//! `vmflame blockio`: requests to disks, by QEMU's own traces.

use std::path::{Path, PathBuf};

use super::inputs::Inputs;
use super::options::parse_interval;
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use crate::cli::standard_input;
use clap::Args;
use vmflame::analysis::disk_io::disk_io;
use vmflame::error::Result;
use vmflame::input::UnpackLimit;
use vmflame::qemu::trace::TraceFile;
use vmflame::report::disk_io::disk_tables;

#[derive(Args, Debug)]
pub(super) struct BlockioOptions {
    /// What QEMU wrote with `-trace 'virtio_blk_*'` or `-trace 'virtio_scsi_cmd_*'`: its log, best
    /// with `-msg timestamp=on`, or the file of its simple backend; - for standard input.
    #[arg(value_name = "QEMU_TRACE")]
    trace: PathBuf,
    /// How long a row of the table over time lasts: seconds, or milliseconds as in 100ms.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_interval)]
    interval: u64,
    /// Print JSON: all tables, all rows, what each column means.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values: the first table, all rows.
    #[arg(long)]
    csv: bool,
    /// Write to this file instead of standard output.
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
    /// What a compressed trace may unpack to (default: 16G). SIZE takes K, M, G and T.
    #[arg(long, value_name = "SIZE[,FILES]", value_parser = UnpackLimit::parse)]
    max_unpacked: Option<UnpackLimit>,
}

pub(super) fn run(options: &BlockioOptions, quiet: bool) -> Result<Outcome> {
    let inputs = Inputs {
        captures: vec![&options.trace],
        ..Inputs::default()
    };
    let destination = Destination::new(&options.output, &inputs)?;
    let limit = options.max_unpacked.unwrap_or_default();
    let trace = if options.trace == Path::new("-") {
        let spool = standard_input::read_all(quiet)?;
        TraceFile::of_spool(Path::new("standard input"), spool, limit)?
    } else {
        TraceFile::open(&options.trace, limit)?
    };
    let io = disk_io(&trace, options.interval)?;
    let tables = disk_tables(&io, &options.trace.display().to_string());
    let form = TableForm::of(options.json, options.csv);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    if options.csv && !quiet {
        for warning in &tables.warnings {
            eprintln!("warning: {warning}");
        }
    }
    let counts = io.counts;
    let is_damaged = counts.damaged > 0 || counts.damaged_bytes > 0;
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}
