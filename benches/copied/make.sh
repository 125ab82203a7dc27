#!/bin/sh
# make.sh FOLDER: captures with copied stacks (perf record --call-graph dwarf) of compilers, interpreters
# and programs at work, of those that this machine has. Sampled by cpu-clock, so that virtual machines
# without counters do. Some 350 MB. Debian 12: perf 6.1, g++ 12.2, clang 14, python 3.11, rustc 1.95,
# node 20.20, perl 5.36.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"

# record NAME BYTES HERTZ COMMAND…: the capture NAME.data, with so many bytes of each stack.
record() {
	name=$1 bytes=$2 hertz=$3
	shift 3
	command -v "$1" >/dev/null || return 0
	perf record -q -e cpu-clock -F "$hertz" --call-graph "dwarf,$bytes" -o "$name.data" -- "$@" >/dev/null
	ls -l "$name.data"
}

# Not through a wrapper such as pyenv's, which is a shell script.
python=$(python3 -c 'import sys; print(sys.executable)' || echo python3)
cc -O2 "$here/work.c" -o recursion
if command -v rustc >/dev/null; then
	rustc -O "$here/work.rs" -o generic
fi
record g++-16k 16384 999 g++ -O2 -std=c++17 -c "$here/work.cpp" -o /dev/null
record g++-64k 65528 499 g++ -O2 -std=c++17 -c "$here/work.cpp" -o /dev/null
record clang-8k 8192 999 clang++ -O2 -std=c++17 -c "$here/work.cpp" -o /dev/null
record rustc-16k 16384 999 rustc -O "$here/work.rs" -o again
record rust-8k 8192 999 ./generic
record python-8k 8192 999 "$python" "$here/work.py"
record recursion-8k 8192 999 ./recursion
record recursion-64k 65528 499 ./recursion
record perl-8k 8192 999 perl "$here/work.pl"
record node-16k 16384 999 node "$here/work.js"
