#!/usr/bin/env python3
"""in-turns.py [--report] [--inline] RUNS VMFLAME… -- CAPTURE…: conversions by several builds on two threads,
beside perf.

To folded text beside `perf script --no-inline`, with --report to SVG beside
`perf report -g folded --no-children --stdio`; with --no-inline unless --inline is given. Programs take turns, perf
every third one, each time to a file that is not there; prints medians of wall and CPU time in milliseconds, and how
many times as long perf takes."""
import argparse
import os
import subprocess
import sys
import tempfile
import time


def run(command):
    """Wall and CPU time of a command in milliseconds."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    if status:
        sys.exit(f"status {status}: {' '.join(command)}")
    return wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]


def main(asked, captures):
    by_perf = ["perf", "script", "--no-inline"]
    options, out_name = ["--format", "folded"], "out.folded"
    if asked.report:
        by_perf = ["perf", "report", "-g", "folded", "--no-children", "--stdio"]
        options, out_name = [], "out.svg"
    if not asked.inline:
        options.append("--no-inline")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, out_name)
        for capture in captures:
            times = {program: [] for program in [*asked.builds, "perf"]}
            for turn in range(asked.runs):
                for program, own in times.items():
                    command = [program, "convert", capture, "--threads", "2", *options, "-o", out]
                    if program == "perf":
                        if turn % 3:
                            continue
                        command = [*by_perf, "-i", capture]
                    elif os.path.exists(out):
                        os.unlink(out)
                    own.append(run(command))
            medians = {program: [median(kind) for kind in zip(*own)] for program, own in times.items()}
            print(f"{os.path.basename(capture)}, {os.path.getsize(capture) / 1e6:.0f} MB")
            for program, (wall, cpu) in medians.items():
                ratios = [perf / own for perf, own in zip(medians["perf"], (wall, cpu))]
                print(f"  wall {wall:7.1f} ({ratios[0]:4.1f} x)  CPU {cpu:7.1f} ({ratios[1]:4.1f} x)  {program}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--inline", action="store_true")
    parser.add_argument("runs", type=int)
    parser.add_argument("builds", nargs="+")
    at = sys.argv.index("--") if "--" in sys.argv else parser.error("no captures behind --")
    main(parser.parse_args(sys.argv[1:at]), sys.argv[at + 1 :])
