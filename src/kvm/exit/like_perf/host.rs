//! Whose exit reasons are meant, and captures that perf refuses.

use std::fmt;

use super::reasons::ReasonTable;
use super::request::Measured;
use crate::bytes::with_order;
use crate::perf::{Capture, Feature};

/// The host's CPU, as perf tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Host {
    /// Intel's: reasons of VMX.
    Vmx,
    /// AMD's or Hygon's: reasons of SVM.
    Svm,
    /// Any 64-bit ARM.
    Arm64,
}

/// Why perf shows no table of a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PerfRefusal {
    /// None of its events is a tracepoint.
    NoTracepoints,
    /// It does not say what CPU it was recorded on.
    NoCpuId,
    /// The CPU is of a maker whose reasons perf does not know.
    UnknownCpu(String),
    /// perf of this machine has no such table, or none at all.
    NotOnMachine {
        /// `uname -m` of the recorder; empty when it is not recorded.
        machine: String,
    },
}

impl fmt::Display for PerfRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTracepoints => write!(f, "no tracepoints were recorded"),
            Self::NoCpuId => write!(f, "the CPU type was not recorded"),
            Self::UnknownCpu(cpu) => write!(f, "the CPU {cpu} is not supported"),
            Self::NotOnMachine { machine } if machine.is_empty() => {
                write!(f, "the recorded machine is not known")
            }
            Self::NotOnMachine { machine } => write!(f, "perf has no such table for {machine}"),
        }
    }
}

impl Host {
    /// The host of a capture, when perf would show a table of it.
    ///
    /// Source: `cpu_isa_config()`, tools/perf/builtin-kvm.c; `cpu_isa_init()`,
    /// `tools/perf/arch/x86/util/kvm-stat.c`; Linux 6.1. Of the machine, perf knows what it was
    /// built for; here the recorded one stands for it.
    pub(super) fn of(capture: &Capture, measured: Measured) -> Result<Self, PerfRefusal> {
        let mut events = capture.events().iter();
        if !events.any(|(_, event)| event.attr.is_tracepoint()) {
            return Err(PerfRefusal::NoTracepoints);
        }
        let features = capture.features();
        let cpuid = with_order!(capture.endian(), O => features.string::<O>(Feature::CPUID));
        let machine = with_order!(capture.endian(), O => features.machine::<O>());
        let machine = machine.unwrap_or_default();
        let not_on_machine = || PerfRefusal::NotOnMachine {
            machine: machine.clone(),
        };
        let is_x86 = matches!(
            machine.as_str(),
            "x86_64" | "i686" | "i586" | "i486" | "i386"
        );
        if !is_x86 && (machine != "aarch64" || measured != Measured::VmExit) {
            return Err(not_on_machine());
        }
        let cpuid = cpuid.ok_or(PerfRefusal::NoCpuId)?;
        if !is_x86 {
            Ok(Self::Arm64)
        } else if cpuid.contains("Intel") {
            Ok(Self::Vmx)
        } else if cpuid.contains("AMD") || cpuid.contains("Hygon") {
            Ok(Self::Svm)
        } else {
            Err(PerfRefusal::UnknownCpu(cpuid))
        }
    }

    /// What perf calls its exits when it does not know a reason.
    pub(super) fn isa(self) -> &'static str {
        match self {
            Self::Vmx => "VMX",
            Self::Svm => "SVM",
            Self::Arm64 => "arm64",
        }
    }

    /// The names of its reasons, those of traps aside.
    pub(super) fn reasons(self) -> ReasonTable {
        match self {
            Self::Vmx => ReasonTable::Vmx,
            Self::Svm => ReasonTable::Svm,
            Self::Arm64 => ReasonTable::Arm64Exit,
        }
    }
}
