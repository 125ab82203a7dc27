"""Asks a dataset as a user of DuckDB does: views of folders, and files of SQL. Prints JSON lines."""

import decimal
import json
import sys

import duckdb

TABLES = ["captures", "vms", "samples", "frames", "exits", "exit_histogram", "advice", "sample_seconds",
          "single_exits"]

dataset, *questions = sys.argv[1:]
base = duckdb.connect()
with open(f"{dataset}/dataset.json") as file:
    listed = json.load(file)["files"]
for table in TABLES:
    paths = [f"{dataset}/{file['path']}" for file in listed if file["table"] == table]
    if paths:
        files = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        rows = f"read_parquet([{files}], hive_partitioning = true, hive_types_autocast = false)"
        distinct = "DISTINCT" if table == "frames" else ""
        base.execute(f"CREATE VIEW {table} AS SELECT {distinct} * REPLACE (CAST(hour AS BIGINT) AS hour) FROM {rows}")
for question in questions:
    with open(question) as file:
        answer = base.execute(file.read())
    columns = [column[0] for column in answer.description]
    whole = lambda value: int(value) if isinstance(value, decimal.Decimal) else value
    rows = [[whole(value) for value in row] for row in answer.fetchall()]
    print(json.dumps({"question": question, "columns": columns, "rows": rows}))
