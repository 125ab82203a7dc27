//! What the reader of a comparison should know, and what cannot be compared at all.

use super::normalise::Normalise;
use super::options::Options;
use crate::before_after::Sides;
use crate::diff::matching::Union;
use crate::diff::sides::{Side, SideOrigin, plain_event, uneven_cpus};
use crate::error::{NotComparable, Result};
use crate::text::grouped;

/// Refuses to compare samples of different events, unless the user asked for both.
pub(crate) fn same_event(sides: Sides<&Side>, options: &Options) -> Result<()> {
    let events = sides.map(|side| side.origin.event.as_deref());
    if let Some(Sides { before, after }) = events.both()
        && plain_event(before) != plain_event(after)
        && !options.different_events
    {
        let [before, after] = [before, after].map(ToOwned::to_owned);
        return Err(NotComparable::DifferentEvents { before, after }.into());
    }
    Ok(())
}

/// Differences between the sides that bear on the comparison.
pub(crate) fn notes(sides: Sides<&Side>, union: &Union, options: &Options) -> Vec<String> {
    let origins = sides.map(|side| &side.origin);
    let mut notes = Vec::new();
    let mut differs = |what: &str, of_origin: fn(&SideOrigin) -> Option<String>, bearing: &str| {
        if let Some(Sides { before, after }) = origins.map(of_origin).both()
            && before != after
        {
            notes.push(format!("{what}: {before} before, {after} after{bearing}"));
        }
    };
    differs("event", |origin| origin.event.clone(), "");
    let bearing = match options.normalise {
        Normalise::Share | Normalise::CpuTime | Normalise::Guest => "; shares do not depend on it",
        Normalise::Wall | Normalise::Event(_) => "; samples are counted by the time they stand for",
        Normalise::None => "",
    };
    differs("sampling", SideOrigin::sampling, bearing);
    let cpus = |origin: &SideOrigin| origin.cpus.map(|cpus| cpus.to_string());
    differs("CPUs", cpus, "; idle CPUs take part of the share");
    differs("host", |origin| origin.host.clone(), "");
    differs("kernel", |origin| origin.kernel.clone(), "");
    if options.normalise == Normalise::None
        && let Some(Sides { before, after }) = origins.map(|origin| origin.seconds).both()
        && (before - after).abs() > 0.05 * before.max(after)
    {
        notes.push(format!(
            "duration: {before:.1} s before, {after:.1} s after; plain weights grow with it"
        ));
    }
    notes.extend(lost_samples(sides));
    notes.extend(uneven_coverage(sides, options));
    if sides.before.is_tagged != sides.after.is_tagged {
        notes.push("only one side has tags: none are compared".to_owned());
    }
    notes.extend(other_names(union));
    if !union.elided.is_empty() {
        notes.push(format!(
            "inlined or tail-called on the other side, so left out between callers and callees: {}",
            union.elided.join(", ")
        ));
    }
    notes
}

/// How many pairs of names a note shows.
const SHOWN_NAMES: usize = 4;

/// What was matched though the sides call it differently.
fn other_names(union: &Union) -> Option<String> {
    let pairs = union.former.iter();
    let mut pairs: Vec<String> = pairs
        .map(|(&frame, former)| format!("{former} → {}", union.frames.get(frame).name))
        .collect();
    pairs.sort_unstable();
    let more = pairs.len().saturating_sub(SHOWN_NAMES);
    pairs.truncate(SHOWN_NAMES);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!pairs.is_empty()).then(|| {
        let pairs = pairs.join(", ");
        format!(
            "taken as the same under other names: {pairs}{more}; --match exact keeps them apart"
        )
    })
}

/// The kernel loses samples when there are too many at a time: those of busy times are missing.
fn lost_samples(sides: Sides<&Side>) -> Option<String> {
    let is_much = |side: &Side| side.origin.lost as f64 > LEAST_LOST * side.samples() as f64;
    let Sides { before, after } = sides.map(|side| grouped(side.origin.lost));
    sides.iter().any(|side| is_much(side)).then(|| {
        format!(
            "samples lost by the kernel: {before} before, {after} after; what was lost may not be \
             like what is left"
        )
    })
}

/// Losing a smaller part of the samples is no cause for concern.
const LEAST_LOST: f64 = 0.01;

/// Shares are parts of what was sampled: where idle CPUs are sampled on one side only, every share
/// of the other side is larger without any more work being done.
fn uneven_coverage(sides: Sides<&Side>, options: &Options) -> Option<String> {
    if let Some(note) = &options.idle_left_out {
        return Some(note.clone());
    }
    let is_of_all = matches!(options.normalise, Normalise::Share | Normalise::CpuTime);
    let Sides { before, after } = uneven_cpus(sides).filter(|_| is_of_all)?;
    Some(format!(
        "CPUs' worth of time sampled: {before:.2} before, {after:.2} after; shares are parts of it, \
         --normalise wall compares the time itself"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::testing::push_samples;
    use crate::stack::Tag;

    /// 3000 samples of 1 ms in 2 s are 1.5 CPUs.
    #[test]
    fn sides_that_sampled_different_amounts_of_time_are_told_apart() {
        let side = |samples| {
            let mut side = Side::default();
            side.origin.seconds = Some(2.0);
            side.origin.nanos_per_weight = Some(1e6);
            push_samples(&mut side, &[], Tag::Host, samples);
            side
        };
        let by = |normalise| Options {
            normalise,
            ..Options::default()
        };
        let note = |a, b| {
            uneven_coverage(
                Sides {
                    before: &side(a),
                    after: &side(b),
                },
                &by(Normalise::Share),
            )
        };
        assert!(note(3000, 1500).is_some_and(|note| note.contains("1.50 before, 0.75 after")));
        assert_eq!(note(3000, 2800), None);
        assert_eq!(
            uneven_coverage(
                Sides {
                    before: &side(9),
                    after: &side(1)
                },
                &by(Normalise::Wall)
            ),
            None
        );
    }

    /// 20 of 1020 are 2 %, 5 of 1005 half a percent.
    #[test]
    fn samples_that_the_kernel_lost_are_told() {
        let side = |lost| {
            let mut side = Side::default();
            side.origin.lost = lost;
            push_samples(&mut side, &[], Tag::Host, 1000);
            side
        };
        let note = |a, b| {
            lost_samples(Sides {
                before: &side(a),
                after: &side(b),
            })
        };
        assert!(note(5, 20).is_some_and(|note| note.contains("5 before, 20 after")));
        assert_eq!(note(5, 0), None);
    }
}
