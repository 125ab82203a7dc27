//! What to do, each line of evidence with a link to the row that shows it.

use super::model::PageSide;
use super::section::{id_of, write_absence};
use crate::kvm::advice::{ExitSite, RowSubject};
use crate::output::html::Markup;
use crate::report::advice::{AdviceItem, AdviceLine, advice_items, nothing_found};
use crate::report::table::slug;

/// What the links of advice may lead to.
#[derive(Clone, Copy)]
pub(super) struct Elsewhere<'m> {
    pub(super) before: &'m Markup,
    pub(super) behind: &'m Markup,
}

impl Elsewhere<'_> {
    fn has_id(self, id: &str) -> bool {
        self.before.has_id(id) || self.behind.has_id(id)
    }
}

/// Writes the findings.
pub(super) fn write_advice(markup: &mut Markup, side: &PageSide<'_>, elsewhere: Elsewhere<'_>) {
    let advice = side.advice;
    let items = advice_items(advice.evidence, advice.findings);
    if items.is_empty() {
        return write_absence(markup, nothing_found(advice.evidence));
    }
    let mut before = None;
    for (number, item) in (1_usize..).zip(&items) {
        if before.replace(item.group) != Some(item.group) {
            markup.tag("h3").text(item.group.words());
        }
        let id = id_of(side, &format!("advice-{number}"));
        let start = markup.tag("article").with("class", "advice-item");
        start.with_id(&id).holding(|markup| {
            let head = format!("{number}. {}", item.head);
            markup.tag("h4").text(&head);
            write_lines(markup, side, item, elsewhere);
        });
    }
}

/// Lines of one label are one entry.
fn write_lines(
    markup: &mut Markup,
    side: &PageSide<'_>,
    item: &AdviceItem,
    elsewhere: Elsewhere<'_>,
) {
    let mut lines = item.lines.lines.as_slice();
    markup.tag("dl").with("class", "facts").holding(|markup| {
        while let Some((first, rest)) = lines.split_first() {
            let more = rest.iter().take_while(|line| line.label.is_empty()).count();
            let (entry, left) = lines.split_at(more + 1);
            markup.tag("dt").text(first.label.trim_start());
            markup.tag("dd").holding(|markup| {
                for line in entry {
                    write_line(markup, side, line, elsewhere);
                }
            });
            lines = left;
        }
    });
}

fn write_line(
    markup: &mut Markup,
    side: &PageSide<'_>,
    line: &AdviceLine,
    elsewhere: Elsewhere<'_>,
) {
    let element = if line.is_exact { "pre" } else { "p" };
    markup.tag(element).holding(|markup| {
        let place = line.subject.as_ref();
        match place.and_then(|subject| place_of(side, subject, elsewhere)) {
            Some(id) => markup
                .tag("a")
                .with("href", &format!("#{id}"))
                .text(&line.text),
            None => markup.text(&line.text),
        }
    });
}

/// The row that shows something, else the table; `None` where neither is in the page.
fn place_of(side: &PageSide<'_>, subject: &RowSubject, elsewhere: Elsewhere<'_>) -> Option<String> {
    let (table, row) = match subject {
        RowSubject::Exits {
            reason,
            place,
            direction,
            ..
        } => {
            let of_place = |table: &'static str, number: u64| {
                (table, format!("{number:#x} {}", direction.as_str()))
            };
            match place {
                Some(ExitSite::Port(port)) => of_place("exits-port", (*port).into()),
                Some(ExitSite::Apic(register)) => of_place("exits-apic", (*register).into()),
                Some(ExitSite::Msr(index)) => of_place("exits-msr", (*index).into()),
                Some(ExitSite::Gpa(gpa)) => of_place("exits-mmio", *gpa),
                Some(ExitSite::Hypercall(number)) => of_place("exits-hypercall", *number),
                Some(ExitSite::Memory) | None => ("exits-reason", reason.clone()),
            }
        }
        RowSubject::Function(name) => ("functions", (*name).to_owned()),
        RowSubject::Tag(_) => ("time", String::new()),
    };
    let table = id_of(side, table);
    let row = format!("{table}-{}", slug(&row));
    [row, table].into_iter().find(|id| elsewhere.has_id(id))
}
