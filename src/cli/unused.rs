//! Options that change nothing of what is asked for: the user should know.

use super::convert_args::{ConvertOptions, Format};
use super::diff_args::{DiffFormat, DiffOptions};

/// Options of `convert` that have no effect on a format.
pub(super) fn of_convert(options: &ConvertOptions, format: Format) -> Vec<String> {
    let text = "folded text has none";
    let picture = "it is for folded text: --format folded";
    let is_folded = format == Format::Folded;
    said([
        ("--title", options.title.is_some() && is_folded, text),
        (
            "--min-width",
            options.min_width.is_some() && is_folded,
            text,
        ),
        (
            "--annotate",
            options.annotate.is_some() && !is_folded,
            picture,
        ),
    ])
}

/// Options of `diff` that have no effect on what is written, or because `no_stacks` says why no side
/// has stacks of a capture.
pub(super) fn of_diff(
    options: &DiffOptions,
    format: DiffFormat,
    no_stacks: Option<&'static str>,
) -> Vec<String> {
    let has_picture = format == DiffFormat::Svg;
    let is_beside = options.output.as_deref().is_some_and(|path| path != "-");
    let has_table = match format {
        DiffFormat::Text => true,
        DiffFormat::Svg | DiffFormat::Folded => is_beside && !options.json,
        DiffFormat::Json => false,
    };
    let has_json = format == DiffFormat::Json || (is_beside && format != DiffFormat::Text);
    let no_picture = "it is for a picture: -o FILE.svg";
    let no_table = "no table is written";
    let no_json = "the format is another";
    let both = "--before-kallsyms and --after-kallsyms are taken";
    let sides = [&options.before_kallsyms, &options.after_kallsyms];
    let have_own = sides.into_iter().all(Option::is_some);
    let mut lines = said([
        (
            "--title",
            options.title.is_some() && !has_picture,
            no_picture,
        ),
        (
            "--min-width",
            options.min_width.is_some() && !has_picture,
            no_picture,
        ),
        (
            "--width",
            options.width.is_some() && !has_picture,
            no_picture,
        ),
        ("--top", options.top.is_some() && !has_table, no_table),
        ("--json", options.json && !has_json, no_json),
        ("--kallsyms", options.kallsyms.is_some() && have_own, both),
    ]);
    if let Some(why) = no_stacks {
        lines.extend(of_stacks(options, why));
    }
    lines
}

/// Options about what is made of a capture's samples.
fn of_stacks(options: &DiffOptions, why: &'static str) -> Vec<String> {
    let kallsyms = [
        ("--kallsyms", options.kallsyms.is_some()),
        ("--before-kallsyms", options.before_kallsyms.is_some()),
        ("--after-kallsyms", options.after_kallsyms.is_some()),
    ];
    let others = [
        ("--buildid-dir", !options.buildid_dir.is_empty()),
        ("--weight", options.weight.is_some()),
        ("--group", options.group.is_some()),
        ("--no-tag", options.no_tag),
        ("--no-idle", options.no_idle),
        ("--max-stack", options.names.max_stack.is_some()),
        ("--no-demangle", options.names.no_demangle),
    ];
    let all = kallsyms.into_iter().chain(others);
    said(all.map(|(name, is_given)| (name, is_given, why)))
}

/// A line for each option that was given.
fn said(options: impl IntoIterator<Item = (&'static str, bool, &'static str)>) -> Vec<String> {
    let given = options.into_iter().filter(|&(_, is_given, _)| is_given);
    given
        .map(|(name, _, why)| format!("warning: {name} has no effect: {why}"))
        .collect()
}
