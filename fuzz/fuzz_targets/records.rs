//! Records of two events. The first 64 bytes choose the layouts of their samples.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::{Cursor, Little};
use vmflame::perf::writer::WrittenEvent;

fn event(at: &mut Cursor<'_, Little>, id: u64) -> Option<WrittenEvent> {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![id];
    event.attr.sample_type = u64::from(at.u32()?);
    event.attr.read_format = u64::from(at.u32()?);
    event.attr.branch_sample_type = at.u64()?;
    event.attr.regs_user = at.u64()?;
    event.attr.regs_intr = at.u64()?;
    Some(event)
}

fuzz_target!(|bytes: &[u8]| {
    let mut at = Cursor::<Little>::new(bytes);
    let (Some(first), Some(second)) = (event(&mut at, 1), event(&mut at, 2)) else {
        return;
    };
    let file = vmflame_fuzz::file_of(vec![first, second], at.rest());
    if let Some(capture) = vmflame_fuzz::open(&file) {
        vmflame_fuzz::run(&capture);
    }
});
