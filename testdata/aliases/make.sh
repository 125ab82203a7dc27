#!/bin/sh
# Makes the objects and captures of this folder and what perf tells of them: Debian 12, gcc 12.2,
# rustc 1.95, perf 6.1, Linux 6.18. `RUSTC_BOOTSTRAP` lets a stable rustc mangle as it did before v0.
set -e
LINK="-Wl,--build-id=sha1 -Wl,-z,noseparate-code -nostdlib -static"
here=$PWD
rm -rf cpp rust rust-legacy
mkdir -p cpp rust rust-legacy /tmp/aliases && cd /tmp/aliases
g++ -w -O1 -fno-inline -fno-exceptions -fno-stack-protector -fno-asynchronous-unwind-tables $LINK -o cpp "$here/aliases.cc"
rust() {
	set -- "$@" -C panic=abort -C relocation-model=static -C strip=debuginfo
	for option in $LINK; do set -- "$@" -C link-arg=$option; done
	RUSTC_BOOTSTRAP=1 rustc --edition 2024 -O "$@" "$here/aliases.rs"
}
rust -C symbol-mangling-version=v0 -o rust
rust -Z unstable-options -C symbol-mangling-version=legacy -o rust-legacy
for object in cpp rust rust-legacy; do
	strip -g $object
	perf record -q -N -e task-clock:u -F 499 -o perf.data ./$object && mv perf.data "$here/$object"
	perf --buildid-dir "$here/$object/buildid" buildid-cache -a ./$object
	find "$here/$object/buildid" -name probes -delete && rm -r "$here/$object/buildid/.build-id"
	cd "$here/$object"
	for names in demangle no-demangle; do
		perf script -i perf.data --$names -F ip,sym | awk '{ $1 = ""; print substr($0, 2) }' |
			LC_ALL=C sort | uniq -c | awk '{ n = $1; $1 = ""; print substr($0, 2), n }' >perf.$names.txt
	done
	cd /tmp/aliases
done
