// The page's data as the script uses it: pictures joined over all sides, threads with words, and
// what the reader's filters let through.
import {columnsOf} from "./columns.js";
import {jointOf} from "./joint.js";
import {ALL} from "./weights.js";

// A thread's name; that of its VM where there is more than one.
function threadWords(thread, vms) {
    const vm = vms.length > 1 ? vms[thread.vm] : undefined;
    const name = thread.role === "vcpu" && thread.vcpu >= 0 ? `vCPU ${thread.vcpu}` : `${thread.comm} (${thread.tid})`;
    return vm ? `${vm.name} · ${name}` : name;
}

// A side's exits, with plain columns.
function exitsOf(exits) {
    if (!exits) return null;
    const rows = {...columnsOf(exits.rows, ["bucket", "thread", "reason", "key"]), count: exits.rows.count, nanos: exits.rows.nanos};
    return {...exits, rows};
}

function sideOf(raw, block) {
    const vms = raw.vms || [];
    const threads = (raw.threads || []).map((thread) => ({...thread, words: threadWords(thread, vms)}));
    return {label: raw.label, vms, threads, exits: exitsOf(raw.exits), times: raw.times || block.times || null};
}

export function recordingOf(block) {
    const names = new Set(block.sides.flatMap((side) => Object.keys(side.graphs)));
    const graphs = new Map();
    for (const name of names) graphs.set(name, jointOf(block.sides.map((side) => side.graphs[name])));
    return {
        tags: block.tags, kinds: block.kinds, changes: (block.sides.length > 1 && block.changes) || null,
        sides: block.sides.map((side) => sideOf(side, block)), graphs,
    };
}

// A flag for each thread of a side: whether the state's VM and thread name it. `null`: all do.
function threadsOf(side, state) {
    if (state.vm === "" && state.thread === "") return null;
    return Uint8Array.from(side.threads, (thread) => {
        const vm = side.vms[thread.vm], isOfVm = state.vm === "" || (vm !== undefined && vm.name === state.vm);
        return isOfVm && (state.thread === "" || thread.words === state.thread) ? 1 : 0;
    });
}

// The filter of each side.
export function filtersOf(recording, state) {
    const tag = recording.tags.findIndex((entry) => entry.name === state.tag);
    return recording.sides.map((side, at) => {
        const range = side.times === null ? null : state.ranges[at];
        return {...ALL, threads: threadsOf(side, state), tag,
            from: range === null ? null : range.from, to: range === null ? null : range.to};
    });
}

export function isFiltered(state) {
    return state.vm !== "" || state.thread !== "" || state.tag !== "" || state.ranges.some((range) => range !== null);
}
