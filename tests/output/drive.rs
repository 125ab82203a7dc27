//! Drives an SVG in headless Chromium with real events.
//!
//! Each test opens a page that holds the SVG in a frame, drives it with real events, and writes
//! its findings as `name=value` lines into the page, which Chromium prints. Without Chromium the
//! tests pass and say so; where `VMFLAME_REQUIRE_BROWSER` is set they fail.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "tells why a test did nothing")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::shared::skipped;

/// What every page defines: `d` is the SVG's document, `say` reports, `box` finds by name.
const PRELUDE: &str = r##"
function box(name) {
    return Array.from(d.querySelectorAll(".frames > g")).find(function (g) {
        return g.querySelector("title").textContent.indexOf(name + " (") === 0;
    });
}
function say(name, value) { document.getElementById("said").textContent += name + "=" + value + "\n"; }
function shown(name) { return w.getComputedStyle(box(name)).display !== "none"; }
function click(e) { e.dispatchEvent(new w.MouseEvent("click", {bubbles: true})); }
function key(e, k) {
    e.dispatchEvent(new w.KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}));
}
function entry(k) { return d.querySelector('.entry[data-key="' + k + '"]'); }
function picked() {
    return Array.from(d.querySelectorAll(".frames > g")).filter(function (g) {
        return w.getComputedStyle(g).opacity === "1";
    }).length;
}
function text(name) { return d.querySelector("." + name).textContent.trim(); }
function find(name) { return d.querySelector("." + name); }
function share(name) {
    var all = parseFloat(find("frames").getAttribute("width"));
    return (box(name).querySelector("rect").getBoundingClientRect().width / all).toFixed(3);
}
function fill(name) { return w.getComputedStyle(box(name).querySelector("rect")).fill; }
"##;

pub(crate) fn chromium() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find(|name| {
        let mut version = Command::new(name);
        version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    });
    if found.is_none() {
        assert!(
            std::env::var_os("VMFLAME_REQUIRE_BROWSER").is_none(),
            "chromium is not installed"
        );
        skipped("chromium is not installed");
    }
    found
}

/// A directory of its own for each test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{test}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `steps` (with `w`, the SVG's window, and `d`, its document) and returns what they said;
/// `None` without a browser.
pub(crate) fn drive(
    test: &str,
    query: &str,
    svg: &str,
    steps: &str,
) -> Option<BTreeMap<String, String>> {
    let browser = chromium()?;
    let folder = folder(test);
    std::fs::write(folder.join("picture.svg"), svg).unwrap();
    let page = format!(
        "<!doctype html><meta charset=utf-8><pre id=said></pre>\
         <iframe id=f src='picture.svg{query}' width=1200 height=600></iframe><script>\
         var w, d; {PRELUDE} window.onload = function () {{ setTimeout(function () {{ try {{ \
         w = document.getElementById('f').contentWindow; d = w.document; {steps} \
         say('done', 'yes'); }} catch (e) {{ say('error', e); }} }}, 500); }};</script>"
    );
    std::fs::write(folder.join("page.html"), page).unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args([
            "--no-first-run",
            "--disable-background-networking",
            "--disable-sync",
        ])
        .args(["--disable-component-update", "--disable-dev-shm-usage"])
        .args([
            "--allow-file-access-from-files",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("file://{}", folder.join("page.html").display()))
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let said = page.split("<pre id=\"said\">").nth(1).unwrap_or_default();
    let said = said.split("</pre>").next().unwrap_or_default();
    let said: BTreeMap<String, String> = said
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| {
            (
                name.to_owned(),
                value
                    .replace("&amp;", "&")
                    .replace("&lt;", "<")
                    .replace("&nbsp;", "\u{a0}"),
            )
        })
        .collect();
    assert_eq!(
        said.get("done").map(String::as_str),
        Some("yes"),
        "{test}: {said:?}"
    );
    Some(said)
}
