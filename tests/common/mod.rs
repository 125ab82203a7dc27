//! What several targets of tests share: where captures are found, and what perf says of them.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each target uses its part, and none has an outside"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

pub mod made_elf;
pub mod made_up;
pub mod namespaces;
pub mod oracle;
pub mod perf_dump;
pub mod perf_text;
pub mod scratch;
pub mod shared;
