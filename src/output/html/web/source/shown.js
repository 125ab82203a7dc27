// The call tree as the pictures' arithmetic wants it: nodes with a name, children, weights, tag and
// kind. They are made on the way and forgotten, for half a million of them would fill the memory.
import {shares} from "picture:shares";

// By view. Asked for twice for each node, so without a closure.
function weightsOf({weights}, node) {
    return weights.length === 1 ? [weights[0][node]] : [weights[0][node], weights[1][node]];
}

class Shown {
    constructor(tree, node) {
        this.tree = tree;
        this.node = node;
    }

    get frame() { return this.tree.frame[this.node]; }
    // The index of the name, so that an expression is tried once on each name.
    get name() { return this.frame < 0 ? -1 : this.tree.joint.frames.name[this.frame]; }
    get tag() { return this.frame < 0 ? -1 : this.tree.joint.frames.tag[this.frame]; }
    get kind() { return this.frame < 0 ? -1 : this.tree.joint.frames.kind[this.frame]; }
    get weights() { return weightsOf(this.tree, this.node); }

    get children() {
        const {tree} = this, made = [];
        for (let at = tree.first[this.node]; at >= 0; at = tree.next[at]) {
            if (tree.weights[0][at] > 0 || (tree.weights.length > 1 && tree.weights[1][at] > 0)) made.push(new Shown(tree, at));
        }
        return made;
    }
}

// Which names match: a flag for each.
export function hitsOf(joint, term, isSensitive) {
    const found = shares.expression(term, isSensitive);
    return {flags: Uint8Array.from(joint.names, (name) => found.test(name) ? 1 : 0), isLiteral: found.isLiteral};
}

// The weight at or below nodes that matches, a match within a match once.
export function matchedWeight(tree, nodes, flags, side) {
    const test = (name) => name >= 0 && flags[name] === 1;
    return nodes.reduce((sum, node) => sum + shares.matched(new Shown(tree, node), test, side), 0);
}

// What ends at or below nodes, by what `keyOf` says of a frame: a map from key to weight.
export function weightByKey(tree, nodes, side, keyOf) {
    const keys = Array.from(tree.joint.frames.tag, (_, frame) => [keyOf(frame)]), none = [];
    const all = new Map();
    for (const node of nodes) {
        const sums = shares.byKey(new Shown(tree, node), (shown) => shown.frame < 0 ? none : keys[shown.frame], side);
        for (const [key, weight] of sums) all.set(key, (all.get(key) || 0) + weight);
    }
    return all;
}
