//! Merged stacks of a cohort.

use super::input::{CohortInput, destination, refuse};
use super::wrong_cohort::WrongCohort;
use crate::cli::convert::{format_of_output, refuse_picture};
use crate::cli::convert_args::{ConvertOptions, Format};
use crate::cli::converted::stack_format;
use crate::cli::options::{Group, Weight};
use crate::cli::outcome::Outcome;
use crate::cli::shown_name::name_of;
use vmflame::dataset::{CohortRows, stack_question};
use vmflame::error::{Error, Problem, Result};
use vmflame::output::{Picture, write_stacks};
use vmflame::report::dataset::{CohortGrouping, CohortStacks, CohortWeight, CohortWish};
use vmflame::text::counted;

/// Writes the stacks of a cohort.
pub(super) fn run(options: &ConvertOptions, quiet: bool) -> Result<Outcome> {
    let format = format_of_output(options)?;
    let folder = &options.input.input;
    let destination = destination(&options.output, folder)?;
    refuse_others(options, format)?;
    refuse_picture(format, &destination)?;
    let input = CohortInput::new(folder, &options.cohort, CohortRows::Samples)?;
    let wish = wish(options)?;
    let answers = input.ask(&stack_question(&input.condition))?;
    let stacks = CohortStacks::of(&answers, wish).ok_or_else(|| {
        let what = "the stacks of the dataset are not all there".to_owned();
        Error::from(Problem::Arguments(what))
            .with_hint("vmflame dataset check says what is missing")
    })?;
    let unit = unit(&stacks, wish.weight)?;
    if !quiet {
        for warning in stacks.facts.warnings() {
            eprintln!("warning: {warning}");
        }
        if stacks.facts.events.len() > 1 {
            let events = stacks.facts.events.join(", ");
            eprintln!(
                "warning: captures sampled different events, or at different rates: {events}; \
                 --weight period adds up what samples stand for"
            );
        }
    }
    let tree = stacks.tree();
    let words = stacks.facts.words();
    let picture = || Picture {
        title: options.title.clone().unwrap_or_else(|| name_of(folder)),
        subtitle: match &options.cohort.condition {
            Some(condition) => format!("{words} · {condition}"),
            None => words.clone(),
        },
        unit: unit.clone(),
        totals: stacks.totals.clone(),
        colors: options.colors(),
        extent: options.picture.extent(),
    };
    let format = stack_format(format, options, picture);
    destination.write(|out| write_stacks(&tree, &stacks.frames, &format, out))?;
    if !quiet {
        eprintln!("{}: {words}", counted(stacks.samples, "sample"));
    }
    Ok(Outcome::Done)
}

/// What the weights count. Weights in different units are not added up.
fn unit(stacks: &CohortStacks, weight: CohortWeight) -> Result<String> {
    match (weight, stacks.facts.units.as_slice()) {
        (CohortWeight::Samples, _) => Ok("samples".to_owned()),
        (CohortWeight::Period, [one]) => Ok(one.clone()),
        (CohortWeight::Period, units) => {
            let units = units.join(", ");
            Err(WrongCohort::SeveralUnits { units }.into())
        }
    }
}

fn wish(options: &ConvertOptions) -> Result<CohortWish> {
    let grouping = match options.group {
        Group::None => CohortGrouping::None,
        Group::Process => CohortGrouping::Process,
        Group::Comm => CohortGrouping::Comm,
        Group::Thread | Group::Cpu | Group::Cgroup => {
            let option = "--group thread, cpu or cgroup";
            return Err(WrongCohort::OptionOfOneCapture { option }.into());
        }
    };
    Ok(CohortWish {
        weight: match options.weight {
            Some(Weight::Period) => CohortWeight::Period,
            Some(Weight::Samples | Weight::ExitTime | Weight::ExitCount) | None => {
                CohortWeight::Samples
            }
        },
        grouping,
        is_tagged: !options.no_tag,
        no_idle: options.no_idle,
    })
}

/// Refuses what needs the capture: names were made when it was added, and times are not kept.
fn refuse_others(options: &ConvertOptions, format: Format) -> Result<()> {
    if let Some(option) = options.filter.first_given() {
        return Err(WrongCohort::OptionOfOneCapture { option }.into());
    }
    let names = &options.names;
    refuse(&[
        (
            "--weight exit-time or exit-count",
            options.exit_graph().is_some(),
        ),
        ("a format with threads and times", format.viewer().is_some()),
        ("--format parquet", format == Format::Parquet),
        ("--kernel-only", options.kernel_only),
        ("--user-only", options.user_only),
        ("--rules", options.rules.is_some()),
        ("--reverse", options.reverse),
        ("--timings", options.timings),
        ("--max-stack", names.max_stack.is_some()),
        ("--no-demangle", names.no_demangle),
        ("--inline", names.inline),
        ("--no-inline", names.no_inline),
        ("--lines", names.lines),
        ("--short-names", names.short_names),
        ("--stitch-lbr", names.stitch_lbr),
        ("--keep-garbage", names.keep_garbage),
        ("--kallsyms", options.input.kallsyms.is_some()),
        ("--symfs", !options.input.symfs.is_empty()),
        ("--mtree", !options.devices.mtree.is_empty()),
        ("--qmp", options.devices.qmp.is_some()),
    ])
}
