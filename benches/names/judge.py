"""judge.py VMFLAME FOLDER [--only REGEX] [--keep] [--list]

Makes captures afresh on this machine, and compares the names that vmflame gives with those of other
programs: `perf script --no-inline` for stacks, llvm-symbolizer or binutils for inlined functions, the
symbols of the very files that ran (nm) where perf and vmflame differ, and programs whose functions tell
which file they are of. Each capture is then packed, and read where there is nothing but the program and
the case. Build ids planted on purpose end the run.

A line for each capture: samples; stacks that are the same; stacks that are the same but for frames in which
another program says that perf is wrong; frames that are named here and by perf; frames with a WRONG name,
and with none where perf's is right. Below it what differs. The status is 1 when a name is wrong.

Wants Linux as root, perf, gcc and binutils; a case that lacks more says so, and without llvm-symbolizer no
inlined functions are compared. FOLDER is
made, and a sub-folder for each case.
"""
import argparse
import os
import re
import shutil
import sys

from cases import copied_cases, cpp_cases, runtime_cases, rust_cases
from comparison import Comparison
from inlines import Inlines
from lives import life_cases
from packed import read_elsewhere
from planted import planted
from shell import lacks, run
from stacks import own_samples, paired, perf_samples

SHOWN = 8


def all_cases():
    for cases in (cpp_cases, rust_cases, copied_cases, runtime_cases, life_cases):
        yield from cases()


def percent(part, whole):
    return f"{100 * part / whole:6.2f} %" if whole else "     – %"


def told(found, shown=SHOWN):
    for (verdict, *what), count in found.most_common(shown):
        print(f"    {count:5} × {verdict}: {' | '.join(str(one)[:110] for one in what)}")


def judge(case, program, folder):
    """Makes a capture and compares; whether no name is wrong."""
    where = {"S": os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs"), "D": folder, "V": program}
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    missing = lacks(case.needs)
    inlined_by = None if lacks(("llvm-symbolizer",)) else case.inlined_by
    if missing:
        print(f"{case.name:30} left out: no {missing}")
        return True
    for part, command in (("build", case.build), ("recording", case.recording())):
        done = run(command, folder, may_fail=True, more=where)
        if done.returncode and (part == "build" or not os.path.exists(f"{folder}/perf.data")):
            print(f"{case.name:30} left out, {part}: {(done.stdout + done.stderr).strip()[-300:]}")
            return True
    options = case.options.replace("$D", folder)
    perf = perf_samples(folder, "--no-demangle")
    if not perf:
        print(f"{case.name:30} left out: no samples")
        return True
    own, said = own_samples(program, folder, f"--no-inline --keep-garbage --no-demangle {options}")
    pairs, alone = paired(perf, own)
    plain = Comparison(folder)
    for pair in pairs:
        plain.add(pair)
    plain.finish()
    tell(case.name, plain, alone)
    if plain.wrong() or plain.fewer():
        print("".join(f"      | {line[:200]}\n" for line in said.splitlines()), end="")
    cut_at_garbage(program, folder, options, perf, plain)
    demangled(program, folder, options)
    if inlined_by:
        judge_inlines(program, folder, options, perf)
    read_elsewhere(program, folder, options)
    return plain.wrong() == 0


def tell(name, counts, alone):
    print(f"{name:30} {counts.samples:5} samples, same {percent(counts.same, counts.samples)},"
          f" or perf is wrong {percent(counts.shown, counts.samples)}; named"
          f" {percent(counts.named['own'], counts.frames['own'])}, by perf"
          f" {percent(counts.named['perf'], counts.frames['perf'])}; WRONG {counts.wrong()},"
          f" fewer {counts.fewer()}" + (f"; without a partner {alone}" if alone else ""))
    if counts.truth["perf is wrong"]:
        print(f"    by the files' own symbols: {counts.truth['frames']} frames, right here {counts.truth['right']},"
              f" wrong by perf {counts.truth['perf is wrong']}")
    told(counts.found)


def cut_at_garbage(program, folder, options, perf, plain):
    """Callers without a call before them are dropped by default."""
    own, _ = own_samples(program, folder, f"--no-inline --no-demangle {options}")
    counts = Comparison(folder)
    for pair in paired(perf, own)[0]:
        counts.add(pair)
    counts.finish()
    if counts.found != plain.found:
        print(f"    without garbage: same {percent(counts.same, counts.samples)}, WRONG {counts.wrong()},"
              f" fewer {counts.fewer()}")
        told(counts.found - plain.found, 4)


def demangled(program, folder, options):
    """Readable names, where perf and vmflame both know the mangled one."""
    perf = perf_samples(folder, "")
    own, _ = own_samples(program, folder, f"--no-inline --keep-garbage {options}")
    differing = {}
    for pair in paired(perf, own)[0]:
        if len(pair.perf) == len(pair.own):
            for one, other in zip(pair.perf, pair.own):
                if one.name and other.name and one.name != other.name:
                    differing[(one.name, other.name)] = differing.get((one.name, other.name), 0) + 1
    for both, count in list(differing.items())[:3]:
        print(f"    {count:5} × readable names: {both[0][:100]} | {both[1][:100]}")


def judge_inlines(program, folder, options, perf):
    own, _ = own_samples(program, folder, f"--inline --keep-garbage --no-demangle {options}")
    pairs, _ = paired(perf, own)
    inlines = Inlines(folder)
    inlines.prepare(pairs)
    for pair in pairs:
        inlines.add(pair)
    print(f"    inlined: same {percent(inlines.same, inlines.samples)}, {inlines.places} places with inlined functions")
    for (wanted, got), count in inlines.found.most_common(3):
        print(f"    {count:5} × llvm-symbolizer: {str(wanted)[:100]} | {str(got)[:100]}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("vmflame")
    arguments.add_argument("folder")
    arguments.add_argument("--only", default="", help="cases whose names match")
    arguments.add_argument("--keep", action="store_true", help="keep captures")
    arguments.add_argument("--list", action="store_true")
    given = arguments.parse_args()
    cases = [case for case in all_cases() if re.search(given.only, case.name)]
    if given.list:
        print("\n".join(case.name for case in cases))
        return 0
    missing = lacks(("perf", "gcc", "nm", "readelf"))
    if missing or os.geteuid():
        print("left out: " + (f"no {missing}" if missing else "captures of all kinds take root"))
        return 0
    program, right = os.path.abspath(given.vmflame), True
    for case in cases:
        folder = os.path.join(os.path.abspath(given.folder), case.name)
        try:
            right &= judge(case, program, folder)
        except Exception as error:  # The next case may do.
            print(f"{case.name:30} FAILED: {error}")
            right = False
        sys.stdout.flush()
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if re.search(given.only, "planted"):
        right &= planted(program, os.path.join(os.path.abspath(given.folder), "planted"))
    print("no wrong name" if right else "WRONG names")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
