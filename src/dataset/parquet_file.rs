//! Rows as a Parquet file, and back.

use std::fs::File;
use std::io::{Read as _, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::in_reading::InReading;
use super::manifest::DatasetFile;
use super::numbered_column::{KeptPages, NumberedColumn};
use super::schema::{ColumnSchema, Schema, TableName, ValueKind};
use super::stack_hash::ContentHash;
use super::table_rows::TableRows;
use super::values::{ColumnValues, TextIx, TextValues};
use crate::error::{BadFile, DatasetFault, Error, Result};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{
    SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter,
};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, Type};

/// Rows of a group: engines read groups in parallel, and leave out those that a filter rules out.
const GROUP_ROWS: usize = 1 << 19;

/// Rows of a file that is read faster than its limits tell that it need not be.
const SMALL_ROWS: usize = 4096;

/// Rows of a file that zstd makes longer: each page gets ten bytes of it.
const TINY_ROWS: usize = 8;

/// How hard zstd tries. On files of one capture level 9 saves 2 % over level 3, and costs three times
/// its time.
const LEVEL: i32 = 3;

/// How hard it tries at the different values of a column, most of them names: of a compile host's they
/// leave 57.6 kB of 246 at level 3, 52.8 at 6, 51.2 at 9, in 0.7, 2.4 and 3.5 ms.
const DICTIONARY_LEVEL: i32 = 6;

/// The rows as a Parquet file.
///
/// # Errors
/// When the format cannot hold them.
pub(super) fn to_parquet(rows: &TableRows) -> Result<Vec<u8>> {
    write(rows).map_err(|cause| {
        let cause = cause.to_string();
        let what = BadFile::Dataset(DatasetFault::BadParquet { cause });
        Error::file(rows.table().as_str().as_ref(), what)
    })
}

fn write(rows: &TableRows) -> ParquetResult<Vec<u8>> {
    // Small files are most of footers. Of large ones limits of whole columns are what engines need.
    let has_limits = rows.len() >= SMALL_ROWS;
    let statistics = if has_limits {
        EnabledStatistics::Chunk
    } else {
        EnabledStatistics::None
    };
    let level = ZstdLevel::try_new(LEVEL)?;
    let mut properties = WriterProperties::builder()
        .set_compression(if rows.len() < TINY_ROWS {
            Compression::UNCOMPRESSED
        } else {
            Compression::ZSTD(level)
        })
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(true)
        .set_created_by(concat!("vmflame ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_dictionary_enabled(false);
    for column in SLOWLY_GROWING.map(ColumnPath::from) {
        properties = properties.set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    let schema = Arc::new(message_of(rows.table())?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
    let declared = writer.schema_descr().columns().to_vec();
    let kept = KeptPages {
        level,
        dictionary_level: ZstdLevel::try_new(DICTIONARY_LEVEL)?,
        has_limits,
    };
    for start in (0..rows.len()).step_by(GROUP_ROWS) {
        let range = start..rows.len().min(start + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        let columns = rows.schema().columns.iter().zip(&rows.columns);
        for ((column, values), declared) in columns.zip(&declared) {
            let numbered = may_come_back(rows.table(), column)
                .then(|| NumberedColumn::of(values, range.clone()));
            match numbered.flatten() {
                Some(numbered) => numbered.write(&mut group, declared.clone(), kept)?,
                None => write_plain(&mut group, column, values, range.clone())?,
            }
        }
        group.close()?;
    }
    writer.into_inner()
}

/// Columns of table `single_exits` whose values differ little from those of the row before.
const SLOWLY_GROWING: [&str; 2] = ["ordinal", "start_ns"];

/// Whether values are looked at for those that come back. Ids of stacks are in table frames only in
/// rows that follow each other, where zstd finds them.
fn may_come_back(table: TableName, column: &ColumnSchema) -> bool {
    !SLOWLY_GROWING.contains(&column.name) && (table, column.name) != (TableName::Frames, "stack")
}

/// Writes the next column as the values of its rows.
fn write_plain<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &ColumnSchema,
    values: &ColumnValues,
    range: Range<usize>,
) -> ParquetResult<()> {
    let Some(mut out) = group.next_column()? else {
        return Ok(());
    };
    let may_lack = !column.absence.is_empty();
    match values {
        ColumnValues::Int(all) => {
            put::<Int64Type>(&mut out, all.get(range).unwrap_or_default(), may_lack)?;
        }
        ColumnValues::Real(all) => {
            put::<DoubleType>(&mut out, all.get(range).unwrap_or_default(), may_lack)?;
        }
        ColumnValues::Flag(all) => {
            put::<BoolType>(&mut out, all.get(range).unwrap_or_default(), may_lack)?;
        }
        ColumnValues::Text(all) => {
            let rows = all.rows.get(range).unwrap_or_default();
            put::<ByteArrayType>(&mut out, &byte_arrays(all, rows), may_lack)?;
        }
    }
    out.close()?;
    Ok(())
}

/// The texts of rows, those of one text on the same bytes.
fn byte_arrays(all: &TextValues, rows: &[Option<TextIx>]) -> Vec<Option<ByteArray>> {
    let texts = all.texts.items().iter();
    let texts: Vec<ByteArray> = texts
        .map(|text| ByteArray::from(text.as_bytes().to_vec()))
        .collect();
    let rows = rows.iter().copied();
    rows.map(|ix| texts.get(ix?.as_usize()).cloned()).collect()
}

fn put<T: DataType>(
    out: &mut SerializedColumnWriter<'_>,
    rows: &[Option<T::T>],
    may_lack: bool,
) -> ParquetResult<()> {
    let values: Vec<T::T> = rows.iter().flatten().cloned().collect();
    let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.is_some())).collect();
    let levels = may_lack.then_some(levels.as_slice());
    out.typed::<T>().write_batch(&values, levels, None)?;
    Ok(())
}

/// The columns of a table as Parquet declares them.
fn message_of(table: TableName) -> ParquetResult<Type> {
    let columns = Schema::own().table(table).columns.iter().map(declared);
    let columns: String = columns.collect();
    parse_message_type(&format!("message {} {{{columns}}}", table.as_str()))
}

fn declared(column: &ColumnSchema) -> String {
    let repetition = if column.absence.is_empty() {
        "required"
    } else {
        "optional"
    };
    let (kind, annotation) = match column.kind {
        ValueKind::Int => ("int64", ""),
        ValueKind::Real => ("double", ""),
        ValueKind::Flag => ("boolean", ""),
        ValueKind::Text => ("binary", " (STRING)"),
    };
    format!("{repetition} {kind} {}{annotation};", column.name)
}

/// The checksum of a file's bytes, in hexadecimal: XXH3-64.
pub(super) fn checksum(bytes: &[u8]) -> String {
    let mut hash = ContentHash::default();
    hash.add(bytes);
    format!("{:016x}", hash.finish())
}

/// The checksum of a file, and its length.
///
/// # Errors
/// When it cannot be read.
fn checksum_of_file(path: &Path) -> Result<FileSum> {
    let failed = |source| Error::io("read", path, source);
    let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let mut hash = ContentHash::default();
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        let len = file.read(&mut buffer).map_err(failed)?;
        if len == 0 {
            let xxh3 = format!("{:016x}", hash.finish());
            return Ok(FileSum { bytes, xxh3 });
        }
        hash.add(buffer.get(..len).unwrap_or_default());
        bytes += len as u64;
    }
}

/// What tells whether a file is what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
struct FileSum {
    bytes: u64,
    xxh3: String,
}

/// The rows of a file of the list, which is `listed` there.
///
/// # Errors
/// When it cannot be read, is not what was written, is no Parquet file, or has other columns than its
/// table. Columns that the schema does not know are passed over.
pub(super) fn read_parquet(path: &Path, listed: &DatasetFile) -> Result<TableRows> {
    read_columns(path, listed, |_| true)
}

/// The same, of some columns only: the others are absent.
///
/// # Errors
/// As [`read_parquet`].
pub(super) fn read_columns(
    path: &Path,
    listed: &DatasetFile,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<TableRows> {
    let bad = |what| Error::file(path, BadFile::Dataset(what));
    let sum = checksum_of_file(path)?;
    // The reader of the crate may panic on bytes that no writer wrote, so these are found before, but for
    // those that somebody made a checksum for.
    if sum.bytes != listed.bytes || sum.xxh3 != listed.xxh3 {
        return Err(bad(DatasetFault::Changed));
    }
    let table = listed.table;
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let _reading = InReading::of(path);
    let read = SerializedFileReader::new(file).and_then(|reader| {
        let mut rows = 0;
        let schema = Schema::own().table(table);
        let kinds = schema.columns.iter();
        let mut columns: Vec<ColumnValues> = kinds.map(|c| ColumnValues::new(c.kind)).collect();
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            let len = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
            rows += len;
            for (column, values) in schema.columns.iter().zip(&mut columns) {
                if !is_wanted(column.name) {
                    continue;
                }
                if let Some(what) = read_into(&*group, column, values, len)? {
                    return Ok(Err(DatasetFault::OtherColumns { what }));
                }
            }
        }
        if rows as u64 != listed.rows {
            return Ok(Err(DatasetFault::Changed));
        }
        Ok(Ok(TableRows::of_columns(table, columns, rows)))
    });
    let read = read.map_err(|cause| {
        let cause = cause.to_string();
        bad(DatasetFault::BadParquet { cause })
    })?;
    read.map_err(bad)
}

/// Adds the values of a group; what is wrong with the column, in words, where something is.
fn read_into(
    group: &dyn RowGroupReader,
    column: &ColumnSchema,
    values: &mut ColumnValues,
    len: usize,
) -> ParquetResult<Option<String>> {
    let name = column.name;
    let declared = group.metadata().schema_descr().columns().iter();
    let mut declared = declared.zip(0..).filter(|(found, _)| found.name() == name);
    let Some((found, at)) = declared.next() else {
        return Ok(Some(format!("{name} is missing")));
    };
    let wanted = message_of_one(column)?;
    let is_same = wanted.first() == Some(&found.physical_type());
    if !is_same || found.max_rep_level() > 0 || found.max_def_level() > 1 {
        return Ok(Some(format!("{name} is no {}", column.kind.as_str())));
    }
    let has_levels = found.max_def_level() == 1;
    let reader = group.get_column_reader(at)?;
    let read = match values {
        ColumnValues::Int(rows) => {
            take::<Int64Type>(get_typed_column_reader(reader), has_levels, |v| {
                rows.push(v)
            })
        }
        ColumnValues::Real(rows) => {
            take::<DoubleType>(get_typed_column_reader(reader), has_levels, |v| {
                rows.push(v)
            })
        }
        ColumnValues::Flag(rows) => {
            take::<BoolType>(get_typed_column_reader(reader), has_levels, |v| {
                rows.push(v)
            })
        }
        ColumnValues::Text(rows) => {
            take::<ByteArrayType>(get_typed_column_reader(reader), has_levels, |v| {
                let text = v
                    .as_ref()
                    .map(|bytes| String::from_utf8_lossy(bytes.data()));
                rows.push(text.as_deref());
            })
        }
    }?;
    let is_whole = read == len;
    Ok((!is_whole).then(|| format!("{name} has {read} rows of {len}")))
}

/// The physical type of a column.
fn message_of_one(column: &ColumnSchema) -> ParquetResult<Vec<parquet::basic::Type>> {
    let message = parse_message_type(&format!("message m {{{}}}", declared(column)))?;
    let fields = message.get_fields().iter();
    Ok(fields.map(|field| field.get_physical_type()).collect())
}

/// Rows that are read at once.
const BATCH: usize = 1 << 14;

/// Reads a column to its end; returns how many rows there were.
fn take<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    has_levels: bool,
    mut add: impl FnMut(Option<T::T>),
) -> ParquetResult<usize> {
    let mut all = 0;
    loop {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let to_levels = has_levels.then_some(&mut levels);
        let (records, _, _) = reader.read_records(BATCH, to_levels, None, &mut values)?;
        if records == 0 {
            return Ok(all);
        }
        all += records;
        let mut values = values.into_iter();
        if has_levels {
            levels.iter().for_each(|&level| {
                add(if level > 0 { values.next() } else { None });
            });
        } else {
            values.by_ref().for_each(|value| add(Some(value)));
        }
    }
}
