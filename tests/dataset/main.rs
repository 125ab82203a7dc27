//! Datasets: what is written is what analyses say, it is there once whatever happens meanwhile, and
//! other programs read it.
#![cfg(feature = "fleet")]

mod cohort;
mod cohort_diff;
mod columns;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod engine;
mod fleet;
mod folder;
mod killed;
mod on_request;
mod s3;
mod spark;
mod spark_job;
mod sums;
mod tables;
mod two_kernels;
