//! What user stacks lack.

use super::remark::Remark;
use crate::loss::Tally;
use crate::text::grouped;

/// What user stacks lack, when more than a few do.
pub(super) fn unwinding_remarks(tally: &Tally) -> Vec<Remark> {
    let Tally { folded, .. } = *tally;
    let mut remarks = Vec::new();
    if tally.not_unwound > folded / FEW {
        remarks.push(Remark::Warning(format!(
            "copied user stacks are not unwound to their first function in {} of {} samples: those stand \
             under [not unwound]",
            grouped(tally.not_unwound),
            grouped(folded)
        )));
        if tally.without_file > tally.not_unwound / 2 {
            remarks.push(Remark::Hint(
                "unwinding takes the object files: run where the capture was recorded, or pack them there: vmflame pack, \
                 or perf archive",
            ));
        }
    }
    if tally.without_caller > folded / FEW {
        remarks.push(Remark::Warning(format!(
            "frame pointers lead to no caller in {} of {} samples: those stacks end under [no caller]",
            grouped(tally.without_caller),
            grouped(folded)
        )));
        remarks.push(Remark::Hint(
            "code without frame pointers is walked by perf record --call-graph dwarf",
        ));
    }
    if tally.cut_copies > folded / FEW {
        remarks.push(Remark::Warning(format!(
            "the copies of user stacks end before the stacks do in {} of {} samples: those stand under \
             [truncated]",
            grouped(tally.cut_copies),
            grouped(folded)
        )));
        remarks.push(Remark::Hint(
            "record larger copies: perf record --call-graph dwarf,65528",
        ));
    }
    remarks
}

/// One of so many samples is few.
const FEW: u64 = 20;
