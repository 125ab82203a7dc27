// Trees that are made of parts of the call tree while the reader looks: its stacks from the leaf to
// the root, and callers and callees of one function. A node's children are made when it is opened,
// so that what nobody can see costs nothing.

// What stacks begin with: nodes of the call tree, and how much of each side goes with each.
function seedsOf(nodes, weights) {
    return {nodes: Int32Array.from(nodes), weights: weights.map((all) => (
        Float64Array.from(nodes, (node) => all[node])))};
}

// The outermost nodes of a function: a call within a call counts once.
export function outermost(tree, name) {
    const {parent, frame, joint} = tree, isWithin = new Uint8Array(parent.length), found = [];
    for (let node = 1; node < parent.length; node++) {
        const isThis = joint.frames.name[frame[node]] === name;
        if (isThis && isWithin[parent[node]] === 0) found.push(node);
        if (isThis || isWithin[parent[node]] === 1) isWithin[node] = 1;
    }
    return found;
}

class FoldedTree {
    // `seeds` are the parts of the whole; `isUp`: from callees to callers.
    constructor(tree, seeds, isUp, label) {
        this.base = tree;
        this.joint = tree.joint;
        this.isUp = isUp;
        this.label = label;
        this.parent = [-1];
        this.frame = [-1];
        this.first = [-1];
        this.next = [-1];
        this.sides = seeds.weights.length;
        this.seeds = seeds;
        const sums = seeds.weights.map((all) => all.reduce((sum, weight) => sum + weight, 0));
        this.weights = sums.map((sum) => [sum]);
        if (this.sides === 2) this.weights.push([1]);
        // By node until it is opened: the nodes of the call tree that it stands for now, and of
        // which seed each comes.
        this.parts = [{nodes: seeds.nodes, seeds: Int32Array.from(seeds.nodes, (_, seed) => seed)}];
    }

    get size() { return this.parent.length; }

    // Puts a part of `node` into the child of its frame.
    add(children, at, seed) {
        const frame = this.joint.frame[at];
        let child = children.get(frame);
        if (child === undefined) {
            child = {nodes: [], seeds: [], sums: new Array(this.sides).fill(0)};
            children.set(frame, child);
        }
        child.nodes.push(at);
        child.seeds.push(seed);
        for (let side = 0; side < this.sides; side++) {
            child.sums[side] += this.isUp ? this.seeds.weights[side][seed] : this.base.weights[side][at];
        }
    }

    // Makes the children of a node, once; the heaviest first.
    open(node) {
        const part = this.parts[node];
        if (part === null) return;
        this.parts[node] = null;
        const children = new Map(), {parent, first, next} = this.base;
        const isLeafless = node === 0 && this.isUp && this.isWhole;
        part.nodes.forEach((at, index) => {
            const seed = part.seeds[index];
            if (isLeafless) {
                this.add(children, at, seed);
            } else if (this.isUp) {
                if (parent[at] > 0) this.add(children, parent[at], seed);
            } else {
                for (let child = first[at]; child >= 0; child = next[child]) this.add(children, child, seed);
            }
        });
        const weight = (child) => Math.max(...child.sums);
        const order = Array.from(children).sort((a, b) => weight(b[1]) - weight(a[1]) || a[0] - b[0]);
        this.link(node, order);
    }

    link(node, order) {
        let before = -1;
        const from = this.size;
        for (const [frame, child] of order) {
            if (!child.sums.some((sum) => sum > 0)) continue;
            const made = this.size;
            this.parent.push(node);
            this.frame.push(frame);
            this.first.push(-1);
            this.next.push(-1);
            this.parts.push({nodes: child.nodes, seeds: child.seeds});
            for (let side = 0; side < this.sides; side++) this.weights[side].push(child.sums[side]);
            if (before < 0) this.first[node] = made;
            else this.next[before] = made;
            before = made;
        }
        if (this.sides === 2) this.widen(node, from);
    }

    // The larger of both shares. What is below a node is known only later, so that children who
    // would need more than it has are narrowed.
    widen(node, from) {
        const [before, after, larger] = this.weights;
        const share = (all, at) => all[0] > 0 ? all[at] / all[0] : 0;
        let sum = 0;
        for (let at = from; at < this.size; at++) {
            larger.push(Math.max(share(before, at), share(after, at)));
            sum += larger[at];
        }
        const scale = sum > larger[node] ? larger[node] / sum : 1;
        for (let at = from; at < this.size; at++) larger[at] *= scale;
    }
}

// All stacks from the leaf to the root.
export function inverted(tree) {
    const leaves = [];
    for (let node = 1; node < tree.size; node++) {
        if (tree.own.some((own) => own[node] > 0)) leaves.push(node);
    }
    const made = new FoldedTree(tree, seedsOf(leaves, tree.own), true, "all");
    made.isWhole = true;
    return made;
}

// Who calls the function with this index of a name, and what it calls; its own node is the whole.
export function sandwich(tree, name) {
    const nodes = outermost(tree, name);
    const label = tree.joint.names[name];
    const made = (isUp) => new FoldedTree(tree, seedsOf(nodes, tree.weights.slice(0, tree.own.length)), isUp, label);
    return {callers: made(true), callees: made(false), nodes};
}

// The way to a node by names of frames, and back: nodes of folded trees have other numbers in
// another session.
export function wayTo(tree, node) {
    const way = [];
    for (let at = node; at > 0; at = tree.parent[at]) way.push(tree.frame[at].toString(36));
    return way.reverse().join(".");
}

// The node at the end of a way; what is not there is left out.
export function follow(tree, way) {
    let node = 0;
    for (const step of way === "" ? [] : way.split(".")) {
        const frame = parseInt(step, 36);
        tree.open(node);
        let child = tree.first[node];
        while (child >= 0 && tree.frame[child] !== frame) child = tree.next[child];
        if (child < 0) break;
        node = child;
    }
    return node;
}

