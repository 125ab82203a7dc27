//! A made-up fleet: hosts with KVM whose captures are made as rows at once, with causes that were
//! planted. Whoever asks such a dataset knows what must be answered.
//!
//! In: a [`FleetLoad`]. Out: its rows in a dataset, and a [`FleetTruth`], which is added up while rows
//! are made and not from what was written.
//!
//! | file | what is in it |
//! |---|---|
//! | `load` | what a fleet is like |
//! | `cause` | why its VMs exit |
//! | `host` | what each host runs, and **what is planted** |
//! | `stacks` | the stacks of its samples |
//! | `capture` | a capture as rows |
//! | `truth` | what must be answered |

mod capture;
mod cause;
mod host;
mod load;
mod stacks;
mod truth;

pub use load::FleetLoad;
pub use truth::{FleetTruth, MadeUpCauseKey, MadeUpSum, PlantedFact};

use super::add::{CaptureRows, add_captures};
use super::store::Store;
use crate::error::Result;
use crate::parallel::{Shares, in_shares};
use capture::CaptureMaker;
use host::MadeUpHost;
use stacks::StackPool;

/// Captures that are added at once, as by a machine that collects those of so many hosts.
const BATCH: usize = 500;

/// Captures that are worth a thread.
const THREAD_CAPTURES: usize = 25;

/// What a thread made.
#[derive(Default)]
struct MadeUpShare {
    captures: Vec<CaptureRows>,
    truth: FleetTruth,
}

/// Makes a fleet up, and adds its captures to a dataset.
///
/// # Errors
/// When the dataset cannot be read or written. What was added until then stays.
pub fn write_fleet(store: &Store, load: &FleetLoad, threads: usize) -> Result<FleetTruth> {
    let hosts = (0..load.hosts).map(|number| MadeUpHost::new(load, number));
    let hosts: Vec<MadeUpHost> = hosts.collect();
    let pool = StackPool::new();
    let mut truth = FleetTruth::default();
    let shares = Shares {
        threads,
        least: THREAD_CAPTURES,
    };
    for hour in 0..load.hours {
        for batch in hosts.chunks(BATCH) {
            let made = in_shares(batch, shares, |hosts| made_up(load, hosts, &pool, hour));
            let mut captures = Vec::new();
            for share in made {
                let share = share?;
                captures.extend(share.captures);
                truth.merge(share.truth);
            }
            if let Some(first) = captures.first_mut() {
                first.tables.push(pool.rows()?);
            }
            let added = add_captures(store, &captures)?;
            truth.files += added.files as u64;
            truth.bytes += added.bytes;
        }
    }
    truth.plant(load, &hosts);
    Ok(truth)
}

fn made_up(
    load: &FleetLoad,
    hosts: &[MadeUpHost],
    pool: &StackPool,
    hour: u64,
) -> Result<MadeUpShare> {
    let mut share = MadeUpShare::default();
    for host in hosts {
        let maker = CaptureMaker::new(load, host, pool, hour);
        share.captures.push(maker.rows(&mut share.truth)?);
    }
    Ok(share)
}
