//! `vmflame dataset add`: captures into a dataset.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::case::{CaseLabel, rows_of_case, written_at};
use crate::cli::options::{CasePlaces, DeviceOptions};
use crate::cli::outcome::Outcome;
use crate::cli::read_case::CaseWish;
use crate::cli::{standard_input, this_machine, told_error};
use clap::Args;
use vmflame::analysis::{Request, WeightKind};
use vmflame::dataset::{
    AddedCaptures, CaptureRows, Partition, Store, TableRows, add_captures, known_captures,
};
use vmflame::error::Result;
use vmflame::report::dataset::{case_views, content_of};
use vmflame::text::{counted, grouped};

/// Rows that are held in memory until they are written: each as large as its captures tell.
const HELD_ROWS: usize = 1 << 20;

#[derive(Args, Debug)]
pub(in crate::cli) struct AddOptions {
    /// Captures: perf.data files, capture directories, tarballs of `vmflame pack`, trace.dat files,
    /// texts of tracepoints.
    #[arg(required = true, value_name = "CASE")]
    cases: Vec<PathBuf>,
    /// The dataset's folder, which is made where it is not there.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// When they were recorded: as 2026-11-26T18:44:15Z, or in seconds since 1970 (default: when each
    /// file was last written).
    #[arg(long, value_name = "TIME", value_parser = Partition::parse_time)]
    recorded_at: Option<u64>,
    /// The host that was recorded, where the captures do not tell it.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    #[command(flatten)]
    devices: DeviceOptions,
    #[command(flatten)]
    places: CasePlaces,
}

impl AddOptions {
    /// Refuses places that are not there.
    pub(super) fn settle(&self) -> Result<()> {
        self.places.check()
    }

    /// What is looked at: all of it, each sample for as much as it stands for.
    fn wish(&self, path: &Path) -> CaseWish<'_> {
        CaseWish {
            places: self.places.of(path),
            filter: Request {
                weight: WeightKind::Period,
                threads: this_machine::threads(self.places.threads),
                ..Request::default()
            },
            views: case_views(),
            devices: &self.devices,
        }
    }
}

/// What became of the cases.
#[derive(Debug, Default)]
struct Progress {
    held: Vec<CaptureRows>,
    /// The captures that are in the dataset, of partitions that were looked at.
    known: BTreeMap<Partition, BTreeSet<i64>>,
    done: AddedCaptures,
    there_already: u64,
    failed: u64,
    is_damaged: bool,
}

pub(super) fn run(options: &AddOptions, quiet: bool) -> Result<Outcome> {
    let store = Store::begin(&options.output)?;
    // One of a later version is refused before the work.
    store.manifest()?;
    let mut progress = Progress::default();
    for case in &options.cases {
        match rows_of(options, &store, case, &mut progress, quiet) {
            Ok(Some(rows)) => progress.held.push(rows),
            Ok(None) => progress.there_already += 1,
            Err(error) => {
                // The others are worth to be added all the same.
                told_error::tell(&error);
                progress.failed += 1;
            }
        }
        let tables = progress.held.iter().flat_map(|held| &held.tables);
        if tables.map(TableRows::len).sum::<usize>() >= HELD_ROWS {
            progress.write(&store)?;
        }
    }
    progress.write(&store)?;
    if !quiet {
        progress.say();
    }
    Ok(if progress.failed > 0 || progress.is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

impl Progress {
    /// Adds what is held.
    fn write(&mut self, store: &Store) -> Result<()> {
        let added = add_captures(store, &std::mem::take(&mut self.held))?;
        self.done.added += added.added;
        self.there_already += added.known.len() as u64;
        self.done.files += added.files;
        self.done.bytes += added.bytes;
        Ok(())
    }

    /// Whether a capture is in the dataset already.
    fn is_known(&mut self, store: &Store, at: &Partition, capture: i64) -> Result<bool> {
        if !self.known.contains_key(at) {
            self.known.insert(at.clone(), known_captures(store, at)?);
        }
        let known = self.known.get_mut(at);
        Ok(known.is_some_and(|known| !known.insert(capture)))
    }

    fn say(&self) {
        let added = counted(self.done.added as u64, "capture");
        let (bytes, files) = (grouped(self.done.bytes), grouped(self.done.files as u64));
        eprintln!("{added} added: {bytes} bytes in {files} files");
        if self.there_already > 0 {
            let known = counted(self.there_already, "capture");
            eprintln!("{known} there already, not added again");
        }
        if self.failed > 0 {
            eprintln!("{} could not be read", counted(self.failed, "case"));
        }
    }
}

/// The rows of a case; `None` when it is in the dataset already.
fn rows_of(
    options: &AddOptions,
    store: &Store,
    path: &Path,
    progress: &mut Progress,
    quiet: bool,
) -> Result<Option<CaptureRows>> {
    let wish = options.wish(path);
    let (input, opened) = standard_input::open_any(&wish.places, quiet)?;
    let (at, by) = match options.recorded_at {
        Some(at) => (at, "option"),
        None => (written_at(path, &input)?, "file"),
    };
    let capture = content_of(&opened);
    if progress.is_known(store, &Partition::of_seconds(at), capture)? {
        return Ok(None);
    }
    let label = CaseLabel {
        path,
        capture,
        recorded_at: at,
        recorded_by: by,
        host: options.host.as_deref(),
    };
    let found = rows_of_case(&wish, &input, opened, &label, quiet)?;
    progress.is_damaged |= found.is_damaged;
    Ok(Some(found.rows))
}
