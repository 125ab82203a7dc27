//! What has room in a row.

use crate::text::{one_line, shortened};

/// Widest name of a row; longer ones are cut.
const NAME: usize = 44;
/// Narrowest column of names.
const LEAST_NAME: usize = 16;
/// What a row takes beside its name: mark, values and change.
const VALUES: usize = 51;
/// What comes behind: the interval, or what a function takes by itself.
const BEHIND: usize = 25;

/// What has room in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowLayout {
    name: usize,
    /// Whether intervals and what functions take by themselves have room.
    pub(crate) is_wide: bool,
}

impl RowLayout {
    /// For a terminal of so many columns; without one, all has room.
    pub(crate) fn fitting(columns: Option<usize>) -> Self {
        let columns = columns.unwrap_or(usize::MAX);
        let is_wide = columns >= LEAST_NAME + VALUES + BEHIND;
        let beside = VALUES + if is_wide { BEHIND } else { 0 };
        Self {
            name: columns.saturating_sub(beside).clamp(LEAST_NAME, NAME),
            is_wide,
        }
    }

    pub(crate) fn name(self, name: &str) -> String {
        let name = one_line(name);
        let width = self.name;
        format!("{:<width$}", shortened(&name, width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 80 columns are those of a terminal of old; a pipe has none.
    #[test]
    fn rows_fit_into_the_terminal() {
        for columns in [68, 80, 91, 92, 100, 120, 300] {
            let row = RowLayout::fitting(Some(columns));
            let beside = if row.is_wide { VALUES + BEHIND } else { VALUES };
            assert!(row.name + beside <= columns, "{columns}: {row:?}");
            let name = row.name("a function with a name longer than any column of names");
            assert_eq!(name.chars().count(), row.name);
        }
        assert!(RowLayout::fitting(None).is_wide);
        assert_eq!(RowLayout::fitting(None).name, NAME);
        assert_eq!(RowLayout::fitting(Some(10)).name, LEAST_NAME);
    }
}
