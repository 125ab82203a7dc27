//! `vmflame view`: the page of `report` in a browser, of one capture or of each of several.
//!
//! | file | what it does |
//! |---|---|
//! | `server` | serves pages on this machine alone |
//! | `http_request` | what is asked of it |

mod http_request;
mod server;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use self::server::PageServer;
use super::outcome::Outcome;
use super::report::{PageOptions, ReadPage};
use super::wrong_arguments::WrongArguments;
use crate::cli::options::also_k;
use clap::Args;
use vmflame::error::{Error, Result};
use vmflame::report::page::write_contents;

/// The heading of what concerns the server.
const SERVED: &str = "Server";

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct ViewOptions {
    #[command(flatten)]
    pub(super) page: PageOptions,
    /// Further captures: each has a page of its own, and the address is that of a list of them.
    #[arg(value_name = "INPUT", conflicts_with_all = ["after", "title"])]
    further: Vec<PathBuf>,
    /// Only print the address: start no browser.
    #[arg(long, help_heading = SERVED)]
    no_open: bool,
    /// Serve at this port of 127.0.0.1 (default: any that is free).
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true,
        help_heading = SERVED
    )]
    port: u16,
}

pub(super) fn run(options: &ViewOptions, quiet: bool) -> Result<Outcome> {
    let pages = pages(options, quiet)?;
    let here = Path::new("127.0.0.1");
    let failed = |source| Error::io("serve the page on", here, source);
    let server = PageServer::bind(options.port, &token()?, pages).map_err(failed)?;
    let address = server.address();
    let mut out = std::io::stdout().lock();
    let shown = writeln!(out, "{address}").and_then(|()| out.flush());
    shown.map_err(|source| Error::io("write", Path::new("standard output"), source))?;
    drop(out);
    if !quiet {
        eprintln!("served on this machine until Ctrl-C");
    }
    if !options.no_open {
        open(&address);
    }
    server.serve().map_err(failed)
}

/// The page, or a list of them and then each.
fn pages(options: &ViewOptions, quiet: bool) -> Result<Vec<Vec<u8>>> {
    let first = &options.page.input.input;
    let inputs: Vec<&PathBuf> = std::iter::once(first).chain(&options.further).collect();
    if inputs
        .iter()
        .filter(|input| **input == Path::new("-"))
        .count()
        > 1
    {
        return Err(WrongArguments::StandardInputTwice.into());
    }
    let mut made = Vec::new();
    let mut listed = Vec::new();
    for (number, input) in (1_usize..).zip(inputs) {
        let mut page = options.page.clone();
        page.input.input.clone_from(input);
        let read = ReadPage::of(&page, quiet)?;
        let mut bytes = Vec::new();
        let failed = |source| Error::io("make the page of", input, source);
        read.write(&page, &mut bytes).map_err(failed)?;
        if !quiet {
            read.speak();
        }
        made.push(bytes);
        listed.extend(read.listed(format!("{number}/")));
    }
    if !options.further.is_empty() {
        let mut contents = Vec::new();
        let failed = |source| Error::io("make the list of pages with", first, source);
        write_contents(&listed, &mut contents).map_err(failed)?;
        made.insert(0, contents);
    }
    Ok(made)
}

/// 128 random bits in hexadecimal: who does not know them finds nothing at the port.
fn token() -> Result<String> {
    let path = Path::new("/dev/urandom");
    let failed = |source| Error::io("read", path, source);
    let mut bytes = [0_u8; 16];
    let mut file = File::open(path).map_err(failed)?;
    file.read_exact(&mut bytes).map_err(failed)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Asks the desktop for a browser. Where there is none, the address that is printed has to do.
fn open(address: &str) {
    let mut command = Command::new("xdg-open");
    let command = command.arg(address).stdin(Stdio::null());
    drop(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn());
}
