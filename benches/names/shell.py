"""Commands of a case, by bash."""
import os
import subprocess


def run(command, folder=None, may_fail=False, seconds=300, more=None):
    """Runs a command; an error with what it said when it fails."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, **(more or {})}, timeout=seconds,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode and not may_fail:
        raise RuntimeError(f"{command}\n{done.stdout[-400:]}{done.stderr[-800:]}")
    return done


def answer(command, folder=None):
    """What a command prints, whatever its status."""
    return run(command, folder, may_fail=True, seconds=900).stdout


def lacks(programs):
    """The first of these programs that this machine does not have; None when it has all."""
    for program in programs:
        if run(f"command -v {program}", may_fail=True).returncode:
            return program
    return None
