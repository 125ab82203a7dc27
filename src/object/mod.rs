//! Object files: where they are found, and which build they are.

mod cache_layout;
mod kernel_notes;

pub(crate) use cache_layout::{DEBUG_FILE, RECORDED_BYTES, cached, inside_cache, spellings};
pub use kernel_notes::read_kernel_notes;
