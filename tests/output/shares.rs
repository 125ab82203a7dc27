//! The arithmetic of the pictures' script, `shares.js`: run by node where it is installed, else in
//! the browser.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use super::drive::drive;
use super::svg_trees::{Sample, draw, picture};
use vmflame::stack::Tag;

const SHARES: &str = include_str!("../../src/output/svg/script/shares.js");

/// A tree with two views. Of 100 before: `main` 90, of which `read` 60, of which a second `read`
/// within it 20 and `copy` 10; `idle` 10. After: the same without `copy`.
const TREE: &str = "
function node(name, weights, tag, children) {
    return {name: name, weights: weights, tag: tag, kind: 'kernel', children: children};
}
var top_ = node('all', [100, 90], null, [
    node('main', [90, 80], 'host', [
        node('read', [60, 50], 'exit:pio', [
            node('read', [20, 20], 'exit:pio', []), node('copy', [10, 0], 'exit:msr', [])])]),
    node('idle', [10, 10], 'idle', [])]);
function tagOf(n) { return n.tag === null ? [] : n.tag === 'idle' ? ['idle', 'rest'] : [n.tag]; }
function list(sums) { return Array.from(sums).map(function (p) { return p.join(':'); }).sort().join(' '); }
function find_(term, isSensitive) { return shares.expression(term, isSensitive); }
";

/// Runs `steps` with `shares` at hand; `None` where neither node nor a browser is installed.
fn run(test: &str, steps: &str) -> Option<BTreeMap<String, String>> {
    let steps = format!("{SHARES}{TREE}{steps}");
    let told = "function say(name, value) { console.log(name + '=' + value); }";
    let node = Command::new("node")
        .args(["--eval", &format!("'use strict';{told}{steps}")])
        .stderr(Stdio::inherit())
        .output();
    let Ok(output) = node else {
        let samples: [Sample<'_>; 1] = [("a", Tag::Host, 1)];
        return drive(test, "", &draw(&samples, &picture(&samples)), &steps);
    };
    assert!(output.status.success(), "{test}");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines = said.lines().filter_map(|line| line.split_once('='));
    Some(
        lines
            .map(|(name, value)| (name.to_owned(), value.replace("&nbsp;", "\u{a0}")))
            .collect(),
    )
}

#[test]
fn expressions_are_taken_literally_where_they_are_none() {
    let said = run(
        "expressions",
        "say('any', find_('VCPU_', false).test('svm_vcpu_run'));
         say('case', find_('VCPU_', true).test('svm_vcpu_run'));
         say('ends', find_('^main$', false).test('main_loop'));
         say('valid', find_('a|b', false).isLiteral);
         var literal = find_('std::vec<T*>(', false);
         say('literal', literal.isLiteral); say('found', literal.test('x std::vec<T*>(int)'));
         say('dot', find_('[a.', false).test('x[ab'));",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["any"], &*said["case"]), ("true", "false"));
    assert_eq!((&*said["ends"], &*said["valid"]), ("false", "false"));
    assert_eq!((&*said["literal"], &*said["found"]), ("true", "true"));
    assert_eq!(said["dot"], "false");
}

#[test]
fn a_match_within_a_match_counts_once_and_each_view_by_itself() {
    let said = run(
        "matches",
        "function sum(term, view) { return shares.matched(top_, find_(term, false).test, view); }
         say('read', sum('read', 0)); say('after', sum('read', 1));
         say('two', sum('copy|idle', 0)); say('gone', sum('copy', 1));
         say('none', sum('^reads$', 0)); say('all', sum('all', 0));
         say('below', shares.matched(top_.children[1], find_('read', false).test, 0));",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["read"], &*said["after"]), ("60", "50"));
    assert_eq!((&*said["two"], &*said["gone"]), ("20", "0"));
    assert_eq!((&*said["none"], &*said["all"]), ("0", "100"));
    assert_eq!(said["below"], "0");
}

#[test]
fn what_ends_at_nodes_is_summed_by_each_of_their_keys() {
    let said = run(
        "keys",
        "say('own', shares.own(top_.children[0], 0)); say('leaf', shares.own(top_.children[1], 0));
         say('before', list(shares.byKey(top_, tagOf, 0)));
         say('after', list(shares.byKey(top_, tagOf, 1)));
         var rounded = node('r', [5], 'x', [node('a', [4], 'x', []), node('b', [3], 'x', [])]);
         say('never', shares.own(rounded, 0));",
    );
    let Some(said) = said else { return };
    assert_eq!((&*said["own"], &*said["leaf"]), ("30", "10"));
    // read 60 - 20 - 10 by itself and 20 within.
    assert_eq!(
        said["before"],
        "exit:msr:10 exit:pio:50 host:30 idle:10 rest:10"
    );
    assert_eq!(said["after"], "exit:pio:50 host:30 idle:10 rest:10");
    assert_eq!(said["never"], "0");
}

#[test]
fn shares_are_said_with_as_many_digits_as_help() {
    let said = run(
        "words",
        "[[61, 100], [1, 3], [9949, 100000], [995, 10000], [1, 10000], [0, 100], [0, 0], [5, 0]]
             .forEach(function (p) { say(p.join('/'), shares.words(p[0], p[1])); });
         say('exact', shares.exact(1, 3)); say('empty', shares.exact(1, 0));",
    );
    let Some(said) = said else { return };
    let words = |name: &str| said[name].replace('\u{a0}', " ");
    assert_eq!((&*words("61/100"), &*words("1/3")), ("61 %", "33 %"));
    // Below ten percent one digit, and none that rounds up to it.
    assert_eq!(words("9949/100000"), "9.9 %");
    assert_eq!(words("995/10000"), "10 %");
    assert_eq!((&*words("1/10000"), &*words("0/100")), ("<0.1 %", "0 %"));
    assert_eq!((&*words("0/0"), &*words("5/0")), ("0 %", "0 %"));
    assert_eq!((&*words("exact"), &*words("empty")), ("33.33 %", "0.00 %"));
}
