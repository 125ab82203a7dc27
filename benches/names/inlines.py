"""Inlined functions: vmflame's stacks against llvm-symbolizer's."""
import collections
import json
import os
import subprocess

from functions import functions_of, true_file
from stacks import MARKS, is_kernel, is_return


class Inlines:
    """Counts of one capture, by the stacks that perf and the other program make together."""

    def __init__(self, folder):
        self.folder = folder
        self.samples = self.same = self.places = 0
        self.found = collections.Counter()
        self.chains = {}

    def prepare(self, pairs):
        """Asks the other program for all places at once, of each object."""
        wanted = collections.defaultdict(set)
        for pair in pairs:
            for at in range(len(pair.perf)):
                path, address = self.place(pair, at)
                if address is not None:
                    wanted[path].add(address)
        for path, addresses in wanted.items():
            for address, chain in ask_llvm(path, sorted(addresses)):
                self.chains[(path, address)] = chain

    def place(self, pair, at):
        frame = pair.perf[at]
        if is_kernel(frame.place) or not frame.object.startswith("/"):
            return None, None
        path = true_file(self.folder, pair.thread, frame.object)
        if path is None:
            return None, None
        address = functions_of(path, os.stat(path).st_mtime_ns).address(frame.place)
        return path, None if address is None else address - is_return(pair.perf, at)

    def add(self, pair):
        wanted = []
        for at, frame in enumerate(pair.perf):
            chain = self.chains.get(self.place(pair, at), [])
            # The outermost name is the ELF symbol's.
            inner = chain[:-1] if len(chain) > 1 and (frame.name or self.has_truth(frame)) else []
            self.places += bool(inner)
            outer = frame.name or (chain[-1] if chain and self.has_truth(frame) else None)
            wanted += [*inner, outer]
        own = [frame.name for frame in pair.own if frame.name not in MARKS]
        self.samples += 1
        self.same += own == wanted
        if own != wanted:
            differing = [both for both in zip(wanted, own) if both[0] != both[1]]
            self.found[differing[0] if differing else (f"{len(wanted)} frames", f"{len(own)}")] += 1

    def has_truth(self, frame):
        return os.path.isfile(os.path.join(self.folder, "truth", os.path.basename(frame.object)))


def ask_llvm(path, addresses):
    command = ["llvm-symbolizer", f"--obj={path}", "-i", "--functions=linkage", "--no-demangle", "--output-style=JSON"]
    text = "".join(f"{address:#x}\n" for address in addresses)
    said = subprocess.run(command, input=text, capture_output=True, text=True, check=False).stdout
    for line in said.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        names = [symbol["FunctionName"] for symbol in told.get("Symbol", [])]
        yield int(told["Address"], 16), [name for name in names if name]
