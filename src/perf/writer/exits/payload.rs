//! What kvm tracepoints record, as bytes.

use super::formats::{self, KvmTracepoint};
use crate::bytes::ByteOrder;
use crate::perf::writer::encoder::Encoder;
use crate::units::Tid;

/// What a tracepoint records, beside what all record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Payload {
    Entry {
        vcpu: u32,
        rip: u64,
    },
    Exit {
        vcpu: u32,
        rip: u64,
        /// `isa`: 1 for VMX, 2 for SVM.
        isa: u32,
        reason: u32,
        info1: u64,
        info2: u64,
    },
    Pio {
        is_write: bool,
        port: u32,
        len: u32,
        value: u32,
    },
    Mmio {
        /// 0 for a read that user space will answer, 1 for its answer, 2 for a write.
        kind: u32,
        gpa: u64,
        value: u64,
    },
    Msr {
        is_write: bool,
        index: u32,
        value: u64,
    },
}

impl Payload {
    /// All tracepoints that can be recorded, in the order of [`Self::event`].
    pub(crate) const TRACEPOINTS: [KvmTracepoint; 5] = [
        formats::KVM_ENTRY,
        formats::KVM_EXIT,
        formats::KVM_MMIO,
        formats::KVM_PIO,
        formats::KVM_MSR,
    ];

    /// Which tracepoint records it: its place in [`Self::TRACEPOINTS`].
    pub(crate) fn event(&self) -> usize {
        match self {
            Self::Entry { .. } => 0,
            Self::Exit { .. } => 1,
            Self::Mmio { .. } => 2,
            Self::Pio { .. } => 3,
            Self::Msr { .. } => 4,
        }
    }
}

impl<O: ByteOrder> Encoder<O> {
    fn common(&mut self, tracepoint: &KvmTracepoint, tid: Tid) {
        self.u16(tracepoint.id);
        // No flags, and a preemption count of 1.
        self.raw(&[0, 1]);
        self.i32(tid.as_i32());
    }

    /// Appends what a tracepoint records, in the layout of its format.
    pub(crate) fn kvm_payload(&mut self, tid: Tid, payload: &Payload) {
        match *payload {
            Payload::Entry { vcpu, rip } => {
                self.common(&formats::KVM_ENTRY, tid);
                self.u32(vcpu);
                self.zeros(4);
                self.u64(rip);
                self.u64(0);
            }
            Payload::Exit {
                vcpu,
                rip,
                isa,
                reason,
                info1,
                info2,
            } => {
                self.common(&formats::KVM_EXIT, tid);
                self.u32(reason);
                self.zeros(4);
                self.u64(rip);
                self.u32(isa);
                self.zeros(4);
                self.u64s(&[info1, info2]);
                self.zeros(8);
                self.u32(vcpu);
            }
            Payload::Pio {
                is_write,
                port,
                len,
                value,
            } => {
                self.common(&formats::KVM_PIO, tid);
                self.u32(is_write.into());
                self.u32(port);
                self.u32(len);
                self.u32(1);
                self.u32(value);
            }
            Payload::Mmio { kind, gpa, value } => {
                self.common(&formats::KVM_MMIO, tid);
                self.u32(kind);
                self.u32(4);
                self.u64s(&[gpa, value]);
            }
            Payload::Msr {
                is_write,
                index,
                value,
            } => {
                self.common(&formats::KVM_MSR, tid);
                self.u32(is_write.into());
                self.u32(index);
                self.u64s(&[value, 0]);
            }
        }
    }
}
