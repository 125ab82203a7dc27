// How much ends at each node, of what passes a filter.

// A filter: `threads` (one flag for each thread, or null), `from` and `to` (buckets, half open, or
// null), `tag` (-1 for any).
export const ALL = {threads: null, from: null, to: null, tag: -1};

export function passes(filter, thread, bucket) {
    if (filter.threads !== null && filter.threads[thread] !== 1) return false;
    return filter.from === null || (bucket >= filter.from && bucket < filter.to);
}

// What ends at each node of a side.
export function ownWeights(joint, side, filter) {
    const {node, thread, bucket, weight} = joint.sides[side].rows, {tag} = joint.frames;
    const own = new Float64Array(joint.parent.length);
    for (let row = 0; row < node.length; row++) {
        if (!passes(filter, thread[row], bucket[row])) continue;
        if (filter.tag >= 0 && tag[joint.frame[node[row]]] !== filter.tag) continue;
        own[node[row]] += weight[row];
    }
    return own;
}

// What ends at or below each node.
export function wholeWeights(parent, own) {
    const whole = Float64Array.from(own);
    for (let node = parent.length - 1; node > 0; node--) whole[parent[node]] += whole[node];
    return whole;
}

// Shares of both sides, the larger of both at every node, and never less than what is below it:
// the width of a box in which both sides can be seen.
export function largerShares(parent, before, after) {
    const larger = new Float64Array(parent.length), below = new Float64Array(parent.length);
    const share = (whole, node) => whole[0] > 0 ? whole[node] / whole[0] : 0;
    for (let node = parent.length - 1; node >= 0; node--) {
        larger[node] = Math.max(share(before, node), share(after, node), below[node]);
        if (node > 0) below[parent[node]] += larger[node];
    }
    return larger;
}
