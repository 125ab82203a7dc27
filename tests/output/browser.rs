//! The SVG in a browser: headless Chromium clicks, types and reports what the document says.
//!
//! Each test opens a page that holds the SVG in a frame, drives it with real events, and writes
//! its findings as `name=value` lines into the page, which Chromium prints. Without Chromium the
//! tests pass and say so; where `VMFLAME_REQUIRE_BROWSER` is set they fail.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::panic, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "tells why a test did nothing")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::svg_trees::{Sample, draw, picture};
use crate::common::shared::skipped;
use vmflame::stack::Tag;

const KVM: [Sample<'static>; 5] = [
    ("qemu;vcpu_run;!handle_pio;outb", Tag::ExitPio, 30),
    ("qemu;vcpu_run;!handle_pio", Tag::Entry, 12),
    ("qemu;vcpu_run;!vmx_vcpu_run", Tag::Guest, 40),
    ("qemu;main_loop", Tag::Host, 8),
    ("swapper;!halt", Tag::Idle, 10),
];

/// What every page defines: `d` is the SVG's document, `say` reports, `box` finds by name.
const PRELUDE: &str = r##"
function box(name) {
    return Array.from(d.querySelectorAll("#frames > g")).find(function (g) {
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
    return Array.from(d.querySelectorAll("#frames > g")).filter(function (g) {
        return w.getComputedStyle(g).opacity === "1";
    }).length;
}
function text(id) { return d.getElementById(id).textContent.trim(); }
function fill(name) { return w.getComputedStyle(box(name).querySelector("rect")).fill; }
"##;

fn chromium() -> Option<&'static str> {
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
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{test}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `steps` (with `w`, the SVG's window, and `d`, its document) and returns what they said;
/// `None` without a browser.
fn drive(test: &str, query: &str, svg: &str, steps: &str) -> Option<BTreeMap<String, String>> {
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

fn drive_kvm(test: &str, query: &str, steps: &str) -> Option<BTreeMap<String, String>> {
    drive(test, query, &draw(&KVM, &picture(&KVM)), steps)
}

#[test]
fn a_legend_entry_marks_its_boxes_until_clicked_again_or_escape() {
    let said = drive_kvm(
        "legend",
        "",
        "say('before', picked());
         click(entry('exit:pio').querySelector('text'));
         say('pressed', entry('exit:pio').getAttribute('aria-pressed'));
         say('marked', picked()); say('status', text('picked'));
         say('dim', w.getComputedStyle(box('qemu')).opacity < 0.5);
         say('url', w.location.search);
         click(entry('guest')); say('other', picked());
         say('released', entry('exit:pio').getAttribute('aria-pressed'));
         click(entry('guest')); say('again', picked()); say('silent', text('picked') === '');
         key(entry('idle'), 'Enter'); say('enter', picked());
         key(entry('idle'), 'Escape'); say('escape', picked());
         key(entry('host'), ' '); say('host', picked());
         say('tab', d.querySelectorAll('.entry[tabindex=\"0\"][role=button]').length);",
    );
    let Some(said) = said else { return };
    assert_eq!(said["before"], "10");
    assert_eq!(said["pressed"], "true");
    // handle_pio and outb.
    assert_eq!(said["marked"], "2");
    assert_eq!(
        said["status"],
        "VM exit: port I/O: 30 samples, 30.00\u{a0}%"
    );
    assert_eq!(said["dim"], "true");
    assert_eq!(said["url"], "?t=exit%3Apio");
    assert_eq!((&*said["other"], &*said["released"]), ("1", "false"));
    assert_eq!((&*said["again"], &*said["silent"]), ("10", "true"));
    assert_eq!((&*said["enter"], &*said["escape"]), ("1", "10"));
    // all, qemu, main_loop.
    assert_eq!(said["host"], "3");
    assert_eq!(said["tab"], "5");
}

#[test]
fn a_click_zooms_and_the_address_bar_keeps_it() {
    let said = drive_kvm(
        "zoom",
        "",
        "click(box('vcpu_run').querySelector('rect'));
         say('width', box('vcpu_run').querySelector('rect').getAttribute('width'));
         say('sibling', shown('swapper')); say('child', shown('outb'));
         say('url', w.location.search);
         click(d.getElementById('unzoom'));
         say('back', shown('swapper')); say('end', w.location.search);",
    );
    let Some(said) = said else { return };
    assert_eq!(said["width"], "100.0000%");
    assert_eq!((&*said["sibling"], &*said["child"]), ("false", "true"));
    assert!(said["url"].starts_with("?x=8&y="), "{}", said["url"]);
    assert_eq!((&*said["back"], &*said["end"]), ("true", ""));
    let again = drive_kvm(
        "zoom-again",
        &said["url"],
        "say('sibling', shown('swapper')); say('child', shown('outb'));
         say('width', box('vcpu_run').querySelector('rect').getAttribute('width'));",
    );
    let Some(again) = again else { return };
    assert_eq!((&*again["sibling"], &*again["child"]), ("false", "true"));
    assert_eq!(again["width"], "100.0000%");
}

#[test]
fn a_search_marks_and_counts_and_can_be_reset() {
    let said = drive_kvm(
        "search",
        "?s=handle_pio&t=guest",
        "say('matched', text('matched')); say('fill', fill('handle_pio'));
         say('plain', fill('swapper')); say('picked', picked());
         click(d.getElementById('search'));
         say('reset', fill('handle_pio') !== 'rgb(230, 0, 230)');
         say('url', w.location.search);
         w.search('port I/O'); say('words', text('matched'));
         w.prompt = function () { return '^vmx'; };
         w.search_prompt(); click(d.getElementById('search'));
         say('asked', text('matched')); key(d.getElementById('search'), 'Escape');
         key(d.getElementById('search'), 'Escape'); say('over', w.location.search);",
    );
    let Some(said) = said else { return };
    assert_eq!(said["matched"], "Matched: 42.0\u{a0}%");
    assert_eq!(said["fill"], "rgb(230, 0, 230)");
    assert_ne!(said["plain"], "rgb(230, 0, 230)");
    assert_eq!(said["picked"], "1");
    assert_eq!((&*said["reset"], &*said["url"]), ("true", "?t=guest"));
    assert_eq!(said["words"], "Matched: 30.0\u{a0}%");
    assert_eq!(said["asked"], "Matched: 40.0\u{a0}%");
    assert_eq!(said["over"], "");
}

/// A browser that takes a picture of a page at once, with nobody at it, takes the beginning of the
/// page: the head must be there, and the root of the stacks.
#[test]
fn a_picture_higher_than_the_window_opens_at_its_root_and_scrolls_when_used() {
    let path: Vec<String> = (0..60).map(|depth| format!("f{depth}")).collect();
    let path = path.join(";");
    let deep: [Sample<'_>; 1] = [(&path, Tag::Host, 30)];
    let said = drive(
        "deep",
        "",
        &draw(&deep, &picture(&deep)),
        "function place(e) { return e.getBoundingClientRect(); }
         function at() { return Math.round(place(box('all')).bottom); }
         function end(e) { return Math.round(place(d.documentElement).height) - w.innerHeight; }
         var head = d.getElementById('head'), before = at();
         say('window', w.innerHeight); say('scrolled', w.scrollY); say('page', end());
         say('head', Math.round(place(head).top)); say('root', before > 0 && before <= w.innerHeight);
         d.documentElement.dispatchEvent(new w.MouseEvent('pointermove', {bubbles: true}));
         say('moved', Math.abs(at() - before) > 1); say('awake', w.scrollY === end() && end() > 300);
         say('still', Math.round(place(head).top));
         w.scrollTo(0, 0); say('top', Math.round(place(box('f59')).top) > 0);",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["window"], &*said["scrolled"]), ("600", "0"));
    assert_eq!((&*said["page"], &*said["head"]), ("0", "0"));
    assert_eq!((&*said["root"], &*said["moved"]), ("true", "false"));
    assert_eq!((&*said["awake"], &*said["still"]), ("true", "0"));
    assert_eq!(said["top"], "true");
}

#[test]
fn the_keyboard_alone_moves_and_zooms() {
    let said = drive_kvm(
        "keyboard",
        "",
        "function at() { return d.activeElement.querySelector('title').textContent.split(' ')[0]; }
         say('stops', d.querySelectorAll('#frames > g[tabindex]').length);
         box('all').focus(); say('start', at()); say('details', text('details'));
         key(d.activeElement, 'ArrowUp'); say('up', at());
         key(d.activeElement, 'ArrowRight'); say('right', at());
         key(d.activeElement, 'ArrowLeft'); say('left', at());
         key(d.activeElement, 'ArrowUp'); say('widest', at());
         key(d.activeElement, 'Enter'); say('zoomed', !shown('swapper'));
         key(d.activeElement, 'ArrowDown'); say('down', at());
         say('one', d.querySelectorAll('#frames > g[tabindex]').length);
         key(d.activeElement, 'Escape'); say('unzoomed', shown('swapper'));",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["stops"], &*said["one"]), ("1", "1"));
    assert_eq!(said["start"], "all");
    assert_eq!(
        said["details"],
        "Function: all (100 samples, 100.00\u{a0}%)"
    );
    assert_eq!((&*said["up"], &*said["right"]), ("qemu", "swapper"));
    assert_eq!((&*said["left"], &*said["widest"]), ("qemu", "vcpu_run"));
    assert_eq!((&*said["zoomed"], &*said["down"]), ("true", "qemu"));
    assert_eq!(said["unzoomed"], "true");
}

#[test]
fn hostile_names_run_nothing_and_texts_do_not_overlap() {
    if chromium().is_none() {
        return;
    }
    let evil = "</title><script>top.document.title='owned'</script><text onclick=\"x\">";
    let mut samples: Vec<Sample<'_>> = Tag::ALL.iter().map(|&tag| ("a;!b", tag, 4)).collect();
    samples.push((evil, Tag::Host, 4));
    let mut shown = picture(&samples);
    shown.title = format!("{evil}{}", "x".repeat(300));
    shown.subtitle = format!("{evil} {}", "some words · ".repeat(60));
    let said = drive(
        "hostile",
        "",
        &draw(&samples, &shown),
        "say('title', document.title === ''); say('scripts', d.querySelectorAll('script').length);
         var e = Array.from(d.querySelectorAll('.entry .area')), r = e.map(function (a) {
             return a.getBoundingClientRect(); });
         var over = 0; r.forEach(function (a, i) { r.forEach(function (b, j) { if (i < j &&
             a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) over++;
         }); });
         say('entries', e.length); say('overlaps', over);
         var inside = d.querySelectorAll('.entry'), wide = 0;
         inside.forEach(function (g) { if (g.querySelector('text').getBoundingClientRect().right >
             g.querySelector('.area').getBoundingClientRect().right) wide++; });
         say('wide', wide);
         var s = d.getElementById('subtitle').getBoundingClientRect();
         var l = d.getElementById('legend').getBoundingClientRect();
         say('subtitle', s.right <= w.innerWidth && s.bottom <= l.top + 2);
         var t = d.getElementById('title').getBoundingClientRect();
         say('head', t.right < d.getElementById('search').getBoundingClientRect().left);",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["title"], &*said["scripts"]), ("true", "2"));
    assert_eq!((&*said["entries"], &*said["overlaps"]), ("25", "0"));
    assert_eq!(said["wide"], "0");
    assert_eq!((&*said["subtitle"], &*said["head"]), ("true", "true"));
}

const BEFORE: &str =
    "qemu;run;exit;pio 300\nqemu;run;guest 200\nqemu;run;exit;msr 20\nswapper;idle 480\n";
const AFTER: &str = "qemu;run;guest 900\nqemu;run;exit;msr 22\nswapper;idle 78\n";

/// What is said of the view: the button that is pressed, the boxes' widths in tenths of a percent
/// (`none` for those not shown), and the address bar's part.
const VIEW: &str = r#"
function wide(name) {
    if (!shown(name)) return "none";
    return Math.round(parseFloat(box(name).querySelector("rect").getAttribute("width")) * 10);
}
function view(name) { return d.querySelector('.view[data-view="' + name + '"]'); }
function report(as) {
    var on = Array.from(d.querySelectorAll('.view[aria-pressed="true"]'));
    say(as, on.map(function (b) { return b.getAttribute("data-view"); }) + " " +
        ["all", "pio", "guest", "idle"].map(wide).join(" ") + " " +
        (/v.(before|after)/.exec(w.location.search) || ["-"])[0]);
}"#;

fn drive_diff(test: &str, query: &str, steps: &str) -> Option<BTreeMap<String, String>> {
    let folder = folder(&format!("{test}-sides"));
    std::fs::write(folder.join("before.folded"), BEFORE).unwrap();
    std::fs::write(folder.join("after.folded"), AFTER).unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["diff", "before.folded", "after.folded", "--format", "svg"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let svg = String::from_utf8(made.stdout).unwrap();
    drive(test, query, &svg, &format!("{VIEW}{steps}"))
}

/// Both sides have 1000 samples, so that a tenth of a percent is one.
#[test]
fn a_diff_shows_either_side_and_both() {
    let said = drive_diff(
        "views",
        "",
        "report('start');
         click(box('qemu')); say('zoomed', shown('swapper'));
         click(view('before')); report('before');
         click(view('after')); report('after');
         view('before').focus(); key(view('before'), 'Enter'); report('enter');
         key(view('diff'), ' '); report('space');",
    );
    let Some(said) = said else { return };
    // Each box of both sides has room for the larger of its two widths: 300 + 20/22 + 900, and 480.
    assert_eq!(said["start"], "diff 1000 176 529 282 -");
    assert_eq!(said["zoomed"], "false");
    assert_eq!(said["before"], "before 1000 300 200 480 v=before");
    assert_eq!(said["after"], "after 1000 none 900 78 v=after");
    assert_eq!(said["enter"], said["before"]);
    assert_eq!(said["space"], said["start"]);
}

#[test]
fn the_address_bar_keeps_the_view_of_a_diff() {
    let said = drive_diff("kept-view", "?v=after", "report('start');");
    let Some(said) = said else { return };
    assert_eq!(said["start"], "after 1000 none 900 78 v=after");
}
