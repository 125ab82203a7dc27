// The call tree as it is shown: callers to callees, all of it there.
//
// Trees have, by node: `parent`, `frame`, `first` and `next` (children in order; -1: none) and
// `weights`, a list by view. Views of one side: its weights. Of two: before, after, and the larger
// share. `open(node)` is called before a node's children are asked for.
import {largerShares, ownWeights, wholeWeights} from "./weights.js";

// First child and next sibling by node, in the order of the nodes.
function childrenOf(parent) {
    const first = new Int32Array(parent.length).fill(-1), next = new Int32Array(parent.length).fill(-1);
    for (let node = parent.length - 1; node > 0; node--) {
        next[node] = first[parent[node]];
        first[parent[node]] = node;
    }
    return {first, next};
}

export class CallTree {
    // `filters` has one for each side.
    constructor(joint, filters) {
        this.joint = joint;
        this.parent = joint.parent;
        this.frame = joint.frame;
        joint.links ??= childrenOf(joint.parent);
        this.first = joint.links.first;
        this.next = joint.links.next;
        this.own = joint.sides.map((_, side) => ownWeights(joint, side, filters[side]));
        this.weights = this.own.map((own) => wholeWeights(joint.parent, own));
        if (this.weights.length === 2) {
            this.weights.push(largerShares(joint.parent, this.weights[0], this.weights[1]));
        }
        this.label = "all";
    }

    open() {}

    get size() { return this.parent.length; }
}

// The nodes from below the whole to `node`.
export function pathTo(tree, node) {
    const path = [];
    for (let at = node; at > 0; at = tree.parent[at]) path.push(at);
    return path.reverse();
}

export function nameOf(tree, node) {
    const frame = tree.frame[node];
    return frame < 0 ? tree.label : tree.joint.names[tree.joint.frames.name[frame]];
}

// A side's part of a node in all of the side: a share in 0..1.
export function shareOf(tree, node, side, of = 0) {
    const whole = tree.weights[side][of];
    return whole > 0 ? tree.weights[side][node] / whole : 0;
}
