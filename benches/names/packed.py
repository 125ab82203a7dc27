"""A capture that was packed, read where there is nothing but the program and the case."""
import os
import re
import shutil

from shell import answer, run


def cell_of(program, folder):
    """A root with the program and what loads it, which is at no path of a system."""
    cell = os.path.join(folder, "cell")
    os.makedirs(f"{cell}/own")
    os.makedirs(f"{cell}/tmp")
    shutil.copy(program, f"{cell}/own/vmflame")
    for path in re.findall(r"(/\S+) \(0x", answer(f"ldd {program}")):
        shutil.copy(path, f"{cell}/own/{os.path.basename(path)}")
    return cell


def read_elsewhere(program, folder, options):
    """Says whether the names are the same there."""
    done = run(f"{program} pack --debug {options} perf.data -o case.tar.zst", folder, may_fail=True)
    if done.returncode:
        print(f"    packed: FAILED: {done.stderr.strip()[-300:]}")
        return
    run(f"{program} convert perf.data {options} -o here.folded", folder, may_fail=True)
    cell = cell_of(program, folder)
    shutil.move(f"{folder}/case.tar.zst", f"{cell}/case.tar.zst")
    size = os.path.getsize(f"{cell}/case.tar.zst")
    loader = next(name for name in os.listdir(f"{cell}/own") if name.startswith("ld-"))
    inside = f"/own/{loader} --library-path /own /own/vmflame convert /case.tar.zst -o /there.folded"
    away = f"unshare --uts sh -c 'hostname elsewhere; exec chroot {cell} {inside}'"
    said = run(away, folder, may_fail=True).stderr
    here, there = lines(f"{folder}/here.folded"), lines(f"{cell}/there.folded")
    shutil.rmtree(cell)
    if here and here == there:
        print(f"    packed: the same elsewhere, {size / 1e6:.1f} MB")
        return
    print(f"    packed: DIFFERS elsewhere in {len(set(here) ^ set(there))} of {len(here)} lines")
    for sign, only in (("-", set(here) - set(there)), ("+", set(there) - set(here))):
        print("".join(f"      {sign} {line[-230:]}\n" for line in sorted(only)[:3]), end="")
    print("".join(f"      | {line[:200]}\n" for line in said.splitlines()[:6]), end="")


def lines(path):
    try:
        with open(path, errors="replace") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []
