//! A question as `DuckDB` runs it: the tables of a dataset as views of the files of its list.

use super::dataset_root::DatasetRoot;
use super::manifest::Manifest;
use super::schema::{Schema, TableName, TableSchema, ValueKind};

/// What the engine writes: a line of JSON for each column of the answer, then one for each row.
///
/// A line of a column has its number from 1, how many there are, its name and its type.
pub fn engine_script(root: &DatasetRoot, manifest: &Manifest, query: &str) -> String {
    let mut script = views_of(root, manifest);
    // A comment at the end of the query ends with its line.
    let query = query.trim_end().trim_end_matches(';');
    script.push_str(&format!(
        "CREATE TEMP TABLE vmflame_answer AS (\n{query}\n);\n\
         COPY (SELECT ordinal_position AS number, count(*) OVER () AS columns, column_name AS name, \
         data_type AS type FROM information_schema.columns WHERE table_name = 'vmflame_answer' \
         ORDER BY ordinal_position) TO '/dev/stdout' (FORMAT json);\n\
         COPY vmflame_answer TO '/dev/stdout' (FORMAT json);\n"
    ));
    script
}

/// The tables as views of the files of the list.
pub(super) fn views_of(root: &DatasetRoot, manifest: &Manifest) -> String {
    // What lasts longer than two seconds gets a bar of progress otherwise, in the middle of answers.
    let mut script = "SET enable_progress_bar = false;\n".to_owned();
    script.push_str(root.preamble());
    let tables = TableName::ALL.into_iter();
    script.extend(tables.map(|table| view_of(root, manifest, Schema::own().table(table))));
    script
}

fn view_of(root: &DatasetRoot, manifest: &Manifest, schema: &TableSchema) -> String {
    let (table, name) = (schema.table, schema.table.as_str());
    let files = manifest.of_table(table).map(|(path, _)| root.file(path));
    let files: Vec<String> = files.collect();
    if files.is_empty() {
        let columns = schema.columns.iter().map(|column| {
            let kind = match column.kind {
                ValueKind::Int => "BIGINT",
                ValueKind::Real => "DOUBLE",
                ValueKind::Flag => "BOOLEAN",
                ValueKind::Text => "VARCHAR",
            };
            format!("CAST(NULL AS {kind}) AS {}", column.name)
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        return format!(
            "CREATE VIEW {name} AS SELECT {columns}, CAST(NULL AS VARCHAR) AS date, \
             CAST(NULL AS BIGINT) AS hour WHERE 1 = 0;\n"
        );
    }
    // Files that were not compacted hold the same stacks.
    let distinct = if table == TableName::Frames {
        "DISTINCT "
    } else {
        ""
    };
    let files = files.join(",\n");
    format!(
        "CREATE VIEW {name} AS SELECT {distinct}* FROM read_parquet([{files}], hive_partitioning = \
         true, hive_types = {{'date': VARCHAR, 'hour': BIGINT}});\n"
    )
}
