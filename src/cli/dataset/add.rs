//! `vmflame dataset add`: captures into a dataset.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::case::{CaseLabel, rows_of_case, written_at};
use crate::cli::fleet::WrongS3;
use crate::cli::inputs::Inputs;
use crate::cli::options::{CasePlaces, DeviceOptions};
use crate::cli::outcome::Outcome;
use crate::cli::read_case::CaseWish;
use crate::cli::table_output::{TableForm, write_tables};
use crate::cli::write::Destination;
use crate::cli::{standard_input, this_machine, told_error};
use clap::Args;
use vmflame::analysis::{Request, WeightKind};
use vmflame::dataset::{
    AddedCaptures, CaptureRows, Partition, Store, TableRows, add_captures, known_captures,
};
use vmflame::error::Result;
use vmflame::report::dataset::{CaseFate, ToldCase, added_tables, case_views, content_of};
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
    /// Write samples second by second as well, into table `sample_seconds`: about as many bytes as table
    /// samples takes. A capture that is there already gets none.
    #[arg(long)]
    per_second: bool,
    /// Write a row for each exit as well, into table `single_exits`: when it was, why, what it reached and
    /// where its time went, in 2 to 6 bytes on disk and some 700 of memory while it is added. A capture that
    /// is there already gets none.
    #[arg(long)]
    each_exit: bool,
    /// Print what became of each case as JSON: added, there already, or failed and why.
    #[arg(long)]
    json: bool,
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
    fn wish(&self, path: &Path, quiet: bool) -> CaseWish<'_> {
        CaseWish {
            places: self.places.of(path),
            filter: Request {
                weight: WeightKind::Period,
                keeps_samples: self.per_second,
                threads: this_machine::threads(self.places.threads),
                ..Request::default()
            },
            views: case_views(),
            each_exit: self.each_exit,
            devices: &self.devices,
            debuginfod: &self.places.debuginfod,
            quiet,
        }
    }
}

/// What became of the cases.
#[derive(Debug, Default)]
struct Progress {
    held: Vec<CaptureRows>,
    /// What becomes of each case, in their order: `Added` of those that are held, too.
    cases: Vec<ToldCase>,
    /// Places of the held ones among the cases.
    held_cases: Vec<usize>,
    /// The captures that are in the dataset or are held, of partitions that were looked at.
    known: BTreeMap<Partition, BTreeSet<i64>>,
    done: AddedCaptures,
}

pub(super) fn run(options: &AddOptions, quiet: bool) -> Result<Outcome> {
    WrongS3::refuse(&options.output, |place| WrongS3::Written {
        verb: "dataset add",
        place,
    })?;
    let store = Store::begin(&options.output)?;
    // One of a later version is refused before the work.
    store.manifest()?;
    let mut progress = Progress::default();
    for case in &options.cases {
        let told = rows_of(options, &store, case, &mut progress, quiet);
        progress.took(case, told);
        let tables = progress.held.iter().flat_map(|held| &held.tables);
        if tables.map(TableRows::len).sum::<usize>() >= HELD_ROWS {
            progress.write(&store)?;
        }
    }
    progress.write(&store)?;
    if !quiet {
        progress.say();
    }
    if options.json {
        let (files, bytes) = (progress.done.files as u64, progress.done.bytes);
        let folder = options.output.display().to_string();
        let tables = added_tables(&progress.cases, files, bytes, &folder);
        let stdout = Destination::stdout(&Inputs::default())?;
        write_tables(&tables, None, TableForm::Json, &stdout)?;
    }
    let is_bad = |case: &ToldCase| case.is_damaged || matches!(case.fate, CaseFate::Failed(_));
    Ok(if progress.cases.iter().any(is_bad) {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

impl Progress {
    /// Takes what a case tells: it is held if that is new.
    fn took(&mut self, path: &Path, told: Result<CaseToAdd>) {
        let (fate, is_damaged) = match told {
            Ok(CaseToAdd::New { rows, is_damaged }) => {
                let known = self.known.entry(rows.partition.clone()).or_default();
                known.insert(rows.capture);
                self.held.push(rows);
                self.held_cases.push(self.cases.len());
                (CaseFate::Added, is_damaged)
            }
            Ok(CaseToAdd::There) => (CaseFate::There, false),
            Err(error) => {
                // The others are worth to be added all the same.
                told_error::tell(&error);
                (CaseFate::Failed(told_error::in_a_line(&error)), false)
            }
        };
        self.cases.push(ToldCase {
            path: path.display().to_string(),
            fate,
            is_damaged,
        });
    }

    /// Adds what is held.
    fn write(&mut self, store: &Store) -> Result<()> {
        let added = add_captures(store, &std::mem::take(&mut self.held))?;
        let held = std::mem::take(&mut self.held_cases);
        for at in added.known.iter().filter_map(|&known| held.get(known)) {
            if let Some(case) = self.cases.get_mut(*at) {
                case.fate = CaseFate::There;
            }
        }
        self.done.added += added.added;
        self.done.files += added.files;
        self.done.bytes += added.bytes;
        Ok(())
    }

    /// Whether a capture is in the dataset already, or held.
    fn is_known(&mut self, store: &Store, at: &Partition, capture: i64) -> Result<bool> {
        if !self.known.contains_key(at) {
            self.known.insert(at.clone(), known_captures(store, at)?);
        }
        let known = self.known.get(at);
        Ok(known.is_some_and(|known| known.contains(&capture)))
    }

    fn say(&self) {
        let added = counted(self.done.added as u64, "capture");
        let (bytes, files) = (grouped(self.done.bytes), grouped(self.done.files as u64));
        eprintln!("{added} added: {bytes} bytes in {files} files");
        let of = |is_it: fn(&CaseFate) -> bool| {
            let fates = self.cases.iter().map(|case| &case.fate);
            fates.filter(|fate| is_it(fate)).count() as u64
        };
        let there = of(|fate| *fate == CaseFate::There);
        if there > 0 {
            let known = counted(there, "capture");
            eprintln!("{known} there already, not added again");
        }
        let failed = of(|fate| matches!(fate, CaseFate::Failed(_)));
        if failed > 0 {
            eprintln!("{} could not be read", counted(failed, "case"));
        }
    }
}

/// A case that could be read.
enum CaseToAdd {
    /// Its rows.
    New { rows: CaptureRows, is_damaged: bool },
    /// They are in the dataset already.
    There,
}

/// The rows of a case.
fn rows_of(
    options: &AddOptions,
    store: &Store,
    path: &Path,
    progress: &mut Progress,
    quiet: bool,
) -> Result<CaseToAdd> {
    let wish = options.wish(path, quiet);
    let (input, opened) = standard_input::open_any(&wish.places, quiet)?;
    let (at, by) = match options.recorded_at {
        Some(at) => (at, "option"),
        None => (written_at(path, &input)?, "file"),
    };
    let capture = content_of(&opened);
    if progress.is_known(store, &Partition::of_seconds(at), capture)? {
        return Ok(CaseToAdd::There);
    }
    let label = CaseLabel {
        path,
        capture,
        recorded_at: at,
        recorded_by: by,
        host: options.host.as_deref(),
    };
    let found = rows_of_case(&wish, &input, opened, &label, quiet)?;
    Ok(CaseToAdd::New {
        rows: found.rows,
        is_damaged: found.is_damaged,
    })
}
