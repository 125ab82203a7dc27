//! Times as they are recorded, and as nanoseconds.

use crate::bytes::{ByteOrder, Cursor};
use crate::units::{Cpu, Timestamp};

/// How the times of a file become nanoseconds, or one order with those of another machine.
///
/// Source: `timestamp_calc`, `lib/trace-cmd/trace-input.c`, trace-cmd 3.1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ClockReading {
    /// Added at the end, in nanoseconds.
    offset: i64,
    /// Cycles of the time-stamp counter to nanoseconds.
    tsc: Option<TscRate>,
    /// A guest's time to its host's.
    pub(super) shift: Option<TimeShift>,
}

/// Nanoseconds are cycles × factor / 2^shift.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct TscRate {
    factor: u32,
    shift: u32,
}

impl ClockReading {
    pub(super) const fn add_micros(&mut self, micros: i64) {
        self.add_nanos(micros.saturating_mul(1000));
    }

    pub(super) const fn add_nanos(&mut self, nanos: i64) {
        self.offset = self.offset.saturating_add(nanos);
    }

    /// A factor of 0 is none, and what is shifted by 64 bits or more says nothing.
    pub(super) fn set_tsc(&mut self, factor: u32, shift: u32) {
        self.tsc = (factor != 0 && shift < 64).then_some(TscRate { factor, shift });
    }

    /// Whether cycles are converted.
    pub(super) const fn has_tsc_rate(&self) -> bool {
        self.tsc.is_some()
    }

    /// The time that a CPU recorded as `raw`.
    #[inline]
    pub(super) fn time(&self, raw: u64, cpu: Cpu) -> Timestamp {
        let mut time = match &self.shift {
            Some(shift) => shift.time(raw, cpu),
            None => raw,
        };
        if let Some(TscRate { factor, shift }) = self.tsc {
            let product = (u128::from(time) * u128::from(factor)) >> shift;
            time = u64::try_from(product).unwrap_or(u64::MAX);
        }
        Timestamp::from_nanos(time.wrapping_add_signed(self.offset))
    }
}

/// What a clock counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClockUnit {
    /// Nanoseconds.
    Nanoseconds,
    /// Something else, by the clock's name: cycles of `x86-tsc`, events of `counter`.
    Other(String),
}

impl ClockUnit {
    /// What a clock of the kernel's counts.
    ///
    /// Source: `trace_clocks`, `kernel/trace/trace.c`, Linux 6.12: those with `in_ns` 0 are `counter`
    /// and an architecture's own (`x86-tsc`, `ppc-tb`).
    pub(super) fn of_clock(name: &str) -> Self {
        let known = ["local", "global", "uptime", "perf", "boot", "tai", ""];
        if known.contains(&name) || name.starts_with("mono") || name == "tsc2nsec" {
            Self::Nanoseconds
        } else {
            Self::Other(name.to_owned())
        }
    }
}

/// How a guest's times become its host's, as measured while both recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TimeShift {
    /// Whether offsets between two measurements lie on the line between them.
    is_interpolated: bool,
    /// By CPU, sorted by time.
    cpus: Vec<Vec<MeasuredShift>>,
}

/// One measurement: what is added at a time, after the time was scaled by `scaling` / 2^`fraction`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct MeasuredShift {
    time: u64,
    offset: i64,
    scaling: u64,
    fraction: u32,
}

/// Bit of the flags: interpolate.
///
/// Source: `TRACECMD_TSYNC_FLAG_INTERPOLATE`, trace-cmd 3.1.
const INTERPOLATE: u32 = 1;

impl TimeShift {
    /// Reads the option; `None` when it is cut.
    pub(super) fn read<O: ByteOrder>(at: &mut Cursor<'_, O>) -> Option<Self> {
        // The number of the recording on the other side.
        at.u64()?;
        let is_interpolated = at.u32()? & INTERPOLATE != 0;
        let mut cpus = Vec::new();
        for _ in 0..at.u32()? {
            let number = u64::from(at.u32()?);
            let mut measured = Vec::new();
            for _ in 0..number {
                let time = at.u64()?;
                measured.push(MeasuredShift {
                    time,
                    scaling: 1,
                    ..MeasuredShift::default()
                });
            }
            for one in &mut measured {
                one.offset = at.u64()?.cast_signed();
            }
            for one in &mut measured {
                one.scaling = at.u64()?;
            }
            cpus.push(measured);
        }
        // Recorders before 3.0 end here.
        if !at.rest().is_empty() {
            for one in cpus.iter_mut().flatten() {
                one.fraction = u32::try_from(at.u64()?).ok().filter(|bits| *bits < 64)?;
            }
        }
        for measured in &mut cpus {
            measured.sort_by_key(|one| one.time);
            measured.dedup_by_key(|one| one.time);
        }
        Some(Self {
            is_interpolated,
            cpus,
        })
    }

    fn time(&self, raw: u64, Cpu(cpu): Cpu) -> u64 {
        let measured = usize::try_from(cpu).ok().and_then(|cpu| self.cpus.get(cpu));
        let measured = measured.map(Vec::as_slice).unwrap_or_default();
        match measured {
            [] => raw,
            [one] => raw.wrapping_add_signed(one.offset),
            several => {
                // The last measurement before, and the one after it.
                let behind = several.partition_point(|one| one.time <= raw);
                let from = behind.clamp(1, several.len() - 1) - 1;
                let [from, to] = [from, from + 1].map(|at| several.get(at).copied());
                let (Some(from), Some(to)) = (from, to) else {
                    return raw;
                };
                self.between(raw, from, to)
            }
        }
    }

    fn between(&self, raw: u64, from: MeasuredShift, to: MeasuredShift) -> u64 {
        let mut offset = i128::from(from.offset);
        if self.is_interpolated {
            let span = i128::from(to.time) - i128::from(from.time);
            let done = i128::from(raw) - i128::from(from.time);
            let growth = i128::from(to.offset) - i128::from(from.offset);
            if span > 0 {
                offset += (done.saturating_mul(growth) + span / 2) / span;
            }
        }
        let scaled = (u128::from(raw) * u128::from(from.scaling)) >> from.fraction;
        let time = i128::try_from(scaled).unwrap_or(i128::MAX);
        let shifted = time.saturating_add(offset).max(0);
        u64::try_from(shifted).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;

    /// The factor and the shift of a counter of 2.1 GHz: 2 100 000 cycles are a millisecond.
    #[test]
    fn cycles_become_nanoseconds() {
        let mut clock = ClockReading::default();
        let factor = (1_000_000_000_u64 << 31) / 2_100_000_000;
        clock.set_tsc(u32::try_from(factor).unwrap(), 31);
        clock.add_micros(-1);
        let nanos = clock.time(2_100_000_000, Cpu(0)).as_nanos();
        assert!(nanos.abs_diff(1_000_000_000 - 1000) <= 1, "{nanos}");
    }

    /// Two measurements: at 1000 the host is 50 ahead, at 2000 it is 70.
    #[test]
    fn a_guests_time_is_shifted_to_its_hosts() {
        let mut option = Vec::new();
        option.extend(7_u64.to_le_bytes());
        option.extend(INTERPOLATE.to_le_bytes());
        option.extend(1_u32.to_le_bytes());
        option.extend(2_u32.to_le_bytes());
        for number in [2000_u64, 1000, 70, 50, 1, 1] {
            option.extend(number.to_le_bytes());
        }
        let shift = TimeShift::read(&mut Cursor::<Little>::new(&option)).unwrap();
        let clock = ClockReading {
            shift: Some(shift),
            ..ClockReading::default()
        };
        let time = |raw, cpu| clock.time(raw, Cpu(cpu)).as_nanos();
        assert_eq!(time(1000, 0), 1050);
        assert_eq!(time(1500, 0), 1560);
        assert_eq!(time(2000, 0), 2070);
        // No CPU 3 was measured.
        assert_eq!(time(1500, 3), 1500);
    }
}
