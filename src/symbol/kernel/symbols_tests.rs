//! Tests of kernel symbols.

use std::path::Path;

use super::symbols::{KernelAnchor, KernelSymbols, ModuleRange};
use crate::units::Avma;

const TEXT: &str = "\
0000000000000000 D __per_cpu_start
ffffffff81000000 T _text
ffffffff81000000 T _stext
ffffffff81000040 t $x
ffffffff81000100 T memcpy_long
ffffffff81000100 W memcpy
ffffffff81000180 t last_function
ffffffff81002000 D data
ffffffffc0001000 t io_interception	[kvm_amd]
ffffffffc0001080 t npf_interception	[kvm_amd]
ffffffffc0009000 t vcpu_run	[kvm]
ffffffffc0009100 d kvm_data	[kvm]
ffffffffc000a000 t bpf_prog_6deef7357e7b4530	[bpf]
";

fn symbols(text: &str) -> KernelSymbols {
    KernelSymbols::parse(Path::new("kallsyms"), text.as_bytes()).unwrap()
}

fn name(symbols: &KernelSymbols, avma: u64) -> String {
    match symbols.look_up(Avma::new(avma)) {
        Ok(symbol) => format!("{} {}", symbol.dso(), symbol.name),
        Err(cause) => format!("{cause:?}"),
    }
}

/// Aliases, ends at data, ends at pages before another module, gaps.
#[test]
fn functions_end_where_they_must() {
    let symbols = symbols(TEXT);
    let cases = [
        (0x10, "NoSymbol"),
        (0xffff_ffff_80ff_ffff, "NoSymbol"),
        (0xffff_ffff_8100_00ff, "[kernel] _stext"),
        (0xffff_ffff_8100_0100, "[kernel] memcpy"),
        (0xffff_ffff_8100_1fff, "[kernel] last_function"),
        (0xffff_ffff_8100_2000, "NoSymbol"),
        (0xffff_ffff_c000_1000, "[kvm_amd] io_interception"),
        (0xffff_ffff_c000_2fff, "[kvm_amd] npf_interception"),
        (0xffff_ffff_c000_3000, "NoSymbol"),
        (0xffff_ffff_c000_90ff, "[kvm] vcpu_run"),
        (0xffff_ffff_c000_9100, "NoSymbol"),
        (0xffff_ffff_c000_afff, "[bpf] bpf_prog_6deef7357e7b4530"),
        (0xffff_ffff_c000_b000, "NoSymbol"),
        (u64::MAX, "NoSymbol"),
    ];
    for (avma, expected) in cases {
        assert_eq!(name(&symbols, avma), expected, "{avma:#x}");
    }
}

/// The kernel moves with its anchor, modules do not survive a move.
#[test]
fn another_boot_moves_the_kernel_and_drops_the_modules() {
    let recorded = Avma::new(0xffff_ffff_9120_0000);
    let moved = symbols(TEXT).for_boot(KernelAnchor::Text, recorded);
    assert_eq!(moved.anchor(KernelAnchor::Stext), Some(recorded));
    assert_eq!(name(&moved, 0xffff_ffff_9120_0100), "[kernel] memcpy");
    assert_eq!(name(&moved, 0xffff_ffff_8100_0100), "NoSymbol");
    assert_eq!(name(&moved, 0xffff_ffff_c000_1000), "OtherBoot");
    let same = symbols(TEXT).for_boot(KernelAnchor::Text, Avma::new(0xffff_ffff_8100_0000));
    assert_eq!(
        name(&same, 0xffff_ffff_c000_1000),
        "[kvm_amd] io_interception"
    );
    let odd = symbols(TEXT).for_boot(KernelAnchor::Text, Avma::new(0xffff_ffff_8100_0010));
    assert_eq!(name(&odd, 0xffff_ffff_8100_0100), "OtherBoot");
}

/// Without KASLR the anchor agrees, and only the modules' places tell another boot.
#[test]
fn modules_elsewhere_are_not_used() {
    let range = |name: &str, start: u64, bytes| ModuleRange {
        name: name.into(),
        range: Avma::new(start)..Avma::new(start + bytes),
    };
    let fitted = symbols(TEXT).for_modules(&[
        range("kvm", 0xffff_ffff_d000_0000, 4096),
        range("kvm_amd", 0xffff_ffff_c000_1000, 8192),
    ]);
    assert_eq!(
        name(&fitted, 0xffff_ffff_c000_1000),
        "[kvm_amd] io_interception"
    );
    assert_eq!(name(&fitted, 0xffff_ffff_c000_9000), "OtherBoot");
    assert_eq!(name(&fitted, 0xffff_ffff_8100_0100), "[kernel] memcpy");
}

/// `kptr_restrict` gives zeros; a text that is no kallsyms is an error.
#[test]
fn hidden_and_foreign_texts_are_told_apart() {
    let hidden = symbols("0000000000000000 T _text\n0000000000000000 t x\t[kvm]\n");
    assert!(hidden.is_hidden());
    assert_eq!(name(&hidden, 0xffff_ffff_8100_0100), "KernelHidden");
    for text in [
        "",
        "\n\n",
        "hello world\n",
        "fff",
        "00112233445566778 T x\n",
    ] {
        assert!(KernelSymbols::parse(Path::new("x"), text.as_bytes()).is_err());
    }
}

/// A text that ends inside a name must not yield half a name.
#[test]
fn every_prefix_is_read_without_wrong_names() {
    let third = |line: &'static str| line.split_ascii_whitespace().nth(2);
    let names: Vec<&str> = TEXT.lines().filter_map(third).collect();
    for len in 0..TEXT.len() {
        let Ok(part) = KernelSymbols::parse(Path::new("x"), &TEXT.as_bytes()[..len]) else {
            continue;
        };
        for entry in part.all().filter(|entry| entry.len > 0) {
            let name = part.name_of(&entry).unwrap();
            assert!(names.contains(&name), "{name}");
        }
    }
}

/// By definition: the last symbol that does not begin above the address, if it reaches so far.
#[test]
fn every_address_of_many_symbols_is_found() {
    use std::fmt::Write;
    let mut text = String::new();
    let starts: Vec<u64> = (0..500)
        .map(|at| 0xffff_ffff_8100_0000 + at * 0x30)
        .collect();
    for (at, start) in starts.iter().enumerate() {
        let name = if at == 0 {
            "_text".to_owned()
        } else {
            format!("f{at}")
        };
        writeln!(text, "{start:016x} T {name}").unwrap();
    }
    for shift in [0, 0x20_0000] {
        let recorded = Avma::new(starts[0] + shift);
        let symbols = symbols(&text).for_boot(KernelAnchor::Text, recorded);
        for (at, start) in starts.iter().enumerate().skip(1) {
            for within in [0, 1, 0x2f] {
                let found = name(&symbols, start + shift + within);
                assert_eq!(found, format!("[kernel] f{at}"), "{within}");
            }
        }
        let below = name(&symbols, starts[0] + shift - 1);
        assert!(below == "NoSymbol" || below == "OtherBoot", "{below}");
    }
}
