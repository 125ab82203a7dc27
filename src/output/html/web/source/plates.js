// Which pictures a graph shows for a state: each a tree with the node that spans it.
import {follow, inverted, sandwich, wayTo} from "./folded.js";

// Keeps the trees that were made for a call tree until there is another.
export class Plates {
    constructor() {
        this.tree = null;
        this.made = new Map();
    }

    treesOf(tree, graph) {
        if (this.tree !== tree) {
            this.tree = tree;
            this.made.clear();
        }
        const key = `${graph.order} ${graph.name}`;
        if (!this.made.has(key)) {
            this.made.clear();
            this.made.set(key, treesFor(tree, graph));
        }
        return this.made.get(key);
    }
}

// `{trees: [{key, tree, title, grows}], roots}`: `roots` are the nodes of the call tree that all of it
// is about; `grows` is "up", "down" or "" for the reader's choice.
function treesFor(tree, graph) {
    const name = graph.order === "sandwich" ? tree.joint.names.indexOf(graph.name) : -1;
    if (name >= 0) {
        const {callers, callees, nodes} = sandwich(tree, name);
        return {roots: nodes, trees: [
            {key: "u", tree: callers, title: "Callers", grows: "up"},
            {key: "d", tree: callees, title: "Callees", grows: "down"},
        ]};
    }
    if (graph.order === "callers") return {roots: [0], trees: [{key: "i", tree: inverted(tree), title: "", grows: ""}]};
    return {roots: [0], trees: [{key: "c", tree, title: "", grows: ""}]};
}

// The state's words for a zoom: which tree, and the way.
export function zoomWords(key, tree, node) {
    if (node === 0) return "";
    return key + (key === "c" ? node.toString(36) : wayTo(tree, node));
}

// The node that a state's zoom means in a tree; 0 where it means none.
export function zoomedNode(key, tree, words) {
    if (!words.startsWith(key)) return 0;
    if (key !== "c") return follow(tree, words.slice(1));
    const node = parseInt(words.slice(1), 36);
    return node > 0 && node < tree.size ? node : 0;
}
