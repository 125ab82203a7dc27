//! The SVG in a browser: what clicks and keys do, and what the document says then.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::panic, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "tells why a test did nothing")]

use std::collections::BTreeMap;
use std::process::Command;

use super::drive::{chromium, drive, folder};
use super::svg_trees::{Sample, draw, picture};
use vmflame::stack::Tag;

const KVM: [Sample<'static>; 5] = [
    ("qemu;vcpu_run;!handle_pio;outb", Tag::ExitPio, 30),
    ("qemu;vcpu_run;!handle_pio", Tag::Entry, 12),
    ("qemu;vcpu_run;!vmx_vcpu_run", Tag::Guest, 40),
    ("qemu;main_loop", Tag::Host, 8),
    ("swapper;!halt", Tag::Idle, 10),
];

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
         say('marked', picked()); say('status', text('chosen'));
         say('dim', w.getComputedStyle(box('qemu')).opacity < 0.5);
         say('url', w.location.search);
         click(entry('guest')); say('other', picked());
         say('released', entry('exit:pio').getAttribute('aria-pressed'));
         click(entry('guest')); say('again', picked()); say('silent', text('chosen') === '');
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
    // Guest, all exits, port I/O, guest entry, host and its kind, idle.
    assert_eq!(said["tab"], "7");
}

#[test]
fn a_click_zooms_and_the_address_bar_keeps_it() {
    let said = drive_kvm(
        "zoom",
        "",
        "click(box('vcpu_run').querySelector('rect'));
         say('width', share('vcpu_run'));
         say('sibling', shown('swapper')); say('child', shown('outb'));
         say('url', w.location.search);
         click(find('unzoom'));
         say('back', shown('swapper')); say('end', w.location.search);",
    );
    let Some(said) = said else { return };
    assert_eq!(said["width"], "1.000");
    assert_eq!((&*said["sibling"], &*said["child"]), ("false", "true"));
    assert!(said["url"].starts_with("?x=8&y="), "{}", said["url"]);
    assert_eq!((&*said["back"], &*said["end"]), ("true", ""));
    let again = drive_kvm(
        "zoom-again",
        &said["url"],
        "say('sibling', shown('swapper')); say('child', shown('outb'));
         say('width', share('vcpu_run'));",
    );
    let Some(again) = again else { return };
    assert_eq!((&*again["sibling"], &*again["child"]), ("false", "true"));
    assert_eq!(again["width"], "1.000");
}

/// Would break if a zoom hid or moved box by box what is out of sight: ten thousand of these take a
/// browser longer than a reader waits. A reader of few boxes does not find those out of sight.
#[test]
fn a_zoom_changes_few_elements_of_a_large_picture() {
    let names: Vec<String> = (0..1000)
        .map(|at| format!("all_of_it;half{};f{at};g{at};h{at};i{at}", at % 2))
        .collect();
    let samples: Vec<Sample<'_>> = names.iter().map(|n| (n.as_str(), Tag::Host, 5)).collect();
    let said = drive(
        "large",
        "",
        &draw(&samples, &picture(&samples)),
        "say('boxes', d.querySelectorAll('.frames > g').length);
         d.documentElement.dispatchEvent(new w.MouseEvent('pointermove', {bubbles: true}));
         var seen = new w.MutationObserver(function () {}), all = {attributes: true, childList: true,
             characterData: true, subtree: true};
         seen.observe(find('frames'), all);
         click(box('half1')); say('in', seen.takeRecords().length);
         say('half', share('half1')); say('caller', share('all_of_it'));
         click(box('f501')); say('deep', seen.takeRecords().length); say('one', share('i501'));
         click(find('unzoom')); say('out', seen.takeRecords().length); say('again', share('half0'));
         say('narrow', share('f501'));",
    );
    let Some(said) = said else { return };
    assert_eq!(said["boxes"], "4004");
    for step in ["in", "deep", "out"] {
        let changed: usize = said[step].parse().unwrap();
        assert!(changed <= 100, "{step}: {changed}");
    }
    assert_eq!((&*said["half"], &*said["caller"]), ("1.000", "1.000"));
    assert_eq!(said["one"], "1.000");
    assert_eq!((&*said["again"], &*said["narrow"]), ("0.500", "0.001"));
}

#[test]
fn a_search_marks_and_counts_and_can_be_reset() {
    let said = drive_kvm(
        "search",
        "?s=handle_pio&t=guest",
        "function type(words) { var i = d.querySelector('.field input'); i.value = words;
             i.dispatchEvent(new w.Event('input', {bubbles: true})); return text('matched'); }
         say('matched', text('matched')); say('fill', fill('handle_pio'));
         say('plain', fill('swapper')); say('picked', picked());
         click(find('search'));
         say('reset', fill('handle_pio') !== 'rgb(230, 0, 230)');
         say('url', w.location.search);
         click(find('search')); say('words', type('port I/O')); say('asked', type('^vmx'));
         say('counts', type('100')); say('whole', type('^qemu$')); say('lower', type('VMX_'));
         click(d.querySelector('.field button')); say('case', type('VMX_'));
         click(d.querySelector('.field button')); say('literal', type('vmx_('));
         type('outb'); click(box('vcpu_run')); say('zoomed', text('matched'));
         click(find('unzoom')); say('again', text('matched'));
         key(find('search'), 'Escape'); key(find('search'), 'Escape');
         say('over', w.location.search);",
    );
    let Some(said) = said else { return };
    assert_eq!(said["matched"], "Matched: 42\u{a0}%");
    assert_eq!(said["fill"], "rgb(230, 0, 230)");
    assert_ne!(said["plain"], "rgb(230, 0, 230)");
    assert_eq!(said["picked"], "1");
    assert_eq!((&*said["reset"], &*said["url"]), ("true", "?t=guest"));
    // Names alone are searched: no tag, no count, no share.
    let none = "Matched: 0\u{a0}%";
    assert_eq!((&*said["words"], &*said["counts"]), (none, none));
    assert_eq!(said["asked"], "Matched: 40\u{a0}%");
    assert_eq!(said["whole"], "Matched: 90\u{a0}%");
    assert_eq!(
        (&*said["lower"], &*said["case"]),
        ("Matched: 40\u{a0}%", none)
    );
    let literal = format!("{none} (no valid expression: taken literally)");
    assert_eq!(said["literal"], literal);
    // 30 of the 82 of vcpu_run.
    assert_eq!(said["zoomed"], "Matched: 37\u{a0}% of the zoomed box");
    assert_eq!(said["again"], "Matched: 30\u{a0}%");
    assert_eq!(said["over"], "");
}

/// Forty functions of a fortieth of a percent each are too narrow to be drawn, and together no less.
#[test]
fn a_search_counts_what_is_too_narrow_to_be_drawn() {
    let names: Vec<String> = (0..400)
        .map(|at| format!("a;caller{at};page_fault"))
        .collect();
    let mut samples: Vec<Sample<'_>> = names.iter().map(|n| (&**n, Tag::Host, 1)).collect();
    samples.push(("a;work", Tag::Host, 9600));
    let mut shown = picture(&samples);
    shown.extent.min_width = Some(1.0);
    let steps = "say('boxes', d.querySelectorAll('.frames > g').length);
        say('matched', text('matched')); click(box('a')); say('zoomed', text('matched'));";
    let svg = draw(&samples, &shown);
    let Some(said) = drive("narrow", "?s=page_fault", &svg, steps) else {
        return;
    };
    assert_eq!(said["boxes"], "3");
    assert_eq!(said["matched"], "Matched: 4.0\u{a0}%");
    assert_eq!(said["zoomed"], "Matched: 4.0\u{a0}% of the zoomed box");
}

#[test]
fn zooming_recomputes_the_legend_and_back_unzooms() {
    let said = drive_kvm(
        "zoom-legend",
        "",
        "function share(k) { return entry(k).querySelector('tspan').textContent; }
         say('all', share('guest') + ' ' + share('exit:') + ' ' + share('host'));
         click(box('vcpu_run'));
         say('in', share('guest') + ' ' + share('exit:') + ' ' + share('host'));
         say('subtitle', text('subtitle'));
         box('handle_pio').dispatchEvent(new w.MouseEvent('mouseover', {bubbles: true}));
         say('tooltip', text('details'));
         click(find('unzoom')); say('out', share('guest') + ' ' + share('exit:'));
         say('line', text('subtitle'));",
    );
    let Some(said) = said else { return };
    let plain = |name: &str| said[name].replace('\u{a0}', " ");
    assert_eq!(plain("all"), "40 % 30 % 8.0 %");
    // Of 82 samples: 40 guest, 30 port I/O, and none of the host's own.
    assert_eq!(plain("in"), "49 % 37 % 0 %");
    assert!(plain("subtitle").starts_with("vcpu_run: 82 samples, 82.00 % of all"));
    let told = plain("tooltip");
    assert!(told.starts_with("Function: handle_pio (30 samples, 30.00 % of all, 36.59 % of its"));
    assert!(told.contains("36.59 % of the zoomed box"), "{told}");
    assert_eq!(plain("out"), "40 % 30 %");
    assert_eq!(said["line"], "100 samples · cpu-clock 997 Hz");
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
         var head = find('head'), before = at();
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
         say('stops', d.querySelectorAll('.frames > g[tabindex]').length);
         box('all').focus(); say('start', at()); say('details', text('details'));
         key(d.activeElement, 'ArrowUp'); say('up', at());
         key(d.activeElement, 'ArrowRight'); say('right', at());
         key(d.activeElement, 'ArrowLeft'); say('left', at());
         key(d.activeElement, 'ArrowUp'); say('widest', at());
         key(d.activeElement, 'Enter'); say('zoomed', !shown('swapper'));
         key(d.activeElement, 'ArrowDown'); say('down', at());
         say('one', d.querySelectorAll('.frames > g[tabindex]').length);
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
         var e = Array.from(d.querySelectorAll('.entry:not(.hide) .area')), r = e.map(function (a) {
             return a.getBoundingClientRect(); });
         var over = 0; r.forEach(function (a, i) { r.forEach(function (b, j) { if (i < j &&
             a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) over++;
         }); });
         say('entries', e.length); say('overlaps', over);
         var inside = d.querySelectorAll('.entry:not(.hide)'), wide = 0;
         inside.forEach(function (g) { if (g.querySelector('text').getBoundingClientRect().right >
             g.querySelector('.area').getBoundingClientRect().right) wide++; });
         say('wide', wide);
         var s = find('subtitle').getBoundingClientRect();
         var l = find('legend').getBoundingClientRect();
         say('subtitle', s.right <= w.innerWidth && s.bottom <= l.top + 2);
         var t = find('title').getBoundingClientRect();
         say('head', t.right < find('search').getBoundingClientRect().left);",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["title"], &*said["scripts"]), ("true", "1"));
    // The host's kinds of code are hidden at first.
    assert_eq!((&*said["entries"], &*said["overlaps"]), ("26", "0"));
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
    return Math.round(share(name) * 1000);
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
         click(view('before')); report('kept'); click(find('unzoom')); report('before');
         click(view('after')); report('after');
         view('before').focus(); key(view('before'), 'Enter'); report('enter');
         key(view('diff'), ' '); report('space');",
    );
    let Some(said) = said else { return };
    // Each box of both sides has room for the larger of its two widths: 300 + 20/22 + 900, and 480.
    assert_eq!(said["start"], "diff 1000 176 529 282 -");
    assert_eq!(said["zoomed"], "false");
    // What is zoomed stays so: 300 and 200 of the 520 of qemu.
    assert_eq!(said["kept"], "before 1000 577 385 none v=before");
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
