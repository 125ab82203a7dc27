// Sums of exits and of CPU time for rows of tables, of what passes a filter.
import {passes} from "./weights.js";

// A sum for each key that `keysOf(row)` names: `{count, nanos}`.
function exitSums(rows, filter, keysOf) {
    const sums = new Map();
    for (let row = 0; row < rows.count.length; row++) {
        if (!passes(filter, rows.thread[row], rows.bucket[row])) continue;
        for (const key of keysOf(row)) {
            let sum = sums.get(key);
            if (sum === undefined) sums.set(key, sum = {count: 0, nanos: 0});
            sum.count += rows.count[row];
            sum.nanos += rows.nanos[row];
        }
    }
    return sums;
}

// Sums of a side's exits by "reason N", "key N", "thread N" and "vm N", and "all".
export function exitsByKey(side, filter) {
    const {rows} = side.exits;
    return exitSums(rows, filter, (row) => ["all", `reason ${rows.reason[row]}`, `key ${rows.key[row]}`,
        `thread ${rows.thread[row]}`, `vm ${side.threads[rows.thread[row]]?.vm ?? -1}`]);
}

// Sums of a side's weight by "thread N" and "vm N", and "all": `{weight, tags}`, by tag.
export function weightsByKey(joint, at, side, filter) {
    const {node, thread, bucket, weight} = joint.sides[at].rows, sums = new Map();
    for (let row = 0; row < node.length; row++) {
        if (!passes(filter, thread[row], bucket[row])) continue;
        const frame = joint.frame[node[row]], tag = frame < 0 ? -1 : joint.frames.tag[frame];
        if (filter.tag >= 0 && tag !== filter.tag) continue;
        for (const key of ["all", `thread ${thread[row]}`, `vm ${side.threads[thread[row]]?.vm ?? -1}`]) {
            let sum = sums.get(key);
            if (sum === undefined) sums.set(key, sum = {weight: 0, tags: new Map()});
            sum.weight += weight[row];
            sum.tags.set(tag, (sum.tags.get(tag) || 0) + weight[row]);
        }
    }
    return sums;
}
