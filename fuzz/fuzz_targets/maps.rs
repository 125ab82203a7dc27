//! Maps of generated code: what is asked for has the names that it has among all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::symbol::{Places, parse_perf_map};
use vmflame::units::FileOffset;

fuzz_target!(|bytes: &[u8]| {
    let all = parse_perf_map(bytes, Places::Everywhere);
    let starts = all.symbols.iter().map(|symbol| symbol.start.as_u64());
    let asked: Vec<FileOffset> = starts.step_by(3).map(FileOffset::new).collect();
    let some = parse_perf_map(bytes, Places::Offsets(&asked));
    assert_eq!(all.odd_lines, some.odd_lines);
    for offset in asked {
        let at = all.symbols.svma_of(offset).expect("an address");
        let name = |symbols: &vmflame::symbol::ObjectSymbols| {
            symbols.look_up(at).map(|symbol| symbol.name.to_owned())
        };
        assert_eq!(name(&all.symbols), name(&some.symbols), "{at}");
    }
});
