//! A table of symbols that all have an end.

use hashbrown::HashMap;

/// A symbol with its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizedSymbol {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Where its name begins among the names of the table.
    pub(crate) name: u32,
    pub(crate) len: u32,
}

impl SizedSymbol {
    /// Its name, out of the names of the table.
    pub(super) fn name_in(self, names: &str) -> Option<&str> {
        let name = self.name as usize;
        names.get(name..name + self.len as usize)
    }
}

/// From `start` to the next stretch, the address belongs to one symbol, or to none.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: u64,
    symbol: Option<u32>,
}

/// How many stretches are looked at one by one from the last one found on. Where only functions were
/// read that are asked for, the next address mostly lies in the next one.
const NEAR: usize = 6;

/// Symbols by address. Where they overlap, the one that starts last counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct SizedSymbols {
    stretches: Box<[Stretch]>,
    symbols: Box<[SizedSymbol]>,
    names: Box<str>,
    /// Readable forms of names, as far as they are known, by start.
    readable: HashMap<u64, Box<str>>,
}

impl SizedSymbols {
    /// A table of symbols with different starts, in order of these. Their names lie in `names`.
    pub(crate) fn new(symbols: Box<[SizedSymbol]>, names: String) -> Self {
        Self {
            stretches: stretches(&symbols),
            symbols,
            names: names.into(),
            readable: HashMap::new(),
        }
    }

    /// The same, of some of which it is known what their names are in readable form.
    pub(super) fn with_readable(self, readable: HashMap<u64, Box<str>>) -> Self {
        Self { readable, ..self }
    }

    /// The readable form of the name of the symbol that starts there, where it is known.
    pub(super) fn readable(&self, start: u64) -> Option<&str> {
        self.readable.get(&start).map(|text| &**text)
    }

    /// Name and range of the symbol at an address.
    pub(crate) fn look_up(&self, svma: u64) -> Option<(&str, u64, u64)> {
        self.look_up_near(svma, &mut 0)
    }

    /// The same. `near` tells where the last one was found, around which most lie where addresses come
    /// in order; 0 before the first.
    #[inline]
    pub(crate) fn look_up_near(&self, svma: u64, near: &mut usize) -> Option<(&str, u64, u64)> {
        let ahead = self.stretches.get(*near..).unwrap_or_default();
        let ahead = ahead.iter().take(NEAR);
        let steps = ahead.take_while(|of| of.start <= svma).count();
        *near = match steps {
            1..NEAR => *near + steps - 1,
            _ => {
                let above = self.stretches.partition_point(|of| of.start <= svma);
                above.checked_sub(1)?
            }
        };
        let symbol = self.stretches.get(*near)?.symbol?;
        let symbol = self.symbols.get(symbol as usize)?;
        Some((self.name_of(symbol)?, symbol.start, symbol.end))
    }

    /// Name and range of every symbol, by start.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.symbols
            .iter()
            .filter_map(|symbol| Some((self.name_of(symbol)?, symbol.start, symbol.end)))
    }

    fn name_of(&self, symbol: &SizedSymbol) -> Option<&str> {
        symbol.name_in(&self.names)
    }
}

/// A symbol whose end is not reached.
#[derive(Clone, Copy)]
struct OpenSymbol {
    ix: u32,
    end: u64,
}

/// Cuts overlapping symbols, sorted by start, into stretches that do not overlap.
fn stretches(symbols: &[SizedSymbol]) -> Box<[Stretch]> {
    let mut stretches: Vec<Stretch> = Vec::with_capacity(symbols.len());
    // Symbols that still cover the address, outermost first.
    let mut open: Vec<OpenSymbol> = Vec::new();
    for (ix, symbol) in (0_u32..).zip(symbols) {
        close(&mut stretches, &mut open, symbol.start);
        add(&mut stretches, symbol.start, Some(ix));
        open.retain(|outer| outer.end > symbol.end);
        open.push(OpenSymbol {
            ix,
            end: symbol.end,
        });
    }
    close(&mut stretches, &mut open, u64::MAX);
    stretches.into()
}

/// Ends the open symbols that end at or below `upto`.
fn close(stretches: &mut Vec<Stretch>, open: &mut Vec<OpenSymbol>, upto: u64) {
    while let Some(&OpenSymbol { end, .. }) = open.last() {
        if end > upto {
            return;
        }
        open.pop();
        add(stretches, end, open.last().map(|outer| outer.ix));
    }
}

fn add(stretches: &mut Vec<Stretch>, start: u64, symbol: Option<u32>) {
    match stretches.last_mut() {
        Some(last) if last.start == start => last.symbol = symbol,
        _ => stretches.push(Stretch { start, symbol }),
    }
}
