"""The stacks of a capture, sample by sample, as perf and as vmflame tell them."""
import collections
import json
import os
import re

from shell import answer, run

# What vmflame puts at the root end of a stack that goes on.
MARKS = {"[no caller]", "[truncated]", "[not unwound]"}

# `place` is a byte of the object's file in user space, an address in the kernel; `offset` how far it lies
# behind the function's start; both perf's. A name is None where there is none.
PerfFrame = collections.namedtuple("PerfFrame", "place name offset object")
OwnFrame = collections.namedtuple("OwnFrame", "name object")
# Frames are leaf first. `at` is nanoseconds.
PerfSample = collections.namedtuple("PerfSample", "thread tid at frames")
Pair = collections.namedtuple("Pair", "thread perf own")

HEAD = re.compile(r"\s*(.*?)\s+-?\d+/(-?\d+)\s+(\d+)\.(\d{9}):\s*(.*)$")
FRAME = re.compile(r"\s*([0-9a-f]+) (.*) \(([^()]*(?:\([^)]*\))?[^()]*)\)$")
SINGLE = re.compile(r":\s+([0-9a-f]+ .* \(.*\))$")


def perf_frame(text):
    found = FRAME.match(text)
    if not found:
        return None
    name, offset = found[2], None
    behind = re.match(r"(.*)\+0x([0-9a-f]+)$", name)
    if behind:
        name, offset = behind[1], int(behind[2], 16)
    return PerfFrame(int(found[1], 16), None if name == "[unknown]" else name, offset, found[3])


def perf_samples(folder, options):
    """What `perf script` tells of perf.data in a folder."""
    fields = "comm,pid,tid,time,event,ip,sym,symoff,dso"
    text = answer(f"perf script -i perf.data -F {fields} --ns --no-inline {options} 2>/dev/null", folder)
    samples = []
    for line in text.split("\n"):
        head = HEAD.match(line) if line[:1] not in ("\t", "") else None
        if head:
            at = int(head[3]) * 10**9 + int(head[4])
            samples.append(PerfSample(head[1], int(head[2]), at, []))
            # A sample without a chain is told on one line.
            single = SINGLE.search(head[5])
            line = single[1] if single else ""
        frame = perf_frame(line)
        if frame and samples:
            samples[-1].frames.append(frame)
    return samples


def own_samples(program, folder, options):
    """What vmflame tells of the same capture: stacks by tid and nanoseconds since the first sample, and
    what it said beside them."""
    out = os.path.join(folder, "own.firefox")
    if os.path.exists(out):
        os.remove(out)
    command = f"{program} convert perf.data --format firefox --group none --no-tag {options} -o {out}"
    said = run(command, folder).stderr
    with open(out) as file:
        profile = json.load(file)
    os.remove(out)
    found = collections.defaultdict(list)
    for thread in profile["threads"]:
        tid = int(str(thread["tid"]).split(".")[0])
        samples = thread["samples"]
        for stack, at in zip(samples["stack"], samples["time"]):
            found[(tid, round(at * 1e6))].append(own_stack(thread, stack))
    return found, said


def own_stack(thread, stack):
    texts, functions, stacks = thread["stringArray"], thread["funcTable"], thread["stackTable"]
    frames = []
    while stack is not None:
        function = thread["frameTable"]["func"][stacks["frame"][stack]]
        resource = functions["resource"][function]
        names = thread["resourceTable"]["name"]
        name = texts[functions["name"][function]]
        is_unnamed = name.startswith("[") and name.endswith("]") and name not in MARKS
        frames.append(OwnFrame(None if is_unnamed else name, texts[names[resource]] if resource >= 0 else ""))
        stack = stacks["prefix"][stack]
    return frames


def paired(perf, own):
    """Each sample of perf with vmflame's stack of it, and how many have none."""
    start = min(sample.at for sample in perf)
    pairs, alone = [], 0
    for sample in perf:
        for slack in (0, 1, -1, 2, -2):
            stacks = own.get((sample.tid, sample.at - start + slack))
            if stacks:
                pairs.append(Pair(sample.thread, sample.frames, stacks.pop(0)))
                break
        else:
            alone += 1
    return pairs, alone


def is_kernel(place):
    return place >= 1 << 63


def is_return(frames, at):
    """Whether the place of a frame is behind a call: all but the first of the kernel and of user space."""
    return at > 0 and not (is_kernel(frames[at - 1].place) and not is_kernel(frames[at].place))
