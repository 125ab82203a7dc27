#!/usr/bin/env python3
"""measure.py RUNS VMFLAME… -- CAPTURE…: to folded text with --no-inline on two threads, beside
`perf script --no-inline`. Programs take turns; prints medians of wall and CPU time in milliseconds, and
how many times as long perf takes."""
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


def main(runs, programs, captures):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.folded")
        for capture in captures:
            times = {program: [] for program in [*programs, "perf"]}
            for turn in range(runs):
                for program, own in times.items():
                    command = [program, "convert", capture, "--threads", "2", "--no-inline"]
                    command += ["--format", "folded", "-o", out]
                    if program == "perf":
                        if turn % 3:
                            continue
                        command = ["perf", "script", "--no-inline", "-i", capture]
                    elif os.path.exists(out):
                        os.unlink(out)
                    own.append(run(command))
            medians = {program: [median(kind) for kind in zip(*own)] for program, own in times.items()}
            print(f"{os.path.basename(capture)}, {os.path.getsize(capture) / 1e6:.0f} MB")
            for program, (wall, cpu) in medians.items():
                ratios = [perf / own for perf, own in zip(medians["perf"], (wall, cpu))]
                print(f"  wall {wall:7.1f} ({ratios[0]:4.1f} x)  CPU {cpu:7.1f} ({ratios[1]:4.1f} x)  {program}")


if __name__ == "__main__":
    at = sys.argv.index("--")
    main(int(sys.argv[1]), sys.argv[2:at], sys.argv[at + 1 :])
