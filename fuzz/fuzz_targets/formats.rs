//! The format of a tracepoint, and payloads that it is said to describe.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::Endian;
use vmflame::tracepoint::EventFormat;

// The text ends at the first zero byte; the payload follows.
fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|&byte| byte == 0);
    let (text, payload) = bytes.split_at(end.unwrap_or(bytes.len()));
    let text = String::from_utf8_lossy(text);
    let Some(format) = EventFormat::parse("kvm", &text) else {
        return;
    };
    for field in &format.fields {
        for order in [Endian::Little, Endian::Big] {
            let number = field.number(payload, order);
            let inside = field.bytes(payload, order);
            assert!(number.is_none() || inside.is_none());
            assert!(inside.is_none_or(|inside| inside.len() <= payload.len()));
            for value in number.into_iter().chain([0, 1, u64::MAX]) {
                for isa in [None, Some(1), Some(2)] {
                    let names = &format.value_names;
                    let name = names.symbolic(&field.name, isa, value);
                    let flags = names.flags(&field.name, isa, value);
                    let is_named = name.is_some() || flags.is_some();
                    assert!(!is_named || names.has_names_of(&field.name));
                }
            }
        }
    }
});
