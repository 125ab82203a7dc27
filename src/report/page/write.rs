//! The sections of a page, in their order.

use std::io::{self, Write};

use super::advice::{Elsewhere, write_advice};
use super::changes::write_changes;
use super::data::{ExitRows, People, SideData, data_of};
use super::finding::write_finding;
use super::graphs::{write_exit_flame, write_flame};
use super::heat::write_heat;
use super::model::{PageSide, ReportPage, graph_of};
use super::quality::{write_making, write_quality};
use super::sampled_threads::write_sampled_threads;
use super::section::{PageSection, name_of, of_sides};
use super::tables::{
    DataNumbers, ExitSections, exit_sections, write_exits, write_ready, write_slowest,
    write_threads,
};
use super::time_use::{TimeUses, time_uses};
use crate::output::html::{Document, Markup, write_document};
use crate::report::exits::{ExitGraph, exit_graph};

const FINDING: PageSection = section("finding", "What the time went to");
const ADVICE: PageSection = section("advice", "What to do");
const CHANGES: PageSection = section("changes", "What changed");
const FLAME: PageSection = section("flame", "Flame graph");
const EXIT_FLAME: PageSection = section("exit-flame", "Flame graph of exits");
const THREADS: PageSection = section("threads", "Threads");
const HEAT: PageSection = section("heat", "Over time");
const EXITS: PageSection = section("exits", "Exits");
const SLOWEST: PageSection = section("slowest", "Slowest exits");
const READY: PageSection = section("ready", "Waiting for a CPU");
const QUALITY: PageSection = section("quality", "Quality and origin");

const fn section(id: &'static str, heading: &'static str) -> PageSection {
    PageSection { id, heading }
}

/// What is made of a side once, for several sections.
struct Prepared {
    graph: ExitGraph,
    people: People,
    rows: ExitRows,
    uses: TimeUses,
    tables: ExitSections,
}

impl Prepared {
    fn of(side: &PageSide<'_>) -> Self {
        let graph = exit_graph(side.exits, graph_of(side.slices));
        Self {
            people: People::of(side),
            rows: ExitRows::of(&graph),
            uses: time_uses(side, &graph),
            tables: exit_sections(side),
            graph,
        }
    }
}

/// Writes the page. The same input gives the same bytes.
///
/// # Errors
/// When `out` fails.
pub fn write_page(page: &ReportPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let prepared: Vec<Prepared> = page.sides.iter().map(Prepared::of).collect();
    let mut sections = vec![FINDING];
    sections.extend(page.comparison.as_ref().map(|_| CHANGES));
    sections.extend([
        ADVICE, FLAME, HEAT, EXIT_FLAME, THREADS, EXITS, SLOWEST, READY, QUALITY,
    ]);
    // What advice leads to is written first, so that no link leads nowhere.
    let mut shown = Markup::default();
    let mut rest = Markup::default();
    write_first(&mut shown, page, &prepared);
    write_rest(&mut rest, page, &prepared);
    let mut advice = Markup::default();
    let elsewhere = Elsewhere {
        before: &shown,
        behind: &rest,
    };
    ADVICE.write(&mut advice, |markup| {
        of_sides(markup, page, |markup, side| {
            write_advice(markup, side, elsewhere);
        });
    });
    let mut body = Markup::default();
    write_head(&mut body, page, &sections);
    body.tag("main").holding(|markup| {
        markup.append(shown);
        markup.append(advice);
        markup.append(rest);
    });
    let sides = page.sides.iter().zip(&prepared);
    let data = data_of(sides.map(|(side, prepared)| SideData {
        side,
        graph: &prepared.graph,
        people: &prepared.people,
        exits: &prepared.rows,
    }));
    let document = Document {
        title: page.title,
        body,
        data: &data,
    };
    write_document(document, out)
}

/// The heading, and links to the sections.
fn write_head(markup: &mut Markup, page: &ReportPage<'_>, sections: &[PageSection]) {
    markup
        .tag("header")
        .with("class", "page")
        .holding(|markup| {
            markup.tag("h1").text(page.title);
            for side in &page.sides {
                let name = match side.role {
                    Some(_) => format!("{} · {}", name_of(side), side.subtitle),
                    None => side.subtitle.clone(),
                };
                markup.tag("p").with("class", "subtitle").text(&name);
            }
            markup
                .tag("nav")
                .with("aria-label", "Sections")
                .holding(|markup| {
                    markup.tag("ul").holding(|markup| {
                        for section in sections {
                            markup.tag("li").holding(|markup| {
                                let href = format!("#{}", section.id);
                                markup.tag("a").with("href", &href).text(section.heading);
                            });
                        }
                    });
                });
        });
}

/// What stands before the advice.
fn write_first(markup: &mut Markup, page: &ReportPage<'_>, prepared: &[Prepared]) {
    FINDING.write(markup, |markup| {
        let mut prepared = prepared.iter();
        of_sides(markup, page, |markup, side| {
            if let Some(prepared) = prepared.next() {
                write_finding(markup, side, &prepared.uses);
            }
        });
    });
    if page.comparison.is_some() {
        CHANGES.write(markup, |markup| write_changes(markup, page));
    }
}

/// What stands behind it.
fn write_rest(markup: &mut Markup, page: &ReportPage<'_>, prepared: &[Prepared]) {
    type Write = fn(&mut Markup, &PageSide<'_>, &Prepared);
    let writers: [(PageSection, Write); 7] = [
        (FLAME, |markup, side, _| write_flame(markup, side)),
        (HEAT, |markup, side, prepared| {
            write_heat(markup, side, &prepared.graph);
        }),
        (EXIT_FLAME, |markup, side, prepared| {
            write_exit_flame(markup, side, &prepared.graph);
        }),
        (THREADS, |markup, side, prepared| {
            write_threads(markup, side);
            write_sampled_threads(markup, side, &prepared.people);
        }),
        (EXITS, |markup, side, prepared| {
            let numbers = DataNumbers {
                people: &prepared.people,
                rows: (!prepared.graph.cells.is_empty()).then_some(&prepared.rows),
            };
            write_exits(markup, side, &prepared.tables, numbers);
        }),
        (SLOWEST, |markup, side, prepared| {
            write_slowest(markup, side, &prepared.tables);
        }),
        (READY, |markup, side, prepared| {
            write_ready(markup, side, &prepared.tables);
        }),
    ];
    for (section, write) in writers {
        section.write(markup, |markup| {
            let mut prepared = prepared.iter();
            of_sides(markup, page, |markup, side| {
                if let Some(prepared) = prepared.next() {
                    write(markup, side, prepared);
                }
            });
        });
    }
    QUALITY.write(markup, |markup| {
        of_sides(markup, page, write_quality);
        write_making(markup, page);
    });
}
