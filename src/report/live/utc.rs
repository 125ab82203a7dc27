//! A point of time as people and programs read it.

/// Days of 400 years, after which the calendar repeats itself.
const CYCLE_DAYS: u64 = 146_097;

/// A time in nanoseconds since 1970, as ISO 8601 has it, in UTC: `2026-11-26T18:44:15.123Z`.
pub(super) fn utc_words(wall_ns: u64) -> String {
    let seconds = wall_ns / 1_000_000_000;
    let millis = wall_ns / 1_000_000 % 1000;
    let (mut year, mut days) = (1970, seconds / 86_400);
    year += days / CYCLE_DAYS * 400;
    days %= CYCLE_DAYS;
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let february = days_of(year) - 337;
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let day = days + 1;
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

const fn days_of(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `date -u -d @SECONDS` says.
    #[test]
    fn times_are_those_of_date() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_795_632_255, "2026-11-25T18:44:15.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(utc_words(seconds * 1_000_000_000), expected);
        }
        assert_eq!(utc_words(1_500_000_000), "1970-01-01T00:00:01.500Z");
    }
}
