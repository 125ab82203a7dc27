// Numbers for people.
const SPACE = "\u00a0", MINUS = "\u2212";
const SCALES = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

// Three digits that count.
function short(value) {
    const size = Math.abs(value);
    const digits = size === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    return value.toFixed(digits);
}

// Groups of three digits from five digits on, as the rest of the page has them.
export function grouped(value) {
    const text = String(value);
    return text.length < 5 ? text : text.replace(/\B(?=(\d{3})+$)/g, ",");
}

export function duration(nanos) {
    const [unit, scale] = SCALES.find(([, least]) => Math.abs(nanos) >= least) || ["ns", 1];
    return short(nanos / scale) + SPACE + unit;
}

export function count(value, one, many) {
    return `${grouped(Math.round(value))}${SPACE}${Math.round(value) === 1 ? one : many}`;
}

// A weight with its unit: "ns", "samples" or "exits".
export function weight(value, unit) {
    if (unit === "ns") return duration(value);
    const one = unit.endsWith("s") ? unit.slice(0, -1) : unit;
    return count(value, one, unit);
}

// A difference of shares in percent points.
export function points(before, after) {
    const change = 100 * (after - before);
    if (Math.abs(change) < 0.005) return `±0.00${SPACE}pp`;
    return `${change < 0 ? MINUS : "+"}${Math.abs(change).toFixed(2)}${SPACE}pp`;
}

// A place in the recording, to the digits that `step` (both in nanoseconds) needs.
export function moment(nanos, step) {
    const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / 1e9))));
    return (nanos / 1e9).toFixed(digits);
}

export function range(times, from, to) {
    const step = times.bucketNanos, all = times.buckets * step;
    const words = (bucket) => moment(bucket * step, step);
    return `${words(from)} to ${words(to)}${SPACE}s of ${moment(all, step)}${SPACE}s`;
}
