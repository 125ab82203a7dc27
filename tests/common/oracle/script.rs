//! perf's text of samples, as `perf script` prints it.

use std::collections::BTreeMap;

use regex::Regex;

/// From here up numbers are no addresses; perf's unwinder puts -1 where it is lost.
const FIRST_ERROR: u64 = 0xffff_ffff_ffff_f001;

/// A line of a call chain: `ADDRESS NAME+OFFSET (DSO)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Line {
    /// As printed: in the kernel an address, in user space perf 6.1's file offset.
    pub address: u64,
    /// `None` for `[unknown]`.
    pub name: Option<String>,
    /// Distance to the start of the symbol.
    pub offset: u64,
    /// Path or bracketed name.
    pub dso: String,
    /// Whether the address is a return address, so that the call lies before it.
    pub is_return: bool,
}

/// The stacks of an event with their numbers: thread name, chain leaf first.
pub type Stacks = BTreeMap<(String, Vec<Line>), u64>;

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let (address, rest) = line.trim_start().split_once(' ')?;
        let (symbol, dso) = rest.strip_suffix(')')?.rsplit_once(" (")?;
        let (name, offset) = match symbol.rsplit_once("+0x") {
            Some((name, offset)) => (name, u64::from_str_radix(offset, 16).ok()?),
            None => (symbol, 0),
        };
        Some(Self {
            address: u64::from_str_radix(address, 16).ok()?,
            name: (name != "[unknown]").then(|| name.to_owned()),
            offset,
            dso: dso.to_owned(),
            is_return: false,
        })
    }

    /// Whether the line is of the kernel. The modules' ranges of both architectures are in the
    /// upper half, and garbage on user stacks is not.
    pub fn is_kernel(&self) -> bool {
        self.address >> 48 == 0xffff && self.address < FIRST_ERROR
    }

    /// Whether the line is of code by which an interrupt or exception enters the kernel from the
    /// kernel: `idtentry`, `arch/x86/entry/entry_64.S`; `entry_handler 1`,
    /// `arch/arm64/kernel/entry.S`.
    fn is_interrupt_entry(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default();
        let x86 = ["asm_sysvec_", "asm_exc_", "asm_common_interrupt"];
        self.is_kernel()
            && (x86.iter().any(|prefix| name.starts_with(prefix))
                || matches!(name, "el1h_64_irq" | "el1h_64_sync"))
    }

    /// The file name in brackets by which inferno-collapse-perf shows what has no name.
    pub fn dso_name(&self) -> String {
        if self.dso.starts_with('[') {
            return self.dso.clone();
        }
        let file = self.dso.rsplit('/').next().unwrap_or_default();
        format!("[{file}]")
    }
}

/// Reads a text: stacks by event name.
pub fn parse(text: &str) -> BTreeMap<String, Stacks> {
    // `comm tid [cpu] time: period event:`, where recordings leave parts out.
    let header = Regex::new(concat!(
        r"^\s*(\S.*?)\s+-?\d+(?:/\d+)?\s+(?:\[\d+\]\s+)?(?:\d+\.\d+:\s+)?(?:\d+\s+)?",
        r"(\S+?):(?:\s|$)"
    ));
    let header = header.unwrap();
    let mut events: BTreeMap<String, Stacks> = BTreeMap::new();
    for block in text.split("\n\n") {
        let mut lines = block.lines().peekable();
        while let Some(head) = lines.next() {
            let found = header.captures(head);
            let found = found.unwrap_or_else(|| panic!("no sample: {head:?}"));
            let mut chain = Vec::new();
            while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
                chain.push(Line::parse(line).unwrap_or_else(|| panic!("no frame: {line:?}")));
            }
            mark_returns(&mut chain);
            let stacks = events.entry(found[2].to_owned()).or_default();
            *stacks.entry((found[1].to_owned(), chain)).or_default() += 1;
        }
    }
    events
}

/// The first address of each mode is an instruction pointer, and so is what an interrupt's entry
/// code shows as its caller; all others are return addresses.
fn mark_returns(chain: &mut [Line]) {
    let (mut last, mut was_interrupted) = (None, false);
    for line in chain {
        let mode = line.is_kernel();
        line.is_return = last == Some(mode) && !was_interrupted;
        last = Some(mode);
        was_interrupted = line.is_interrupt_entry();
    }
}
