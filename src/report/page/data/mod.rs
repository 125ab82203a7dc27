//! What the script of a page reads: graphs whose weights are kept apart by thread and by time, and
//! exits by what they reach.
//!
//! One document of JSON. Lists of numbers lie side by side, one for each column: row 7 of a table is
//! the number 7 of each of its lists. Numbers that refer to a list count from 0; -1 is none. Where it says
//! `coding: delta`, each number of the lists that rows are sorted by is the difference to the one before.
//!
//! | file | what it does |
//! |---|---|
//! | `document` | **the whole**: palette, sides |
//! | `people` | VMs and threads, each with its number |
//! | `time_grid` | buckets of time, as many as there is room for |
//! | `graph` | a call tree with its weights |
//! | `exit_rows` | exits by reason and by what they reach |

mod document;
mod exit_rows;
mod graph;
mod people;
mod time_grid;

pub(super) use document::{SideData, data_of};
pub(super) use exit_rows::ExitRows;
pub(super) use people::People;
