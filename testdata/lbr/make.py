#!/usr/bin/env python3
"""Makes `perf.data` of this folder: samples of a simulated CPU that keeps its last branches (LBR) in
call-stack mode, 8 of them in a ring, for each thread its own, as Linux saves and restores them.

A call writes the place at the top of the ring and moves the top on; a return moves it back. What is
deeper than the ring is wide is lost from it, until returns empty it: then calls fill it anew. A sample
tells the calls in the ring, newest first, and where its top is (`hw_idx`).

Sources: `struct perf_event_attr`, `perf_output_sample()`, Linux 6.1; `tools/perf/util/header.c` for the
feature CPU_PMU_CAPS, which tells how many places the ring has.
"""
import random
import struct
import sys

RING = 8
BASE, FUNCTIONS, BYTES = 0x400000, 64, 0x100
USER, KERNEL = 2**64 - 512, 2**64 - 128
KERNEL_TEXT = 0xFFFFFFFF81000000
# Also the name of the file that tells the program's functions.
BUILD_ID = bytes.fromhex("1b0000000000000000000000000000000000001b")


class Thread:
    """A thread that calls and returns at random."""

    def __init__(self, tid, rng):
        self.tid, self.rng = tid, rng
        self.stack = [(0, BASE)]  # (place of the call, function), root first
        self.ring, self.top, self.kept = [(0, 0)] * RING, 0, 0

    def step(self):
        deep = len(self.stack)
        if deep == 1 or (deep < 40 and self.rng.random() < 0.6):
            caller = self.stack[-1][1]
            at = caller + 1 + 5 * self.rng.randrange(BYTES // 6)
            to = BASE + BYTES * self.rng.randrange(1, FUNCTIONS)
            self.stack.append((at, to))
            self.top = (self.top + 1) % RING
            self.ring[self.top] = (at, to)
            self.kept = min(self.kept + 1, RING)
        else:
            self.stack.pop()
            if self.kept:
                self.top = (self.top - 1) % RING
                self.kept -= 1

    def branches(self):
        return [self.ring[(self.top - back) % RING] for back in range(self.kept)]


def record(kind, misc, body):
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def text(value):
    """A string of a feature section: its length, and zeros up to 64 bytes."""
    raw = value.encode() + b"\0"
    raw += b"\0" * (-len(raw) % 64)
    return struct.pack("<I", len(raw)) + raw


def attr():
    # IP, TID, TIME, CALLCHAIN, PERIOD, BRANCH_STACK; of branches: USER, CALL_STACK, NO_FLAGS,
    # NO_CYCLES, HW_INDEX
    sample_type = 1 | 2 | 4 | 1 << 5 | 1 << 8 | 1 << 11
    branch_type = 1 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 17
    sample_id_all = 1 << 18
    fields = struct.pack("<IIQQQQQ", 0, 120, 0, 1000, sample_type, 0, sample_id_all)
    fields += struct.pack("<IIQQQQQIiQ", 0, 0, 0, 0, branch_type, 0, 0, 0, 0, 0)
    return fields.ljust(120, b"\0")


def sample(thread, time, mode):
    rng = thread.rng
    function = thread.stack[-1][1]
    ip = function + rng.randrange(BYTES)
    chain = []
    if mode == "kernel":
        chain += [KERNEL, KERNEL_TEXT + 0x10 + rng.randrange(64), KERNEL_TEXT + 0x123]
    # Frame pointers tell what they can: not always all. Where the kernel finds no user stack, it
    # marks none, whatever the ring still holds.
    returns = [at + 5 for at, _ in reversed(thread.stack[1:])][: rng.randrange(1, 6)]
    if mode == "user" or rng.random() < 0.8:
        chain += [USER, ip] + returns
    own = chain[1]
    branches = thread.branches()
    body = struct.pack("<QIIQQ", own, 100, thread.tid, time, 1000)
    body += struct.pack(f"<Q{len(chain)}Q", len(chain), *chain)
    body += struct.pack("<QQ", len(branches), thread.top)
    for at, to in branches:
        body += struct.pack("<QQQ", at, to, 0)
    return record(9, 1 if mode == "kernel" else 2, body)


def main():
    rng = random.Random(7)
    trailer = struct.pack("<IIQ", 100, 100, 1)  # sample_id: TID, TIME
    data = record(3, 0, struct.pack("<II8s", 100, 100, b"program") + trailer)
    path = b"/lbr/program".ljust(16, b"\0")
    # MMAP2 with a build id in the place of the inode.
    mapping = struct.pack("<IIQQQ", 100, 100, BASE, FUNCTIONS * BYTES, 0)
    mapping += struct.pack("<BBH", 20, 0, 0) + BUILD_ID + struct.pack("<II", 5, 2) + path
    data += record(10, 2 | 1 << 14, mapping + trailer)
    threads = [Thread(tid, random.Random(tid)) for tid in (100, 101, 102)]
    for thread in threads:
        name = struct.pack("<II8s", 100, thread.tid, b"program")
        data += record(3, 0, name + struct.pack("<IIQ", 100, thread.tid, 2))
    time = 1000
    samples = 0
    while samples < 200:
        thread = rng.choice(threads)
        for _ in range(rng.randrange(1, 7)):
            thread.step()
        if not thread.kept:
            continue
        time += rng.randrange(1, 1000)
        data += sample(thread, time, rng.choice(["user", "user", "kernel"]))
        samples += 1
    caps = struct.pack("<I", 1) + text("branches") + text(str(RING))
    header_len, attr_len = 104, 120 + 16
    attrs_at, data_at = header_len, header_len + attr_len
    feature_at = data_at + len(data) + 16
    bits = 1 << 28
    out = b"PERFILE2" + struct.pack("<QQ", header_len, attr_len)
    out += struct.pack("<QQQQQQ", attrs_at, attr_len, data_at, len(data), 0, 0)
    out += struct.pack("<QQQQ", bits, 0, 0, 0)
    out += attr() + struct.pack("<QQ", 0, 0)
    out += data + struct.pack("<QQ", feature_at, len(caps)) + caps
    with open("perf.data", "wb") as file:
        file.write(out)
    lines = [f"{at * BYTES:x} {BYTES:x} f{at}\n" for at in range(FUNCTIONS)]
    with open(f"symbols/{BUILD_ID.hex()}.txt", "w", encoding="ascii") as file:
        file.write("# SVMA BYTES NAME\n")
        file.write(f"# segment 0 0 {FUNCTIONS * BYTES:x}\n")
        file.writelines(lines)


sys.exit(main())
