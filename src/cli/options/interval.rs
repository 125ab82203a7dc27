//! How long a row of a table over time lasts.

use std::time::Duration;

/// Reads an interval: `1`, `0.1s`, `100ms`; in nanoseconds.
///
/// # Errors
/// When it is none, or shorter than a millisecond.
pub(crate) fn parse_interval(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * unit);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let nanos = duration.and_then(|duration| u64::try_from(duration.as_nanos()).ok());
    let nanos = nanos.filter(|nanos| *nanos >= 1_000_000);
    nanos.ok_or_else(|| {
        format!("{text:?} is no time of at least a millisecond, such as 1, 0.1s or 100ms")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As people write times.
    #[test]
    fn intervals_are_read() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("1s", 1_000_000_000),
            ("0.25", 250_000_000),
            ("100ms", 100_000_000),
        ] {
            assert_eq!(parse_interval(text), Ok(nanos), "{text}");
        }
        for text in [
            "", "s", "ms", "-1", "0", "0.1ms", "nan", "inf", "1m", "1e30",
        ] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }
}
