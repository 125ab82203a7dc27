"""samples.py COUNT: writes big.data, a capture with a sample at each of COUNT addresses of ./big, and
the addresses as text for llvm-symbolizer.

Source of the layout: include/uapi/linux/perf_event.h and tools/perf/util/header.h, Linux 6.1.
"""
import os
import random
import struct
import subprocess
import sys

ATTR = 128
SAMPLE_ID_ALL, FREQ, MMAP, COMM, TASK, MMAP2 = 1 << 18, 1 << 10, 1 << 8, 1 << 9, 1 << 13, 1 << 23
IP, TID, TIME, CALLCHAIN = 1, 2, 4, 32
USER, BUILD_ID = 2, 1 << 14
CONTEXT_USER = 2**64 - 512


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def record(kind, misc, body):
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def sample_id(time):
    return struct.pack("<iiQ", 100, 100, time)


def padded(text):
    return text.ljust(len(text) // 8 * 8 + 8, b"\0")


def code_segment(program):
    for line in output("readelf", "-lW", program).splitlines():
        words = line.split()
        if words[:1] == ["LOAD"] and "E" in words[6:-1]:
            return [int(word, 16) for word in (words[1], words[2], words[4])]
    raise SystemExit("no code")


def addresses(program, count):
    found = set()
    for line in output("nm", "-S", "--defined-only", program).splitlines():
        words = line.split()
        if len(words) >= 4 and words[2] in "tTwW":
            start, size = int(words[0], 16), int(words[1], 16)
            found.update(range(start, start + size, 4))
    return sorted(random.sample(sorted(found), count))


def main():
    random.seed(5)
    program = os.path.abspath("big")
    offset, start, size = code_segment(program)
    asked = addresses(program, int(sys.argv[1]))
    with open("addresses", "w") as out:
        out.writelines(f"{at:#x}\n" for at in asked)
    notes = output("readelf", "-n", program)
    build_id = bytes.fromhex(notes.split("Build ID: ")[1].split()[0])
    head = struct.pack("<iiQQQ", 100, 100, start, size, offset)
    head += struct.pack("<BBH", len(build_id), 0, 0) + build_id.ljust(20, b"\0")
    head += struct.pack("<II", 5, 2) + padded(program.encode())
    data = record(3, 0, struct.pack("<ii", 100, 100) + padded(b"big") + sample_id(1))
    data += record(10, USER | BUILD_ID, head + sample_id(2))
    random.shuffle(asked)
    for time, at in enumerate(asked, 10):
        values = struct.pack("<QiiQQQQ", at, 100, 100, time, 2, CONTEXT_USER, at)
        data += record(9, USER, values)
    flags = SAMPLE_ID_ALL | FREQ | MMAP | COMM | TASK | MMAP2
    attr = struct.pack("<IIQQQQQ", 0, ATTR, 0, 1000, IP | TID | TIME | CALLCHAIN, 0, flags)
    attr = attr.ljust(ATTR, b"\0") + struct.pack("<QQ", 0, 0)
    at = 104 + len(attr)
    header = b"PERFILE2" + struct.pack("<QQ", 104, len(attr))
    header += struct.pack("<QQ", 104, len(attr)) + struct.pack("<QQ", at, len(data))
    header += struct.pack("<QQ", 0, 0) + b"\0" * 32
    with open("big.data", "wb") as out:
        out.write(header + attr + data)


main()
