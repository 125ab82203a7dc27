//! Rows that a user adds at run time.

use std::path::Path;

use super::matcher::Matcher;
use crate::error::{BadFile, Error, Result};
use crate::stack::Tag;
use crate::symbol::base_name;
use crate::units::CpuMode;

/// What a user's row says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UserRule {
    pub(super) tag: Tag,
    /// The smallest in a stack decides.
    pub(super) rank: u8,
    mode: Option<CpuMode>,
}

/// The rows of all files of `--rules`.
#[derive(Clone, Debug, Default)]
pub(super) struct UserRules {
    kernel: Matcher<UserRule>,
    user: Matcher<UserRule>,
}

impl UserRules {
    /// Adds the rows of `text`, which was read from `origin`.
    pub(super) fn add(&mut self, text: &str, origin: &Path) -> Result<()> {
        for (ix, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (pattern, rule) = parse(line).map_err(|(what, hint)| {
                Error::file(origin, BadFile::WrongRule { line: ix + 1, what }).with_hint(hint)
            })?;
            if rule.mode != Some(CpuMode::User) {
                self.kernel.add(pattern.to_owned(), rule);
            }
            if rule.mode != Some(CpuMode::Kernel) {
                self.user.add(pattern.to_owned(), rule);
            }
        }
        Ok(())
    }

    /// The row for a function of `mode`.
    pub(super) fn get(&self, name: &str, mode: CpuMode) -> Option<UserRule> {
        let matcher = if mode == CpuMode::User {
            &self.user
        } else {
            &self.kernel
        };
        if matcher.is_empty() {
            return None;
        }
        matcher.get(name).or_else(|| matcher.get(base_name(name)))
    }
}

/// Pattern and rule of a line, or what is wrong with it and what helps.
fn parse(line: &str) -> std::result::Result<(&str, UserRule), (String, String)> {
    const FORM: &str = "a row is PATTERN<TAB>TAG, then optionally <TAB>kernel|user|any, <TAB>RANK";
    let mut columns = line.split('\t').map(str::trim);
    let pattern = columns.next().unwrap_or_default();
    let Some(tag) = columns.next() else {
        return Err(("no tab behind the pattern".to_owned(), FORM.to_owned()));
    };
    if pattern.is_empty() {
        return Err(("the pattern is empty".to_owned(), FORM.to_owned()));
    }
    if pattern.matches('*').count() > 1 {
        let hint = "write one row for each form of the name".to_owned();
        return Err((format!("more than one `*` in `{pattern}`"), hint));
    }
    let tag = Tag::from_name(tag).ok_or_else(|| {
        let tags: Vec<_> = Tag::ALL.iter().map(|tag| tag.as_str()).collect();
        (
            format!("no tag `{tag}`"),
            format!("tags are {}", tags.join(" ")),
        )
    })?;
    let mode = match columns.next().unwrap_or_default() {
        "" | "-" | "any" => None,
        "kernel" => Some(CpuMode::Kernel),
        "user" => Some(CpuMode::User),
        other => return Err((format!("no mode `{other}`"), FORM.to_owned())),
    };
    let rank = match columns.next().unwrap_or_default() {
        "" | "-" => 0,
        rank => rank.parse().map_err(|_| {
            (
                format!("`{rank}` is no rank from 0 to 255"),
                FORM.to_owned(),
            )
        })?,
    };
    if columns.next().is_some() {
        return Err(("more than four columns".to_owned(), FORM.to_owned()));
    }
    Ok((pattern, UserRule { tag, rank, mode }))
}
