//! Plain exits, told before all is known that happens in their time.

use super::pairing::ThreadPairing;
use super::plain_exit::WaitingEvent;
use super::recorded::Recorded;
use super::tables::ExitTables;
use super::task::Task;
use crate::units::Tid;

/// Tells exits by themselves: what their threads did before and behind is told by
/// [`PlainRun`](super::PlainRun).
#[derive(Clone, Debug)]
pub struct ExitTeller {
    pairing: ThreadPairing,
}

impl ExitTeller {
    /// One for what a source records.
    pub fn new(recorded: Recorded) -> Self {
        Self {
            pairing: ThreadPairing::new(Tid::new(0), recorded),
        }
    }

    /// Adds what the occurrences of one exit tell, from `kvm_exit` to the entry behind it.
    pub fn tell(
        &mut self,
        task: Task,
        events: impl Iterator<Item = WaitingEvent>,
        tables: &mut ExitTables,
    ) {
        self.pairing.turn_to(task.tid);
        for WaitingEvent { at, event } in events {
            self.pairing.take_event(at, &event, &mut |finding| {
                tables.add(task, finding);
            });
        }
    }
}
