#!/bin/sh
# Makes the objects of this folder and what llvm-symbolizer tells of them. Debian 12: gcc 12.2,
# binutils 2.40, dwz 0.15, LLVM 14.
set -e
CC="gcc -O2 -nostdlib -static -fno-asynchronous-unwind-tables -ffile-prefix-map=$PWD=. -Wl,--build-id=sha1 -Wl,-z,noseparate-code"
$CC -gdwarf-5 -gz -o packed5 shop.c
$CC -gdwarf-5 -gdwarf64 -o wide5 shop.c
$CC -gdwarf-5 -o zstd5 shop.c
$CC -gdwarf-4 -o linked shop.c
objcopy --only-keep-debug linked linked.debug
strip -g linked
objcopy --add-gnu-debuglink=linked.debug linked
$CC -gdwarf-5 -gsplit-dwarf -c -o split5.o shop.c && $CC -o split5 split5.o
$CC -gdwarf-4 -gsplit-dwarf -c shop.c && $CC -o package4 shop.o && dwp -e package4 -o package4.dwp
rm -f *.o shop.dwo
# A `.dwo` of the same source and name, of another compilation.
$CC -gdwarf-5 -gsplit-dwarf -O1 -c -o other5.o shop.c && rm other5.o
$CC -gdwarf-4 -o common shop.c && $CC -gdwarf-4 -O1 -o other shop.c
tell() {
	nm -S --defined-only "$1" | awk 'NF == 4 && tolower($3) == "t" { print $1, $2 }' |
		while read -r start len; do
			at=$((0x$start)) end=$((0x$start + 0x$len))
			while [ $at -lt $end ]; do printf '0x%x\n' $at; at=$((at + 1)); done
		done | llvm-symbolizer --obj="$1" --inlines --functions=linkage --no-demangle --addresses >"$2"
}
for object in packed5 wide5 zstd5 linked common; do tell $object $object.llvm.txt; done
# By zstd gcc 12 cannot pack itself, nor can LLVM 14 read it: its text is of before.
objcopy --compress-debug-sections=zstd zstd5
# LLVM 14 misses ranges of split debug information by gcc 12. The code is the same without -gsplit-dwarf.
$CC -gdwarf-5 -o whole shop.c && tell whole split5.llvm.txt
$CC -gdwarf-4 -o whole shop.c && tell whole package4.llvm.txt
rm whole
# The module is linked as the kernel would lay it out, which its own file does not say.
gcc -O2 -gdwarf-5 -c -ffreestanding -fno-asynchronous-unwind-tables -ffile-prefix-map=$PWD=. -o module.ko module.c
ld -T module.ld --build-id=none -o whole module.ko && tell whole module.llvm.txt
rm whole
# The same for arm64, with the compiler of gcc-aarch64-linux-gnu.
aarch64-linux-gnu-gcc -O2 -gdwarf-5 -c -ffreestanding -fno-asynchronous-unwind-tables -ffile-prefix-map=$PWD=. -o part.o module.c
aarch64-linux-gnu-ld -r -T arm64.ld --build-id=none -o arm64.ko part.o
aarch64-linux-gnu-ld -T module.ld --build-id=none -o whole part.o && tell whole arm64.llvm.txt
rm whole part.o
dwz -m common.debug -M common.debug common other
rm other
