#!/usr/bin/env bash
# Whether two builds of vmflame give the same answers, byte for byte.
#
#   bash benches/same-answers.sh OLD NEW PLACE…
#
# OLD, NEW: the two programs. PLACE: a capture, or a folder in which every perf.data and *.data is taken.
# Each capture is converted in every way of `ways` below by both programs, by NEW also with one thread:
# files, what is said on standard error and the status must not differ. The last line counts what was
# compared; what differs is printed before, and the status is 1 then. Times and paths of the two
# programs are in no answer. Outputs are kept in memory (/dev/shm) while they are compared.
set -u
[ $# -ge 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
old=$1 new=$2
shift 2
ways=(
    "convert --format folded --annotate"
    "convert --format folded --lines --no-demangle --weight period"
    "convert --format folded --no-inline --keep-garbage --no-idle"
    "convert --format svg"
    "convert --format svg --reverse --colors object --no-tag"
)
out=$(mktemp -d /dev/shm/same-answers.XXXXXX) || exit 2
trap 'rm -rf "$out"' EXIT

# answer PROGRAM NAME ARGUMENTS…: what a program writes and says, as the files NAME.*.
answer() {
    local program=$1 name=$2
    shift 2
    "$program" "$@" -o "$out/answer" >"$out/$name.said" 2>&1 </dev/null
    echo "status $?" >>"$out/$name.said"
    mv "$out/answer" "$out/$name.file" 2>/dev/null || : >"$out/$name.file"
}

# same CAPTURE WAY OTHER: whether `old` and OTHER are the same; prints the first difference.
same() {
    local part
    for part in file said; do
        cmp -s "$out/old.$part" "$out/$3.$part" && continue
        echo "differs ($part, $3): vmflame $2 $1"
        diff "$out/old.$part" "$out/$3.$part" | head -4 | cut -c1-200
        return 1
    done
}

compared=0 different=0 refused=0
while IFS= read -r -d '' capture; do
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086 # a way is several words
        {
            answer "$old" old $way "$capture"
            answer "$new" new $way "$capture"
            answer "$new" one $way --threads 1 "$capture"
        }
        compared=$((compared + 1))
        [ "$(tail -1 "$out/old.said")" = "status 0" ] || refused=$((refused + 1))
        { same "$capture" "$way" new && same "$capture" "$way" one; } || different=$((different + 1))
    done
done < <(for place; do
    if [ -d "$place" ]; then
        find "$place" -type f \( -name perf.data -o -name '*.data' \) -print0 | sort -z
    else
        printf '%s\0' "$place"
    fi
done)
echo "$compared answers compared, $different different, $refused refused by $old"
[ "$compared" -gt 0 ] && [ "$different" = 0 ]
