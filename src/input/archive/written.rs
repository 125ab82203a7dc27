//! When a member was last written, as archives tell it.

use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, SystemTime};

/// What stands in the place of a time that is not known: packers that leave times out write 0.
const UNKNOWN: SystemTime = SystemTime::UNIX_EPOCH;

/// When a file was last written, where that is known: a time at or before 1970 stands for none.
///
/// # Errors
/// When the system does not tell.
pub(super) fn of_file(file: &File) -> io::Result<Option<SystemTime>> {
    let written = file.metadata()?.modified()?;
    Ok(Some(written).filter(|written| *written > UNKNOWN))
}

/// Gives a file the time that its member tells, and 1970 where that tells none: what was unpacked a
/// moment ago must not look as if it were written then.
pub(super) fn pass_on<R: Read>(entry: &mut tar::Entry<'_, R>, file: &File) -> io::Result<()> {
    let told = of_entry(entry).unwrap_or(UNKNOWN);
    // No file system has all the times that a header can tell.
    file.set_modified(told)
        .or_else(|_| file.set_modified(UNKNOWN))
}

/// The exact time of an extended header is meant before the whole seconds of the plain one.
fn of_entry<R: Read>(entry: &mut tar::Entry<'_, R>) -> Option<SystemTime> {
    let mut exact = None;
    for extension in entry.pax_extensions().ok().flatten().into_iter().flatten() {
        let extension = extension.ok().filter(|one| one.key_bytes() == b"mtime");
        exact = extension.map(|one| one.value_bytes().to_vec()).or(exact);
    }
    let since = match exact {
        Some(text) => parse(&text)?,
        None => Duration::from_secs(entry.header().mtime().ok()?),
    };
    UNKNOWN.checked_add(since)
}

/// The time as a value of an extended header: seconds since 1970, with decimals.
///
/// Source: pax Interchange Format, IEEE Std 1003.1-2017, `mtime`.
pub(super) fn text(written: SystemTime) -> Option<String> {
    let since = written.duration_since(UNKNOWN).ok()?;
    Some(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()))
}

/// The opposite of [`text`]; decimals beyond the ninth are cut off.
fn parse(value: &[u8]) -> Option<Duration> {
    let value = std::str::from_utf8(value).ok()?;
    let (seconds, decimals) = value.split_once('.').unwrap_or((value, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(seconds) || !is_number(decimals) {
        return None;
    }
    let decimals: String = decimals
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    Some(Duration::new(seconds.parse().ok()?, decimals.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from the standard; GNU tar 1.34 writes the first.
    #[test]
    fn times_are_seconds_with_decimals() {
        let nanos = |text: &str| parse(text.as_bytes()).map(|since| since.as_nanos());
        assert_eq!(
            nanos("1764157410.423433923"),
            Some(1_764_157_410_423_433_923)
        );
        assert_eq!(nanos("12"), Some(12_000_000_000));
        assert_eq!(nanos("12.5"), Some(12_500_000_000));
        assert_eq!(nanos("12.0000000019"), Some(12_000_000_001));
        for bad in ["", "-1", "1e9", "1.-5", " 1", "99999999999999999999"] {
            assert_eq!(nanos(bad), None, "{bad:?}");
        }
        let written = UNKNOWN + Duration::from_nanos(1_764_157_410_023_433_923);
        let written = text(written).unwrap();
        assert_eq!(written, "1764157410.023433923");
        assert_eq!(nanos(&written), Some(1_764_157_410_023_433_923));
    }
}
