// The reader's state in the address: `#at=flame&t0=12-40&cpu.z=1a…`. An address without "=" is a
// plain link to a place in the page.

// What a state is when the address says nothing.
export function emptyState() {
    return {at: "", vm: "", thread: "", tag: "", ranges: [null, null], graphs: {}};
}

// One picture's.
export function emptyGraph() {
    return {order: "callees", name: "", zoom: "", term: "", isSensitive: false, isDown: false, colours: "", view: "", mark: ""};
}

const PLAIN = ["at", "vm", "thread", "tag"];
// The letter of each of a picture's words in the address.
const GRAPH = {order: "o", name: "n", zoom: "z", term: "s", isSensitive: "c", isDown: "d", colours: "k", view: "v", mark: "l"};

export function write(state) {
    const words = new URLSearchParams();
    for (const key of PLAIN) if (state[key] !== "") words.set(key, state[key]);
    state.ranges.forEach((range, side) => {
        if (range !== null) words.set(`t${side}`, `${range.from}-${range.to}`);
    });
    const none = emptyGraph();
    for (const [graph, shown] of Object.entries(state.graphs)) {
        for (const [key, letter] of Object.entries(GRAPH)) {
            const value = shown[key];
            if (value !== none[key]) words.set(`${graph}.${letter}`, value === true ? "1" : value);
        }
    }
    return words.toString();
}

function rangeOf(text) {
    const found = /^(\d{1,6})-(\d{1,6})$/.exec(text || "");
    if (found === null || +found[1] >= +found[2]) return null;
    return {from: +found[1], to: +found[2]};
}

// Reads an address, which anybody may have written: what is no such word is left out.
export function read(text, graphs) {
    const state = emptyState();
    if (!text.includes("=")) return {...state, at: text};
    const words = new URLSearchParams(text);
    for (const key of PLAIN) state[key] = words.get(key) || "";
    state.ranges = state.ranges.map((_, side) => rangeOf(words.get(`t${side}`)));
    for (const graph of graphs) {
        const shown = emptyGraph();
        for (const [key, letter] of Object.entries(GRAPH)) {
            const value = words.get(`${graph}.${letter}`);
            if (value !== null) shown[key] = typeof shown[key] === "boolean" ? value === "1" : value;
        }
        state.graphs[graph] = shown;
    }
    return state;
}
