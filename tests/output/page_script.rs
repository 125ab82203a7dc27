//! The arithmetic of the report page's script, run by node where it is installed.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::Path;
use std::process::Command;

use super::common::shared::skipped;

#[test]
fn trees_boxes_sums_and_addresses_of_the_page_are_those_made_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/output/html/web");
    let node = Command::new("node")
        .args(["--test", "test/parts.test.mjs", "test/trees.test.mjs"])
        .current_dir(folder)
        .output();
    let Ok(output) = node else {
        skipped("node is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let passed = said.lines().find(|line| line.contains(" pass "));
    assert!(
        passed.is_some_and(|line| !line.ends_with(" 0")),
        "no test ran: {said}"
    );
}
