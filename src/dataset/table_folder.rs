//! The tables of one capture, a file each.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::add::CaptureRows;
use super::parquet_file::to_parquet;
use super::schema::TableName;
use super::table_rows::TableRows;
use crate::error::{BadFile, DatasetFault, Error, Result};

/// A folder that is written beside the one whose place it takes; removed when dropped.
struct HalfFolder(PathBuf);

impl Drop for HalfFolder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Refuses a folder that holds something.
///
/// # Errors
/// When it does, or is no folder.
pub fn check_table_folder(folder: &Path) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => {
                let what = BadFile::Dataset(DatasetFault::NotEmpty);
                Err(Error::file(folder, what))
            }
            None => Ok(()),
        },
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::io("write", folder, source)),
    }
}

/// Writes each table of a capture to `TABLE.parquet` in a folder, also those without rows: who reads
/// them finds all tables and columns. The folder appears whole or not at all. Returns how many bytes
/// there are.
///
/// # Errors
/// When the folder is there and not empty, or something cannot be written.
pub fn write_table_folder(folder: &Path, rows: &CaptureRows) -> Result<u64> {
    check_table_folder(folder)?;
    let half = half_beside(folder)?;
    let mut bytes = 0;
    for table in TableName::ALL {
        let found = rows.tables.iter().find(|rows| rows.table() == table);
        let ordered = found.map_or_else(|| TableRows::new(table), |rows| rows.clone().in_order());
        let content = to_parquet(&ordered)?;
        let path = half.0.join(format!("{}.parquet", table.as_str()));
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(&content)?;
            file.sync_data()
        });
        written.map_err(|source| Error::io("write", &path, source))?;
        bytes += content.len() as u64;
    }
    // The place of an empty folder is taken as well.
    fs::rename(&half.0, folder).map_err(|source| Error::io("write", folder, source))?;
    Ok(bytes)
}

/// An empty folder where `folder` will be.
fn half_beside(folder: &Path) -> Result<HalfFolder> {
    let failed = |source| Error::io("create", folder, source);
    let above = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(above).map_err(failed)?;
    let mut numbers = 0_u32..1000;
    loop {
        let number = numbers.next();
        let name = format!(
            ".vmflame-{}-{}.tmp",
            std::process::id(),
            number.unwrap_or(1000)
        );
        let path = above.join(name);
        match fs::create_dir(&path) {
            Ok(()) => return Ok(HalfFolder(path)),
            Err(source) if source.kind() == ErrorKind::AlreadyExists && number.is_some() => {}
            Err(source) => return Err(failed(source)),
        }
    }
}
