//! Functions that are inlined at addresses, by one walk over the units that hold them.
//!
//! [`addr2line`] reads all entries of a unit and the names of everything in a function that it is asked
//! for. Where only inlined functions are wanted, and of many addresses at once, this does the same work
//! with less reading: the list of units is read once for all threads, a unit by one thread for all its
//! addresses, entries are passed over by their lengths, and names are read of those functions alone that
//! hold an address. Where a file has anything that is not read here (split or common debug information,
//! other byte orders and widths, damage), it is left to addr2line as a whole. That both tell the same is
//! what the tests ask.
//!
//! | file | what it does |
//! |---|---|
//! | `search` | **the look-up**: addresses to chains of functions |
//! | `unit_list`, `unit` | the units of a file, and where their code lies |
//! | `functions` | the functions of a unit |
//! | `inlines` | what is inlined into a function |
//! | `names` | names of functions |
//! | `abbreviation`, `form`, `value`, `cursor` | entries and their attributes |
//! | `sections` | the sections that are read |

mod abbreviation;
mod cursor;
mod form;
mod functions;
mod inlines;
mod names;
mod search;
mod sections;
mod unit;
mod unit_list;
mod value;

pub(super) use search::search;
