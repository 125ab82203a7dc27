//! A page of a cohort: what is found in how many hosts, merged stacks, exits added up.
//!
//! It runs no script: what a reader zooms into is one capture, whose page `report` writes.

use std::io::{self, Write};

use super::section::PageSection;
use crate::output::html::{Markup, StillPicture, write_plain_document, write_still};
use crate::report::dataset::CohortStacks;
use crate::report::table::{HtmlTable, TableMarks, TableReport, write_html, write_meanings};
use crate::text::{counted, grouped};

/// What a page of a cohort is made of. Texts may be hostile; they are made safe.
#[derive(Debug)]
pub struct CohortPage<'p> {
    /// Shown above all.
    pub title: &'p str,
    /// The lines below it: the condition, and what passes.
    pub subtitles: Vec<String>,
    /// How often rules spoke.
    pub advice: &'p TableReport,
    /// Merged stacks; `None` where no sample passes.
    pub stacks: Option<&'p CohortStacks>,
    /// Exits, told apart in several ways; none where no exit passes.
    pub exits: &'p [TableReport],
}

const ADVICE: PageSection = section("advice", "What was found, in how many hosts");
const FLAME: PageSection = section("flame", "Flame graph");
const EXITS: PageSection = section("exits", "Exits");

const fn section(id: &'static str, heading: &'static str) -> PageSection {
    PageSection { id, heading }
}

/// Writes the page. The same input gives the same bytes.
///
/// # Errors
/// When `out` fails.
pub fn write_cohort_page(page: &CohortPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut body = Markup::default();
    body.tag("header").with("class", "page").holding(|markup| {
        markup.tag("h1").text(page.title);
        for line in &page.subtitles {
            markup.tag("p").with("class", "note").text(line);
        }
    });
    body.tag("main").holding(|markup| {
        ADVICE.write(markup, |markup| write_tables(markup, page.advice, "advice"));
        FLAME.write(markup, |markup| write_flame(markup, page.stacks));
        EXITS.write(markup, |markup| {
            for (number, tables) in page.exits.iter().enumerate() {
                write_tables(markup, tables, &format!("exits-{number}"));
            }
            if page.exits.is_empty() {
                let why = "No exit passes the condition, or none was recorded.";
                markup.tag("p").with("class", "note").text(why);
            }
        });
        let all = std::iter::once(page.advice).chain(page.exits);
        write_meanings(all.flat_map(|tables| &tables.tables), markup);
    });
    write_plain_document(page.title, body, out)
}

fn write_tables(markup: &mut Markup, tables: &TableReport, id: &str) {
    for warning in &tables.warnings {
        markup.tag("p").with("class", "note").text(warning);
    }
    for table in &tables.tables {
        let place = HtmlTable {
            id,
            keys: &[],
            marks: TableMarks::default(),
            all_rows: "--json of vmflame exits and advise has all rows",
        };
        write_html(table, &place, markup);
    }
}

fn write_flame(markup: &mut Markup, stacks: Option<&CohortStacks>) {
    let Some(stacks) = stacks else {
        let why = "No sample passes the condition, or none was recorded.";
        return markup.tag("p").with("class", "note").text(why);
    };
    let tree = stacks.tree();
    let words = format!(
        "{} of {}",
        counted(stacks.samples, "sample"),
        stacks.facts.words()
    );
    let label = format!("Flame graph: {words}");
    let figure = markup.tag("figure").with("class", "graph");
    figure.holding(|markup| {
        let picture = StillPicture {
            tree: &tree,
            frames: &stacks.frames,
            unit: "samples",
            label: &label,
        };
        let sums = write_still(markup, &picture);
        let mut caption = format!(
            "{words}. A box is as wide as its share; callees stand above their callers. vmflame \
             convert draws the same with search and zoom."
        );
        if sums.left_out > 0 {
            let left_out = grouped(sums.left_out as u64);
            caption.push_str(&format!(" Narrower than 0.2 % and not drawn: {left_out}."));
        }
        markup.tag("figcaption").text(&caption);
    });
}
