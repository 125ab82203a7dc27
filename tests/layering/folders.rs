//! Inside a folder: no circles of files, and no file that imports from its own `mod.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Named, Source, is_word, named_paths};
use crate::{Fault, fault};

/// The modules of the crate and what their `mod.rs` files hand on.
struct Crate {
    /// Of each module the path of its file.
    files: BTreeMap<Vec<String>, String>,
    /// Of each folder the names it hands on from its children, with the child.
    handed_on: BTreeMap<Vec<String>, BTreeMap<String, String>>,
}

impl Crate {
    fn new(sources: &[Source]) -> Self {
        let files = sources.iter().map(|s| (s.module(), s.path.clone()));
        let files: BTreeMap<_, _> = files.collect();
        let mut handed_on = BTreeMap::new();
        for source in sources.iter().filter(|source| source.is_mod()) {
            let module = source.module();
            let names = handed_on_by(&source.code, &module, &files);
            handed_on.insert(module, names);
        }
        Self { files, handed_on }
    }

    /// The module that defines what a path names, following what folders hand on.
    fn home_of(&self, path: &[String]) -> Vec<String> {
        let is_module = |len: &usize| self.files.contains_key(&path[..*len]);
        let len = (1..=path.len()).rev().find(is_module).unwrap_or_default();
        let module = path[..len].to_vec();
        let child = path.get(len).and_then(|name| {
            let names = self.handed_on.get(&module)?;
            names.get(name)
        });
        match child {
            Some(child) => {
                let mut inner = module;
                inner.push(child.clone());
                inner.extend(path[len..].iter().cloned());
                self.home_of(&inner)
            }
            None => module,
        }
    }
}

/// What a `mod.rs` hands on with `pub use child::{…}`, by name.
fn handed_on_by(
    code: &str,
    module: &[String],
    files: &BTreeMap<Vec<String>, String>,
) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("use ") else {
            continue;
        };
        let is_alone = !statement[..at].ends_with(is_word);
        let tree = statement[at + 4..].trim_start_matches("self::");
        for Named { path, .. } in named_paths(&format!("self::{tree}"), module) {
            let [child, .., name] = &path[module.len().min(path.len())..] else {
                continue;
            };
            let mut inner = module.to_vec();
            inner.push(child.clone());
            if is_alone && files.contains_key(&inner) {
                names.insert(name.clone(), child.clone());
            }
        }
    }
    names
}

/// Children that reach each other, both ways: the circles of a folder.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&String> = edges.get(from).into_iter().flatten().collect();
        while let Some(at) = next.pop() {
            if seen.insert(at.clone()) {
                next.extend(edges.get(at).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        edges.keys().map(|child| (child, reach(child))).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (child, there) in &reached {
        let back = |other: &&String| reached.get(other).is_some_and(|r| r.contains(*child));
        let circle: Vec<String> = there.iter().filter(back).cloned().collect();
        if circle.len() > 1 && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

pub(crate) fn faults(sources: &[Source]) -> Vec<Fault> {
    let known = Crate::new(sources);
    let mut found = Vec::new();
    let mut edges: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for source in sources {
        let module = source.module();
        for named in named_paths(&source.code, &module) {
            let home = known.home_of(&named.path);
            let is_above = home.len() < module.len() && module.starts_with(&home);
            let is_folder = known.handed_on.contains_key(&home);
            if is_above && is_folder && !home.is_empty() && named.path.len() > home.len() {
                let what = format!("imports {} from its own folder", named.path[home.len()]);
                found.push(fault(&source.path, named.line, &what));
            }
            let both = module.iter().zip(&home);
            let shared = both.take_while(|(a, b)| a == b).count();
            if shared > 0 && shared < module.len() && shared < home.len() {
                let children = edges.entry(module[..shared].to_vec()).or_default();
                children
                    .entry(module[shared].clone())
                    .or_default()
                    .insert(home[shared].clone());
            }
        }
    }
    for (folder, edges) in edges {
        for circle in circles(&edges) {
            let what = format!("a circle of {}", circle.join(", "));
            found.push(fault(&format!("src/{}/", folder.join("/")), 0, &what));
        }
    }
    found
}

#[test]
fn planted_circles_and_imports_from_the_own_folder_are_refused() {
    let planted = [
        (
            "src/a/mod.rs",
            "mod b;\nmod c;\nmod d;\nmod e;\npub use c::{Pair, Second as S};\npub(crate) struct Own;\n",
        ),
        ("src/a/b.rs", "use super::Pair;\nuse super::Own;\n"),
        ("src/a/c.rs", "use super::d::Third;\n"),
        ("src/a/d.rs", "fn f(a: crate::a::b::First) {}\n"),
        (
            "src/a/e.rs",
            "use super::d::Third;\n#[cfg(test)]\nmod tests {\n    use super::super::Own;\n}\n",
        ),
        ("src/z.rs", "use crate::a::Own;\n"),
    ];
    let planted = planted.map(|(path, text)| Source::new(path, text));
    let shown: Vec<_> = faults(&planted)
        .into_iter()
        .map(|f| format!("{}:{}: {}", f.path, f.line, f.what))
        .collect();
    assert_eq!(
        shown,
        [
            "src/a/b.rs:2: imports Own from its own folder",
            "src/a/:0: a circle of b, c, d"
        ]
    );
}
