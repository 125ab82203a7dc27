//! Options that change nothing of what is asked for: the user should know.

use super::convert_args::{ColorsBy, ConvertOptions, Format};
use super::diff_args::{DiffFormat, DiffOptions};
use super::options::{Group, Weight};

/// Why options about exits have no effect on samples.
const FOR_EXITS: &str = "it is for --weight exit-time and exit-count";

/// Options of `convert` that have no effect on a format.
pub(super) fn of_convert(options: &ConvertOptions, format: Format) -> Vec<String> {
    let is_folded = format == Format::Folded;
    let viewer = format.viewer();
    let of_picture = |name, is_given: bool| {
        let why = if is_folded {
            "folded text has none"
        } else {
            "it is for pictures: --format svg"
        };
        warning(name, is_given && format != Format::Svg, why)
    };
    let of_text = |name, is_given: bool| {
        let why = "it is for folded text: --format folded";
        warning(name, is_given && !is_folded, why)
    };
    let of_exits = |name, is_given: bool| warning(name, is_given, FOR_EXITS);
    let of_devices = |name, is_given: bool| of_exits(name, is_given && viewer.is_none());
    let is_untitled = matches!(format, Format::Folded | Format::Csv);
    let no_title = if is_folded {
        "folded text has none"
    } else {
        "CSV has none"
    };
    let turned = "viewers turn stacks round themselves";
    let counts = "Perfetto counts samples";
    let has_weight = options.weight.is_some() && format == Format::Perfetto;
    let warnings = [
        warning("--title", options.title.is_some() && is_untitled, no_title),
        warning("--reverse", options.reverse && viewer.is_some(), turned),
        warning("--weight", has_weight, counts),
        of_picture("--min-width", options.picture.min_width.is_some()),
        of_picture("--max-depth", options.picture.max_depth.is_some()),
        of_picture("--inverted", options.picture.inverted),
        of_picture("--colors", options.colors != ColorsBy::Tag),
        of_text("--annotate", options.annotate.is_some()),
        of_exits("--guest-leaf", options.guest_leaf),
        of_devices("--mtree", !options.devices.mtree.is_empty()),
        of_devices("--qmp", options.devices.qmp.is_some()),
    ];
    warnings.into_iter().flatten().collect()
}

/// Options of `convert` that have no effect on tables.
#[cfg(feature = "fleet")]
pub(super) fn of_tables(options: &ConvertOptions) -> Vec<String> {
    let why = "tables hold all of a capture";
    let given = |name, is_given| warning(name, is_given, why);
    let picture = &options.picture;
    let warnings = [
        given("--title", options.title.is_some()),
        given("--weight", options.weight.is_some()),
        given("--group", options.group != Group::Process),
        given("--reverse", options.reverse),
        given("--kernel-only", options.kernel_only),
        given("--user-only", options.user_only),
        given("--no-tag", options.no_tag),
        given("--no-idle", options.no_idle),
        given("--guest-leaf", options.guest_leaf),
        given("--annotate", options.annotate.is_some()),
        given("--colors", options.colors != ColorsBy::Tag),
        given("--min-width", picture.min_width.is_some()),
        given("--max-depth", picture.max_depth.is_some()),
        given("--inverted", picture.inverted),
        given("--debuginfod", options.debuginfod.debuginfod.is_some()),
        given("--timings", options.timings),
    ];
    warnings.into_iter().flatten().collect()
}

/// Options of `convert` that have no effect on a picture of exits.
pub(super) fn of_exit_graph(options: &ConvertOptions) -> Vec<String> {
    let why = "exits are drawn, not samples";
    let given = |name, is_given| warning(name, is_given, why);
    let warnings = [
        given("--event", options.filter.event.is_some()),
        given("--cgroup", !options.filter.cgroup.is_empty()),
        given("--group", options.group != Group::Process),
        given("--kernel-only", options.kernel_only),
        given("--user-only", options.user_only),
        given("--no-tag", options.no_tag),
        given("--no-idle", options.no_idle),
        given("--rules", options.rules.is_some()),
        given("--max-stack", options.names.max_stack.is_some()),
        given("--no-demangle", options.names.no_demangle),
        given("--inline", options.names.inline),
        given("--no-inline", options.names.no_inline),
        given("--lines", options.names.lines),
        given("--short-names", options.names.short_names),
        given("--stitch-lbr", options.names.stitch_lbr),
        given("--keep-garbage", options.names.keep_garbage),
    ];
    warnings.into_iter().flatten().collect()
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
    let sides = [&options.before_kallsyms, &options.after_kallsyms];
    let have_own = sides.into_iter().all(Option::is_some);
    let of_picture = |name, is_given: bool| {
        let why = "it is for a picture: -o FILE.svg";
        warning(name, is_given && !has_picture, why)
    };
    let are_samples = Weight::exit_width(options.weight).is_none();
    let of_exits = |name, is_given: bool| warning(name, is_given && are_samples, FOR_EXITS);
    let no_table = "no table is written";
    let no_json = "the format is another";
    let both = "--before-kallsyms and --after-kallsyms are taken";
    let warnings = [
        of_picture("--title", options.title.is_some()),
        of_picture("--min-width", options.picture.min_width.is_some()),
        of_picture("--max-depth", options.picture.max_depth.is_some()),
        of_picture("--inverted", options.picture.inverted),
        of_picture("--width", options.width.is_some()),
        warning("--top", options.top.is_some() && !has_table, no_table),
        warning("--json", options.json && !has_json, no_json),
        warning("--kallsyms", options.kallsyms.is_some() && have_own, both),
        of_exits("--mtree", !options.devices.mtree.is_empty()),
        of_exits("--qmp", options.devices.qmp.is_some()),
    ];
    let mut lines: Vec<String> = warnings.into_iter().flatten().collect();
    if let Some(why) = no_stacks {
        lines.extend(of_stacks(options, why));
    }
    lines
}

/// Options about what is made of a capture's samples.
fn of_stacks(options: &DiffOptions, why: &'static str) -> impl Iterator<Item = String> {
    let given = |name, is_given| warning(name, is_given, why);
    let warnings = [
        given("--kallsyms", options.kallsyms.is_some()),
        given("--before-kallsyms", options.before_kallsyms.is_some()),
        given("--after-kallsyms", options.after_kallsyms.is_some()),
        given("--symfs", !options.symfs.is_empty()),
        given("--guestkallsyms", options.guests.guestkallsyms.is_some()),
        given("--guestmodules", options.guests.guestmodules.is_some()),
        given("--guestvmlinux", options.guests.guestvmlinux.is_some()),
        given("--guestmount", options.guests.guestmount.is_some()),
        given("--buildid-dir", !options.buildid_dir.is_empty()),
        given("--debug-dir", !options.debug_dir.is_empty()),
        given("--weight", options.weight.is_some()),
        given("--group", options.group.is_some()),
        given("--no-tag", options.no_tag),
        given("--no-idle", options.no_idle),
        given("--max-stack", options.names.max_stack.is_some()),
        given("--no-demangle", options.names.no_demangle),
        given("--inline", options.names.inline),
        given("--no-inline", options.names.no_inline),
        given("--lines", options.names.lines),
        given("--short-names", options.names.short_names),
        given("--stitch-lbr", options.names.stitch_lbr),
        given("--keep-garbage", options.names.keep_garbage),
    ];
    warnings.into_iter().flatten()
}

/// The line for an option that does nothing here.
fn warning(name: &str, is_unused: bool, why: &str) -> Option<String> {
    is_unused.then(|| format!("warning: {name} has no effect: {why}"))
}
