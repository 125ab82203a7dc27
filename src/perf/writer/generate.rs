//! Captures of any size, made up.

use std::io::{self, Seek, Write};

use super::file::FileWriter;
use super::load::{Load, Written};
use super::maker::{Maker, ROUND};
use super::sections::FeatureSection;
use super::shape;
use crate::bytes::ByteOrder;

impl Load {
    /// The kernel's symbols as its `/proc/kallsyms` would tell them.
    pub fn kallsyms(&self) -> String {
        shape::kallsyms(self)
    }

    /// Writes the capture. Memory does not grow with its size.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write<O: ByteOrder, W: Write + Seek>(&self, out: W) -> io::Result<(W, Written)> {
        let description = self.description();
        let mut file = FileWriter::<O, W>::new(out, &description)?;
        let mut made = Maker::<O>::new(self, &description);
        let mut due = Some(self.sideband());
        made.kernel();
        if !self.late {
            made.sideband(due.take().unwrap_or_default());
        }
        while made.written.samples == 0 || made.written.data_len < self.size {
            for _ in 0..ROUND {
                made.sample();
            }
            made.sideband(due.take().unwrap_or_default());
            made.round(|records| file.write(records))?;
            made.written.data_len = file.data_len();
        }
        let (first, last) = made.written.times;
        file.add_feature(FeatureSection::sample_times(first, last));
        Ok((file.finish()?, made.written))
    }
}
