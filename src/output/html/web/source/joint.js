// One tree of what all sides of a page have: a node has a weight for each side.
//
// Node 0 is the whole; a caller comes before its callees. `frame` is an index into the frames, which
// are a name, a tag and a kind each (-1: none); the whole has none.
import {columnsOf, parentsOf} from "./columns.js";

const NO_ROWS = {node: [], thread: [], bucket: [], weight: []};

// Frames of all sides by what they are.
class Frames {
    constructor() {
        this.names = [];
        this.name = [];
        this.tag = [];
        this.kind = [];
        this.byName = new Map();
        this.byKey = new Map();
    }

    nameAt(text) {
        let at = this.byName.get(text);
        if (at === undefined) {
            at = this.names.length;
            this.names.push(text);
            this.byName.set(text, at);
        }
        return at;
    }

    at(text, tag, kind) {
        const name = this.nameAt(text), key = `${name} ${tag} ${kind}`;
        let at = this.byKey.get(key);
        if (at === undefined) {
            at = this.name.length;
            this.name.push(name);
            this.tag.push(tag);
            this.kind.push(kind);
            this.byKey.set(key, at);
        }
        return at;
    }
}

function framesOf(graph, frames) {
    const {name, tag, kind} = graph.frames;
    return Int32Array.from(name, (at, frame) => frames.at(graph.names[at], tag[frame], kind[frame]));
}

// Adds a side's nodes; returns the joint node of each.
function addNodes(graph, joint, known) {
    const frameOf = framesOf(graph, joint.frames);
    const parent = parentsOf(graph.nodes), {frame} = graph.nodes, nodes = new Int32Array(parent.length);
    for (let at = 0; at < parent.length; at++) {
        if (!(parent[at] < at)) throw new Error("a caller comes after its callee");
        const above = parent[at] < 0 ? 0 : nodes[parent[at]], what = frameOf[frame[at]];
        // The first side has no node twice, so nothing is looked for.
        const key = known === null ? 0 : above * 0x4000000 + what;
        let node = known === null ? undefined : known.get(key);
        if (node === undefined) {
            node = joint.parent.length;
            joint.parent.push(above);
            joint.frame.push(what);
            if (known !== null) known.set(key, node);
        }
        nodes[at] = node;
    }
    return nodes;
}

function rowsOf(rows, nodes) {
    const columns = columnsOf(rows, ["node", "thread", "bucket"]);
    if (nodes !== null) for (let row = 0; row < columns.node.length; row++) columns.node[row] = nodes[columns.node[row]];
    return {...columns, weight: Float64Array.from(rows.weight)};
}

// `graphs` has one graph for each side; a side without one has none of its weight.
export function jointOf(graphs) {
    const joint = {frames: new Frames(), parent: [-1], frame: [-1]};
    const known = graphs.length > 1 ? new Map() : null;
    const sides = graphs.map((graph) => {
        const nodes = graph ? addNodes(graph, joint, known) : null;
        return {total: graph ? graph.total : 0, rows: rowsOf(graph ? graph.rows : NO_ROWS, nodes)};
    });
    const any = graphs.find((graph) => graph);
    const {names, name, tag, kind} = joint.frames;
    return {
        unit: any.unit, title: any.title, names, sides,
        frames: {name: Int32Array.from(name), tag: Int32Array.from(tag), kind: Int32Array.from(kind)},
        parent: Int32Array.from(joint.parent), frame: Int32Array.from(joint.frame),
    };
}

// The tag of a node's frame; -1 for none.
export function tagOf(joint, node) {
    const frame = joint.frame[node];
    return frame < 0 ? -1 : joint.frames.tag[frame];
}
