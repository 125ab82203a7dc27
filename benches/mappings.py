#!/usr/bin/env python3
"""mappings.py FOLDER: captures in which far more is mapped than samples hit.

children.data: 40 000 forks of a program with 5 000 mappings, each of which maps one place anew and has a sample
there. changes.data: the same by one process with 20 000 mappings. overlaps.data: 60 000 mappings, each over the
half of all addresses, each with a sample. renames.data: 20 000 names of one thread, a sample under each."""
import struct
import sys
from pathlib import Path

# perf_event.h: PERF_SAMPLE_IP | TID | TIME | CALLCHAIN; attr bits disabled, mmap, comm, freq, task,
# sample_id_all, mmap2, comm_exec.
SAMPLE = 1 | 2 | 4 | 1 << 5
BITS = 1 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 13 | 1 << 18 | 1 << 23 | 1 << 24
COMM, FORK, SAMPLE_RECORD, MMAP2 = 3, 7, 9, 10
USER_CONTEXT = 2**64 - 512


def record(kind, body, misc=2):
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def text(name):
    return name.encode() + bytes(8 - len(name) % 8)


def trailer(pid, time):
    return struct.pack("<iiQ", pid, pid, time)


def mapping(pid, start, length, name, time):
    body = struct.pack("<iiQQQIIQQII", pid, pid, start, length, 0, 8, 1, 7, 0, 5, 2)
    return record(MMAP2, body + text(name) + trailer(pid, time))


def sample(pid, time, at):
    return record(SAMPLE_RECORD, struct.pack("<QiiQQQQ", at, pid, pid, time, 2, USER_CONTEXT, at))


def fork(pid, parent, time):
    return record(FORK, struct.pack("<iiiiQ", pid, parent, pid, parent, time) + trailer(pid, time), 0)


def comm(pid, name, time):
    return record(COMM, struct.pack("<ii", pid, pid) + text(name) + trailer(pid, time), 0)


def place(number):
    return 0x100000 + 0x10000 * number


def spread(count):
    """A program with so many mappings."""
    return [comm(1, "p", 1)] + [mapping(1, place(i), 0x1000, f"/x/{i}", 2 + i) for i in range(count)]


def children():
    yield from spread(5000)
    for i in range(40000):
        pid, at, time = 2 + i, place(i % 5000), 50000 + 3 * i
        yield fork(pid, pid - 1, time) + mapping(pid, at, 0x1000, f"/y/{i}", time + 1)
        yield sample(pid, time + 2, at + 16)


def changes():
    yield from spread(20000)
    for i in range(40000):
        at, time = place(i % 20000), 50000 + 2 * i
        yield mapping(1, at, 0x1000, f"/y/{i}", time) + sample(1, time + 1, at + 16)


def overlaps():
    yield comm(1, "p", 1)
    for i in range(60000):
        yield mapping(1, i * 0x1000, 2**63, f"/z/{i}", 2 + 2 * i) + sample(1, 3 + 2 * i, i * 0x1000 + 5)


def renames():
    yield comm(1, "p", 1) + mapping(1, 0x100000, 0x100000, "/x/a", 2)
    for i in range(20000):
        yield comm(1, f"t{i}", 11 + 3 * i) + sample(1, 12 + 3 * i, 0x100000 + 16 * (i % 1000))


def capture(records):
    """A perf.data of one event: cpu-clock at 99 Hz. perf_event.h, struct perf_event_attr, version 5."""
    attr = struct.pack("<IIQQQQQ", 1, 112, 0, 99, SAMPLE, 0, BITS).ljust(112, b"\0")
    header, records = 104, b"".join(records)
    sections = [(header, 128), (header + 128, len(records)), (0, 0)]
    places = b"".join(struct.pack("<QQ", *section) for section in sections)
    head = b"PERFILE2" + struct.pack("<QQ", header, 128) + places + bytes(32)
    return head + attr + bytes(16) + records


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for made in (children, changes, overlaps, renames):
        Path(sys.argv[1], f"{made.__name__}.data").write_bytes(capture(made()))
