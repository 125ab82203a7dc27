"""Copies a dataset: the same rows, in another order, other files and other groups."""

import json
import os
import random
import sys

import pyarrow
import pyarrow.parquet

source, target = sys.argv[1:]
choice = random.Random(19)
with open(f"{source}/dataset.json") as file:
    listed = json.load(file)
parts = {}
for file in listed["files"]:
    parts.setdefault((file["table"], os.path.dirname(file["path"])), []).append(file["path"])
listed["files"] = []
for (table, folder), paths in sorted(parts.items()):
    read = [pyarrow.parquet.read_table(f"{source}/{path}", partitioning=None) for path in paths]
    rows = pyarrow.concat_tables(read)
    rows = rows.take(choice.sample(range(len(rows)), len(rows)))
    os.makedirs(f"{target}/{folder}")
    begin = 0
    while begin < len(rows):
        some = rows.slice(begin, choice.randrange(1, len(rows) + 1))
        path = f"{folder}/{begin:016x}.parquet"
        pyarrow.parquet.write_table(some, f"{target}/{path}", row_group_size=max(1, len(some) // 3))
        size = os.path.getsize(f"{target}/{path}")
        listed["files"].append({"path": path, "table": table, "rows": len(some), "bytes": size, "xxh3": ""})
        begin += len(some)
choice.shuffle(listed["files"])
with open(f"{target}/dataset.json", "w") as file:
    json.dump(listed, file)
