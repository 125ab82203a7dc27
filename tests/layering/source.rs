//! The sources as the checks read them: files, code without comments and texts, paths that are
//! named.

use std::fs;
use std::path::Path;

/// A file of the repository.
#[derive(Clone)]
pub(crate) struct Source {
    /// From the top of the repository: `src/fold/mod.rs`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
    /// The code without comments and literals; line for line.
    pub(crate) bare: String,
    /// The same without what `#[cfg(test)]` guards.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let bare = if path.ends_with(".rs") {
            bare(text)
        } else {
            String::new()
        };
        let code = if is_of_tests(path) {
            String::new()
        } else {
            without_tests(&bare)
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            bare,
            code,
        }
    }

    /// The module that the file is: `["fold", "chain"]`, and `["fold"]` of `src/fold/mod.rs`.
    pub(crate) fn module(&self) -> Vec<String> {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let below = below.strip_suffix(".rs").unwrap_or(below);
        let mut parts: Vec<String> = below.split('/').map(str::to_owned).collect();
        if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
            parts.pop();
        }
        parts
    }

    pub(crate) fn is_mod(&self) -> bool {
        self.path.ends_with("/mod.rs")
    }
}

fn is_of_tests(path: &str) -> bool {
    ["/tests.rs", "_tests.rs", "/testing.rs"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// All files with one of these endings below a folder, by path.
pub(crate) fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let ending = path.extension().and_then(|end| end.to_str());
            if path.is_dir() {
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if ending.is_some_and(|end| endings.contains(&end)) {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let path = path.strip_prefix(root).unwrap_or(&path);
                found.push(Source::new(&path.display().to_string(), &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of a text or character literal at the start, if one stands there.
fn literal_len(rest: &str, after_word: bool) -> Option<usize> {
    if !after_word {
        let prefix = rest.len() - rest.trim_start_matches(['b', 'r', 'c']).len();
        let hashes = rest[prefix..].len() - rest[prefix..].trim_start_matches('#').len();
        let is_raw = rest[..prefix].contains('r');
        if is_raw && rest[prefix + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = prefix + hashes + 1;
            let end = rest[body..].find(&close)?;
            return Some(body + end + close.len());
        }
    }
    let quote = rest.chars().next().filter(|&c| c == '"' || c == '\'')?;
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return Some(at + 1);
        } else if quote == '\'' && (c == '\n' || (at > 1 && !rest.starts_with("'\\"))) {
            // A lifetime.
            return rest[1..]
                .starts_with(|c: char| !c.is_ascii())
                .then_some(at + 2);
        }
    }
    None
}

/// The text with comments and literals blank, line for line.
pub(crate) fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(len) = literal_len(rest, out.ends_with(is_word)) {
            len
        } else {
            out.push(c);
            at += c.len_utf8();
            continue;
        };
        let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
        out.extend(rest[..len].chars().map(blank));
        at += len;
    }
    out
}

/// The index behind the bracket that closes the one at `open`.
pub(crate) fn behind_closing(code: &str, open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, c) in code[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + c.len_utf8();
        }
    }
    code.len()
}

/// Blanks items behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = code.to_owned();
    while let Some(start) = out.find(MARK) {
        let body = start + MARK.len();
        let item = out[body..]
            .find(['{', ';'])
            .map_or(out.len(), |at| body + at);
        let end = if out[item..].starts_with('{') {
            behind_closing(&out, item)
        } else {
            (item + 1).min(out.len())
        };
        let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
        let blanked: String = out[start..end].chars().map(blank).collect();
        out.replace_range(start..end, &blanked);
    }
    out
}

/// The number of the line that holds a byte.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code.as_bytes()[..at].split(|&c| c == b'\n').count()
}

/// A path that is named in the code, with its line.
pub(crate) struct Named {
    pub(crate) line: usize,
    /// From the crate's root: `["fold", "chain", "Chain"]`.
    pub(crate) path: Vec<String>,
}

/// All paths of this crate that start with `crate`, `super` or `self`, of lists one for each.
pub(crate) fn named_paths(code: &str, module: &[String]) -> Vec<Named> {
    let mut found = Vec::new();
    for head in ["crate", "super", "self"] {
        for (at, _) in code.match_indices(&format!("{head}::")) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| is_word(c) || c == ':' || c == '$') {
                continue;
            }
            let mut start = match head {
                "crate" => Vec::new(),
                "self" => module.to_vec(),
                _ => module[..module.len().saturating_sub(1)].to_vec(),
            };
            let mut rest = &code[at + head.len() + 2..];
            while let Some(further) = rest.strip_prefix("super::") {
                start.pop();
                rest = further;
            }
            let line = line_of(code, at);
            let mut paths = Vec::new();
            expand(rest, &start, &mut paths);
            found.extend(paths.into_iter().map(|path| Named { line, path }));
        }
    }
    found.sort_by_key(|named| named.line);
    found
}

/// Adds the paths of a use tree that begins here; returns how much of the code it takes.
fn expand(code: &str, start: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = start.to_vec();
    let mut at = 0;
    loop {
        let rest = &code[at..];
        if rest.starts_with('{') {
            let end = at + behind_closing(code, at) - at;
            let mut inside = at + 1;
            while inside + 1 < end {
                let skipped = code[inside..end].find(|c: char| is_word(c) || c == '*');
                let Some(skipped) = skipped else { break };
                inside += skipped;
                inside += expand(&code[inside..end - 1], &path, paths).max(1);
                inside += code[inside..end].find(',').unwrap_or(end - inside);
            }
            return end;
        }
        let len = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        if len > 0 && &rest[..len] != "self" {
            path.push(rest[..len].to_owned());
        }
        at += len;
        if len == 0 || !code[at..].starts_with("::") {
            paths.push(path);
            return at;
        }
        at += 2;
    }
}

#[test]
fn comments_and_literals_are_no_code() {
    let shown = |text| bare(text).trim_end().to_owned();
    assert_eq!(shown("a \"b\\\"\" 'c' <'d> // e"), "a           <'d>");
    assert_eq!(
        shown("a(r#\"b\"c\"#, b'\\'', x)/* y */"),
        "a(        , b    , x)"
    );
}
