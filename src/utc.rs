//! A point of time as people and programs read it.

/// Days of 400 years, after which the calendar repeats itself.
const CYCLE_DAYS: u64 = 146_097;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// A point of time of the calendar, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct UtcTime {
    pub(crate) year: u64,
    /// From 1.
    pub(crate) month: u64,
    /// From 1.
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    pub(crate) second: u64,
}

impl UtcTime {
    /// The time so many seconds after 1970 began.
    pub(crate) fn of_seconds(seconds: u64) -> Self {
        let (mut year, mut days) = (1970, seconds / DAY);
        year += days / CYCLE_DAYS * 400;
        days %= CYCLE_DAYS;
        while days >= days_of(year) {
            days -= days_of(year);
            year += 1;
        }
        let mut month = 1;
        for length in months_of(year) {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        Self {
            year,
            month,
            day: days + 1,
            hour: seconds / 3600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }

    /// Reads `2026-11-26T18:44:15Z`; `None` for all else, and for years before 1970 or after 9999.
    #[cfg(any(feature = "fleet", test))]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let length = months_of(year).into_iter().zip(1..);
        let (length, _) = { length }.find(|&(_, number)| number == month)?;
        let is_time = hour < 24 && minute < 60 && second < 60;
        ((1970..=9999).contains(&year) && (1..=length).contains(&day) && is_time).then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        })
    }

    /// Seconds since 1970 began.
    #[cfg(any(feature = "fleet", test))]
    pub(crate) fn seconds(self) -> u64 {
        let years: u64 = (1970..self.year).map(days_of).sum();
        let months = months_of(self.year).into_iter().zip(1..self.month);
        let days = years + months.map(|(length, _)| length).sum::<u64>() + self.day - 1;
        days * DAY + self.hour * 3600 + self.minute * 60 + self.second
    }

    /// The day, as ISO 8601 has it: `2026-11-26`.
    pub(crate) fn date(self) -> String {
        format!("{}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A time in nanoseconds since 1970, as ISO 8601 has it, in UTC: `2026-11-26T18:44:15.123Z`.
pub(crate) fn utc_words(wall_ns: u64) -> String {
    let at = UtcTime::of_seconds(wall_ns / 1_000_000_000);
    let millis = wall_ns / 1_000_000 % 1000;
    let UtcTime {
        hour,
        minute,
        second,
        ..
    } = at;
    let date = at.date();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Three numbers of so many digits.
#[cfg(any(feature = "fleet", test))]
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(between);
    let found = digits.map(|digits| {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten()
    });
    let [Some(first), Some(second), Some(third)] = found else {
        return None;
    };
    parts.next().is_none().then_some([first, second, third])
}

const fn days_of(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

const fn months_of(year: u64) -> [u64; 12] {
    let february = days_of(year) - 337;
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
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
            let plain = expected.replace(".000", "");
            let parsed = UtcTime::parse(&plain);
            assert_eq!(parsed.map(UtcTime::seconds), Some(seconds), "{plain}");
        }
        assert_eq!(utc_words(1_500_000_000), "1970-01-01T00:00:01.500Z");
    }

    /// What is no time must not become one, whoever typed it.
    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-26",
            "2026-11-26T18:44:15",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "1969-12-31T23:59:59Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01-01T00:00:00Z",
        ] {
            assert_eq!(UtcTime::parse(text), None, "{text}");
        }
    }
}
