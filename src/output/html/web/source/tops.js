// Functions by what they weigh: the same as the picture, as a table.

// Functions at or below `nodes` (none of which is below another), the heaviest own first:
// {name, own, whole, frame} with lists by side. A call within a call counts once; `frame` is that of
// most of the own weight, else one of its frames.
export function topFunctions(tree, nodes) {
    const {joint, first, next, frame} = tree, sides = tree.own.length;
    const entries = new Map(), depth = new Int32Array(joint.names.length);
    function entryOf(name) {
        let entry = entries.get(name);
        if (entry === undefined) {
            entry = {name, own: new Array(sides).fill(0), whole: new Array(sides).fill(0), frames: new Map()};
            entries.set(name, entry);
        }
        return entry;
    }
    function enter(node) {
        const name = joint.frames.name[frame[node]], entry = entryOf(name);
        entry.frame ??= frame[node];
        for (let side = 0; side < sides; side++) {
            const own = tree.own[side][node];
            entry.own[side] += own;
            if (own > 0) entry.frames.set(frame[node], (entry.frames.get(frame[node]) || 0) + own);
            if (depth[name] === 0) entry.whole[side] += tree.weights[side][node];
        }
        depth[name]++;
    }
    for (const top of nodes) {
        // The way down and up again, without recursion: stacks may be thousands deep.
        let node = top, isDown = true;
        for (;;) {
            if (isDown && node > 0) enter(node);
            if (isDown && first[node] >= 0) {
                node = first[node];
                continue;
            }
            if (node > 0) depth[joint.frames.name[frame[node]]]--;
            if (node === top) break;
            isDown = next[node] >= 0;
            node = isDown ? next[node] : tree.parent[node];
        }
    }
    const size = (entry) => Math.max(...entry.own), whole = (entry) => Math.max(...entry.whole);
    return Array.from(entries.values())
        .filter((entry) => whole(entry) > 0)
        .map((entry) => ({name: entry.name, own: entry.own, whole: entry.whole, frame: heaviest(entry.frames, entry.frame)}))
        .sort((a, b) => size(b) - size(a) || whole(b) - whole(a) || a.name - b.name);
}

function heaviest(sums, none) {
    let best = none, most = 0;
    for (const [key, sum] of sums) {
        if (sum > most) {
            most = sum;
            best = key;
        }
    }
    return best;
}
