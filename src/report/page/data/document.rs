//! The whole of what the script reads.

use serde_json::{Map, Value, json};

use super::exit_rows::ExitRows;
use super::graph::GraphData;
use super::people::People;
use super::time_grid::TimeGrid;
use crate::output::html::{PaletteColour, change_colours, kind_colours, tag_colours};
use crate::report::exits::ExitGraph;
use crate::report::page::model::PageSide;

/// A side with what its tables and its data have in common.
#[derive(Clone, Copy)]
pub(in crate::report::page) struct SideData<'s> {
    pub(in crate::report::page) side: &'s PageSide<'s>,
    pub(in crate::report::page) graph: &'s ExitGraph,
    pub(in crate::report::page) people: &'s People,
    pub(in crate::report::page) exits: &'s ExitRows,
}

/// The document. The same sides give the same bytes.
pub(in crate::report::page) fn data_of<'s>(sides: impl Iterator<Item = SideData<'s>>) -> Vec<u8> {
    let sides: Vec<Value> = sides.map(|side| side.as_json()).collect();
    let times = match &sides[..] {
        [side] => side.get("times").cloned(),
        _ => None,
    };
    let palette = |colours: Vec<PaletteColour>| -> Value {
        let colours = colours.into_iter().map(|colour| {
            json!({
                "name": colour.name,
                "label": colour.label,
                "light": colour.light,
                "dark": colour.dark,
                "ink": colour.light_ink,
                "darkInk": colour.dark_ink,
            })
        });
        colours.collect()
    };
    let changes = change_colours();
    let changes = (sides.len() > 1).then(|| {
        json!({
            "less": changes.less,
            "more": changes.more,
            "same": changes.same,
            "steps": changes.steps,
        })
    });
    let document = json!({
        "version": 1,
        "times": times,
        "changes": changes,
        "tags": palette(tag_colours()),
        "kinds": palette(kind_colours()),
        "sides": sides,
    });
    document.to_string().into_bytes()
}

impl SideData<'_> {
    fn as_json(&self) -> Value {
        let Self {
            side,
            graph,
            people,
            exits,
        } = *self;
        let profile = side.profile.as_ref().ok();
        let cpu = profile.and_then(|profile| GraphData::of_samples(profile, people));
        let of_exits = (!graph.stacks.is_empty()).then(|| GraphData::of_exits(graph, people));
        let last = side.exits.recorded.times.map(|(_, last)| last);
        let sampled = cpu.as_ref().and_then(GraphData::last);
        let mut grid = TimeGrid::new(side.slices, last.max(sampled));
        let graphs = || cpu.iter().chain(&of_exits);
        while graphs().any(|graph| grid.is_too_fine(graph.rows(&grid)))
            || grid.is_too_fine(exits.rows(graph, people, &grid))
        {
            grid = grid.coarser();
        }
        let mut told = Map::new();
        for (name, graph) in [("cpu", &cpu), ("exits", &of_exits)] {
            if let Some(graph) = graph {
                told.insert(name.to_owned(), graph.as_json(&grid));
            }
        }
        json!({
            "label": side.role.map_or("", |role| role.as_str()),
            "source": side.source,
            "times": grid.as_json(),
            "vms": people.vms_json(),
            "threads": people.threads_json(),
            "graphs": told,
            "exits": exits.as_json(graph, people, &grid),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::KINDS;
    use super::*;

    /// Frames name their kinds by places in the palette.
    #[test]
    fn kinds_are_those_of_the_palette() {
        let names: Vec<&str> = kind_colours().iter().map(|colour| colour.name).collect();
        assert_eq!(names, KINDS);
        for (place, colour) in tag_colours().into_iter().enumerate() {
            assert_eq!(
                crate::stack::Tag::ALL[place] as usize,
                place,
                "{}",
                colour.name
            );
        }
    }
}
