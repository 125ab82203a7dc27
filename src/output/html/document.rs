//! The document around the sections.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::colours::colour_rules;
use super::markup::Markup;
use crate::bytes::Packing;

/// The style of the page; rules of colours are added.
const STYLE: &str = include_str!("page.css");

/// The script of the page.
const SCRIPT: &str = include_str!("page.js");

/// A document that is to be written.
#[derive(Debug)]
pub(crate) struct Document<'d> {
    /// What a window or a tab shows; may be hostile.
    pub(crate) title: &'d str,
    /// What is between `<body>` and the data.
    pub(crate) body: Markup,
    /// What the script reads.
    pub(crate) data: &'d [u8],
}

/// Writes a document. The same content gives the same bytes.
///
/// # Errors
/// When `out` fails.
pub(crate) fn write_document(document: Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Document { title, body, data } = document;
    let style = style();
    let head = head_of(title, &policy(&style, SCRIPT));
    write_start(&head, &style, body, out)?;
    write!(
        out,
        "<script type=\"application/octet-stream\" id=\"data\">{}</script>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        packed(data)?
    )
}

/// Writes a document of the same looks that runs no script.
///
/// # Errors
/// When `out` fails.
pub(crate) fn write_plain_document(
    title: &str,
    body: Markup,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = style();
    // Of nothing, which no script is.
    let head = head_of(title, &policy(&style, ""));
    write_start(&head, &style, body, out)?;
    out.write_all(b"</body>\n</html>\n")
}

fn style() -> String {
    format!("{STYLE}\n{}", colour_rules())
}

fn write_start(head: &str, style: &str, body: Markup, out: &mut dyn Write) -> io::Result<()> {
    let body = body.into_string();
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n{head}\n<style>{style}</style>\n</head>\n\
         <body>\n{body}\n"
    )
}

/// What is in the head, but for the style.
fn head_of(title: &str, policy: &str) -> String {
    let mut head = Markup::default();
    head.tag("meta").with("charset", "utf-8").void();
    head.tag("meta")
        .with("http-equiv", "Content-Security-Policy")
        .with("content", policy)
        .void();
    head.tag("meta")
        .with("name", "viewport")
        .with("content", "width=device-width, initial-scale=1")
        .void();
    head.tag("meta")
        .with("name", "color-scheme")
        .with("content", "light dark")
        .void();
    head.tag("meta")
        .with("name", "referrer")
        .with("content", "no-referrer")
        .void();
    head.tag("meta")
        .with("name", "generator")
        .with("content", concat!("vmflame ", env!("CARGO_PKG_VERSION")))
        .void();
    // Without one, browsers ask the server of `view` for an icon.
    head.tag("link")
        .with("rel", "icon")
        .with("href", "data:,")
        .void();
    head.tag("title").text(title);
    head.into_string()
}

/// The bytes in gzip and base64.
fn packed(data: &[u8]) -> io::Result<String> {
    let mut bytes = Vec::new();
    Packing::Gzip.pack(&mut bytes, |out| out.write_all(data))?;
    Ok(STANDARD.encode(bytes))
}

/// What browsers let the document do: run its one script and use its one style. Blocks of data are
/// not run and need no leave.
///
/// Source: Content Security Policy Level 3, sections 2.3.1 and 6.7.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        format!("'sha256-{}'", STANDARD.encode(digest))
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(script),
        hash(style)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: `printf abc | openssl dgst -sha256 -binary | base64`.
    #[test]
    fn the_policy_names_script_and_style_by_their_hashes() {
        let abc = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='";
        let policy = policy("abc", "abc");
        assert!(policy.contains(&format!("script-src {abc}; style-src {abc}; ")));
        assert!(policy.starts_with("default-src 'none'; "));
    }

    /// Such a text would end the element that holds it.
    #[test]
    fn script_and_style_do_not_end_themselves() {
        for text in [SCRIPT, STYLE] {
            let text = text.to_ascii_lowercase();
            assert!(!text.contains("</script") && !text.contains("</style"));
            assert!(!text.contains("<!--"));
        }
    }
}
