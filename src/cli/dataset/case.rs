//! A case as rows.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::cli::read_case::{CaseWish, read_case};
use vmflame::dataset::{CaptureRows, TableName, TableRows};
use vmflame::error::{BadFile, DatasetFault, Error, Result};
use vmflame::input::{Input, Opened};
use vmflame::report::advice::{Evidence, advise};
use vmflame::report::dataset::{CaseAnswer, CaseOrigin, case_rows, has_rows};

/// What is said of a case that it may not tell itself.
pub(super) struct CaseLabel<'a> {
    /// Its path, as it was given.
    pub(super) path: &'a Path,
    /// Its id.
    pub(super) capture: i64,
    /// When it was recorded, where that was said, and what told it.
    pub(super) recorded_at: u64,
    pub(super) recorded_by: &'a str,
    /// The host, where it tells none.
    pub(super) host: Option<&'a str>,
}

/// A case as rows, and what became of reading it.
pub(super) struct RowsOfCase {
    pub(super) rows: CaptureRows,
    pub(super) is_damaged: bool,
}

/// Reads a case.
///
/// # Errors
/// When it cannot be read, or tells nothing that a dataset holds.
pub(super) fn rows_of_case(
    wish: &CaseWish<'_>,
    input: &Input,
    opened: Opened,
    label: &CaseLabel<'_>,
    quiet: bool,
) -> Result<RowsOfCase> {
    let mut evidence = Evidence::default();
    let case = read_case(&mut evidence, wish, input, opened)?;
    let source = label.path.display().to_string();
    if !quiet {
        for warning in &case.warnings {
            eprintln!("warning: {source}: {warning}");
        }
    }
    if evidence.host.name.is_none() {
        evidence.host.name = label.host.map(ToOwned::to_owned);
    }
    let findings = advise(&evidence);
    let answer = CaseAnswer {
        origin: CaseOrigin {
            capture: label.capture,
            source: &source,
            recorded_at: label.recorded_at,
            recorded_by: label.recorded_by,
            is_damaged: case.is_damaged,
        },
        capture: case.capture.as_ref(),
        recorded: &case.recorded,
        profile: case.profile.as_ref(),
        evidence: &evidence,
        findings: &findings,
        devices: &case.devices,
    };
    if !has_rows(&answer) {
        let what = BadFile::Dataset(DatasetFault::NothingTold);
        return Err(Error::file(label.path, what));
    }
    let rows = case_rows(&answer)?;
    let has_seconds = |found: &TableRows| found.table() == TableName::SampleSeconds;
    let lacks_seconds = case.profile.is_some() && !rows.tables.iter().any(has_seconds);
    if wish.filter.keeps_samples && lacks_seconds && !quiet {
        eprintln!("warning: {source}: its samples carry no times: none are written by second");
    }
    let is_bare = |found: &TableRows| found.is_empty() || found.table() == TableName::Captures;
    if rows.tables.iter().all(is_bare) && !quiet {
        eprintln!(
            "warning: {source}: its tracepoints tell no samples and no exits: of it only the row of captures \
             is written"
        );
    }
    Ok(RowsOfCase {
        rows,
        is_damaged: case.is_damaged,
    })
}

/// When a case was last written, in seconds since 1970. Of an archive it is that of the archive: those
/// of its members are not always told. Of what came through a pipe it is nothing.
pub(super) fn written_at(path: &Path, input: &Input) -> Result<u64> {
    let written = if path.is_file() { path } else { &input.data };
    let failed = |source| Error::io("read", written, source);
    let at = std::fs::metadata(written).map_err(failed)?;
    let at = at.modified().map_err(failed)?;
    Ok(at
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs()))
}
