// A made-up recording, small enough to be added up by hand, and pages around recordings.
import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {gzipSync} from "node:zlib";

const HTML = join(dirname(fileURLToPath(import.meta.url)), "../..");

export const TAGS = [
    {name: "guest", label: "guest", light: "#4c9dff", dark: "#4c9dff"},
    {name: "exit:pio", label: "VM exit: port I/O", light: "#db385c", dark: "#db385c"},
    {name: "vmm", label: "VMM", light: "#7b848c", dark: "#47525b"},
    {name: "idle", label: "idle", light: "#dfecf7", dark: "#2b2f36"},
    {name: "host", label: "host", light: "#f4f7f7", dark: "#3c3e46"},
];
export const KINDS = [
    {name: "kernel", label: "kernel", light: "#e6c7af", dark: "#6d4b36"},
    {name: "program", label: "program", light: "#ece39a", dark: "#5c5527"},
];
export const CHANGES = {
    less: ["#4a90d9", "#7fb4e6", "#aed0f0", "#d6e7f7"], more: ["#f07d1a", "#faa352", "#fdc48f", "#fee2c6"],
    same: "#dddcda", steps: [0.9, 0.5, 0.2, 0],
};

// Builds a graph from stacks: {stack: ["name", …], tag, thread, bucket, weight}. All frames of a stack
// have its tag; names that end in `()` are of programs.
export function graphOf(stacks, unit = "samples") {
    const graph = {unit, title: "CPU time", total: 0, names: [], frames: {name: [], tag: [], kind: []},
        nodes: {parent: [], frame: []}, rows: {node: [], thread: [], bucket: [], weight: []}};
    const names = new Map(), frames = new Map(), nodes = new Map();
    const index = (map, key, make) => {
        if (!map.has(key)) {
            map.set(key, map.size);
            make();
        }
        return map.get(key);
    };
    for (const {stack, tag, thread, bucket, weight} of stacks) {
        let at = -1;
        for (const text of stack) {
            const name = index(names, text, () => graph.names.push(text)), kind = text.endsWith("()") ? 1 : 0;
            const frame = index(frames, `${name} ${tag}`, () => {
                graph.frames.name.push(name);
                graph.frames.tag.push(tag);
                graph.frames.kind.push(kind);
            });
            const above = at;
            at = index(nodes, `${above} ${frame}`, () => {
                graph.nodes.parent.push(above);
                graph.nodes.frame.push(frame);
            });
        }
        const row = {node: at, thread, bucket, weight};
        for (const [key, value] of Object.entries(row)) graph.rows[key].push(value);
        graph.total += weight;
    }
    return graph;
}

export const HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>";

// 100 samples of one VM with two vCPUs and an I/O thread, over 20 buckets of 50 ms.
const STACKS = [
    {stack: ["kvm_vcpu_ioctl", "vcpu_run", "svm_vcpu_run"], tag: 0, thread: 0, bucket: 0, weight: 30},
    {stack: ["kvm_vcpu_ioctl", "vcpu_run", "svm_vcpu_run"], tag: 0, thread: 1, bucket: 12, weight: 10},
    {stack: ["kvm_vcpu_ioctl", "vcpu_run", "handle_pio"], tag: 1, thread: 0, bucket: 4, weight: 12},
    {stack: ["kvm_vcpu_ioctl", "vcpu_run", "handle_pio", "outb"], tag: 1, thread: 0, bucket: 5, weight: 18},
    {stack: ["main()", "read()", "copy()"], tag: 4, thread: 2, bucket: 7, weight: 5},
    {stack: ["main()", "read()", "read()"], tag: 4, thread: 2, bucket: 8, weight: 10},
    {stack: ["main()", HOSTILE], tag: 2, thread: 2, bucket: 9, weight: 5},
    {stack: ["swapper"], tag: 3, thread: 3, bucket: 19, weight: 10},
];
const THREADS = [
    {comm: "CPU 0/KVM", pid: 10, tid: 11, vm: 0, vcpu: 0, role: "vcpu"},
    {comm: "CPU 1/KVM", pid: 10, tid: 12, vm: 0, vcpu: 1, role: "vcpu"},
    {comm: "qemu", pid: 10, tid: 10, vm: 0, vcpu: -1, role: "emulator"},
    {comm: "swapper", pid: 0, tid: 0, vm: -1, vcpu: -1, role: "host"},
];
const EXITS = {
    reasons: [{name: "IO_INSTRUCTION"}, {name: "HLT"}], keys: [{kind: "port", name: "0x608 read", device: "acpi-tmr"}],
    rows: {bucket: [4, 5, 19], thread: [0, 0, 1], reason: [0, 0, 1], key: [0, 0, -1], count: [30, 70, 100], nanos: [3000, 7000, 90000]},
};

const sideOf = (label, stacks) => ({label, vms: [{name: "win11", pid: 10}], threads: THREADS, exits: EXITS,
    graphs: {cpu: graphOf(stacks), exits: {...graphOf(stacks.filter(({tag}) => tag === 1), "ns"), title: "Time of exits"}}});

export function blockOf(sides) {
    return {version: 1, times: {start: 0, bucketNanos: 5e7, buckets: 20}, tags: TAGS, kinds: KINDS, changes: CHANGES, sides};
}

export const ONE = blockOf([sideOf("", STACKS)]);
// After: the port's exits are gone.
export const TWO = blockOf([sideOf("before", STACKS), sideOf("after", STACKS.filter(({tag}) => tag !== 1))]);

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const figure = (block, graph) => block.sides.map((_, side) => `<figure class="graph" data-graph="${graph}" data-side="${side}"><svg role="img" aria-label="static" width="10" height="10"></svg></figure>`).join("");
const heat = (block) => block.sides.map((_, side) => `<figure class="heat" data-graph="cpu" data-side="${side}"></figure>`).join("");

const TABLES = `<table class="data" id="reasons" data-follows="exits" data-side="0"><caption>Exits by reason</caption>
<thead><tr><th scope="col" data-type="text">Reason</th><th scope="col" data-type="number" data-column="count">Exits</th><th scope="col" data-type="duration" data-column="nanos">Time</th><th scope="col" data-type="duration">p99</th><th scope="col" data-type="histogram">Durations</th></tr></thead>
<tbody><tr data-reason="0" id="exits-io"><th scope="row">IO_INSTRUCTION</th><td data-value="100">100</td><td data-value="10000">10.0 µs</td><td data-value="900">900 ns</td><td class="histogram" data-bins="0,3,5,90">▁▂▂█</td></tr>
<tr data-reason="1"><th scope="row">HLT</th><td data-value="100">100</td><td data-value="90000">90.0 µs</td><td data-value="1200">1.2 µs</td><td class="histogram" data-bins="1,3,0,50">▁▂▁█</td></tr></tbody></table>
<table class="data" id="slowest"><caption>Slowest</caption><thead><tr><th scope="col" data-type="time" data-key="at">At</th><th scope="col" data-type="text" data-key="tid">Thread</th></tr></thead>
<tbody><tr><td class="number" data-value="220000000">0.22</td><td>11</td></tr><tr><td class="number" data-value="900000000">0.90</td><td>12</td></tr></tbody></table>
<table class="data" id="many"><caption>Ports</caption><thead><tr><th scope="col" data-type="text">Port</th><th scope="col" data-type="number">Count</th></tr></thead><tbody>
${Array.from({length: 12}, (_, at) => `<tr id="port-${at}"><th scope="row">0x${at.toString(16)} port</th><td${at === 3 ? "" : ` data-value="${at * 7 % 12}"`}>${at === 3 ? "–" : at * 7 % 12}</td></tr>`).join("\n")}</tbody></table>`;

// A page as `vmflame report` writes it, as far as the script reads it.
export function pageOf(block) {
    const script = readFileSync(join(HTML, "page.js"), "utf8"), style = readFileSync(join(HTML, "page.css"), "utf8");
    const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
    const data = gzipSync(JSON.stringify(block)).toString("base64"), hasExits = block.sides.some((side) => side.graphs.exits);
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Report</title><style>${style}</style></head><body>
<header class="page"><h1>win11 loses 30 % of its time to port I/O</h1><p>A made-up recording of one second.</p><nav aria-label="Sections"><ul><li><a href="#flame">Flame graph</a></li><li><a href="#exits-io">Exits</a></li></ul></nav></header>
<main><section id="flame"><h2>CPU time</h2>${figure(block, "cpu")}</section>
${hasExits ? `<section id="exit-flame"><h2>Time of exits</h2>${figure(block, "exits")}</section>` : ""}
<section id="heat"><h2>Over time</h2>${heat(block)}</section><section id="exits"><h2>Exits</h2>${TABLES}</section></main>
<footer>Made up.</footer><script type="application/octet-stream" id="data">${data}</script><script>${script}</script></body></html>`;
}
