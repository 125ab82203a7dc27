//! A page that leads to those of several captures.

use std::io::{self, Write};

use super::model::SideAdvice;
use crate::output::html::{Markup, write_plain_document};
use crate::report::advice::{advice_items, nothing_found};
use crate::text::counted;

/// A page of one capture among several. Texts may be hostile; they are made safe.
#[derive(Debug)]
pub struct ListedPage {
    /// Where the page is.
    pub href: String,
    /// The capture, as the user knows it.
    pub source: String,
    /// What stands above the page.
    pub title: String,
    /// What it is of, in one line.
    pub subtitle: String,
    /// What makes its VMs slow, most important first; by [`ListedPage::found`].
    pub found: Vec<String>,
}

impl ListedPage {
    /// What rules found, a line each, or that they found nothing.
    pub fn found(advice: SideAdvice<'_>) -> Vec<String> {
        let items = advice_items(advice.evidence, advice.findings);
        if items.is_empty() {
            return vec![nothing_found(advice.evidence).to_owned()];
        }
        items.into_iter().map(|item| item.head).collect()
    }
}

/// Writes a page with a link to each, and what each says is to do.
///
/// # Errors
/// When `out` fails.
pub fn write_contents(pages: &[ListedPage], out: &mut dyn Write) -> io::Result<()> {
    let number = u64::try_from(pages.len()).unwrap_or(u64::MAX);
    let title = counted(number, "capture");
    let mut body = Markup::default();
    body.tag("header").with("class", "page").holding(|markup| {
        markup.tag("h1").text(&title);
    });
    body.tag("main").holding(|markup| {
        for page in pages {
            markup
                .tag("section")
                .holding(|markup| write_listed(markup, page));
        }
    });
    write_plain_document(&title, body, out)
}

fn write_listed(markup: &mut Markup, page: &ListedPage) {
    markup.tag("h2").holding(|markup| {
        let link = markup.tag("a").with("href", &page.href);
        link.text(&page.title);
    });
    for line in [&page.source, &page.subtitle] {
        markup.tag("p").with("class", "note").text(line);
    }
    markup.tag("ul").holding(|markup| {
        for line in &page.found {
            markup.tag("li").text(line);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captures may be called anything, and their page runs nothing.
    #[test]
    fn pages_are_listed_by_names_that_are_text() {
        let page = ListedPage {
            href: "1/".to_owned(),
            source: "<script>alert(1)</script>".to_owned(),
            title: "a\"><img src=x>".to_owned(),
            subtitle: String::new(),
            found: vec!["</li>".to_owned()],
        };
        let mut out = Vec::new();
        write_contents(&[page], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("<h1>1 capture</h1>"));
        assert!(text.contains("<a href=\"1/\">a&quot;&gt;&lt;img src=x&gt;</a>"));
        assert!(!text.contains("<script") && !text.contains("<img"));
    }
}
