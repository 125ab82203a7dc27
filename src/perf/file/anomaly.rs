//! What was odd about a capture.

use linux_perf_data::Feature;

/// Something about a capture that its user should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Anomaly {
    /// The header states no records: the recorder was stopped before it could finish the file.
    Unfinished,
    /// The records end before the place that the header states.
    CutOff {
        /// Bytes that are missing.
        missing: u64,
    },
    /// The header says that the records lie where they cannot; they were looked for.
    LostPlace,
    /// The header says that an event's entry is so long, which cannot be.
    OddAttrLen {
        /// The length.
        stated: u64,
    },
    /// The header says that the records end where they go on; they were read to the end of the file.
    LostEnd,
    /// Events, or ids of events, that do not lie in the file.
    LostAttrs,
    /// The events that the file begins with are damaged: those of the features were taken.
    DescribedAttrs,
    /// Feature sections that do not lie in the file.
    LostFeatures(Vec<Feature>),
    /// Compressed records that could not be read.
    LostCompressed {
        /// Compressed bytes.
        bytes: u64,
    },
    /// What compressed records hold could not be kept in a temporary file.
    LostUnpacked {
        /// What the system said.
        cause: String,
    },
    /// A file of a directory is not there.
    LostPart {
        /// Its number, as in `data.3`.
        number: u32,
    },
    /// The compression around the file ends in the middle, or is damaged.
    LostCompression {
        /// What the decoder said.
        cause: String,
    },
}
