//! The pictures: as they are written, and in a browser.

mod browser;
#[path = "../common/mod.rs"]
mod common;
mod drive;
mod legend;
mod page_script;
mod shares;
mod svg;
mod svg_trees;
mod viewers;
