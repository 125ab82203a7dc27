//! A small histogram in a cell.

/// One bar: how many values there are from `least` up to, and without, `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bar {
    /// The least value that belongs to it.
    pub least: u64,
    /// The least value above it that does not; 2^64 is told as the greatest number.
    pub end: u64,
    /// How many there are.
    pub values: u64,
}

/// The bars as one line of blocks, each as high as its count beside the highest. A bar with few
/// values is seen: only an empty one is blank.
///
/// ```
/// use vmflame::report::table::{Bar, sparkline};
///
/// let bar = |least, values| Bar { least, end: least * 2, values };
/// assert_eq!(sparkline(&[bar(1, 8), bar(2, 0), bar(4, 1), bar(8, 4)]), "█ ▁▄");
/// ```
pub fn sparkline(bars: &[Bar]) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = bars.iter().map(|bar| bar.values).max().unwrap_or(0).max(1);
    let block = |bar: &Bar| {
        let height = (u128::from(bar.values) * 8).div_ceil(u128::from(highest));
        let height = usize::try_from(height).unwrap_or(8);
        BLOCKS.get(height).copied().unwrap_or('█')
    };
    bars.iter().map(block).collect()
}
