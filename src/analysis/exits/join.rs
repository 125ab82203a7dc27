//! Heads and tails of the parts of a walk, put together.

use std::collections::BTreeSet;

use super::basics::{Basics, NO_PROCESS};
use super::rounds::{RoundPairing, RoundPart};
use super::thread_part::ThreadPart;
use crate::kvm::exit::{ExitSurvey, ExitTables, Task, ThreadPairing, WaitingEvent, take_in_order};
use crate::parallel::{Shares, in_shares_mut};
use crate::units::Tid;

/// What came of a walk by rounds.
pub(super) struct Joined<'a> {
    pub(super) survey: ExitSurvey,
    pub(super) basics: Basics<'a>,
}

/// A thread with what all parts found of it.
struct Pieces {
    tid: Tid,
    parts: Vec<ThreadPart>,
}

/// A thread that was put together.
struct JoinedThread {
    task: Task,
    pairing: ThreadPairing,
    /// Whether its rows were in the order that rounds promise.
    is_in_order: bool,
}

/// Puts the parts of a walk together, in file order; `None` when the capture does not keep to the
/// order that rounds promise, or one thread's id is that of several.
pub(super) fn join<'a>(
    plan: &RoundPairing<'_>,
    parts: Vec<RoundPart<'a>>,
    threads: usize,
) -> Option<Joined<'a>> {
    let mut survey = ExitSurvey::new(plan.request, plan.sources.recorded);
    let mut basics = Basics::of(plan.sources);
    let tids: BTreeSet<Tid> = parts
        .iter()
        .flat_map(|part| part.by_tid.keys().copied())
        .collect();
    let mut pieces: Vec<Pieces> = tids
        .into_iter()
        .map(|tid| Pieces {
            tid,
            parts: Vec::new(),
        })
        .collect();
    for mut part in parts {
        if part.has_shared_ids {
            return None;
        }
        for pieces in &mut pieces {
            let place = part.by_tid.get(&pieces.tid);
            if let Some(thread) = place.and_then(|&place| part.threads.get_mut(place)) {
                pieces.parts.push(std::mem::take(thread));
            }
        }
        survey.add_tables(&part.tables);
        basics.append(part.basics);
    }
    let shares = Shares { threads, least: 1 };
    let joined = in_shares_mut(&mut pieces, shares, |share| {
        let mut tables = ExitTables::new(plan.request);
        let threads = share.iter_mut();
        let threads = threads.map(|pieces| join_thread(plan, pieces, &mut tables));
        (threads.collect::<Option<Vec<_>>>(), tables)
    });
    for (threads, tables) in joined {
        survey.add_tables(&tables);
        for thread in threads? {
            if !thread.is_in_order {
                return None;
            }
            survey.add_thread(thread.task, &thread.pairing);
        }
    }
    survey.end();
    Some(Joined { survey, basics })
}

/// `None` when its parts tell different processes.
fn join_thread(
    plan: &RoundPairing<'_>,
    pieces: &mut Pieces,
    tables: &mut ExitTables,
) -> Option<JoinedThread> {
    let parts = std::mem::take(&mut pieces.parts);
    let mut pids = parts.iter().filter_map(|part| part.pid);
    let pid = pids.next();
    if pids.any(|other| Some(other) != pid) {
        return None;
    }
    let task = Task {
        pid: pid.filter(|&pid| pid != NO_PROCESS),
        tid: pieces.tid,
    };
    let mut thread = JoinedThread {
        task,
        pairing: ThreadPairing::new(pieces.tid, plan.sources.recorded),
        is_in_order: true,
    };
    if pid.is_none() {
        // Nothing but switches: it is no thread of a VM.
        return Some(thread);
    }
    let mut rows: Vec<WaitingEvent> = Vec::new();
    for part in parts {
        let entry = part
            .pairing
            .as_ref()
            .and(part.head.last())
            .map(|row| row.at);
        rows.extend(part.head);
        if let Some(pairing) = part.pairing {
            rows.sort_by_key(|row| row.at);
            let is_last = rows.last().map(|row| row.at) == entry;
            take_in_order(&mut thread.pairing, task, &rows, tables);
            rows.clear();
            thread.is_in_order &= is_last && thread.pairing.absorb(pairing);
        }
        rows.extend(part.pending.into_sorted());
    }
    rows.sort_by_key(|row| row.at);
    take_in_order(&mut thread.pairing, task, &rows, tables);
    thread.pairing.end(&mut |finding| tables.add(task, finding));
    thread.is_in_order &= thread.pairing.counts.out_of_order == 0;
    Some(thread)
}
