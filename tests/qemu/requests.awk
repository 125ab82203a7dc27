# Requests of a log of QEMU's, disk and direction: count, total, least, median and longest time in µs.
{ sub(/\r$/, "") }
match($1, /^[0-9]+@[0-9.]+:/) {
    split($1, head, "[@:.]")
    now = head[2] * 1000000 + head[3]
    event = head[4]
    if (event ~ /^virtio_blk/) { disk = $3; id = $3 " " $5 } else { disk = $3; id = $3 " " $4 }
    way = event ~ /read/ ? "read" : event ~ /write/ ? "write" : "other"
    if ($5 ~ /^cmd=0x(8|28|a8|88)$/) way = "read"
    if ($5 ~ /^cmd=0x(a|2a|aa|8a)$/) way = "write"
    if (event ~ /handle_(read|write)$|cmd_req$/) { begin[id] = now; ways[id] = way; next }
    if (event !~ /req_complete$|cmd_resp$/ || !(id in begin)) next
    key = disk " " ways[id]
    time[key, ++count[key]] = now - begin[id]
    total[key] += now - begin[id]
    delete begin[id]
}
END {
    for (key in count) {
        n = count[key]
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && time[key, j - 1] > time[key, j]; j--) {
                swap = time[key, j]; time[key, j] = time[key, j - 1]; time[key, j - 1] = swap
            }
        middle = int(n / 2 + 0.5)
        print key, n, total[key], time[key, 1], time[key, middle], time[key, n]
    }
}
