// How busy threads are over time, and with what: the heat map's numbers.

// Threads with a lane of their own; the rest share one.
const LANES = 14;

function isVcpu(thread) { return thread.role === "vcpu"; }

// vCPUs by VM and number, then the others by weight.
function laneOrder(threads, weights) {
    const all = threads.map((_, at) => at).filter((at) => weights[at] > 0);
    const vcpus = all.filter((at) => isVcpu(threads[at]));
    vcpus.sort((a, b) => threads[a].vm - threads[b].vm || threads[a].vcpu - threads[b].vcpu || a - b);
    const rest = all.filter((at) => !isVcpu(threads[at])).sort((a, b) => weights[b] - weights[a] || a - b);
    return vcpus.concat(rest);
}

// Lanes: `{words, threads, sums}`; `sums` has the weight of each bucket and tag (bucket × tags + tag).
// Weight without a tag counts as the last, `host`-like one: index `tags`.
export function lanesOf(joint, sideAt, side, tags) {
    const {node, thread, bucket, weight} = joint.sides[sideAt].rows, {buckets} = side.times;
    const weights = new Float64Array(side.threads.length);
    for (let row = 0; row < node.length; row++) weights[thread[row]] += weight[row];
    // One alone has a lane rather than a word for it.
    const order = laneOrder(side.threads, weights), most = order.length === LANES + 1 ? LANES + 1 : LANES;
    const own = order.slice(0, most), rest = order.slice(most);
    const lanes = own.map((at) => ({words: side.threads[at].words, threads: [at]}));
    if (rest.length > 0) lanes.push({words: `${rest.length} other threads`, threads: rest});
    const laneOf = new Int32Array(side.threads.length).fill(-1), width = tags + 1;
    lanes.forEach((lane, at) => {
        lane.sums = new Float64Array(buckets * width);
        for (const each of lane.threads) laneOf[each] = at;
    });
    for (let row = 0; row < node.length; row++) {
        const lane = lanes[laneOf[thread[row]]];
        if (lane === undefined || bucket[row] < 0 || bucket[row] >= buckets) continue;
        const frame = joint.frame[node[row]], tag = frame < 0 ? -1 : joint.frames.tag[frame];
        lane.sums[bucket[row] * width + (tag < 0 ? tags : tag)] += weight[row];
    }
    return lanes;
}

// The sums of neighbouring buckets, `step` at a time, so that a bar is as wide as can be seen.
export function coarse(lane, buckets, step, width) {
    const bars = Math.ceil(buckets / step), sums = new Float64Array(bars * width);
    for (let bucket = 0; bucket < buckets; bucket++) {
        const bar = Math.floor(bucket / step);
        for (let tag = 0; tag < width; tag++) sums[bar * width + tag] += lane.sums[bucket * width + tag];
    }
    return {bars, sums};
}

// Per bucket the weight that `counts(tag)` lets count, over all lanes.
export function series(lanes, buckets, width, counts) {
    const sums = new Float64Array(buckets);
    for (const lane of lanes) {
        for (let bucket = 0; bucket < buckets; bucket++) {
            for (let tag = 0; tag < width; tag++) if (counts(tag)) sums[bucket] += lane.sums[bucket * width + tag];
        }
    }
    return sums;
}

// Buckets in a column of the sub-second map: so that there are about as many columns as rows.
const COLUMNS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600].map((seconds) => seconds * 1e9);
export function columnOf(times) {
    const all = times.buckets * times.bucketNanos;
    const fit = COLUMNS.find((nanos) => nanos / times.bucketNanos >= 4 && all / nanos <= 30);
    return Math.max(1, Math.round((fit || all / 60) / times.bucketNanos));
}
