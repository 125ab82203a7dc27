//! The program as users meet it.

mod advice_commands;
mod advice_rows;
mod advise;
mod command_line;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod debuginfod;
mod exit_pictures;
mod exits;
mod kept_files;
mod pack;
mod pack_debug;
mod pack_times;
mod program;
mod record;
mod report;
mod shell;
mod slow_stacks;
mod top;
mod view;
mod vm_names;
