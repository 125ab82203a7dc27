//! The rules of `advise`.

mod evidence;
mod remedies;
mod rules;
