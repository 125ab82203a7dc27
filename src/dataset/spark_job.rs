//! The script that runs on Spark: captures into a dataset in parallel, and questions to one.

use super::schema::SCHEMA;

/// The script, with [`SCHEMA`] still to be put in.
const SCRIPT: &str = include_str!("spark_job.py");

/// A script for Python with pyspark. It knows the tables of [`Schema::own`](super::schema::Schema::own).
pub fn spark_job() -> String {
    SCRIPT.replace("@SCHEMA@", SCHEMA)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables stand in a text between three quotes, with escapes: nothing in them ends it.
    #[test]
    fn the_tables_are_put_in_as_they_are() {
        assert_eq!(SCRIPT.matches("@SCHEMA@").count(), 1);
        assert!(!SCHEMA.contains("\"\"\"") && !SCHEMA.contains('\\'));
        assert!(spark_job().contains("\nversion\t"));
    }
}
