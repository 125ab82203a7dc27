//! `vmflame view`: the page of `report` in a browser.
//!
//! | file | what it does |
//! |---|---|
//! | `server` | serves one page on this machine alone |
//! | `http_request` | what is asked of it |

mod http_request;
mod server;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use self::server::PageServer;
use super::outcome::Outcome;
use super::report::{PageOptions, ReadPage};
use clap::Args;
use vmflame::error::{Error, Result};

#[derive(Args, Debug)]
pub(super) struct ViewOptions {
    #[command(flatten)]
    pub(super) page: PageOptions,
    /// Only print the address: start no browser.
    #[arg(long)]
    no_open: bool,
    /// Serve at this port of 127.0.0.1 (default: any that is free).
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    port: u16,
}

pub(super) fn run(options: &ViewOptions, quiet: bool) -> Result<Outcome> {
    let read = ReadPage::of(&options.page, quiet)?;
    let mut page = Vec::new();
    let failed = |source| Error::io("make the page of", &options.page.input.input, source);
    read.write(&options.page, &mut page).map_err(failed)?;
    if !quiet {
        read.speak();
    }
    drop(read);
    let here = Path::new("127.0.0.1");
    let failed = |source| Error::io("serve the page on", here, source);
    let server = PageServer::bind(options.port, &token()?, page).map_err(failed)?;
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
