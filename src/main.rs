//! Arguments to command to exit code.

use std::process::ExitCode;

use vmflame::LargePageAllocator;

mod cli;

#[global_allocator]
static ALLOCATOR: LargePageAllocator = LargePageAllocator;

fn main() -> ExitCode {
    ALLOCATOR.keep_heap();
    cli::run()
}
