//! What a sample of a KVM host is doing, told from its stack.
//!
//! Stage: *tag*, between naming frames and building the call tree.
//! Input: a unique stack of named frames and what its samples say ([`StackView`]).
//! Output: one [`Tag`](crate::stack::Tag) and the frame that decided it ([`Tagged`]).
//!
//! # Procedure
//!
//! A [`Tagger`] is made for the capture's machine. Before stacks are tagged it must be known which
//! threads run vCPUs, because a stack that only shows user code or a system call does not tell it:
//! a thread does when its name says so or one of its stacks has a frame that does
//! (`Tagger::marks_vcpu`). Of these the first that holds decides:
//!
//! 1. The sample's mode is a guest's, or the chain is empty and the address is where the host
//!    finds itself when a guest was interrupted: `guest`; unless the event happens in the host
//!    only ([`Tagger::sampled_by`]).
//! 2. A row of `--rules` matches a frame.
//! 3. The event is a tracepoint, and what the sample recorded tells what was done (the reason of an
//!    exit, an address), or else its name does (`events.tsv`).
//! 4. Kernel frames of the vCPU loop: the row of the smallest rank decides, of equal ones the
//!    nearest to the root. Handlers are often tail-called away, so what they call has rows of its
//!    own, and a device's row ranks before the mechanism that reaches it. The search ends at a host
//!    interrupt, which belongs to what it interrupts; one that interrupts the bare loop is the exit
//!    `exit:irq`.
//! 5. The thread runs a vCPU: `entry` in system call frames that lead to KVM, else `vmm`. A lone
//!    kernel frame counts as one of the vCPU loop, and as `entry` where no row knows it: that the
//!    rest of the stack was not recorded does not make it the VMM's. Nor are frames without names
//!    that may be KVM's.
//! 6. A frame, the thread, the process or an object file that serves guests: `io`.
//! 7. The idle task outside of interrupts: `idle`. Everything else: `host`.
//!
//! `tag/frames.tsv` is the table; its head explains the columns. A new handler of a
//! kernel is one line there, or one line in the file of `--rules` ([`Tagger::add_rules`]).
//!
//! What devices are behind the registers that guests touch is told by [`device`],
//! why guests stopped running, and for how long, by [`exit`]. What the kernel counts of running VMs is
//! in [`counter`].

pub mod advice;
pub mod counter;
pub mod device;
pub mod exit;
mod tag;

pub(crate) use tag::tag_of_class;
pub use tag::{StackView, Tagged, Tagger, VcpuThreadNames, payload_classes};
