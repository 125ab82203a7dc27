//! Why a dataset cannot be used.

use std::fmt;

/// What is wrong with a dataset, or with a file of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatasetFault {
    /// The folder holds no dataset.
    NoDataset,
    /// The folder holds something else, beside which no dataset is begun.
    OtherFolder,
    /// The folder holds something: tables are written to an empty one.
    NotEmpty,
    /// It is to be made up, and one is there already.
    ThereAlready,
    /// The list of its files is none.
    BadManifest {
        /// What its parser says.
        cause: String,
    },
    /// A later version of this program wrote it.
    NewerSchema {
        /// The version of its schema.
        found: u64,
        /// The latest that is known here.
        known: u32,
    },
    /// A file of rows cannot be read.
    BadParquet {
        /// What its parser says.
        cause: String,
    },
    /// A file of rows has other columns than its schema says.
    OtherColumns {
        /// Which are missing, or differ.
        what: String,
    },
    /// A file of rows is not what was written: its length or its checksum differs.
    Changed,
    /// A capture tells nothing that is held in a dataset.
    NothingTold,
    /// A row that was to be written is not what the schema says.
    WrongRow {
        /// The table.
        table: &'static str,
    },
}

impl DatasetFault {
    /// What the user can do about it.
    pub(super) const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoDataset => "vmflame dataset add CASE… -o DIR begins one",
            Self::OtherFolder | Self::NotEmpty | Self::ThereAlready => {
                "name a folder that is empty, or that is not there yet"
            }
            Self::NewerSchema { .. } => "read it with the version of vmflame that wrote it",
            Self::BadManifest { .. } => {
                "nothing of a dataset is read without its list: restore dataset.json from a copy, or add \
                 the captures again to another dataset"
            }
            Self::BadParquet { .. } | Self::Changed => {
                "vmflame dataset check DIR says what else is damaged; restore the file from a copy, or \
                 add its captures again to another dataset"
            }
            Self::NothingTold => {
                "record what tells it: perf record -a -g -e cpu-clock -e kvm:kvm_exit -e kvm:kvm_entry"
            }
            Self::OtherColumns { .. } | Self::WrongRow { .. } => return None,
        })
    }
}

impl fmt::Display for DatasetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDataset => f.write_str("there is no dataset in it: dataset.json is missing"),
            Self::OtherFolder => f.write_str("it holds other files, and is no dataset"),
            Self::NotEmpty => f.write_str("the folder is not empty"),
            Self::ThereAlready => f.write_str("a dataset is there already"),
            Self::BadManifest { cause } => write!(f, "not a list of a dataset's files: {cause}"),
            Self::NewerSchema { found, known } => write!(
                f,
                "a dataset of schema version {found}: this vmflame knows versions up to {known}"
            ),
            Self::BadParquet { cause } => write!(f, "not a Parquet file that can be read: {cause}"),
            Self::OtherColumns { what } => write!(f, "it has other columns than its table: {what}"),
            Self::Changed => {
                f.write_str("it is not what was written: its length or checksum differs")
            }
            Self::NothingTold => f.write_str("it has neither samples of time nor exits"),
            Self::WrongRow { table } => write!(f, "a row does not fit table {table}"),
        }
    }
}
