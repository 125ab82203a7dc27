//! The date and the hour that rows belong to.

use super::schema::TableName;
use crate::utc::UtcTime;

/// The date and the hour that rows belong to, in UTC: those at which their captures were recorded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Partition {
    /// As ISO 8601 has it: `2026-11-26`.
    pub date: String,
    /// From 0 to 23.
    pub hour: u64,
}

/// The last second that has a date of four digits.
const LAST_SECOND: u64 = 253_402_300_799;

impl Partition {
    /// The partition of a time in seconds since 1970. Times after the year 9999 count as its end.
    pub fn of_seconds(seconds: u64) -> Self {
        let at = UtcTime::of_seconds(seconds.min(LAST_SECOND));
        Self {
            date: at.date(),
            hour: at.hour,
        }
    }

    /// Reads a time as `2026-11-26T18:44:15Z`, or in seconds since 1970.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse_time(text: &str) -> Result<u64, String> {
        let seconds = text.parse().ok();
        let seconds = seconds.or_else(|| UtcTime::parse(text).map(UtcTime::seconds));
        seconds
            .filter(|&seconds| seconds <= LAST_SECOND)
            .ok_or_else(|| {
                format!(
                    "{text:?} is no time: give it as 2026-11-26T18:44:15Z, or in seconds since 1970"
                )
            })
    }

    /// The folder of a table's files, below the dataset's.
    pub fn folder(&self, table: TableName) -> String {
        let (table, Self { date, hour }) = (table.as_str(), self);
        format!("{table}/date={date}/hour={hour}")
    }

    /// The partition that a path of [`Self::folder`] names, with a file's name behind it.
    pub(super) fn of_path(path: &str) -> Option<(TableName, Self)> {
        let mut parts = path.split('/');
        let table = TableName::parse(parts.next()?)?;
        let date = parts.next()?.strip_prefix("date=")?;
        let hour: u64 = parts.next()?.strip_prefix("hour=")?.parse().ok()?;
        let is_date = UtcTime::parse(&format!("{date}T00:00:00Z")).is_some();
        let partition = Self {
            date: date.to_owned(),
            hour,
        };
        let rest = parts.next()?;
        // Other letters may be patterns, or options of an address, to those who read the file.
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_file =
            rest.ends_with(".parquet") && !rest.starts_with('.') && rest.chars().all(of_name);
        (is_date && hour < 24 && is_file && parts.next().is_none()).then_some((table, partition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of files comes from a file: what leads out of the folder is no path of it.
    #[test]
    fn paths_are_those_of_folders_and_no_others() {
        let partition = Partition::of_seconds(1_795_632_255);
        let path = format!("{}/0.parquet", partition.folder(TableName::Exits));
        assert_eq!(path, "exits/date=2026-11-25/hour=18/0.parquet");
        assert_eq!(
            Partition::of_path(&path),
            Some((TableName::Exits, partition))
        );
        for wrong in [
            "exits/date=2026-11-25/hour=18/../0.parquet",
            "../date=2026-11-25/hour=18/0.parquet",
            "exits/date=../hour=18/0.parquet",
            "exits/date=2026-11-25/hour=24/0.parquet",
            "exits/date=2026-11-25/hour=1/0.txt",
            "exits/date=2026-11-25/hour=1/*.parquet",
            "exits/date=2026-11-25/hour=1/0?s3_endpoint=elsewhere&a=.parquet",
            "/exits/date=2026-11-25/hour=1/0.parquet",
        ] {
            assert_eq!(Partition::of_path(wrong), None, "{wrong}");
        }
    }
}
