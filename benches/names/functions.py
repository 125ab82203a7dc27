"""The functions of an object file, by binutils: who is right where two names differ."""
import bisect
import functools
import os
import re

from shell import answer


class Functions:
    """Functions by address, with all their names, `memcpy@plt` among them."""

    def __init__(self, path):
        self.segments = []
        for line in answer(f"readelf -lW '{path}'").splitlines():
            words = line.split()
            if words[:1] == ["LOAD"]:
                offset, start, _, size = (int(word, 16) for word in words[1:5])
                self.segments.append((offset, start, size))
        self.names, self.sizes = {}, {}
        for options in ("", "-D", "--synthetic", "-D --synthetic"):
            self.read(f"{options} '{path}'")
        found = re.search(r"Build ID: ([0-9a-f]+)", answer(f"readelf -n '{path}' 2>/dev/null"))
        if found:
            self.read(f"/usr/lib/debug/.build-id/{found[1][:2]}/{found[1][2:]}.debug")
        self.starts = sorted(self.names)

    def read(self, what):
        for line in answer(f"nm -S --defined-only --no-demangle {what} 2>/dev/null").splitlines():
            found = re.match(r"([0-9a-f]+)(?: ([0-9a-f]+))? [tTwWiIuVv] (.*)$", line)
            if found:
                self.add(int(found[1], 16), int(found[2] or "0", 16), found[3])

    def add(self, start, size, name):
        names = self.names.setdefault(start, set())
        # The versions of dynamic symbols belong to no name.
        names.update((name, re.sub(r"@@?[A-Z][A-Za-z0-9_.]*$", "", name)))
        self.sizes[start] = max(size, self.sizes.get(start, 0))

    def address(self, offset):
        """The address of a byte of the file."""
        for start, address, size in self.segments:
            if start <= offset < start + size:
                return offset - start + address
        return None

    def at(self, address):
        """All names of the function around an address; empty when there is none."""
        last = bisect.bisect_right(self.starts, address) - 1
        # A function without a size ends where the next one begins.
        for start in reversed(self.starts[max(0, last - 8):last + 1]):
            if self.sizes[start] > address - start or (self.sizes[start] == 0 and start == self.starts[last]):
                return self.names[start]
        return set()


@functools.lru_cache(maxsize=64)
def functions_of(path, changed):
    return Functions(path)


def true_file(folder, thread, recorded):
    """The file that a frame's object really was: what a case laid aside for the object, or for the thread
    that only ran one program, else the one at the recorded path."""
    kept = os.path.join(folder, "truth", os.path.basename(recorded).split(" ")[0])
    if os.path.isfile(kept):
        return kept
    kept = os.path.join(folder, "truth", thread)
    if os.path.isfile(kept) and not recorded.startswith(SYSTEM):
        return kept
    return recorded if recorded.startswith("/") and os.path.isfile(recorded) else None


# Where objects lie that no case makes.
SYSTEM = ("/lib", "/usr/", "/bin/", "/sbin/", "[")


def true_names(folder, thread, frame, is_return):
    """The names that the object's file gives a frame of perf, and None where no file can tell."""
    path = true_file(folder, thread, frame.object)
    if path is None:
        return None
    functions = functions_of(path, os.stat(path).st_mtime_ns)
    address = functions.address(frame.place)
    return None if address is None else functions.at(address - is_return)
