//! A line of the log backend.
//!
//! ```text
//! 17110@1795416364.289262:virtio_blk_handle_read vdev 0x55eae87ea1c0 req 0x7fca28003160 sector 0 …
//! virtio_blk_handle_read vdev 0x55eae87ea1c0 …
//! 2026-11-26T16:12:52.842274Z virtio_blk_handle_read vdev 0x55eae87ea1c0 …
//! ```
//!
//! The first is that of `-msg timestamp=on` up to QEMU 10, the last that of later ones.

use super::step::{EventKind, TraceStep};

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LogLine {
    /// A step of a request.
    Step(TraceStep),
    /// One whose arguments cannot be read: it is cut or damaged.
    Damaged,
    /// Anything else: another event, a message of QEMU's.
    Other,
}

/// The most arguments of an event that matters.
const MOST_VALUES: usize = 4;

pub(super) fn parse(line: &[u8]) -> LogLine {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (at_ns, event) = timed(line);
    let name_len = event.iter().position(|&byte| byte == b' ');
    let (name, arguments) = event.split_at(name_len.unwrap_or(event.len()));
    let Some(kind) = EventKind::of_name(name) else {
        return LogLine::Other;
    };
    let mut values = [0; MOST_VALUES];
    let mut count = 0;
    // `vdev 0x5 req 0x6 sector 7`, `lun=0 tag=0x1`: the numbers are in the order of arguments.
    for word in arguments.split(|byte| matches!(byte, b' ' | b'=')) {
        if let (Some(number), Some(value)) = (number(word), values.get_mut(count)) {
            *value = number;
            count += 1;
        }
    }
    let step = values
        .get(..count)
        .and_then(|values| kind.step(at_ns, values));
    step.map_or(LogLine::Damaged, LogLine::Step)
}

/// The time of a line, and what follows it.
fn timed(line: &[u8]) -> (Option<u64>, &[u8]) {
    classic(line)
        .or_else(|| iso(line))
        .map_or((None, line), |timed| (Some(timed.at_ns), timed.rest))
}

struct Timed<'a> {
    at_ns: u64,
    rest: &'a [u8],
}

/// `TID@SECONDS.MICROSECONDS:`.
fn classic(line: &[u8]) -> Option<Timed<'_>> {
    let (tid, rest) = split_once(line, b'@')?;
    let (time, rest) = split_once(rest, b':')?;
    let (seconds, fraction) = split_once(time, b'.')?;
    decimal(tid)?;
    let at_ns = nanoseconds(decimal(seconds)?, fraction)?;
    Some(Timed { at_ns, rest })
}

/// `2026-11-26T16:12:52.842274Z `.
fn iso(line: &[u8]) -> Option<Timed<'_>> {
    let (time, rest) = split_once(line, b' ')?;
    let time = time.strip_suffix(b"Z")?;
    let (date, time) = split_once(time, b'T')?;
    let mut date = date.split(|&byte| byte == b'-').map(decimal);
    let days = days(date.next()??, date.next()??, date.next()??)?;
    let (whole, fraction) = split_once(time, b'.')?;
    let mut whole = whole.split(|&byte| byte == b':').map(decimal);
    let (hours, minutes, seconds) = (whole.next()??, whole.next()??, whole.next()??);
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let seconds = days.checked_mul(86_400)? + hours * 3600 + minutes * 60 + seconds;
    let at_ns = nanoseconds(seconds, fraction)?;
    Some(Timed { at_ns, rest })
}

/// Days from 1970 to a date of the Gregorian calendar.
///
/// Source: the era of 400 years and the year that begins in March, as in `days_from_civil` of
/// Howard Hinnant's chrono-compatible date algorithms.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, of_era) = (year / 400, year % 400);
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

/// Nanoseconds of whole seconds and up to nine digits behind the point.
fn nanoseconds(seconds: u64, fraction: &[u8]) -> Option<u64> {
    let mut unit = 1_000_000_000_u64;
    for _ in fraction {
        unit /= 10;
    }
    let part = decimal(fraction).filter(|_| unit > 0)?;
    seconds
        .checked_mul(1_000_000_000)?
        .checked_add(part.checked_mul(unit)?)
}

fn split_once(bytes: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(mark, bytes)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// An argument: hexadecimal behind `0x`, decimal, or a negative number, which is told as its two's
/// complement.
fn number(word: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(word).ok()?;
    if let Some(digits) = text.strip_prefix("0x") {
        u64::from_str_radix(digits, 16)
            .ok()
            .filter(|_| !digits.starts_with('+'))
    } else if text.starts_with('-') {
        text.parse::<i64>().ok().map(i64::cast_unsigned)
    } else {
        decimal(word)
    }
}

#[cfg(test)]
mod tests {
    use super::super::step::{DiskId, RequestDirection, RequestId, RequestStep};
    use super::*;

    /// The time of a step is that of the line, in each style.
    #[test]
    fn all_styles_are_read() {
        let event =
            "virtio_blk_handle_write vdev 0x55eae87ea1c0 req 0x7fca28003160 sector 8 nsectors 64";
        // date -u -d 2026-11-26T16:12:52Z +%s says 1795709572.
        for (time, at_ns) in [
            ("17110@1795709572.842274:", Some(1_795_709_572_842_274_000)),
            ("", None),
            (
                "2026-11-26T16:12:52.842274Z ",
                Some(1_795_709_572_842_274_000),
            ),
        ] {
            let expected = TraceStep {
                at_ns,
                request: RequestId {
                    disk: DiskId::VirtioBlk(0x55ea_e87e_a1c0),
                    number: 0x7fca_2800_3160,
                },
                step: RequestStep::Received {
                    direction: RequestDirection::Write,
                    sector: Some(8),
                    sectors: Some(64),
                },
            };
            let line = format!("{time}{event}\r");
            assert_eq!(parse(line.as_bytes()), LogLine::Step(expected), "{line}");
        }
    }

    /// virtio-scsi says its event's name twice; a failed response has a number that is not 0.
    #[test]
    fn scsi_and_failures_are_read() {
        let step = |line: &str| {
            let LogLine::Step(step) = parse(line.as_bytes()) else {
                panic!("{line}");
            };
            step.step
        };
        let failed = |has_failed| RequestStep::Completed { has_failed };
        let read = step("1@2.3:virtio_scsi_cmd_req virtio_scsi_cmd_req lun=0 tag=0x0 cmd=0x28");
        let received = |direction| RequestStep::Received {
            direction,
            sector: None,
            sectors: None,
        };
        assert_eq!(read, received(RequestDirection::Read));
        let resp = "virtio_scsi_cmd_resp virtio_scsi_cmd_resp lun=0 tag=0x0";
        assert_eq!(step(&format!("{resp} response=0 status=0x2")), failed(true));
        assert_eq!(
            step(&format!("{resp} response=0 status=0x0")),
            failed(false)
        );
        assert_eq!(
            step("virtio_blk_req_complete vdev 0x1 req 0x2 status -5"),
            failed(true)
        );
    }

    /// What is cut is told from what is nobody's business.
    #[test]
    fn other_lines_are_told_apart() {
        for line in [
            "1@2.3:virtio_blk_handle_read vdev 0x1 req",
            "virtio_blk_req_complete",
        ] {
            assert_eq!(parse(line.as_bytes()), LogLine::Damaged, "{line}");
        }
        for line in [
            "",
            "qemu-system-x86_64: warning: x",
            "1@2.3:virtio_blk_rw_complete vdev 0x1",
        ] {
            assert_eq!(parse(line.as_bytes()), LogLine::Other, "{line}");
        }
    }
}
