//! `vmflame pack`: a capture with all that is needed to name it on another machine, in one file.
//!
//! | file | what is in it |
//! |---|---|
//! | `beside` | what lies beside the capture: a case that is packed again |
//! | `host` | what this machine tells of itself, where it made the capture |
//! | `guests` | what the capture's VMMs tell while they run |
//! | `told_vm` | what one of them tells |

mod beside;
mod guests;
mod host;
mod told_vm;

use std::path::{Path, PathBuf};

use super::inputs::Inputs;
use super::options::{DebuginfodOptions, InputOptions};
use super::outcome::Outcome;
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use crate::cli::options::also_k;
use crate::cli::{debuginfod, standard_input, this_machine, vms};
use clap::Args;
use vmflame::analysis::case::{CaseContents, CaseRequest, case_contents};
use vmflame::analysis::vm_processes;
use vmflame::error::Result;
use vmflame::input::{Input, Member, Opened, write_archive};
use vmflame::perf::Capture;
use vmflame::report::case_table::case_tables;
use vmflame::report::remarks::damage_of_capture;
use vmflame::report::table::{as_json, as_text};
use vmflame::text::{counted, grouped};

use self::guests::{WantedVms, add_more};

pub(super) use self::guests::add_told;
pub(super) use self::host::members as host_members;
pub(super) use self::told_vm::ToldVm;

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct PackOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    #[command(flatten)]
    pub(super) debuginfod: DebuginfodOptions,
    /// The case: a tarball, compressed where its name ends in .zst or .gz.
    #[arg(
        short,
        long,
        value_name = "CASE.tar.zst",
        required_unless_present = "dry_run"
    )]
    output: Option<PathBuf>,
    /// Pack names in the place of files: of exactly the addresses that occur. No program leaves the
    /// host; of one that stacks of --call-graph dwarf lead into its call frame information does, with
    /// zeros in the place of its code.
    #[arg(long, conflicts_with = "debug")]
    names_only: bool,
    /// Pack the debug files of objects too.
    #[arg(long)]
    debug: bool,
    /// Pack what only these VMs tell: names that their VMMs give them, or pids, separated by commas.
    /// The capture itself is packed whole.
    #[arg(long, value_delimiter = ',', value_name = "NAME|PID")]
    #[arg(conflicts_with = "no_host")]
    vm: Vec<String>,
    /// Leave out what this machine and its VMMs tell, and what lies beside the capture and tells the
    /// same: CPU, parameters of KVM, command lines, memory maps.
    #[arg(long)]
    no_host: bool,
    /// Ask this QEMU too, by the socket of its -qmp; those whose command line names one are asked
    /// anyway.
    #[arg(long, value_name = "SOCKET", conflicts_with = "no_host")]
    qmp: Vec<PathBuf>,
    /// Replace a case that is there already.
    #[arg(long)]
    force: bool,
    /// Print what would be packed, and pack nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON: what is packed, all members.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &PackOptions, quiet: bool) -> Result<Outcome> {
    if options.input.input == Path::new("-") {
        return Err(WrongArguments::PackFromPipe.into());
    }
    let inputs = this_machine::inputs(&options.input);
    let destination = match &options.output {
        Some(output) if !options.dry_run => {
            Some(Destination::of_case(output, &inputs, options.force)?)
        }
        Some(_) | None => None,
    };
    let (input, opened) = standard_input::open_any(&options.input, quiet)?;
    let capture = match opened {
        opened @ (Opened::Capture(_)
        | Opened::TraceDat(_)
        | Opened::TraceText(_)
        | Opened::Text(_)) => opened.capture()?,
    };
    let contents = contents(options, &input, &capture, quiet)?;
    if let Some(destination) = destination {
        write_case(&contents, &destination)?;
    }
    speak(options, &contents, quiet)?;
    let damage = damage_of_capture(&capture.anomalies(), contents.has_damage);
    if !quiet {
        for warning in &damage {
            eprintln!("warning: {}: {warning}", capture.path().display());
        }
    }
    Ok(if input.is_damaged || !damage.is_empty() {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

fn contents(
    options: &PackOptions,
    input: &Input,
    capture: &Capture,
    quiet: bool,
) -> Result<CaseContents> {
    let symbols = this_machine::symbols(&options.input, input);
    let threads = this_machine::threads(options.input.threads);
    let asked = options.debuginfod.asked(threads);
    debuginfod::complete_and_tell(asked, capture, &symbols, quiet)?;
    let request = CaseRequest {
        names_only: options.names_only,
        debug_files: options.debug,
        threads,
    };
    let mut contents = case_contents(capture, input, &symbols, request)?;
    if !options.no_host {
        let vms = WantedVms {
            wanted: vms::pids(&options.vm, input, capture, threads)?,
            processes: vm_processes(capture, threads),
        };
        let missing = vms
            .missing()
            .map(|pid| format!("VM {pid}: it is not in the capture"));
        contents.missing.extend(missing);
        let named = contents.members.len();
        beside::add(&mut contents, input, &|folder| vms.wants_folder(folder));
        if this_machine::has_made(capture) {
            add_more(&mut contents, host::members());
        } else if contents.members.len() == named {
            let why = "CPU, parameters of KVM and command lines: another machine made the capture";
            contents.missing.push(why.to_owned());
        }
        guests::add(&mut contents, capture, input, &options.qmp, &vms);
    }
    put_in_folder(&mut contents);
    Ok(contents)
}

/// Puts all members into one folder, as people expect of a tarball.
pub(super) fn put_in_folder(contents: &mut CaseContents) {
    for packed in &mut contents.members {
        packed.member.name = Path::new("case").join(&packed.member.name);
    }
}

/// Writes a case.
pub(super) fn write_case(contents: &CaseContents, destination: &Destination) -> Result<()> {
    let packed = contents.members.iter();
    let members: Vec<Member> = packed.map(|packed| packed.member.clone()).collect();
    destination.write(|mut out| write_archive(&members, &mut out))
}

/// Says what is packed, and what could not be.
fn speak(options: &PackOptions, contents: &CaseContents, quiet: bool) -> Result<()> {
    let source = options.input.input.display().to_string();
    let tables = case_tables(contents, &source);
    if options.dry_run || options.json {
        let out = Destination::stdout(&Inputs::default())?;
        return out.write(|out| {
            if options.json {
                writeln!(out, "{:#}", as_json(&tables))
            } else {
                out.write_all(as_text(&tables, this_machine::columns()).as_bytes())
            }
        });
    }
    if quiet {
        return Ok(());
    }
    for warning in &tables.warnings {
        eprintln!("warning: {warning}");
    }
    let members = counted(contents.members.len() as u64, "member");
    let bytes: u64 = contents
        .members
        .iter()
        .filter_map(|packed| packed.member.content.len().ok())
        .sum();
    let output = options.output.as_deref().unwrap_or(Path::new("-"));
    let written = std::fs::metadata(output).map(|found| found.len());
    let written = written.map_or_else(|_| String::new(), |len| format!(" in {}", grouped(len)));
    eprintln!(
        "{}: {members}, {} bytes{written}; vmflame convert {0} names it on any machine",
        output.display(),
        grouped(bytes),
    );
    Ok(())
}
