//! What the tests against perf's own answers share: the captures, perf's text, symbol tables.

#![allow(dead_code, reason = "each test uses its part")]

pub mod captures;
pub mod script;
pub mod tables;
