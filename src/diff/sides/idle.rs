//! Idle CPUs that one side sampled less than the other.
//!
//! A clock event does not always tick on an idle CPU: on a virtual machine with two CPUs, of which
//! one was idle, one recording had 1.97 CPUs' worth of samples and the next of the same load 1.01.
//! Shares of all samples then double without any change, and no test of noise can know. So idle is
//! left out of both sides where the sampled time differs, unless the user asks for it.

use super::side::Side;
use crate::before_after::Sides;
use crate::stack::Tag;
use crate::text::{counted, grouped};

/// Sides whose sampled time differs by less, as part of the larger, are taken as even.
pub(crate) const LEAST_UNEVENNESS: f64 = 0.1;

/// Where less than this part of the samples is of work, the rest of them stays: shares of few samples
/// of one daemon or another would be taken for changes.
const LEAST_BUSY: f64 = 0.2;

/// How many CPUs' worth of time a side sampled; `None` when samples do not tell it.
pub(crate) fn sampled_cpus(side: &Side) -> Option<f64> {
    let weight: u64 = side
        .stacks
        .iter()
        .map(|stack| stack.count.weight)
        .fold(0, u64::saturating_add);
    let seconds = weight as f64 * side.origin.nanos_per_weight? / 1e9;
    side.origin.seconds.map(|whole| seconds / whole)
}

/// Both sides' sampled time, when it differs.
pub(crate) fn uneven_cpus(sides: Sides<&Side>) -> Option<Sides<f64>> {
    let cpus = sides.map(sampled_cpus).both()?;
    let Sides { before, after } = cpus;
    let is_uneven = (before - after).abs() > LEAST_UNEVENNESS * before.max(after);
    is_uneven.then_some(cpus)
}

/// Leaves idle CPUs out of both sides when they were sampled unevenly, and says so; `None` when
/// nothing was left out.
///
/// For shares of all samples only: what is left out is neither shown nor compared.
pub fn leave_out_uneven_idle(sides: &mut Sides<Side>) -> Option<String> {
    let cpus = uneven_cpus(sides.each_ref())?;
    let idle = sides.each_ref().map(|side| {
        let idle = side
            .stacks
            .iter()
            .filter(|stack| stack.tagged.tag == Tag::Idle);
        idle.map(|stack| stack.count.samples).sum::<u64>()
    });
    let is_busy = |(side, idle): (&Side, u64)| {
        let all = side.samples();
        all.saturating_sub(idle) as f64 >= LEAST_BUSY * all as f64
    };
    let are_busy = sides.each_ref().zip(idle).into_iter().all(is_busy);
    let are_tagged = sides.iter().all(|side| side.is_tagged);
    if idle == Sides::default() || !(are_tagged && are_busy) {
        return None;
    }
    for side in [&mut sides.before, &mut sides.after] {
        side.stacks.retain(|stack| stack.tagged.tag != Tag::Idle);
        side.left_out.idle = true;
    }
    let before = counted(idle.before, "sample");
    let after = grouped(idle.after);
    Some(format!(
        "idle CPUs were sampled unevenly ({:.2} CPUs' worth of time before, {:.2} after), so idle \
         is left out: {before} before, {after} after; --normalise share takes it in",
        cpus.before, cpus.after
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::testing::push_samples;

    /// Milliseconds of work and of idle in 5 s.
    fn side(busy: u64, idle: u64) -> Side {
        let mut side = Side::default();
        side.origin.seconds = Some(5.0);
        side.origin.nanos_per_weight = Some(1e6);
        side.is_tagged = true;
        push_samples(&mut side, &[], Tag::Vmm, busy);
        push_samples(&mut side, &[], Tag::Idle, idle);
        side
    }

    /// As in the recordings of the module's text: 5127 of 9827 samples, and all of 5043.
    #[test]
    fn idle_that_one_side_did_not_sample_is_left_out_of_both() {
        let mut sides = Sides {
            before: side(5127, 4700),
            after: side(5043, 0),
        };
        let note = leave_out_uneven_idle(&mut sides);
        assert!(note.is_some_and(|note| note.contains("(1.97 CPUs' worth of time before, 1.01")));
        assert_eq!(
            (sides.before.samples(), sides.after.samples()),
            (5127, 5043)
        );
    }

    /// Work that was taken away leaves idle behind: both sides sampled two CPUs.
    #[test]
    fn idle_that_took_the_place_of_work_stays() {
        let mut sides = Sides {
            before: side(9000, 1000),
            after: side(2000, 8000),
        };
        assert_eq!(leave_out_uneven_idle(&mut sides), None);
        assert_eq!(
            (sides.before.samples(), sides.after.samples()),
            (10_000, 10_000)
        );
    }

    /// An idle host, recorded twice: 200 of 4044 samples are of work, and 49 of 3064.
    #[test]
    fn idle_of_an_idle_host_stays() {
        let mut sides = Sides {
            before: side(200, 3844),
            after: side(49, 3015),
        };
        assert_eq!(leave_out_uneven_idle(&mut sides), None);
        assert_eq!(
            (sides.before.samples(), sides.after.samples()),
            (4044, 3064)
        );
    }
}
