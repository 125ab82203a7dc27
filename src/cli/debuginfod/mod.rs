//! Object files and debug files that a debuginfod server has, downloaded where `--debuginfod` asks.
//!
//! What is downloaded goes where debuginfod's own client keeps it, and is found there as what that
//! client downloaded is. Nothing is downloaded that lies there.
//!
//! | file | what is in it |
//! |---|---|
//! | `wanted` | which files a capture's objects lack |
//! | `server` | one file from a server, within bounds and of its build |

mod server;
mod wanted;

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use self::server::Server;
use self::wanted::{WantedFile, wanted_files};
use super::options::AskedDownloads;
use super::wrong_arguments::WrongArguments;
use vmflame::analysis::{Account, survey};
use vmflame::error::{Error, Result};
use vmflame::perf::Capture;
use vmflame::symbol::SymbolRequest;
use vmflame::text::size_words;

/// How many files are downloaded at once.
const AT_ONCE: usize = 4;

/// What came of downloads.
#[derive(Debug, Default)]
pub(crate) struct Downloads {
    failed: Vec<FailedDownload>,
    asked: usize,
}

/// A file that was not to be had.
#[derive(Debug)]
struct FailedDownload {
    file: WantedFile,
    problem: Error,
}

/// Downloads what the objects of a capture lack, where the options ask for it.
///
/// # Errors
/// When no server is known, or the capture cannot be looked through.
pub(crate) fn complete(
    asked: Option<AskedDownloads<'_>>,
    capture: &Capture,
    symbols: &SymbolRequest,
    quiet: bool,
) -> Result<Downloads> {
    let Some(AskedDownloads { urls, threads }) = asked else {
        return Ok(Downloads::default());
    };
    let servers = Server::list(urls);
    let cache = symbols.search.debuginfod_cache.clone();
    let Some(cache) = cache.filter(|_| !servers.is_empty()) else {
        return Err(WrongArguments::NoServer.into());
    };
    // A comparison completes both sides at once: what the first one downloads the other finds.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let found = survey(capture, symbols, threads)?;
    let files = wanted_files(&found.account, &cache);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let speaks = !quiet && stderr().is_terminal();
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            match server::download(&servers, file, &cache) {
                Ok(bytes) if speaks => {
                    eprintln!("downloaded {file}: {}", size_words(bytes));
                }
                Ok(_) => {}
                Err(problem) => {
                    let failed = &mut failed.lock().unwrap_or_else(PoisonError::into_inner);
                    let file = file.clone();
                    failed.push(FailedDownload { file, problem });
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(files.len()) {
            scope.spawn(work);
        }
    });
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by(|a, b| a.file.cmp(&b.file));
    for download in &failed {
        // A folder that was made for nothing; one that holds a file stays.
        let place = download.file.place(&cache);
        drop(place.parent().map(std::fs::remove_dir));
    }
    let asked = files.len();
    Ok(Downloads { failed, asked })
}

/// The same, and says what was not to be had.
///
/// # Errors
/// As for [`complete`].
pub(crate) fn complete_and_tell(
    asked: Option<AskedDownloads<'_>>,
    capture: &Capture,
    symbols: &SymbolRequest,
    quiet: bool,
) -> Result<()> {
    let downloads = complete(asked, capture, symbols, quiet)?;
    if let Some(warning) = downloads.warning().filter(|_| !quiet) {
        eprintln!("warning: {warning}");
    }
    Ok(())
}

impl Downloads {
    /// What to say of files that were not to be had; `None` where all were.
    pub(crate) fn warning(&self) -> Option<String> {
        let first = self.failed.first()?;
        let (failed, asked) = (self.failed.len(), self.asked);
        Some(format!(
            "{failed} of {asked} files could not be downloaded, as {}: {}; info --debuginfod lists all",
            first.file,
            first.problem.with_causes()
        ))
    }

    /// Adds the causes to what is reported of the objects.
    pub(crate) fn tell(self, account: &mut Account) {
        for FailedDownload { file, problem } in self.failed {
            let mut objects = account.objects.iter_mut();
            let object = objects.find(|object| object.build_id.as_ref() == Some(&file.build_id));
            if let Some(object) = object {
                object.broken.push(problem);
            }
        }
    }
}
