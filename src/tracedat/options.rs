//! Options: what was recorded beside events, and where buffers lie.

use super::clock::{ClockReading, TimeShift};
use super::damage::{TraceDamage, TracePart};
use super::head::take_string;
use crate::bytes::{ByteOrder, Cursor, c_string, position};
use crate::text::one_line;
use crate::units::Cpu;

/// Numbers of options, and of the sections that some of them point to.
///
/// Source: trace-cmd.dat(5), trace-cmd 3.1.6.
pub(super) mod number {
    pub(crate) const DONE: u16 = 0;
    pub(crate) const DATE: u16 = 1;
    pub(crate) const CPUSTAT: u16 = 2;
    pub(crate) const BUFFER: u16 = 3;
    pub(crate) const TRACECLOCK: u16 = 4;
    pub(crate) const UNAME: u16 = 5;
    pub(crate) const OFFSET: u16 = 7;
    pub(crate) const CPUCOUNT: u16 = 8;
    pub(crate) const VERSION: u16 = 9;
    pub(crate) const TIME_SHIFT: u16 = 12;
    pub(crate) const TSC2NSEC: u16 = 14;
    pub(crate) const HEADER_INFO: u16 = 16;
    pub(crate) const FTRACE_EVENTS: u16 = 17;
    pub(crate) const EVENT_FORMATS: u16 = 18;
    pub(crate) const CMDLINES: u16 = 21;
    pub(crate) const BUFFER_TEXT: u16 = 22;
}

/// What a kernel says it did not record of one CPU of one buffer.
///
/// Source: `tracing_stats_read`, kernel/trace/trace.c, Linux 6.12.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CpuStatistics {
    /// Events that were overwritten before they were read.
    pub overwritten: u64,
    /// Events that found no space.
    pub dropped: u64,
}

impl CpuStatistics {
    /// All events that were not recorded.
    pub const fn lost_events(self) -> u64 {
        self.overwritten.saturating_add(self.dropped)
    }
}

/// A buffer: the kernel's own, or that of an instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BufferOption {
    /// Empty for the kernel's own.
    pub(super) name: String,
    /// Where it lies in the file.
    pub(super) place: u64,
    /// Version 7: the bytes of its pages, and what each CPU has of them.
    pub(super) pages: Option<BufferPages>,
}

/// What the option of a buffer says of its pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BufferPages {
    pub(super) clock: String,
    /// Bytes of a page; `None` when the option does not say.
    pub(super) page_len: Option<u32>,
    pub(super) cpus: Vec<CpuPages>,
}

/// Where the pages of a CPU lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CpuPages {
    pub(super) cpu: Cpu,
    pub(super) place: u64,
    /// Bytes in the file, compressed or not.
    pub(super) len: u64,
}

/// All options of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FileOptions {
    /// How times become nanoseconds.
    pub(super) clock: ClockReading,
    /// Whether the name of the clock follows the places of pages (version 6).
    pub(super) has_clock: bool,
    /// The selected clock of the kernel's own buffer.
    pub(super) clock_name: Option<String>,
    pub(super) statistics: CpuStatistics,
    pub(super) buffers: Vec<BufferOption>,
    /// A buffer of text: a latency tracer was on.
    pub(super) has_text: bool,
    /// `uname` of the recorded machine.
    pub(super) uname: Option<String>,
    /// The version of trace-cmd.
    pub(super) recorder: Option<String>,
    pub(super) cpu_count: Option<u32>,
    /// Sections by number, and where they lie.
    pub(super) sections: Vec<SectionPlace>,
}

/// Where a section lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SectionPlace {
    pub(super) number: u16,
    pub(super) place: u64,
}

/// What follows a list of options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ListEnd {
    /// The end is as it should be; of version 7, where the next list lies, 0 for none.
    Done(u64),
    /// The list is cut.
    Cut,
}

impl FileOptions {
    /// Reads a list of options. In version 6 nothing follows the number that ends it, in version 7
    /// the place of the next list.
    pub(super) fn read<O: ByteOrder>(
        &mut self,
        at: &mut Cursor<'_, O>,
        is_sectioned: bool,
        damage: &mut TraceDamage,
    ) -> ListEnd {
        loop {
            let Some(number) = at.u16() else {
                return ListEnd::Cut;
            };
            if number == number::DONE && !is_sectioned {
                return ListEnd::Done(0);
            }
            let len = at.u32().map(u64::from).map(position);
            let Some(bytes) = len.and_then(|len| at.take(len)) else {
                return ListEnd::Cut;
            };
            let mut option = Cursor::<O>::new(bytes);
            if number == number::DONE {
                return option.u64().map_or(ListEnd::Cut, ListEnd::Done);
            }
            if self.take(number, option, is_sectioned).is_none() {
                damage.note(TracePart::Option(number));
            }
        }
    }

    /// Takes one option; `None` when its bytes make no sense. Options that say nothing of events,
    /// and those of later versions, are passed over.
    fn take<O: ByteOrder>(
        &mut self,
        number: u16,
        mut at: Cursor<'_, O>,
        is_sectioned: bool,
    ) -> Option<()> {
        let text = String::from_utf8_lossy(c_string(at.rest()));
        let said = || Some(one_line(text.trim()).into_owned());
        match number {
            number::DATE => self.clock.add_micros(c_number(&text)?),
            number::OFFSET => self.clock.add_nanos(c_number(&text)?),
            number::CPUSTAT => self.statistics.add(&text),
            number::TRACECLOCK => {
                self.has_clock = true;
                self.clock_name = self.clock_name.take().or_else(|| selected_clock(&text));
            }
            number::UNAME => self.uname = said(),
            number::VERSION => self.recorder = said(),
            number::CPUCOUNT => self.cpu_count = Some(at.u32()?),
            number::TIME_SHIFT => self.clock.shift = Some(TimeShift::read(&mut at)?),
            number::TSC2NSEC => self.clock.set_tsc(at.u32()?, at.u32()?),
            number::BUFFER => self.buffers.push(take_buffer(&mut at, is_sectioned)?),
            number::BUFFER_TEXT => self.has_text = true,
            number::HEADER_INFO
            | number::FTRACE_EVENTS
            | number::EVENT_FORMATS
            | number::CMDLINES => {
                let place = at.u64()?;
                self.sections.push(SectionPlace { number, place });
            }
            _ => {}
        }
        Some(())
    }
}

impl CpuStatistics {
    /// Adds what the text of `per_cpu/cpuN/stats` says.
    fn add(&mut self, text: &str) {
        for line in text.lines() {
            let Some((label, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim().parse().unwrap_or(0);
            match label.trim() {
                "overrun" => self.overwritten = self.overwritten.saturating_add(value),
                // A commit overrun is an event that met a writer in its place: it is dropped too.
                "commit overrun" | "dropped events" => {
                    self.dropped = self.dropped.saturating_add(value);
                }
                _ => {}
            }
        }
    }
}

fn take_buffer<O: ByteOrder>(at: &mut Cursor<'_, O>, is_sectioned: bool) -> Option<BufferOption> {
    let place = at.u64()?;
    let name = one_line(&String::from_utf8_lossy(take_string(at)?)).into_owned();
    let pages = if is_sectioned {
        Some(take_pages(at)?)
    } else {
        None
    };
    Some(BufferOption { name, place, pages })
}

/// Bytes that an option takes for each CPU.
const CPU_LEN: u64 = 4 + 8 + 8;

fn take_pages<O: ByteOrder>(at: &mut Cursor<'_, O>) -> Option<BufferPages> {
    let clock = one_line(&String::from_utf8_lossy(take_string(at)?)).into_owned();
    // The length of pages came to the option after the first release with version 7: which of the
    // two this is shows in how many bytes the CPUs leave.
    let mut page_len = None;
    let mut cpu_count = u64::from(at.u32()?);
    if at.rest().len() as u64 != cpu_count * CPU_LEN {
        page_len = u32::try_from(cpu_count).ok();
        cpu_count = u64::from(at.u32()?);
    }
    let mut cpus = Vec::new();
    for _ in 0..cpu_count {
        cpus.push(CpuPages {
            cpu: Cpu(at.u32()?),
            place: at.u64()?,
            len: at.u64()?,
        });
    }
    Some(BufferPages {
        clock,
        page_len,
        cpus,
    })
}

/// The clock in brackets among those that a kernel offers: `[local] global mono`.
pub(super) fn selected_clock(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    let (name, _) = rest.split_once(']')?;
    Some(one_line(name).into_owned())
}

/// Reads a number as `strtoll(…, 0)` does: decimal, or hexadecimal behind `0x`.
fn c_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let number = match hex {
        Some(hex) => i64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    let number = number.ok()?;
    Some(if is_negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;

    /// As `trace-cmd record --date` and `--ts-offset` write them.
    #[test]
    fn numbers_are_read_as_c_reads_them() {
        assert_eq!(c_number("0x6612c71f8c7aa"), Some(1_795_693_378_848_682));
        assert_eq!(c_number("-250"), Some(-250));
        assert_eq!(c_number("soon"), None);
    }

    /// The option of a buffer as trace-cmd 3.1.6 wrote it, with the length of a page, and without as
    /// the first program that wrote version 7 did.
    #[test]
    fn buffers_say_how_long_their_pages_are_or_not() {
        let bytes =
            b"\x59\x22\x10\0\0\0\0\0\0local\0\0\x10\0\0\x01\0\0\0\x01\0\0\0\0\x30\x10\0\0\0\0\0\
                      \x30\x05\x07\0\0\0\0\0";
        let mut at = Cursor::<Little>::new(bytes);
        let buffer = take_buffer(&mut at, true).unwrap();
        let cpus = vec![CpuPages {
            cpu: Cpu(1),
            place: 0x10_3000,
            len: 0x7_0530,
        }];
        let pages = BufferPages {
            clock: "local".to_owned(),
            page_len: Some(4096),
            cpus,
        };
        assert_eq!(buffer.place, 0x10_2259);
        assert_eq!(buffer.pages.as_ref(), Some(&pages));
        let mut short = bytes.to_vec();
        short.drain(15..19);
        let mut at = Cursor::<Little>::new(&short);
        let pages = BufferPages {
            page_len: None,
            ..pages
        };
        assert_eq!(take_buffer(&mut at, true).unwrap().pages, Some(pages));
    }
}
