"""Cases of programs that come and go, are replaced, and run in other file systems. Their functions tell
which program they are of."""
from cases import FRAME_POINTERS, RECORD, Case

# make NAME PADDING FILE: a teller, laid aside as the truth of its thread.
MAKE = (f"make() {{ gcc -O2 {FRAME_POINTERS} -DNAME=$1 -DPADDING=$2 $S/teller.c -o $3"
        " && mkdir -p truth && cp $3 truth/$1; }; ")
# What a root of its own needs, and an overlay over it.
ROOT = ("for f in /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 /bin/sh; do"
        " mkdir -p root/$(dirname $f); cp -L $f root/$f; done; mkdir -p root/tmp root/proc root/old; ")
LAYERS = ROOT + "mkdir -p upper work merged; mv root lower; "
OVERLAY = "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged"


def life(name, build, record, **more):
    return Case(f"life-{name}", MAKE + build, record=record, **more)


def in_bash(script):
    return f"{RECORD} -- bash -c '{script}'"


def life_cases():
    three = "make aa 10 a; make bb 3000 b; make cc 9000 c"
    yield life("exec", three, f"{RECORD} -- ./a .4 $D/b .4 $D/c .4")
    yield life("fork", three, in_bash("./a .4 & ./b .4 & ./c .4 & ./a .3 ./b .3; wait"))
    two = "mkdir x y; make aa 10 x/prog; make bb 3000 y/prog"
    yield life("one-name", two, in_bash("x/prog .6 & y/prog .6; wait"))
    prog = "make aa 10 prog; make bb 3000 b"
    yield life("moved-over-between", prog, in_bash("./prog .5; mv b prog; ./prog .5"))
    yield life("copied-over-between", prog, in_bash("./prog .5; cp b prog; ./prog .5"))
    yield life("copied-over-soon", prog, in_bash("./prog .1; cp b prog; ./prog .1"))
    yield life("copied-over-before", prog, "cp b prog; sleep .1; " + in_bash("./prog .5; ./prog .3"))
    yield life("moved-over-running", prog, in_bash("./prog 1 & sleep .2; mv b prog; ./prog .5; wait"))
    yield life("moved-over-after", prog, f"{RECORD} -- ./prog 1; mv b prog")
    yield life("copied-over-after", prog, f"{RECORD} -- ./prog 1; cp b prog")
    kept_id = RECORD.replace("record", "record --buildid-mmap")
    yield life("moved-over-build-ids", prog, f"{kept_id} -- bash -c './prog .5; mv b prog; ./prog .5'")
    yield life("copied-over-build-ids", prog, f"{kept_id} -- bash -c './prog .5; cp b prog; ./prog .5'")
    yield life("deleted", prog, in_bash("./prog 1 & sleep .3; rm prog; wait"))
    yield life("deleted-and-made", prog, in_bash("./prog 1 & sleep .3; rm prog; cp b prog; ./prog .3; wait"))
    yield life("memory-only", prog + "; gcc -O2 $S/in_memory.c -o in_memory", f"{RECORD} -- ./in_memory prog 1")
    libraries = "".join(
        f"gcc -O2 -shared -fPIC -fno-omit-frame-pointer -DNAME={name} -DPADDING={padding}"
        f" $S/telling_library.c -o {name}.so; " for name, padding in (("la", 64), ("lb", 9000), ("lc", 3000)))
    yield life("library-reused-place", libraries + "gcc -O2 -fno-omit-frame-pointer $S/loader.c -o loader",
               f"{RECORD} -- ./loader $D/la.so $D/lb.so $D/lc.so")
    yield from mounted_cases()
    yield from other_cases()


def mounted_cases():
    two = "mkdir x y shown; make aa 10 x/prog; make bb 3000 y/prog"
    bind = 'unshare -m bash -c "mount --bind %s %s; exec ./%s/prog .7"'
    root = ("unshare",)
    yield life("mounted-two", two, in_bash(
        bind % ("x", "shown", "shown") + " & " + bind % ("y", "shown", "shown") + " & wait"), needs=root)
    over = bind % ("y", "x", "x")
    yield life("mounted-over", two, in_bash(f"x/prog .7 & {over} & wait"), needs=root)
    for option in ("namespaces", "buildid-mmap"):
        record = RECORD.replace("record", f"record --{option}")
        yield life(f"mounted-over-{option}", two, f"{record} -- bash -c 'x/prog .7 & {over} & wait'", needs=root)
    inside = "/tmp/vmflame-teller"
    both = "/tmp/vmflame-two"
    yield life("chroot", ROOT + f"make aa 10 root{both}; make bb 3000 {both}",
               in_bash(f"chroot root {both} .7 & {both} .7; wait"), needs=("chroot",))
    make = LAYERS + f"make aa 10 lower{inside}"
    run = f"{OVERLAY} && chroot merged {inside} 1"
    yield life("overlay", make, f"{RECORD} -- unshare -m bash -c '{run}'", needs=root)
    yield life("overlay-upper", make + "; make bb 3000 b", f"{RECORD} -- unshare -m bash -c"
               f" '{OVERLAY} && cp b merged{inside} && chroot merged {inside} 1'", needs=root)
    yield life("overlay-pivot", make, f"{RECORD} -- unshare -m bash -c"
               f" '{OVERLAY} && cd merged && pivot_root . old && exec {inside} 1'", needs=root)
    alive = ("(exec unshare -m bash -c '%s && exec chroot merged %s 30') >/dev/null 2>&1 & P=$!; sleep .5;"
             f" {RECORD} -p $P -- sleep 1; echo $P >pid")
    yield life("overlay-alive", make, alive % (OVERLAY, inside), needs=root)
    yield life("overlay-symfs", make, f"{RECORD} -- unshare -m bash -c '{run}'", options="--symfs $D/lower", needs=root)
    go = LAYERS + f"go build -o lower{inside} $S/work.go && mkdir -p truth && cp lower{inside} truth/vmflame-teller"
    yield life("overlay-go", go, f"{RECORD} -- unshare -m bash -c '{run}'", needs=("unshare", "go"))
    yield life("overlay-go-alive", go, alive % (OVERLAY, inside), needs=("unshare", "go"))


def other_cases():
    clocks = "gcc -O2 -fno-omit-frame-pointer $S/clocks.c -o prog"
    yield Case("vdso", clocks, "./prog 1")
    yield Case("vsyscall", clocks, "./prog 1 vsyscall")
    yield Case("bpf-reused-place", "gcc -O2 $S/bpf.c -o bpf && ./bpf aa >/dev/null",
               record=f"{RECORD} -- ./bpf aa bb cc dd >places")
    user = RECORD.replace("cpu-clock", "cpu-clock:u")
    yield life("unprivileged", "make aa 10 prog; chmod 755 . prog; mkdir -m 777 own",
               f"cd own && setpriv --reuid nobody --regid nogroup --clear-groups {user} -- ../prog 1; mv perf.data ..; chown root ../perf.data",
               needs=("setpriv",))
