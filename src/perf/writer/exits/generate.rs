//! Captures of VM exits of any size, made up.

use std::io::{self, Seek, Write};

use super::load::{ExitLoad, ExitsWritten};
use super::maker::ExitMaker;
use crate::bytes::ByteOrder;
use crate::perf::writer::file::FileWriter;
use crate::perf::writer::sections::FeatureSection;

impl ExitLoad {
    /// Writes the capture. Memory does not grow with its size.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write<O: ByteOrder, W: Write + Seek>(&self, out: W) -> io::Result<(W, ExitsWritten)> {
        let description = self.description();
        let mut file = FileWriter::<O, W>::new(out, &description)?;
        let mut made = ExitMaker::<O>::new(self, &description);
        made.names();
        while made.written.exits == 0 || made.written.data_len < self.size {
            made.round(|records| file.write(records))?;
            made.written.data_len = file.data_len();
        }
        made.rest(|records| file.write(records))?;
        made.written.data_len = file.data_len();
        let (first, last) = made.written.times;
        file.add_feature(FeatureSection::sample_times(first, last));
        Ok((file.finish()?, made.written))
    }
}
