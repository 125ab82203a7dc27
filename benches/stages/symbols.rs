//! Symbol files.

use std::path::Path;

use criterion::{Criterion, Throughput};
use vmflame::symbol::{KernelSymbols, ObjectSymbols, Places};
use vmflame::units::Avma;

use super::captures;

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

/// The symbols of this very program.
pub(crate) fn elf(c: &mut Criterion) {
    let path = std::env::current_exe().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let count = ObjectSymbols::parse_elf(&path, &bytes, Places::Everywhere)
        .unwrap()
        .iter()
        .count();
    assert!(count > 1_000, "{count} symbols");
    let mut group = c.benchmark_group("ELF symbols");
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function("this program", |b| {
        b.iter(|| {
            let symbols = ObjectSymbols::parse_elf(&path, &bytes, Places::Everywhere).unwrap();
            assert_eq!(symbols.iter().count(), count);
        });
    });
    group.finish();
}
