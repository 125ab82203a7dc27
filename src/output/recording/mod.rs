//! What viewers with threads and time are given: samples with their threads, exits of VMs.
//!
//! The call tree tells what was running, and how much. This tells besides on which thread, when, and
//! during which exit. The formats of the neighbours are written from it.
//!
//! | file | what it is |
//! |---|---|
//! | `model` | **the recording** |
//! | `labelled` | samples that differ in nothing but time, added up, and their labels |
//! | `stack_table` | the call tree as stacks that name their callers |

mod labelled;
mod model;
mod stack_table;

pub(super) use labelled::{Label, LabelledSamples};
pub use model::{
    KindOfExit, RecordingFacts, SampleUnit, SampledExit, ThreadOfRecording, ViewedRecording,
    ViewedSample,
};
pub(super) use stack_table::{CallerTable, ThreadStacks, stack_tag};
