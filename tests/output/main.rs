//! The pictures: as they are written, and in a browser.

mod browser;
mod svg;
mod svg_trees;
