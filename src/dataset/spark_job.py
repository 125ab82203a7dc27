#!/usr/bin/env python3
"""Datasets of vmflame on Spark: captures of many hosts into one, and questions to it.

  vmflame dataset spark-job > spark_job.py
  python3 spark_job.py query DATASET top-causes.sql          on this machine
  spark-submit --master yarn spark_job.py add CAPTURES -o DATASET

Needs pyspark 3.5 or later (pip install pyspark) with its Java: 17 or later for pyspark 4.
"""

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

# The tables and columns, as `vmflame dataset schema` tells them: put here when the script is printed.
SCHEMA = """@SCHEMA@"""

TYPES = {"int": "BIGINT", "real": "DOUBLE", "flag": "BOOLEAN", "text": "STRING"}

QUERY_HELP = """\
A question is a file of SQL, one SELECT. vmflame fleet --explain NAME > NAME.sql writes the ready ones,
which run unchanged; vmflame dataset schema tells the tables. Only files that dataset.json lists are read.
The answer is CSV, or with --json one line for each question: its file, columns and rows.
"""

ADD_HELP = """\
Each file below CAPTURES is a capture, and each folder below it that holds a perf.data. Executors run
vmflame dataset add on them: the program of the driver is sent to them. All of them must see CAPTURES and
DATASET at the same paths, on a file system with flock(2); local mode needs no more than this machine.
What became of each capture is a row of CSV: added, there (it was before) or failed, with the error. One
that cannot be read, crashes the program or takes too long costs its own row only. Captures that are there
are not added again: run it as often as you like. vmflame dataset compact afterwards makes few files of many.
Options of vmflame dataset add may follow behind --, as in: -- --recorded-at 2026-11-26T18:00:00Z

Exit status: 0 when each capture has a row, whatever it says; 2 when the job could not run.
"""


CHECK = "vmflame dataset check DIR finds files that are damaged"


class Refused(Exception):
    """Why the script cannot go on, and what helps."""

    def __init__(self, what, hint=None):
        super().__init__(what)
        self.hint = hint


@contextlib.contextmanager
def refused_file(path):
    """Errors of the system in a line."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None


@contextlib.contextmanager
def told(what, hint):
    """Errors of Spark in a line."""
    try:
        yield
    except Refused:
        raise
    except Exception as problem:
        raise Refused(f"{what}: {first_line(problem)}", hint) from None


def first_line(problem):
    """What an error of Spark says, without the stack of its Java."""
    text = str(problem) or type(problem).__name__
    found = re.search(r"\[[A-Z][A-Z_.]+\].*", text)
    return (found[0] if found else text.splitlines()[0])[:500]


class Schema:
    """The columns of each table as SQL declares them, and the version of what they mean."""

    def __init__(self, text):
        self.version = None
        self.tables = {}
        for line in text.splitlines():
            cells = line.split("\t")
            if cells[0] == "version":
                self.version = int(cells[1])
            elif len(cells) == 7 and cells[2] in TYPES:
                self.tables.setdefault(cells[0], []).append(f"{cells[1]} {TYPES[cells[2]]}")
        for columns in self.tables.values():
            # Engines guess different types of the parts of a path: a date here, text there.
            columns += ["date STRING", "hour BIGINT"]
        if self.version is None:
            raise Refused("this script has no tables", "print it with: vmflame dataset spark-job")


class Dataset:
    """A folder, or a place that Spark reads, such as s3a://bucket/fleet."""

    def __init__(self, place):
        self.place = place.rstrip("/")
        self.is_local = "://" not in place
        if self.is_local:
            self.place = os.path.abspath(place)

    def listed(self, spark, schema):
        """The files of dataset.json: of each table their paths."""
        path = f"{self.place}/dataset.json"
        if not self.is_local:
            with told(f"{self.place}: there is no dataset in it", "vmflame dataset add begins one"):
                return files_of(path, spark.read.text(path, wholetext=True).collect()[0][0], schema)
        if not os.path.exists(path):
            raise Refused(f"{self.place}: there is no dataset in it: dataset.json is missing",
                          "vmflame dataset add CASE… -o DIR begins one")
        with refused_file(path), open(path, encoding="utf-8") as file:
            return files_of(path, file.read(), schema)

    def uri(self, path):
        """How Spark calls a file or a folder of it."""
        scheme = "file://" if self.is_local else ""
        return f"{scheme}{self.place}/{path}"

    @contextlib.contextmanager
    def reading(self):
        """While it lasts, nobody who compacts removes files."""
        with contextlib.ExitStack() as stack:
            if self.is_local:
                with contextlib.suppress(OSError):
                    import fcntl
                    lock = stack.enter_context(open(f"{self.place}/.lock", "rb"))
                    fcntl.flock(lock, fcntl.LOCK_SH)
            yield


def files_of(path, text, schema):
    """The paths that a dataset.json lists, by table."""
    try:
        listed = json.loads(text)
        if listed["format"] != "vmflame dataset":
            raise ValueError("it has another format")
        version = int(listed["schema_version"])
        paths = [file["path"] for file in listed["files"]] if version <= schema.version else []
    except (KeyError, TypeError, ValueError) as problem:
        raise Refused(f"{path}: it is not a list of a dataset's files: {problem}", CHECK) from None
    if version > schema.version:
        raise Refused(f"{path}: it has schema version {version}, and this script knows {schema.version}",
                      "print the script with the version of vmflame that wrote the dataset")
    files = {name: [] for name in schema.tables}
    for below in paths:
        found = re.fullmatch(r"(\w+)/date=\d{4}-\d\d-\d\d/hour=\d{1,2}/\w[\w.-]*\.parquet", str(below), re.ASCII)
        if not found or found[1] not in files:
            raise Refused(f"{path}: {below!r} is no file of a dataset", CHECK)
        files[found[1]].append(below)
    return files


def session(name, master):
    """Spark, on the cluster that is asked for, or that spark-submit names, or on this machine."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise Refused("this Python has no pyspark", "pip install pyspark, or run it by spark-submit") from None
    settings = {
        "spark.app.name": name,
        # A sum that does not fit is an error, not another number.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if master:
        settings["spark.master"] = master
    with told("Spark does not start", "it needs Java in PATH or JAVA_HOME: 17 or later for pyspark 4"):
        return SparkSession.builder.config(map=settings).getOrCreate()


def make_views(spark, dataset, schema, files):
    for name, columns in schema.tables.items():
        if files[name]:
            reader = spark.read.schema(", ".join(columns)).option("basePath", dataset.uri(name))
            # A path is a pattern: what is special there is to be taken as it is.
            paths = [re.sub(r"([\\{}\[\]*?])", r"\\\1", dataset.uri(path)) for path in files[name]]
            rows = reader.parquet(*paths)
        else:
            rows = spark.createDataFrame([], ", ".join(columns))
        # Files that were not compacted hold the same stacks.
        (rows.distinct() if name == "frames" else rows).createOrReplaceTempView(name)


def plain(value):
    """A value as JSON has it: whole numbers stay whole."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    is_decimal = type(value).__name__ == "Decimal"
    return int(value) if is_decimal and value == int(value) else str(value)


def query(options):
    schema, dataset, questions = Schema(SCHEMA), Dataset(options.dataset), []
    for path in options.questions:
        with refused_file(path), open(path, encoding="utf-8") as file:
            questions.append(file.read().rstrip().rstrip(";"))
    with dataset.reading():
        # What is wrong with a folder is told before Spark starts, which takes seconds.
        files = dataset.listed(None, schema) if dataset.is_local else None
        spark = session("vmflame query", options.master)
        files = files or dataset.listed(spark, schema)
        with told(f"{dataset.place}: Spark cannot read it", CHECK):
            make_views(spark, dataset, schema, files)
        for path, question in zip(options.questions, questions):
            with told(f"{path}: Spark refuses the question", f"vmflame dataset schema tells the tables; {CHECK}"):
                answer = spark.sql(question)
                rows = [[plain(value) for value in row] for row in answer.collect()]
            if options.json:
                print(json.dumps({"question": path, "columns": answer.columns, "rows": rows}))
            else:
                lines = csv.writer(sys.stdout, lineterminator="\n")
                lines.writerow(answer.columns)
                lines.writerows(rows)
    spark.stop()


def captures_below(places):
    """The captures of files and folders, sorted; and what is none, with the reason."""
    found, refused = set(), {}
    failed = lambda problem: refused.update({problem.filename: problem.strerror})
    for place in map(os.path.abspath, places):
        if not os.path.isdir(place):
            found.add(place)
        for folder, folders, files in os.walk(place, onerror=failed):
            # What pack makes, and what perf record writes into a folder of its own.
            if folder != place and {"perf.data", "data"} & {*files, *folders}:
                found.add(folder)
                folders.clear()
                continue
            for name in files:
                path = os.path.join(folder, name)
                # What perf archive packed beside a capture belongs to it.
                if name.endswith(".tar.bz2") and name[: -len(".tar.bz2")] in files:
                    continue
                if os.path.isfile(path):
                    found.add(path)
                else:
                    refused[path] = "it is neither a file nor a folder, or a link that leads nowhere"
    return sorted(found), refused


class Adding:
    """What an executor does with captures."""

    def __init__(self, options, dataset, threads):
        self.program = os.path.basename(options.vmflame)
        self.dataset = dataset
        self.timeout = options.timeout
        self.rest = [*options.rest, "--threads", threads, "--json", "--quiet"]

    def of_batch(self, captures):
        """A row of each: those that a run is not over with are tried one by one."""
        start = time.monotonic()
        told = self.run(captures)
        if isinstance(told, str) and len(captures) > 1:
            return [row for capture in captures for row in self.of_batch([capture])]
        if isinstance(told, str):
            told = [["failed", "no", told]]
        seconds = round((time.monotonic() - start) / len(captures), 3)
        return [[capture, *row, socket.gethostname(), seconds] for capture, row in zip(captures, told)]

    def run(self, captures):
        """Outcome, damage and error of each; or why there is none."""
        from pyspark import SparkFiles
        program = SparkFiles.get(self.program)
        command = [program, "dataset", "add", *captures, "-o", self.dataset, *self.rest]
        try:
            if not os.access(program, os.X_OK):
                os.chmod(program, 0o755)
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=self.timeout * len(captures))
        except subprocess.TimeoutExpired:
            return f"vmflame took more than {self.timeout} s and was killed"
        except OSError as problem:
            return f"vmflame cannot be run on {socket.gethostname()}: {problem.strerror}"
        if done.returncode < 0:
            name = signal.Signals(-done.returncode).name
            return f"vmflame was killed by {name}"
        with contextlib.suppress(KeyError, TypeError, ValueError):
            rows = json.loads(done.stdout)["tables"]["cases"]["rows"]
            if len(rows) == len(captures):
                return [[row["outcome"], row["damaged"], row["error"]] for row in rows]
        lines = done.stderr.decode(errors="replace").splitlines()
        said = [line for line in lines if line.startswith(("error:", "caused by:", "hint:"))]
        return " ".join(said or lines[-1:] or [f"vmflame ended with status {done.returncode}"])


def checked_program(asked):
    """The program that is sent to executors: one that knows datasets."""
    program = shutil.which(asked)
    if not program:
        raise Refused(f"there is no program {asked}", "--vmflame names it")
    try:
        done = subprocess.run([program, "dataset", "add", "--help"], capture_output=True)
    except OSError as problem:
        raise Refused(f"{program} cannot be run: {problem.strerror}") from None
    if done.returncode or b"--json" not in done.stdout:
        raise Refused(f"{program} cannot add to datasets",
                      "build it by: cargo install --path . --features fleet")
    return os.path.abspath(program)


def add(options):
    schema = Schema(SCHEMA)
    options.vmflame = checked_program(options.vmflame)
    dataset = Dataset(options.output)
    if not dataset.is_local:
        raise Refused(f"{options.output}: datasets are written to folders",
                      "add to one that all executors see, and copy it")
    if os.path.exists(f"{dataset.place}/dataset.json"):
        dataset.listed(None, schema)
    captures, refused = captures_below(options.captures)
    if not captures and not refused:
        raise Refused(f"{', '.join(options.captures)}: there is no capture in it")
    step = max(1, options.batch)
    batches = [captures[at : at + step] for at in range(0, len(captures), step)]
    report = contextlib.nullcontext(sys.stdout)
    if options.report:
        with refused_file(options.report):
            report = open(options.report, "w", encoding="utf-8", errors="backslashreplace")
    spark = session("vmflame add", options.master)
    context = spark.sparkContext
    context.addFile(options.vmflame)
    adding = Adding(options, dataset.place, context.getConf().get("spark.task.cpus", "1"))
    rows = []
    with told("the job failed", "run it again: what was added is not added twice"):
        if batches:
            rows = context.parallelize(batches, len(batches)).flatMap(adding.of_batch).collect()
    rows += [[path, "failed", "no", why, socket.gethostname(), 0] for path, why in sorted(refused.items())]
    with report as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["capture", "outcome", "damaged", "error", "executor", "seconds"])
        lines.writerows(rows)
    of = lambda outcome: sum(row[1] == outcome for row in rows)
    print(f"{of('added')} added, {of('there')} there already, {of('failed')} failed: see the column error",
          file=sys.stderr)
    spark.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="query|add")
    shape = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    asks = verbs.add_parser("query", help="ask a dataset", epilog=QUERY_HELP, **shape)
    asks.add_argument("dataset", metavar="DATASET", help="its folder, or a place that Spark reads")
    asks.add_argument("questions", metavar="FILE.sql", nargs="+", help="files of SQL, one SELECT each")
    asks.add_argument("--json", action="store_true", help="print JSON, a line for each question")
    adds = verbs.add_parser("add", help="add captures to a dataset, in parallel", epilog=ADD_HELP, **shape)
    adds.add_argument("captures", metavar="CAPTURES", nargs="+", help="folders of captures, or captures")
    adds.add_argument("-o", "--output", metavar="DATASET", required=True, help="its folder, which is made")
    adds.add_argument("--vmflame", metavar="PROGRAM", default="vmflame",
                      help="the program that is sent to executors (default: that in PATH)")
    adds.add_argument("--batch", metavar="N", type=int, default=16,
                      help="captures that one run adds: their rows share files (default: 16)")
    adds.add_argument("--timeout", metavar="SECONDS", type=float, default=600,
                      help="the longest that a capture may take (default: 600)")
    adds.add_argument("--report", metavar="FILE", help="write the rows here (default: standard output)")
    for verb in asks, adds:
        verb.add_argument("--master", metavar="URL", help="the cluster, such as local[4] or spark://host:7077 "
                          "(default: what spark-submit says, or all CPUs of this machine)")
    given, rest = sys.argv[1:], []
    if "--" in given:
        at = given.index("--")
        given, rest = given[:at], given[at + 1 :]
    options = parser.parse_args(given)
    options.rest = rest
    return options


def main():
    options = arguments()
    # A file may have any bytes for a name.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    try:
        query(options) if options.verb == "query" else add(options)
    except Refused as problem:
        print(f"error: {problem}", file=sys.stderr)
        if problem.hint:
            print(f"hint: {problem.hint}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
