//! Rows that a user adds to the tagger.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::kvm::Tagger;

thread_local! {
    static TAGGER: Tagger = Tagger::new();
}

fuzz_target!(|text: &str| {
    TAGGER.with(|tagger| drop(tagger.clone().add_rules(text, Path::new("fuzz"))));
});
