//! What clap does not check: arguments as they are meant, or why they cannot be.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::args::{Arguments, Command, ConvertOptions, InputOptions, RefusedOptions, Suffix};
use super::diff_args::DiffOptions;
use super::refusal::Refusal;
use vmflame::error::{Error, Result};

/// Joins `--annotate` and a kind that follows it with `=`. Only a kind is its value: a file that
/// follows it is the input.
pub(super) fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut are_options = true;
    for argument in arguments {
        are_options = are_options && argument != "--";
        let is_kind = argument == "perf" || argument == "tag";
        match joined.last_mut() {
            Some(last) if are_options && is_kind && last == "--annotate" => {
                last.push("=");
                last.push(argument);
            }
            Some(_) | None => joined.push(argument),
        }
    }
    joined
}

impl Arguments {
    /// The arguments with inputs in one place, whichever way they were named.
    ///
    /// # Errors
    /// When an option is refused, or a place that was named is not there.
    pub(super) fn settled(mut self) -> Result<Self> {
        match &mut self.command {
            Command::Convert(options) => settle_convert(options)?,
            Command::Info(options) => settle_input(&mut options.input)?,
            Command::Diff(options) => settle_diff(options)?,
            Command::Bench(options) => settle_input(&mut options.input)?,
        }
        Ok(self)
    }
}

fn settle_convert(options: &mut ConvertOptions) -> Result<()> {
    refuse(&options.refused)?;
    if options.no_tag && options.annotate == Some(Suffix::Tag) {
        return Err(Refusal::AnnotatedUntagged.into());
    }
    settle_input(&mut options.input)
}

fn settle_diff(options: &mut DiffOptions) -> Result<()> {
    refuse(&options.refused)?;
    let mut named = std::mem::take(&mut options.named).into_iter();
    if let Some(before) = named.next() {
        options.before = before;
        options.after = named.next();
    }
    if named.next().is_some() {
        return Err(Refusal::ThreeInputs.into());
    }
    let is_whole = options.before_filter.is_empty() && options.after_filter.is_empty();
    if options.after.is_none() && is_whole {
        return Err(Refusal::OneInput.into());
    }
    let of_sides = [&options.before_kallsyms, &options.after_kallsyms];
    for kallsyms in of_sides.into_iter().chain([&options.kallsyms]).flatten() {
        check_kallsyms(kallsyms)?;
    }
    check_caches(&options.buildid_dir)
}

fn settle_input(options: &mut InputOptions) -> Result<()> {
    if let Some(named) = options.named.take() {
        options.input = named;
    }
    if let Some(kallsyms) = &options.kallsyms {
        check_kallsyms(kallsyms)?;
    }
    check_caches(&options.buildid_dir)
}

/// A place that the user names and that is not there would be taken for one without symbols.
fn check_caches(caches: &[PathBuf]) -> Result<()> {
    for cache in caches {
        let found = std::fs::read_dir(cache);
        found.map_err(|source| Error::io("read the build-id cache", cache, source))?;
    }
    Ok(())
}

fn check_kallsyms(path: &Path) -> Result<()> {
    let found = std::fs::metadata(path).map_err(|source| Error::io("open", path, source))?;
    if found.is_dir() {
        let path = path.to_owned();
        return Err(Refusal::KallsymsDirectory { path }.into());
    }
    Ok(())
}

fn refuse(refused: &RefusedOptions) -> Result<()> {
    if refused.symbols.is_some() {
        return Err(Refusal::ByFunction.into());
    }
    if refused.dsos.is_some() {
        return Err(Refusal::ByObject.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is called as a kind is can still be given, as ./tag or behind `--`.
    #[test]
    fn only_a_kind_is_the_value_of_annotate() {
        let joined = |text: &str| {
            let words = joined(text.split(' ').map(OsString::from));
            let words: Vec<String> = words
                .into_iter()
                .filter_map(|w| w.into_string().ok())
                .collect();
            words.join(" ")
        };
        assert_eq!(
            joined("convert --annotate tag x"),
            "convert --annotate=tag x"
        );
        assert_eq!(joined("convert --annotate perf"), "convert --annotate=perf");
        for same in [
            "convert --annotate perf.data",
            "convert --annotate ./tag",
            "convert --annotate=tag perf",
            "convert --annotate -- tag",
            "convert -- --annotate tag",
            "info tag",
        ] {
            assert_eq!(joined(same), same);
        }
    }
}
