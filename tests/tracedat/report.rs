//! Lines of `trace-cmd report`, cut with plain string functions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

/// A line of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReportLine<'a> {
    /// The instance's buffer; empty for the kernel's own.
    pub(crate) buffer: &'a str,
    pub(crate) comm: &'a str,
    pub(crate) tid: i32,
    pub(crate) cpu: u32,
    /// As it is printed: `570.095594`, or a plain number for clocks that count no nanoseconds.
    pub(crate) time: &'a str,
    pub(crate) event: &'a str,
    pub(crate) text: &'a str,
}

/// The lines of events. The others are the number of CPUs, and CPUs without events.
pub(crate) fn lines(report: &str) -> impl Iterator<Item = ReportLine<'_>> {
    report.lines().filter_map(|line| {
        let is_other = line.starts_with("cpus=") || line.starts_with("CPU ");
        let line = (!is_other).then_some(line)?;
        // The CPU in brackets is the first that stands between a number and a time.
        let (at, cpu) = line.match_indices('[').find_map(|(at, _)| {
            let cpu = line.get(at + 1..at + 4)?;
            let cpu = cpu
                .parse()
                .ok()
                .filter(|_| line[at + 4..].starts_with(']'))?;
            Some((at, cpu))
        })?;
        let task = line[..at].trim_end();
        let (task, tid) = task.rsplit_once('-').unwrap();
        let (buffer, comm) = match task.split_once(": ") {
            Some((buffer, comm)) if line.starts_with(|c: char| c.is_alphanumeric()) => {
                (buffer, comm.trim_start())
            }
            _ => ("", task.trim_start()),
        };
        let (time, rest) = line[at + 5..].trim_start().split_once(": ").unwrap();
        let (event, text) = rest.trim_start().split_once(':').unwrap();
        Some(ReportLine {
            buffer,
            comm,
            tid: tid.parse().unwrap(),
            cpu,
            time,
            event,
            text,
        })
    })
}
