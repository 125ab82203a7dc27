//! Symbol tables as text.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::symbol::{Places, parse_table, write_table};

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = parse_table(Path::new("fuzz"), bytes, Places::Everywhere) else {
        return;
    };
    let text = write_table(&table, |_| true);
    parse_table(Path::new("written"), text.as_bytes(), Places::Everywhere)
        .expect("what is written is read");
});
