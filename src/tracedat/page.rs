//! A page of a kernel's ring buffer, to events.
//!
//! ```text
//! ┌ time u64 ┬ commit ┬ head u32 ┬ payload ┬ head u32 ┬ payload ┬ … ┬ unused ┐
//!              │        │                                          │
//!              │        └ type_len: 5 bits, time delta: 27 bits    └ commit bytes of events end here
//!              └ bytes of events; bit 31: events are missing before this page,
//!                bit 30: a `long` behind the events says how many
//! ```
//!
//! `type_len` 1 to 28 is a payload of so many words of four bytes; 0 is a longer one, whose length
//! comes first; 29 is padding, 30 extends the time by 2^27 nanoseconds times a word, 31 is a time of
//! its own. Each event's time is that of what stood before it, plus its delta.
//!
//! Source: `include/linux/ring_buffer.h`, `kernel/trace/ring_buffer.c`, Linux 6.12.

use super::preamble::PageLayout;
use crate::bytes::{ByteOrder, slice_at, u32_at, u64_at};

/// Bits of `commit` that count bytes.
const COMMIT_MASK: u64 = (1 << 27) - 1;
/// Events are missing before this page.
///
/// Source: `RB_MISSED_EVENTS`, `RB_MISSED_STORED`, `kernel/trace/ring_buffer.c`, Linux 6.12.
const MISSED_EVENTS: u64 = 1 << 31;
/// How many are missing stands behind the events.
const MISSED_STORED: u64 = 1 << 30;

/// Bits of a time delta.
const DELTA_BITS: u32 = 27;
/// The highest bits of a time, which one that stands alone has no space for.
///
/// Source: `TS_MSB`, `rb_fix_abs_ts`, `kernel/trace/ring_buffer.c`, Linux 6.12.
const TIME_MSB: u64 = 0xf8 << 56;

/// `type_len` of what is no data.
mod kind {
    pub(super) const LONG: u32 = 0;
    pub(super) const PADDING: u32 = 29;
    pub(super) const TIME_EXTEND: u32 = 30;
    pub(super) const TIME_STAMP: u32 = 31;
}

/// Events that are missing before a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Missed {
    /// Pages before which events are missing.
    pub gaps: u64,
    /// Events that are missing, where the kernel could say how many.
    pub events: u64,
    /// Gaps of which it could not.
    pub uncounted: u64,
}

impl Missed {
    /// Adds what is missing elsewhere.
    pub(super) fn add(&mut self, other: &Self) {
        self.gaps += other.gaps;
        self.events = self.events.saturating_add(other.events);
        self.uncounted += other.uncounted;
    }
}

/// An event as it lies in a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RawEvent<'a> {
    /// In units of the buffer's clock.
    pub(super) time: u64,
    /// From `common_type` on, with up to three bytes behind it that fill the last word.
    pub(super) payload: &'a [u8],
}

/// The events of a page that are not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageEvents<'a> {
    events: &'a [u8],
    at: usize,
    time: u64,
}

/// What came next in a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PageStep<'a> {
    Event(RawEvent<'a>),
    End,
    /// The rest of the page, so many bytes, makes no sense.
    Broken(u64),
}

/// A page that was opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) events: PageEvents<'a>,
    pub(super) missed: Missed,
    /// Bytes of events that the page says it has and has not.
    pub(super) missing: u64,
}

impl<'a> Page<'a> {
    /// Opens a page; `None` when it is shorter than its head.
    pub(super) fn open<O: ByteOrder>(page: &'a [u8], layout: PageLayout) -> Option<Self> {
        let time = u64_at::<O>(page, 0)?;
        let commit = long_at::<O>(page, layout.commit, layout.commit_len)?;
        let events = page.get(layout.events..)?;
        let stated = commit & COMMIT_MASK;
        let len = usize::try_from(stated).ok()?;
        let mut missed = Missed::default();
        if commit & MISSED_EVENTS != 0 {
            missed.gaps = 1;
            let stored = (commit & MISSED_STORED != 0)
                .then(|| long_at::<O>(events, len, layout.commit_len))
                .flatten();
            match stored {
                Some(number) => missed.events = number,
                None => missed.uncounted = 1,
            }
        }
        let present = events.get(..len).unwrap_or(events);
        Some(Self {
            events: PageEvents {
                events: present,
                at: 0,
                time,
            },
            missed,
            missing: stated.saturating_sub(present.len() as u64),
        })
    }
}

/// A number of four or eight bytes.
fn long_at<O: ByteOrder>(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    match len {
        4 => u32_at::<O>(bytes, at).map(u64::from),
        _ => u64_at::<O>(bytes, at),
    }
}

impl<'a> PageEvents<'a> {
    /// No events.
    pub(super) const NONE: Self = Self {
        events: &[],
        at: 0,
        time: 0,
    };

    /// Reads on to the next event.
    #[inline]
    pub(super) fn step<O: ByteOrder>(&mut self) -> PageStep<'a> {
        while self.at < self.events.len() {
            match self.take::<O>() {
                Some(Taken::Payload(payload)) => {
                    return PageStep::Event(RawEvent {
                        time: self.time,
                        payload,
                    });
                }
                Some(Taken::NoEvent) => {}
                Some(Taken::LastPadding) => self.at = self.events.len(),
                None => {
                    let rest = self.events.len() - self.at;
                    self.at = self.events.len();
                    return PageStep::Broken(rest as u64);
                }
            }
        }
        PageStep::End
    }

    /// Takes what stands here; `None`, and the place is kept, when it does not fit into the page.
    #[inline]
    fn take<O: ByteOrder>(&mut self) -> Option<Taken<'a>> {
        let head = u32_at::<O>(self.events, self.at)?;
        let (type_len, delta) = if O::IS_BIG {
            (head >> DELTA_BITS, head & ((1 << DELTA_BITS) - 1))
        } else {
            (head & 31, head >> 5)
        };
        let delta = u64::from(delta);
        let behind = self.at + 4;
        let word = || u32_at::<O>(self.events, behind);
        match type_len {
            kind::TIME_EXTEND => {
                let more = (u64::from(word()?) << DELTA_BITS) + delta;
                self.time = self.time.wrapping_add(more);
                self.at = behind + 4;
                Some(Taken::NoEvent)
            }
            kind::TIME_STAMP => {
                self.time = with_high_bits((u64::from(word()?) << DELTA_BITS) + delta, self.time);
                self.at = behind + 4;
                Some(Taken::NoEvent)
            }
            // Padding without a delta fills the page, and says nothing of its length.
            kind::PADDING if delta == 0 => Some(Taken::LastPadding),
            kind::PADDING => {
                // An event that a filter discarded: what followed counts its time from it.
                let len = usize::try_from(word()?).ok()?;
                slice_at(self.events, behind, len)?;
                self.time = self.time.wrapping_add(delta);
                self.at = behind + len;
                Some(Taken::NoEvent)
            }
            _ => {
                let (at, len) = if type_len == kind::LONG {
                    // The length counts itself.
                    let len = word()?.checked_sub(4)?;
                    (behind + 4, len.checked_next_multiple_of(4)?)
                } else {
                    (behind, type_len * 4)
                };
                let payload = slice_at(self.events, at, usize::try_from(len).ok()?)?;
                self.time = self.time.wrapping_add(delta);
                self.at = at + payload.len();
                Some(Taken::Payload(payload))
            }
        }
    }
}

/// What stands at a place of a page.
enum Taken<'a> {
    Payload(&'a [u8]),
    /// Something that only moves the time, or was discarded.
    NoEvent,
    /// Nothing more follows.
    LastPadding,
}

/// A time that stands alone, with the bits that it has no space for.
fn with_high_bits(alone: u64, before: u64) -> u64 {
    let high = before & TIME_MSB;
    let time = alone | high;
    if high != 0 && time < before {
        // The bits have changed meanwhile.
        return time.wrapping_add(1 << 59);
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Big, Little};

    const LAYOUT: PageLayout = PageLayout {
        commit: 8,
        commit_len: 8,
        events: 16,
    };

    /// A page made by hand from the words of its events.
    fn page(time: u64, flags: u64, words: &[u32], is_big: bool) -> Vec<u8> {
        let commit = flags | (words.len() as u64 * 4);
        let mut page = Vec::new();
        for number in [time, commit] {
            page.extend(if is_big {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            });
        }
        for word in words {
            page.extend(if is_big {
                word.to_be_bytes()
            } else {
                word.to_le_bytes()
            });
        }
        page
    }

    fn head(type_len: u32, delta: u32, is_big: bool) -> u32 {
        if is_big {
            type_len << 27 | delta
        } else {
            type_len | delta << 5
        }
    }

    fn times<O: ByteOrder>(page: &[u8]) -> Vec<(u64, usize)> {
        let mut events = Page::open::<O>(page, LAYOUT).unwrap().events;
        let mut found = Vec::new();
        while let PageStep::Event(event) = events.step::<O>() {
            found.push((event.time, event.payload.len()));
        }
        found
    }

    /// Short and long payloads, times that are extended and stand alone, a discarded event, and the
    /// padding at the end, in both byte orders.
    #[test]
    fn events_and_their_times_are_read() {
        for is_big in [false, true] {
            let head = |type_len, delta| head(type_len, delta, is_big);
            let words = [
                head(1, 0),
                7,
                head(30, 5),
                2,
                head(0, 3),
                12,
                1,
                2,
                head(29, 10),
                4,
                head(31, 9),
                1,
                head(2, 1),
                1,
                2,
                head(29, 0),
                99,
            ];
            let page = page(1000, 0, &words, is_big);
            let found = if is_big {
                times::<Big>(&page)
            } else {
                times::<Little>(&page)
            };
            let extended = 1000 + 5 + (2 << 27) + 3;
            assert_eq!(found, [(1000, 4), (extended, 8), ((1 << 27) + 9 + 1, 8)]);
        }
    }

    /// A time alone has 59 bits; the rest is that of the time before, or one more.
    #[test]
    fn high_bits_come_from_the_time_before() {
        assert_eq!(with_high_bits(5, 3), 5);
        assert_eq!(with_high_bits(5, 1 << 60 | 3), 1 << 60 | 5);
        assert_eq!(with_high_bits(2, 1 << 60 | 3), (1 << 60 | 2) + (1 << 59));
    }

    /// The page says that events are missing, and how many, or not.
    #[test]
    fn missing_events_are_counted() {
        let mut bytes = page(
            1,
            MISSED_EVENTS | MISSED_STORED,
            &[head(1, 0, false), 7],
            false,
        );
        bytes.extend(40_u64.to_le_bytes());
        let missed = Page::open::<Little>(&bytes, LAYOUT).unwrap().missed;
        let expected = Missed {
            gaps: 1,
            events: 40,
            uncounted: 0,
        };
        assert_eq!(missed, expected);
        let bytes = page(1, MISSED_EVENTS, &[head(1, 0, false), 7], false);
        let missed = Page::open::<Little>(&bytes, LAYOUT).unwrap().missed;
        assert_eq!((missed.events, missed.uncounted), (0, 1));
    }

    /// An event that reaches past the page's events ends the page, and its bytes are counted.
    #[test]
    fn events_that_do_not_fit_are_counted() {
        let bytes = page(1, 0, &[head(1, 0, false), 7, head(9, 0, false), 7], false);
        let mut events = Page::open::<Little>(&bytes, LAYOUT).unwrap().events;
        assert!(matches!(events.step::<Little>(), PageStep::Event(_)));
        assert_eq!(events.step::<Little>(), PageStep::Broken(8));
        assert_eq!(events.step::<Little>(), PageStep::End);
    }
}
