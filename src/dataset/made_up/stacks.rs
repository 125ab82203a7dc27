//! The stacks that samples of a made-up fleet have.

use super::cause::CAUSES;
use crate::dataset::schema::TableName;
use crate::dataset::stack_hash::StackHash;
use crate::dataset::table_rows::TableRows;
use crate::dataset::values::Value;
use crate::error::Result;

/// Stacks of each cause.
pub(super) const VARIANTS: u64 = 64;

/// A frame, by the columns `frame`, `object`, `mode` and `kind`.
type FrameColumns = [&'static str; 4];

const fn user(name: &'static str, object: &'static str) -> FrameColumns {
    [name, object, "user", "function"]
}

const fn kernel(name: &'static str, object: &'static str) -> FrameColumns {
    [name, object, "kernel", "function"]
}

/// From the thread of a vCPU to the exit.
const OUTER: [FrameColumns; 10] = [
    user("start_thread", "libc.so.6"),
    user("kvm_vcpu_thread_fn", "qemu-system-x86_64"),
    user("kvm_cpu_exec", "qemu-system-x86_64"),
    user("ioctl", "libc.so.6"),
    kernel("entry_SYSCALL_64_after_hwframe", "[kernel]"),
    kernel("do_syscall_64", "[kernel]"),
    kernel("__x64_sys_ioctl", "[kernel]"),
    kernel("kvm_vcpu_ioctl", "[kvm]"),
    kernel("kvm_arch_vcpu_ioctl_run", "[kvm]"),
    kernel("vcpu_run", "[kvm]"),
];

/// Functions below those that handle an exit: a stack's number chooses three of them.
const INNER: [&str; 4] = [
    "kvm_io_bus_read",
    "_raw_spin_lock_irqsave",
    "kvm_apic_update_irr",
    "__srcu_read_lock",
];

/// A stack.
#[derive(Clone, Debug)]
pub(super) struct MadeUpStack {
    pub(super) stack: i64,
    frames: Vec<FrameColumns>,
}

impl MadeUpStack {
    fn new(frames: Vec<FrameColumns>) -> Self {
        let mut hash = StackHash::default();
        frames.iter().for_each(|&columns| hash.add(columns));
        Self {
            stack: hash.finish(),
            frames,
        }
    }
}

/// All stacks.
#[derive(Clone, Debug)]
pub(super) struct StackPool {
    /// Of guest code.
    pub(super) guest: MadeUpStack,
    /// By the place of their cause.
    of_causes: Vec<Vec<MadeUpStack>>,
}

/// The depth of the frame that carries the tag of an exit.
pub(super) const TAG_DEPTH: i64 = 10;

impl StackPool {
    pub(super) fn new() -> Self {
        let of_causes = CAUSES.iter().map(|cause| {
            let stacks = (0..VARIANTS).map(|variant| {
                let mut frames = OUTER.to_vec();
                frames.push(kernel(cause.function, "[kvm]"));
                for level in 0..3 {
                    let inner = usize::try_from(variant >> (2 * level) & 3).unwrap_or(0);
                    let name = INNER.get(inner).copied().unwrap_or_default();
                    frames.push(kernel(name, "[kernel]"));
                }
                MadeUpStack::new(frames)
            });
            stacks.collect()
        });
        Self {
            guest: MadeUpStack::new(vec![["[guest kernel]", "", "guest-kernel", "guest"]]),
            of_causes: of_causes.collect(),
        }
    }

    /// The stack of a number below [`VARIANTS`].
    pub(super) fn of_cause(&self, place: usize, variant: u64) -> &MadeUpStack {
        let stacks = self.of_causes.get(place);
        let variant = usize::try_from(variant).unwrap_or(0);
        stacks
            .and_then(|stacks| stacks.get(variant))
            .unwrap_or(&self.guest)
    }

    /// The rows of table frames.
    pub(super) fn rows(&self) -> Result<TableRows> {
        let mut rows = TableRows::new(TableName::Frames);
        let stacks = self.of_causes.iter().flatten();
        for found in std::iter::once(&self.guest).chain(stacks) {
            for (depth, &[name, object, mode, kind]) in (0..).zip(&found.frames) {
                rows.push(&[
                    Value::Int(found.stack),
                    Value::Int(depth),
                    Value::Text(name),
                    Value::text_or_absent(object),
                    Value::Text(mode),
                    Value::Text(kind),
                ])?;
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frame behind those that all stacks have handles the exit.
    #[test]
    fn the_tag_is_that_of_the_handler() {
        let pool = StackPool::new();
        let stack = pool.of_cause(0, 0);
        let at = usize::try_from(TAG_DEPTH).unwrap();
        assert_eq!(stack.frames[at][0], CAUSES[0].function);
    }
}
