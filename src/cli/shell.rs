//! `vmflame completions` and `vmflame man`: the command line, told to shells and to `man`.

use super::inputs::Inputs;
use super::outcome::Outcome;
use super::write::Destination;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use vmflame::error::{Error, Problem, Result};

#[derive(Args, Debug)]
pub(super) struct CompletionsOptions {
    /// The shell that completes.
    shell: Shell,
}

#[derive(Args, Debug)]
pub(super) struct ManOptions {
    /// The verb (default: the program as a whole).
    verb: Option<String>,
}

/// Prints what a shell needs to complete arguments of the `whole`.
pub(super) fn completions(options: &CompletionsOptions, mut whole: Command) -> Result<Outcome> {
    let mut text = Vec::new();
    clap_complete::generate(options.shell, &mut whole, "vmflame", &mut text);
    Destination::stdout(&Inputs::default())?.write(|out| out.write_all(&text))?;
    Ok(Outcome::Done)
}

/// Prints a page for `man`, of the `whole` or of one of its verbs.
///
/// # Errors
/// When there is no such verb.
pub(super) fn man(options: &ManOptions, mut whole: Command) -> Result<Outcome> {
    // Options of all verbs reach a verb when the whole is built.
    whole.build();
    let page = match &options.verb {
        None => whole,
        Some(verb) => page_of(verb, &whole)?,
    };
    let below = page.get_after_help().map(ToString::to_string);
    let man = Man::new(page.after_help(None));
    Destination::stdout(&Inputs::default())?.write(|mut out| {
        man.render(&mut out)?;
        out.write_all(sections(&below.unwrap_or_default()).as_bytes())
    })?;
    Ok(Outcome::Done)
}

/// What stands below the options, its headings as sections, its lines as they are.
fn sections(text: &str) -> String {
    let mut page = String::new();
    for line in text.lines() {
        let heading = line.strip_suffix(':').filter(|line| !line.starts_with(' '));
        // A backslash begins a request of roff, and so does a dot or a quote at the start of a line.
        let line = line.replace('\\', "\\\\").replace('-', "\\-");
        match heading {
            Some(heading) => page.push_str(&format!(".fi\n.SH {}\n.nf", heading.to_uppercase())),
            None => page.push_str(&format!("\\&{line}")),
        }
        page.push('\n');
    }
    page.push_str(".fi\n");
    page
}

/// A verb with a page of its own, as `git-log` is one.
fn page_of(verb: &str, whole: &Command) -> Result<Command> {
    let Some(found) = whole.find_subcommand(verb) else {
        let mut verbs: Vec<&str> = whole.get_subcommands().map(Command::get_name).collect();
        verbs.sort_unstable();
        let wrong = Error::from(Problem::Arguments(format!("there is no verb {verb:?}")));
        return Err(wrong.with_hint(format!("verbs are {}", verbs.join(", "))));
    };
    let name = format!("vmflame-{}", found.get_name());
    let bin_name = name.replace('-', " ");
    Ok(found.clone().bin_name(bin_name).display_name(name))
}
