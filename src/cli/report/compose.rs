//! The page of one capture or of two.

use std::io::{self, Write};

use super::options::PageOptions;
use super::side::SideRead;
use vmflame::diff::Comparison;
use vmflame::report::exits::ExitAnswer;
use vmflame::report::page::{PageSide, ReportPage, SideAdvice, write_page};

/// Writes the page.
pub(super) fn compose(
    options: &PageOptions,
    sides: &[SideRead],
    changes: Option<&Result<Comparison, String>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let default = sides.first().map_or("", |side| &side.title);
    let title = options.title.as_deref().unwrap_or(default);
    let arguments = arguments();
    let page = ReportPage {
        title,
        sides: sides.iter().map(page_side).collect(),
        comparison: changes.map(|changes| changes.as_ref().map_err(String::clone)),
        arguments: &arguments,
    };
    write_page(&page, out)
}

fn page_side(side: &SideRead) -> PageSide<'_> {
    let mut warnings = side.provenance.warnings.clone();
    warnings.extend(side.devices.warnings.iter().cloned());
    let mut provenance = side.provenance.tables.clone();
    provenance.facts.extend(side.devices.fact());
    PageSide {
        role: side.role,
        source: &side.source,
        subtitle: side.subtitle.clone(),
        profile: side.profile.as_ref().map_err(String::clone),
        threads: side.threads.as_ref().map_err(String::clone),
        exits: ExitAnswer {
            recorded: &side.recorded,
            devices: &side.devices.map,
            guests: &side.guests,
            source: &side.source,
            slow_stacks: &side.slow_stacks,
            kernel_stacks: &side.kernel_stacks,
        },
        slices: side.slices,
        advice: SideAdvice {
            evidence: &side.evidence,
            findings: &side.findings,
        },
        provenance,
        warnings,
    }
}

/// The arguments that make a difference to what is in the page: not where it is written, nor with how
/// many threads.
fn arguments() -> Vec<String> {
    let mut all = std::env::args().skip(1);
    let mut told = vec!["vmflame".to_owned()];
    while let Some(argument) = all.next() {
        let is_named = |short: &str, long: &str| argument == short || argument == long;
        if is_named("-o", "--output") || argument == "--threads" {
            drop(all.next());
        } else if !(is_named("-q", "--quiet")
            || argument.starts_with("--output=")
            || argument.starts_with("--threads=")
            || argument.starts_with("-o") && !argument.starts_with("--"))
        {
            told.push(argument);
        }
    }
    told
}
