# The flat views of `info mtree -f`: bus, first and last address, offset in the region, its name.
# What the outermost region answers, or a window without devices, is left out.
{ gsub(/\r/, "") }
/^FlatView/ { buses = 0; root = "" }
/^ AS "I\/O",/ { bus[++buses] = "port" }
/^ AS "memory",/ { bus[++buses] = "gpa" }
/^ Root memory region: / { root = substr($0, 22) }
/^  [0-9a-f]+-[0-9a-f]+ \(prio / {
    split($1, range, "-")
    name = $0
    sub(/^[^:]*: /, "", name)
    sub(/ KVM$/, "", name)
    offset = "0"
    if (match(name, / @[0-9a-f]+$/)) {
        offset = substr(name, RSTART + 2)
        name = substr(name, 1, RSTART - 1)
    }
    if (name == root || name ~ /^gpex_.*_window$/)
        next
    for (i = 1; i <= buses; i++)
        print bus[i], range[1], range[2], offset, name
}
