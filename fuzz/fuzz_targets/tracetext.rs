//! Texts of tracepoints: trace-cmd report, the kernel's trace, perf script.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::Storage;
use vmflame::tracepoint::Values;
use vmflame::tracepoint::text::TraceText;
use vmflame::units::Timestamp;

fuzz_target!(|bytes: &[u8]| {
    let Some(text) = TraceText::of(Path::new("fuzz"), Storage::Memory(bytes.to_vec())) else {
        return;
    };
    let counts = text.counts();
    let told = counts.events + counts.passed + counts.losses + counts.unread + counts.continued;
    assert!(told <= counts.lines + counts.continued, "{counts:?}");
    let (mut events, mut last) = (0, Timestamp::default());
    text.walk(|found| {
        assert!(found.time >= last);
        last = found.time;
        events += 1;
        if let Values::Text(values) = found.values {
            drop(text.values(found.event, values));
        }
    });
    assert_eq!(events, counts.events);
});
