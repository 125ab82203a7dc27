#!/bin/sh
# make.sh FOLDER: a program with 74 MB of debug information, and a capture with a sample at each of 50 000
# of its addresses. The program is 400 copies of one unit, each with its own names; it does not run.
# Debian 12: gcc 12.2, binutils 2.40, python 3.11.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
g++ -O2 -g -ffunction-sections -ffile-prefix-map="$here=." -c "$here/shop.cpp" -o unit.o
printf '.globl _start\n.text\n_start: ret\n' | gcc -c -x assembler - -o start.o
for unit in $(seq 400); do
	objcopy --prefix-symbols="u${unit}_" unit.o "unit$unit.o"
done
ld.bfd -o big --build-id -z noexecstack --unresolved-symbols=ignore-all start.o unit[0-9]*.o
rm -f ./*.o
python3 "$here/samples.py" 50000
