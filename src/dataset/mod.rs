//! Datasets: what captures of many hosts tell, as Parquet files that any engine reads.
//!
//! In: rows of the tables of `schema.tsv`. Out: a folder of files, and what is found in such a folder.
//! What rows are made of is no concern of this module.
//!
//! ```text
//! DIR/dataset.json                              the list of files: what is not in it does not count
//! DIR/samples/date=2026-11-26/hour=9/HASH.parquet
//! DIR/_staging/                                 what is being written
//! DIR/.lock                                     held while the list changes
//! ```
//! A change writes its files beside the others, takes the lock, and puts another list in the place of
//! the old one (`rename(2)`): at every instant the list names whole files, each row once.
//!
//! | file | what is in it |
//! |---|---|
//! | `schema` | the tables and their columns, read from `schema.tsv` |
//! | `values` | the values of a column |
//! | `table_rows` | rows of a table, column by column |
//! | `parquet_file` | such rows as a Parquet file, and back |
//! | `frame_rows` | rows of table frames, made of frames that are told once each |
//! | `numbered_column` | a column of such a file whose values come back |
//! | `in_reading` | which file a thread reads |
//! | `partition` | the date and the hour that rows belong to |
//! | `manifest` | the list of files |
//! | `store` | a folder: locks, files on their way in, files without an owner |
//! | `add` | captures into a dataset |
//! | `known_stacks` | stacks whose frames are there |
//! | `table_folder` | the tables of one capture, a file each |
//! | `compact` | many small files into few |
//! | `check` | whether every row is there once |
//! | `queries` | ready questions: plain SQL |
//! | `dataset_root` | where an engine finds the files |
//! | `s3_place` | a place in S3 |
//! | `s3_access` | keys, region and server of such a place |
//! | `engine_script` | a question as an engine runs it |
//! | `cohort` | captures that have something in common, and what is asked of them |
//! | `spark_job` | the script that runs on Spark |
//! | `stack_hash` | ids that are the same on every machine |
//! | `buckets` | histograms that can be added up |
//! | `made_up` | a made-up fleet, and what must be answered about it |

mod add;
mod buckets;
mod check;
mod cohort;
mod compact;
mod dataset_root;
mod engine_script;
mod frame_rows;
mod in_reading;
mod known_stacks;
mod made_up;
mod manifest;
mod numbered_column;
mod parquet_file;
mod partition;
mod queries;
mod s3_access;
mod s3_place;
mod schema;
mod spark_job;
mod stack_hash;
mod store;
mod table_folder;
mod table_rows;
mod values;

pub use add::{AddedCaptures, CaptureRows, add_captures, known_captures};
pub use buckets::{bucket_of, least_of};
pub use check::{CheckReport, check};
pub use cohort::{
    AnswerMark, COMPARED_FUNCTIONS, COMPARED_REGISTERS, CohortCondition, CohortRows, CohortScript,
    ExitColumn, LEAST_TIMED, NamedColumn, TwoCohortsWish, advice_question, exit_question,
    stack_question, two_cohorts_question,
};
pub use compact::{Compaction, compact};
pub use dataset_root::DatasetRoot;
pub use engine_script::engine_script;
pub use frame_rows::FrameRows;
pub use in_reading::file_in_reading;
pub use made_up::{FleetLoad, FleetTruth, MadeUpCauseKey, MadeUpSum, PlantedFact, write_fleet};
pub use manifest::{DatasetFile, Manifest};
pub use partition::Partition;
pub use queries::{QueryWish, READY_QUERIES, ReadyQuery, dimension_names};
pub use s3_access::{S3Access, S3Endpoint, S3Keys};
pub use s3_place::S3Place;
pub use schema::{ColumnSchema, Schema, TableName, TableSchema, ValueKind};
pub use spark_job::spark_job;
pub use stack_hash::{ContentHash, HashedFrame, StackHash};
pub use store::{Store, StoreLock};
pub use table_folder::{check_table_folder, write_table_folder};
pub use table_rows::TableRows;
pub use values::Value;
