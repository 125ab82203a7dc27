//! Symbol files.

use std::path::Path;

use criterion::{Criterion, Throughput};
use vmflame::symbol::{KernelSymbols, ObjectSymbols, Places, demangle};
use vmflame::units::{Avma, FileOffset};

use super::captures;
use super::made_elf::{FIRST, FUNCTION_BYTES, made_elf, shown};

/// `/proc/kallsyms` texts: a generated one of 200 000 symbols, and this machine's.
pub(crate) fn kallsyms(c: &mut Criterion) {
    let mut group = c.benchmark_group("kallsyms");
    let generated: String = (0..200_000_u64)
        .map(|at| {
            format!(
                "{:016x} t function_number_{at}\n",
                0xffff_ffff_8100_0000 + 64 * at
            )
        })
        .collect();
    let live = std::fs::read_to_string("/proc/kallsyms").unwrap_or_default();
    for (label, text) in [("generated", generated), ("this machine's", live)] {
        let parse = || KernelSymbols::parse(Path::new("kallsyms"), text.as_bytes());
        let count = match parse() {
            Ok(symbols) if !symbols.is_hidden() && !symbols.is_empty() => symbols.len(),
            Ok(_) | Err(_) => {
                eprintln!("skipped: {label} kallsyms tells no addresses");
                continue;
            }
        };
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(label, |b| {
            b.iter(|| {
                let symbols = parse().unwrap();
                assert_eq!(symbols.len(), count);
                if label == "generated" {
                    let found = symbols.look_up(Avma::new(0xffff_ffff_8100_0000 + 64 * 777 + 5));
                    assert_eq!(found.unwrap().name, "function_number_777");
                }
            });
        });
    }
    let text = captures::load().kallsyms();
    let loads = KernelSymbols::parse(Path::new("kallsyms"), text.as_bytes()).unwrap();
    assert!(!loads.is_hidden());
    group.finish();
}

/// A generated file of 200 000 functions with aliases: all of them, and those that a capture hits.
pub(crate) fn elf(c: &mut Criterion) {
    const COUNT: u64 = 200_000;
    let bytes = made_elf(COUNT);
    let mut group = c.benchmark_group("ELF symbols");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let parse = |places: Places<'_>| ObjectSymbols::parse_elf(Path::new("made"), &bytes, places);
    group.bench_function("all of 200 000", |b| {
        b.iter(|| {
            let symbols = parse(Places::Everywhere).unwrap();
            assert_eq!(symbols.iter().count() as u64, COUNT);
        });
    });
    for hits in [100, 700, 5_000] {
        // Most hits lie close to others, as those of hot functions do.
        let function = |hit: u64| (hit * 7919 + hit % 5) % COUNT;
        let offset = |hit| FileOffset::new(FIRST + function(hit) * FUNCTION_BYTES + hit % 60);
        let offsets: Vec<FileOffset> = (0..hits).map(offset).collect();
        group.bench_function(format!("{hits} places in 200 000"), |b| {
            b.iter(|| {
                let symbols = parse(Places::Offsets(&offsets)).unwrap();
                let at = symbols.svma_of(offsets[77]).unwrap();
                let name = symbols.look_up(at).unwrap().name;
                assert_eq!(demangle(name), shown(function(77)));
            });
        });
    }
    group.finish();
}
