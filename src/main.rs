//! Arguments to command to exit code.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::run()
}
