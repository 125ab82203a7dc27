"""Wrong files, put where files of a build are looked for: each must be refused, and told."""
import os
import shutil

from cases import FRAME_POINTERS, RECORD
from shell import run

# The recorded program aa is stripped; what is planted is of the program bb.
MAKE = f"""
teller() {{ gcc -O2 -g {FRAME_POINTERS} -DNAME=$1 -DPADDING=$2 $S/teller.c -o $3; }}
teller aa 10 right; teller bb 3000 wrong
id() {{ readelf -n $1 | sed -n 's/.*Build ID: //p'; }}
id right >right.id; id wrong >wrong.id
objcopy --only-keep-debug right prog.debug; objcopy --only-keep-debug wrong wrong.debug
objcopy -R .note.gnu.build-id wrong nameless; objcopy -R .note.gnu.build-id wrong.debug nameless.debug
cp right prog; strip -s prog; objcopy --add-gnu-debuglink=prog.debug prog; rm prog.debug
gcc -O2 -g {FRAME_POINTERS} -gsplit-dwarf -DNAME=aa -DPADDING=10 $S/teller.c -c -o teller.o
{RECORD} -N -- ./prog .3 && cp perf.data kept.data
"""
BUILD = "I=$(cat right.id); X=${I:0:2}; Y=${I:2}"
# Another machine's capture: the program is not at its path.
GONE = "mv prog gone"

# What is planted, and how vmflame is asked then. $C is `vmflame convert perf.data`.
PLANTS = {
    "cache of perf, by id": (GONE, "mkdir -p cache/.build-id/$X/$Y && cp wrong cache/.build-id/$X/$Y/elf", "$C --buildid-dir cache"),
    "cache of perf, by path": (GONE, "mkdir -p cache/$D/prog/$I && cp wrong cache/$D/prog/$I/elf", "$C --buildid-dir cache"),
    "cache of perf, no id": (GONE, "mkdir -p cache/.build-id/$X/$Y && cp nameless cache/.build-id/$X/$Y/elf", "$C --buildid-dir cache"),
    "cache of perf, debug file": ("", "mkdir -p cache/.build-id/$X/$Y && cp wrong.debug cache/.build-id/$X/$Y/debug", "$C --buildid-dir cache"),
    "cache of perf, debug file without an id": ("", "mkdir -p cache/.build-id/$X/$Y && cp nameless.debug cache/.build-id/$X/$Y/debug", "$C --buildid-dir cache"),
    "the recorded path": (GONE, "cp wrong prog", "$C"),
    "a root": (GONE, "mkdir -p root/$D && cp wrong root/$D/prog", "$C --symfs root"),
    "beside, by link": ("", "cp wrong.debug prog.debug", "$C"),
    "in .debug": ("", "mkdir -p .debug && cp wrong.debug .debug/prog.debug", "$C"),
    "in .debug, no id": ("", "mkdir -p .debug && cp nameless.debug .debug/prog.debug", "$C"),
    "a debug directory, by id": ("", "mkdir -p debug/.build-id/$X && cp wrong.debug debug/.build-id/$X/$Y.debug", "$C --debug-dir debug"),
    "a debug directory, no id": ("", "mkdir -p debug/.build-id/$X && cp nameless.debug debug/.build-id/$X/$Y.debug", "$C --debug-dir debug"),
    "a debug directory, by path": ("", "mkdir -p debug/$D && cp wrong.debug debug/$D/prog.debug", "$C --debug-dir debug"),
    "/usr/lib/debug": ("", "mkdir -p debug/.build-id/$X && cp wrong.debug debug/.build-id/$X/$Y.debug",
                       "unshare -m sh -c 'mount --bind debug /usr/lib/debug; exec \"$@\"' - $C"),
    "debuginfod's cache, program": (GONE, "mkdir -p pod/$I && cp wrong pod/$I/executable", "env DEBUGINFOD_CACHE_PATH=pod $C"),
    "debuginfod's cache, debug file": ("", "mkdir -p pod/$I && cp wrong.debug pod/$I/debuginfo", "env DEBUGINFOD_CACHE_PATH=pod $C"),
    "the table of the capture": (
        "", "python3 -c \"import sys; d=open('kept.data','rb').read(); one,other=(bytes.fromhex(open(n).read())"
        " for n in ('right.id','wrong.id')); assert one in d; open('perf.data','wb').write(d.replace(one,other))\""
        " && W=$(cat wrong.id) && mkdir -p cache/.build-id/${W:0:2}/${W:2} && cp wrong cache/.build-id/${W:0:2}/${W:2}/elf",
        "$C --buildid-dir cache"),
    "a packed case": (GONE, "mkdir -p case/buildid/$D/prog/$I && cp wrong case/buildid/$D/prog/$I/elf && cp perf.data case/"
                      " && tar cf case.tar case", "$V convert case.tar"),
    "a packed case, no id": (GONE, "mkdir -p case/buildid/$D/prog/$I && cp nameless case/buildid/$D/prog/$I/elf"
                             " && cp perf.data case/ && tar cf case.tar case", "$V convert case.tar"),
}


def planted(program, folder):
    """Says of each plant what became of it; whether none was taken."""
    where = {"S": os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs"), "V": program}
    right = True
    for name, (before, plant, command) in PLANTS.items():
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        where.update(HOME=folder, D=folder, C=f"{program} convert perf.data")
        done = run(f"set -e; {MAKE}{BUILD}; {before}\n{plant}", folder, may_fail=True, more=where)
        if done.returncode:
            print(f"planted in {name:44} left out: {done.stderr.strip()[-200:]}")
            continue
        said = run(f"{command} --no-inline -o out.folded", folder, may_fail=True, more=where)
        with open(f"{folder}/out.folded", encoding="utf-8", errors="replace") as file:
            text = file.read()
        taken = "_bb" in text
        told = [line for line in said.stderr.splitlines() if "not used" in line or "checksum" in line or "may not be" in line]
        outcome = "TAKEN" if taken else "refused" if told else "not taken, NOT TOLD"
        print(f"planted in {name:44} {outcome}" + ("; the right names are there" if "inner_aa" in text else ""))
        print("".join(f"      | {line[:220]}\n" for line in (told[:1] or said.stderr.splitlines()[:3])), end="")
        right &= not taken
    shutil.rmtree(folder, ignore_errors=True)
    return right
