//! What a capture holds that was made up.

use std::path::Path;

use serde_json::{Value, json};

use crate::perf::writer::{ExitsWritten, Written};
use crate::text::{counted, grouped};

/// What was written, for people.
pub fn generated_as_text(path: &Path, written: &Written) -> String {
    format!(
        "{}: {} of records, {} of cpu-clock with {}, {} of kvm:kvm_exit\n",
        path.display(),
        counted(written.data_len, "byte"),
        counted(written.samples, "sample"),
        counted(written.stacks, "different stack"),
        grouped(written.tracepoint_samples),
    )
}

/// What was written, for programs.
pub fn generated_as_json(written: &Written) -> Value {
    json!({
        "schema_version": 1,
        "records": written.records,
        "samples": written.samples,
        "guest_samples": written.guest_samples,
        "tracepoint_samples": written.tracepoint_samples,
        "stacks": written.stacks,
        "data_bytes": written.data_len,
    })
}

/// What was written of VM exits, for people.
pub fn exits_as_text(path: &Path, written: &ExitsWritten) -> String {
    format!(
        "{}: {} of records, {} of kvm:kvm_exit, {} of kvm_entry, {} of kvm_pio, {} of kvm_mmio, {} \
         of kvm_msr\n",
        path.display(),
        counted(written.data_len, "byte"),
        counted(written.exits, "sample"),
        grouped(written.entries),
        grouped(written.pios),
        grouped(written.mmios),
        grouped(written.msrs),
    )
}

/// What was written of VM exits, for programs.
pub fn exits_as_json(written: &ExitsWritten) -> Value {
    json!({
        "schema_version": 1,
        "records": written.records,
        "samples": written.samples(),
        "kvm_exit": written.exits,
        "kvm_entry": written.entries,
        "kvm_pio": written.pios,
        "kvm_mmio": written.mmios,
        "kvm_msr": written.msrs,
        "exits_without_entry": written.unentered,
        "data_bytes": written.data_len,
    })
}
