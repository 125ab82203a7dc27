//! Work on a list, shared between threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How a list is divided between threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// How many threads there are at most.
    pub(crate) threads: usize,
    /// How many items are worth a thread.
    pub(crate) least: usize,
}

impl Shares {
    /// The length of each share but the last.
    fn len_of(self, items: usize) -> usize {
        items.div_ceil(self.threads.max(1)).max(self.least).max(1)
    }
}

/// Does `work` on each share of `items`, at the same time. Results come in the order of the shares;
/// there are none for an empty list.
///
/// A panic of a thread goes on in the caller.
pub(crate) fn in_shares<T, R>(
    items: &[T],
    shares: Shares,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    on_threads(items.chunks(shares.len_of(items.len())), work)
}

/// The same for items that are changed.
pub(crate) fn in_shares_mut<T, R>(
    items: &mut [T],
    shares: Shares,
    work: impl Fn(&mut [T]) -> R + Sync,
) -> Vec<R>
where
    T: Send,
    R: Send,
{
    let len = shares.len_of(items.len());
    on_threads(items.chunks_mut(len), work)
}

/// Does the work on the first share itself, and on each of the others by a thread of its own.
pub(crate) fn on_threads<S, R>(
    shares: impl IntoIterator<Item = S>,
    work: impl Fn(S) -> R + Sync,
) -> Vec<R>
where
    S: Send,
    R: Send,
{
    let work = &work;
    let mut shares = shares.into_iter();
    thread::scope(|scope| {
        let Some(own) = shares.next() else {
            return Vec::new();
        };
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || work(share)))
            .collect();
        let mut results = vec![work(own)];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// Does both at the same time where there is more than one thread, `beside` by a thread of its own.
///
/// A panic of that thread goes on in the caller.
pub(crate) fn at_once<A: Send, B>(
    threads: usize,
    beside: impl FnOnce() -> A + Send,
    own: impl FnOnce() -> B,
) -> (A, B) {
    if threads < 2 {
        return (beside(), own());
    }
    thread::scope(|scope| {
        let beside = scope.spawn(beside);
        let own = own();
        match beside.join() {
            Ok(beside) => (beside, own),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Gives back what nobody needs any more beside all that follows, by a thread of its own where there is
/// more than one. Nobody waits for that thread: it may outlast the work, and ends with the process.
///
/// For what takes long to give back: large tables, texts by the thousand, mappings of much that was
/// read.
pub fn give_back<T: Send + 'static>(threads: usize, unneeded: T) {
    if threads < 2 {
        return drop(unneeded);
    }
    // Where no thread can be had, it goes with the work that was to be done.
    drop(thread::Builder::new().spawn(move || drop(unneeded)));
}

/// Numbers of pieces from 0, each for the thread that takes it.
#[derive(Debug)]
pub(crate) struct PieceQueue {
    next: AtomicUsize,
    pieces: usize,
}

impl PieceQueue {
    /// None of so many pieces is taken.
    pub(crate) const fn new(pieces: usize) -> Self {
        Self {
            next: AtomicUsize::new(0),
            pieces,
        }
    }

    /// Takes the next piece; `None` when none is left.
    pub(crate) fn take(&self) -> Option<usize> {
        let piece = self.next.fetch_add(1, Ordering::Relaxed);
        (piece < self.pieces).then_some(piece)
    }
}

/// A work queue: up to `threads` threads do `work` on `pieces` numbered pieces, each takes the next
/// one that is left. Which thread does which differs from run to run, but each does its own in
/// order. Returns what `make` made for each thread, as the work left it.
pub(crate) fn by_pieces<R>(
    pieces: usize,
    threads: usize,
    make: impl Fn() -> R + Sync,
    work: impl Fn(&mut R, usize) + Sync,
) -> Vec<R>
where
    R: Send,
{
    by_pieces_ended(pieces, threads, make, work, |_| ())
}

/// The same, and each thread does `end` when no piece is left for it.
pub(crate) fn by_pieces_ended<R>(
    pieces: usize,
    threads: usize,
    make: impl Fn() -> R + Sync,
    work: impl Fn(&mut R, usize) + Sync,
    end: impl Fn(&mut R) + Sync,
) -> Vec<R>
where
    R: Send,
{
    let queue = PieceQueue::new(pieces);
    let workers = 0..threads.max(1).min(pieces);
    on_threads(workers, |_| {
        let mut result = make();
        while let Some(piece) = queue.take() {
            work(&mut result, piece);
        }
        end(&mut result);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(threads: usize, least: usize) -> Shares {
        Shares { threads, least }
    }

    /// By definition: every item once, in order, whatever the number of threads.
    #[test]
    fn shares_hold_every_item_in_order() {
        let items: Vec<u32> = (0..1000).collect();
        for threads in [0, 1, 2, 3, 16, 2000] {
            let own = in_shares(&items, shares(threads, 1), <[u32]>::to_vec);
            assert!(own.len() <= threads.max(1));
            assert_eq!(own.concat(), items);
            let mut changed = items.clone();
            in_shares_mut(&mut changed, shares(threads, 7), |share| {
                share.iter_mut().for_each(|item| *item += 1);
            });
            assert!(changed.iter().copied().eq(1..1001));
        }
        assert!(in_shares(&[(); 0], shares(2, 0), <[()]>::len).is_empty());
    }

    /// By definition: every piece once, each thread's own in order.
    #[test]
    fn every_piece_is_done_once() {
        for (pieces, threads) in [(0, 2), (1, 2), (7, 0), (1000, 3)] {
            let done = by_pieces(pieces, threads, Vec::new, Vec::push);
            assert!(done.iter().all(|own: &Vec<usize>| own.is_sorted()));
            let mut all = done.concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..pieces));
        }
    }

    #[test]
    fn both_are_done() {
        for threads in [0, 1, 2] {
            let mut own = 0;
            assert_eq!(at_once(threads, || 1, || own += 2), (1, ()));
            assert_eq!(own, 2);
        }
    }

    /// By definition: nobody holds it in the end, whoever drops it.
    #[test]
    fn what_is_given_back_is_dropped() {
        for threads in [0, 1, 2] {
            let (held, dropped) = std::sync::mpsc::channel::<()>();
            give_back(threads, held);
            assert!(dropped.recv().is_err());
        }
    }

    #[test]
    fn small_lists_are_one_share() {
        assert_eq!(in_shares(&[1, 2, 3], shares(16, 3), <[i32]>::len), [3]);
        assert_eq!(
            in_shares(&[1, 2, 3, 4], shares(16, 3), <[i32]>::len),
            [3, 1]
        );
    }
}
