"""How vmflame's stacks compare with perf's, and who is right where they differ."""
import collections
import re

from functions import true_names
from stacks import MARKS, is_kernel, is_return


BPF = re.compile(r"(bpf_prog_[0-9a-f]{16}_)")


class Comparison:
    """Counts of one capture."""

    def __init__(self, folder):
        self.folder = folder
        self.samples = self.same = self.shown = 0
        self.frames = {"perf": 0, "own": 0}
        self.named = {"perf": 0, "own": 0}
        # What differs, by verdict and by what both say.
        self.found = collections.Counter()
        # Threads and objects of which perf has another file's names, and frames of those and of others
        # that have no name here.
        self.misnamed = set()
        self.unnamed = collections.Counter()
        self.truth = collections.Counter()

    def add(self, pair):
        own = [frame for frame in pair.own if frame.name not in MARKS]
        perf = pair.perf
        # perf shows the place without a caller where vmflame shows its mark.
        is_marked = len(own) < len(pair.own)
        if is_marked and len(perf) == len(own) + 1 and perf[-1].name is None:
            perf = perf[:-1]
        self.samples += 1
        for side, frames in (("perf", perf), ("own", own)):
            self.frames[side] += len(frames)
            self.named[side] += sum(frame.name is not None for frame in frames)
        verdicts = [self.judged(pair.thread, perf, at, frame.name) for at, frame in enumerate(own[:len(perf)])]
        if len(own) != len(perf):
            kind = "cut at a mark" if is_marked else "other length"
            cut = sum(frame.name is not None for frame in perf[len(own):])
            self.found[(kind, f"{len(perf)} frames", f"{len(own)}, {cut} named ones lost", "")] += 1
            verdicts.append(kind)
        self.same += all(verdict == "same" for verdict in verdicts)
        self.shown += all(verdict in ("same", *EXPLAINED) for verdict in verdicts)

    def judged(self, thread, perf, at, own):
        """The verdict on one frame."""
        frame = perf[at]
        returns = is_return(perf, at)
        true = None
        if not is_kernel(frame.place) and frame.object.startswith("/"):
            true = true_names(self.folder, thread, frame, returns)
            self.truth["frames"] += bool(true)
            self.truth["right"] += bool(true) and own in true
            self.truth["perf is wrong"] += bool(true) and frame.name is not None and frame.name not in true
        program = BPF.match(frame.name or "")
        if program:
            # It is named like the thread that runs it.
            true = {f"{program[1]}{thread}"} if thread != "between" else None
        verdict = verdict_on(frame, own, true, returns)
        found = (verdict, frame.name, own, frame.object)
        if verdict in ("perf is wrong", "dropped, perf is wrong") and not returns_to_start(frame, returns):
            self.misnamed.add((thread, frame.object))
        if verdict == "FEWER":
            self.unnamed[(thread, found)] += 1
        elif verdict != "same":
            self.found[found] += 1
        return verdict

    def finish(self):
        """Tells names that perf has by accident, of a file that did not run there, from others."""
        for (thread, found), count in self.unnamed.items():
            accident = (thread, found[3]) in self.misnamed
            self.found[("by accident, of another file" if accident else "FEWER", *found[1:])] += count

    def wrong(self):
        return self.of("WRONG")

    def fewer(self):
        return self.of("FEWER")

    def of(self, verdict):
        return sum(count for key, count in self.found.items() if key[0] == verdict)


# Verdicts that take vmflame's side.
EXPLAINED = ("alias", "perf is wrong", "perf takes the return address", "more, by nm", "more", "dropped, perf is wrong")


def verdict_on(frame, own, true, returns):
    """`true` holds all names of the place by the object's own symbols; None when nobody can tell."""
    is_true = true is not None and own in true
    perf_is_true = true is not None and frame.name in true
    if frame.name == "@plt" and own and own.endswith("@plt"):
        # An entry that a resolver fills in, which perf says of no function.
        return "more"
    if own == frame.name:
        # Both may be wrong alike. Trampolines are returned to at their start.
        is_wrong = own and true and not is_true and "@" not in own and not returns_to_start(frame, returns)
        return "WRONG" if is_wrong else "same"
    if own and frame.name:
        if is_true:
            return "alias" if perf_is_true else "perf is wrong"
        return "perf takes the return address" if returns_to_start(frame, returns) and not true else "WRONG"
    if own:
        return "more, by nm" if is_true else "WRONG" if true is not None else "more"
    if returns_to_start(frame, returns) and not perf_is_true:
        return "perf takes the return address"
    return "dropped, perf is wrong" if true is not None and not perf_is_true else "FEWER"


def returns_to_start(frame, returns):
    """Whether a return address is the start of perf's function, which is the one behind the call."""
    return returns and frame.offset == 0
