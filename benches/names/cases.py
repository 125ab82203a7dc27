"""What a case is: how its program is built, how it is recorded, and what may tell the truth."""
import dataclasses

FRAME_POINTERS = "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer"
# $S is the folder of the programs, $D that of the case.
RECORD = "perf record -q -e cpu-clock -F 997 -g -o perf.data"


@dataclasses.dataclass
class Case:
    """One capture."""

    name: str
    # Commands for bash: what makes the program, the program, what records it when that is special.
    build: str = "true"
    program: str = ""
    record: str = ""
    # Stacks by frame pointers, or copies of this many samples a second.
    copied_at: int = 0
    # The program that tells inlined functions: llvm or none.
    inlined_by: str = ""
    # Options for vmflame and for perf script.
    options: str = ""
    needs: tuple = ("gcc",)

    def recording(self):
        if self.record:
            return self.record
        if self.copied_at:
            kind = f"-F {self.copied_at} --call-graph dwarf,16384"
            return f"perf record -q -e cpu-clock {kind} -o perf.data -- {self.program} >/dev/null"
        return f"{RECORD} -- {self.program} >/dev/null"


def keep_truth(name="prog"):
    """Lays aside the program with its symbols."""
    return f"mkdir -p truth && cp {name} truth/"


def cpp(name, flags, compiler="g++", then="true", pointers=True, **more):
    pointers = FRAME_POINTERS if pointers else ""
    build = f"{compiler} {flags} {pointers} $S/work.cpp -o prog && {then}"
    needs = (compiler, *more.pop("needs", ()))
    return Case(f"cpp-{name}", build, "$D/prog 1", needs=needs, **more)


STRIP = f"{keep_truth()} && objcopy --only-keep-debug prog prog.debug && strip -s prog"
ID = 'I=$(readelf -n prog | sed -n "s/.*Build ID: //p")'
MINI_DEBUG_INFO = (
    f"{keep_truth()} && nm -D prog -f posix --defined-only | cut -d' ' -f1 | sort >dynamic"
    " && nm prog -f posix --defined-only | awk '$2 ~ /[TtD]/ {print $1}' | sort >all"
    " && comm -13 dynamic all >kept && objcopy --only-keep-debug prog debug"
    " && objcopy -S --remove-section .comment --keep-symbols=kept debug mini && strip -s prog"
    " && xz mini && objcopy --add-section .gnu_debugdata=mini.xz prog")


def cpp_cases():
    llvm = {"inlined_by": "llvm"}
    for version in (2, 3, 4, 5):
        yield cpp(f"dwarf{version}", f"-O2 -g -gdwarf-{version}", **llvm)
    yield cpp("dwarf2-strict", "-O2 -g -gdwarf-2 -gstrict-dwarf", **llvm)
    yield cpp("clang", "-O2 -g", "clang++", **llvm)
    yield cpp("gz", "-O2 -g -gz=zlib", **llvm)
    # llvm-symbolizer 14 reads no zstd: it reads what was compressed. addr2line of binutils 2.40 does, and gives
    # functions that begin at an inlined one two names.
    yield cpp("zstd", "-O2 -g", then=f"{keep_truth()} && objcopy --compress-debug-sections=zstd prog"
              " && readelf -tW prog | grep -q ZSTD", **llvm)
    for version in (4, 5):
        split = f"-O2 -g -gsplit-dwarf -gdwarf-{version}"
        yield cpp(f"dwo{version}", split, **llvm)
    yield cpp("dwo5-clang", "-O2 -g -gsplit-dwarf -gdwarf-5", "clang++", **llvm)
    yield cpp("dwp4", "-O2 -g -gsplit-dwarf -gdwarf-4", then="dwp -e prog -o prog.dwp && rm -f *.dwo", needs=("dwp",), **llvm)
    yield cpp("dwp5", "-O2 -g -gsplit-dwarf -gdwarf-5", "clang++", needs=("llvm-dwp",),
              then="llvm-dwp -e prog -o prog.dwp && rm -f *.dwo", **llvm)
    yield cpp("lld", "-O2 -g -fuse-ld=lld", "clang++", needs=("ld.lld",), **llvm)
    yield cpp("gold", "-O2 -g -fuse-ld=gold", needs=("gold",), **llvm)
    folded = "-O2 -g -ffunction-sections -Wl,--icf=all -fuse-ld="
    yield cpp("icf-gold", folded + "gold", needs=("gold",), **llvm)
    yield cpp("icf-lld", folded + "lld", "clang++", needs=("ld.lld",), **llvm)
    yield cpp("lto", "-O2 -g -flto", **llvm)
    yield cpp("thinlto", "-O2 -g -flto=thin -fuse-ld=lld", "clang++", needs=("ld.lld",), **llvm)
    yield cpp("ibt", "-O2 -g -fcf-protection=full -Wl,-z,ibtplt", **llvm)
    yield cpp("no-plt", "-O2 -g -Wl,-z,now -fno-plt", **llvm)
    yield cpp("static", "-O2 -g -static", **llvm)
    yield cpp("static-pie", "-O2 -g -static-pie", **llvm)
    yield cpp("no-pie", "-O2 -g -no-pie", **llvm)
    yield cpp("debug", "-O0 -g", **llvm)
    yield cpp("no-pointers", "-O2 -g", pointers=False, **llvm)
    yield cpp("static-no-pointers", "-O2 -g -static", pointers=False)
    link = "objcopy --add-gnu-debuglink=prog.debug prog"
    yield cpp("debuglink", "-O2 -g", then=f"{STRIP} && {link} && mkdir -p .debug && mv prog.debug .debug/", **llvm)
    yield cpp("debuglink-no-id", "-O2 -g -Wl,--build-id=none", then=f"{STRIP} && {link}", **llvm)
    yield cpp("debug-by-id", "-O2 -g", then=f"{STRIP} && {ID} && mkdir -p debug/.build-id/${{I:0:2}}"
              " && mv prog.debug debug/.build-id/${I:0:2}/${I:2}.debug", options="--debug-dir $D/debug", **llvm)
    yield cpp("stripped", "-O2 -g", then=f"{keep_truth()} && strip -s prog")
    yield cpp("mini-debug-info", "-O2 -g", then=MINI_DEBUG_INFO, needs=("xz",))
    yield cpp("dwz", "-O2 -g", then=f"{keep_truth()} && g++ -O2 -g {FRAME_POINTERS} $S/work.cpp -DX=1 -o prog2"
              " && dwz -m common.debug prog prog2", needs=("dwz",), **llvm)
    yield Case("c", f"gcc -O2 -g {FRAME_POINTERS} $S/work.c -o prog", "$D/prog 1", inlined_by="llvm")


def rust_cases():
    def rust(name, flags, **more):
        build = f"rustc --edition 2021 {flags} $S/work.rs -o prog"
        return Case(f"rust-{name}", build, "$D/prog 1", needs=("rustc",), **more)

    kept = "-C force-frame-pointers=yes"
    llvm = {"inlined_by": "llvm"}
    v0 = "-C symbol-mangling-version=v0"
    yield rust("debug", f"-g {kept}", **llvm)
    yield rust("optimised", f"-O -g {kept}", **llvm)
    yield rust("lines", f"-O -C debuginfo=line-tables-only {kept}", **llvm)
    yield rust("v0", f"-O -g {v0} {kept}", **llvm)
    yield rust("v0-debug", f"-g {v0} {kept}", **llvm)
    yield rust("no-debug-info", f"-O {kept}")
    yield rust("split", f"-O -g -C split-debuginfo=unpacked {kept}", **llvm)
    yield rust("packed", f"-O -g -C split-debuginfo=packed {kept}", **llvm)
    yield rust("lto", f"-O -g -C lto=fat -C panic=abort {kept}", **llvm)
    yield rust("copied", "-O -g", copied_at=499)
    yield rust("debug-copied", "-g", copied_at=299)


def copied_cases():
    yield Case("c-copied", "gcc -O2 -g $S/work.c -o prog", "$D/prog 1", copied_at=499)
    yield Case("c-clang-copied", "clang -O2 -g $S/work.c -o prog", "$D/prog 1", copied_at=499, needs=("clang",))
    for name, flags, compiler, rate in (
            ("copied", "-O2 -g", "g++", 499), ("clang-copied", "-O2 -g", "clang++", 499),
            ("static-copied", "-O2 -g -static", "g++", 299), ("static-pie-copied", "-O2 -g -static-pie", "g++", 299)):
        yield cpp(name, flags, compiler, pointers=False, copied_at=rate)


def runtime_cases():
    programs = {
        "python": ("/usr/bin/python3 $S/work.py 1", "/usr/bin/python3"),
        "perl": ("perl $S/work.pl 1", "perl"),
        "cc1": ("gcc -O2 -c -o x.o $S/work.cpp", "gcc"),
        "clang": ("clang++ -O2 -c -o x.o $S/work.cpp", "clang++"),
        "node": ("node $S/work.js 1", "node"),
    }
    for name, (program, need) in programs.items():
        yield Case(name, program=program, needs=(need,))
        yield Case(f"{name}-copied", program=program, copied_at=299, needs=(need,))
    newest = "$(ls -d ~/.pyenv/versions/3.1[2-9]*/bin/python3 | tail -1)"
    yield Case("python-perf-map", program=f"{newest} -X perf $S/work.py 1", needs=("pyenv",))
    yield Case("python-built", program=f"{newest} $S/work.py 1", needs=("pyenv",))
    yield Case("python-built-copied", program=f"{newest} $S/work.py 1", copied_at=299, needs=("pyenv",))
    yield Case("node-perf-map", program="node --perf-basic-prof $S/work.js 1.5", needs=("node",))
    native = "--interpreted-frames-native-stack $S/work.js 1.5"
    yield Case("node-native-map", program=f"node --perf-basic-prof {native}", needs=("node",))
    jit = RECORD.replace("-o perf.data", "-k mono -o raw.data")
    yield Case("node-jitdump", record=f"{jit} -- node --perf-prof {native} >/dev/null"
               " && perf inject --jit -i raw.data -o perf.data", needs=("node",))
    java = "java -cp . -XX:+PreserveFramePointer"
    dump = "-XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit"
    yield Case("java-map", "javac -d . $S/Work.java", f"{java} {dump} Work 2", needs=("javac",))
    yield Case("java-no-map", "javac -d . $S/Work.java", f"{java} Work 2", needs=("javac",))
    go = "GOFLAGS=-mod=mod go build -o prog $S/work.go"
    yield Case("go", go, "$D/prog 1", needs=("go",))
    yield Case("go-copied", go, "$D/prog 1", copied_at=299, needs=("go",))
