//! `vmflame convert --format pprof` and others: samples with their threads, and exits, for viewers of
//! others.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::convert_args::Viewer;
use super::converted::Converted;
use super::devices::{self, Devices};
use super::vms;
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use vmflame::analysis::exits::{ExitRequest, RecordedExits, TimeBasis, recorded_exits};
use vmflame::analysis::{Stage, Stopwatch, vm_processes};
use vmflame::error::Result;
use vmflame::output::{
    ViewedRecording, write_chrome, write_firefox, write_otlp, write_perfetto, write_pprof,
    write_speedscope,
};
use vmflame::report::viewers::{NamedExits, RecordingSource, recording};

/// Writes what was made of a capture for a viewer.
///
/// # Errors
/// When a memory map that is named is none, or the output cannot be written.
pub(super) fn write(
    made: &Converted<'_>,
    viewer: Viewer,
    to: &Destination,
    watch: &mut Stopwatch,
) -> Result<()> {
    let exits = exits(made)?;
    let vm_names = vm_names(made);
    let source = RecordingSource {
        capture: made.capture,
        profile: made.profile,
        request: made.request,
        exits: exits.as_ref().map(|exits| NamedExits {
            recorded: &exits.recorded,
            devices: &exits.devices.map,
        }),
        vm_names: &vm_names,
        title: &made.title(),
    };
    let (tree, leaves) = made.profile.tree_and_leaves();
    let recording = recording(source, &tree, &leaves);
    watch.lap(Stage::Tree);
    if let Some(format) = viewer.needing_times()
        && recording.times().is_none()
    {
        let wrong =
            format!("--format {format} shows when something was, and the samples carry no times");
        let instead =
            "record again with times: perf record -T; pprof, speedscope and otlp need none";
        return Err(WrongArguments::WithoutTimes { wrong, instead }.into());
    }
    to.write(|out| write_to(viewer, &recording, out))
}

/// Writes a recording in the format of a viewer.
pub(super) fn write_to(
    viewer: Viewer,
    recording: &ViewedRecording<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match viewer {
        Viewer::Pprof => write_pprof(recording, out),
        Viewer::Firefox => write_firefox(recording, out),
        Viewer::Speedscope => write_speedscope(recording, out),
        Viewer::Chrome => write_chrome(recording, out),
        Viewer::Perfetto => write_perfetto(recording, out),
        Viewer::Otlp => write_otlp(recording, out),
    }
}

/// Exits with what registers are called.
struct ExitsWithDevices {
    recorded: RecordedExits,
    devices: Devices,
}

/// All exits of the capture that pass the filters; `None` where it has no `kvm_exit`.
fn exits(made: &Converted<'_>) -> Result<Option<ExitsWithDevices>> {
    let request = ExitRequest {
        filter: made.request.clone(),
        views: Vec::new(),
        basis: TimeBasis::Wall,
        slowest: usize::MAX,
        all_threads: false,
        each: false,
    };
    let recorded = recorded_exits(made.capture, &request)?;
    if !recorded.survey.recorded().exits {
        return Ok(None);
    }
    let built_in = recorded.devices();
    let devices = devices::devices(&made.options.devices, made.input, built_in)?;
    Ok(Some(ExitsWithDevices { recorded, devices }))
}

/// What VMs are called.
fn vm_names(made: &Converted<'_>) -> BTreeMap<vmflame::units::Pid, String> {
    let processes = vm_processes(made.capture, made.request.threads);
    vms::names(processes, made.input, made.capture)
}
