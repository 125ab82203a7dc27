//! Flame graphs without scripts.

use super::functions::function_table;
use super::model::PageSide;
use super::section::{id_of, name_of, side_number, write_absence};
use crate::analysis::Profile;
use crate::output::html::{Markup, StillPicture, StillSums, write_still};
use crate::report::exits::ExitGraph;
use crate::report::table::{HtmlTable, TableMarks, write_html};
use crate::stack::{CallTree, FrameTable};
use crate::text::{counted, grouped, quantity};

/// A graph of one side.
struct SideGraph<'g> {
    /// What the script calls it.
    graph: &'static str,
    tree: &'g CallTree,
    frames: &'g FrameTable,
    unit: &'g str,
    /// What a box is, in a sentence.
    about: String,
}

/// Writes the picture of samples, with its functions as a table.
pub(super) fn write_flame(markup: &mut Markup, side: &PageSide<'_>) {
    let profile: &Profile = match &side.profile {
        Ok(profile) => profile,
        Err(why) => return write_absence(markup, why),
    };
    let tree = profile.tree();
    let drawn = SideGraph {
        graph: "cpu",
        tree: &tree,
        frames: &profile.frames,
        unit: &profile.unit,
        about: format!("samples of {}", profile.event_name),
    };
    write_figure(markup, side, &drawn);
    let functions = function_table(&tree, &profile.frames, &profile.unit);
    let id = id_of(side, "functions");
    let place = HtmlTable {
        id: &id,
        keys: &["function"],
        marks: TableMarks::default(),
        all_rows: "vmflame convert --format folded has all stacks",
    };
    write_html(&functions, &place, markup);
}

/// Writes the picture of exits.
pub(super) fn write_exit_flame(markup: &mut Markup, side: &PageSide<'_>, exits: &ExitGraph) {
    let tree = exits.tree();
    if tree.root().total == 0 {
        let why = if side.exits.recorded.survey.counts().exits == 0 {
            "No exits were recorded: perf record -e kvm:kvm_exit,kvm:kvm_entry shows them."
        } else {
            "No entry follows any of the recorded exits, so that it is not known how long they \
             took: record kvm:kvm_entry too."
        };
        return write_absence(markup, why);
    }
    let drawn = SideGraph {
        graph: "exits",
        tree: &tree,
        frames: &exits.frames,
        unit: &exits.unit,
        about: "the time from each exit to the entry that follows, by VM, vCPU, reason, what was \
                reached and where the time went"
            .to_owned(),
    };
    write_figure(markup, side, &drawn);
    if exits.untimed > 0 {
        let words = format!(
            "{} without width: no entry follows, so that their time is not known",
            counted(exits.untimed, "exit")
        );
        markup.tag("p").with("class", "note").text(&words);
    }
}

fn write_figure(markup: &mut Markup, side: &PageSide<'_>, drawn: &SideGraph<'_>) {
    let total = quantity(drawn.tree.root().total, drawn.unit);
    let label = format!("Flame graph of {}: {}, {total}", name_of(side), drawn.about);
    let start = markup.tag("figure").with("class", "graph");
    let start = start.with("data-graph", drawn.graph);
    start
        .with("data-side", side_number(side))
        .holding(|markup| {
            let sums = write_still(
                markup,
                &StillPicture {
                    tree: drawn.tree,
                    frames: drawn.frames,
                    unit: drawn.unit,
                    label: &label,
                },
            );
            let mut words = format!(
                "{total}: {}. A box is as wide as its share; callees stand above their callers.",
                drawn.about
            );
            words.push_str(&left_out_words(sums));
            markup.tag("figcaption").text(&words);
        });
}

fn left_out_words(sums: StillSums) -> String {
    if sums.left_out == 0 {
        return String::new();
    }
    format!(
        " {} narrower than 0.2 % or far up are not drawn here; with scripts, zooming shows them.",
        if sums.left_out == 1 {
            "1 box".to_owned()
        } else {
            format!("{} boxes", grouped(sums.left_out as u64))
        }
    )
}
