//! The rules, each with its signature, meaning and remedies.
//!
//! | file | about |
//! |---|---|
//! | `clock` | clocks of the guest |
//! | `timers` | its timers |
//! | `apic` | the local APIC |
//! | `interrupts` | interrupts between vCPUs and of the host |
//! | `devices` | emulated devices, doorbells |
//! | `memory` | faults on guest memory |
//! | `processor` | instructions, entries, CPUs that are not there |
//! | `idle` | halted vCPUs |
//! | `recording` | what makes a recording mislead |

mod apic;
mod clock;
mod devices;
mod idle;
mod interrupts;
mod memory;
mod processor;
mod recording;
mod timers;

use super::rule::Rule;

/// All rules, in no particular order.
pub(super) const RULES: &[&Rule] = &[
    &clock::PM_TIMER,
    &clock::REFERENCE_COUNTER,
    &clock::HPET_RTC,
    &clock::APIC_TIMER_CLOCK,
    &timers::GUEST_TIMERS,
    &timers::WINDOWS_TICKS,
    &apic::APIC_ACCESS,
    &apic::APICV_INHIBITED,
    &interrupts::IPI,
    &interrupts::HOST_INTERRUPTS,
    &interrupts::INTERRUPT_WINDOW,
    &interrupts::USER_IRQCHIP,
    &devices::VIRTIO_NOTIFY,
    &devices::DOORBELLS,
    &devices::IDE_DISK,
    &devices::VGA,
    &devices::SERIAL,
    &devices::PCI_CONFIG,
    &devices::UNKNOWN_EXITS,
    &memory::MEMORY_FAULTS,
    &memory::CACHE_FLUSH,
    &processor::PAUSE_LOOP,
    &processor::CPUID,
    &processor::NESTED,
    &processor::MITIGATIONS,
    &processor::USER_RETURNS,
    &processor::READY_TIME,
    &idle::HALT_POLLING,
    &idle::IDLE_EXITS,
    &recording::LOST_EVENTS,
    &recording::TRACING_COST,
    &recording::MEDIATED_PMU,
    &devices::DOORBELLS_EXPECTED,
    &memory::DIRTY_LOG,
];
