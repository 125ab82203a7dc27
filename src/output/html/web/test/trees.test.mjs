// Trees against sums made by hand from the made-up recording's stacks.
import "./hooks.mjs";
import assert from "node:assert/strict";
import {test} from "node:test";
import {HOSTILE, ONE, TWO} from "./made_up.mjs";

const {recordingOf, filtersOf} = await import("../source/recording.js");
const {CallTree, nameOf, pathTo} = await import("../source/tree.js");
const {inverted, sandwich, outermost, wayTo, follow} = await import("../source/folded.js");
const {hitsOf, matchedWeight, weightByKey} = await import("../source/shown.js");
const {topFunctions} = await import("../source/tops.js");
const {emptyState} = await import("../source/address.js");

const one = recordingOf(ONE), two = recordingOf(TWO);

function treeOf(recording, filter = {}) {
    return new CallTree(recording.graphs.get("cpu"), filtersOf(recording, {...emptyState(), ...filter}));
}

// Every node's name path and weights, with all folded nodes opened.
function listed(tree, side = 0) {
    const lines = new Map();
    for (let node = 0; node < tree.size; node++) {
        tree.open(node);
        const path = pathTo(tree, node).map((at) => nameOf(tree, at)).join(";");
        if (tree.weights[side][node] > 0) lines.set(path, (lines.get(path) || 0) + tree.weights[side][node]);
    }
    return lines;
}

test("a node weighs what ends at and below it", () => {
    const lines = listed(treeOf(one));
    assert.equal(lines.get(""), 100);
    assert.equal(lines.get("kvm_vcpu_ioctl;vcpu_run"), 70);
    assert.equal(lines.get("kvm_vcpu_ioctl;vcpu_run;handle_pio"), 30);
    assert.equal(lines.get("main();read()"), 15);
});

test("filters by thread, VM, tag and time leave what passes all of them", () => {
    const total = (filter) => treeOf(one, filter).weights[0][0];
    assert.equal(total({thread: "vCPU 0"}), 60);
    assert.equal(total({vm: "win11"}), 90);
    assert.equal(total({tag: "exit:pio"}), 30);
    assert.equal(total({ranges: [{from: 5, to: 9}, null]}), 33);
    assert.equal(total({ranges: [{from: 5, to: 9}, null], vm: "win11", tag: "host"}), 15);
    assert.equal(total({thread: "nobody"}), 0);
});

test("stretches of time that part the recording add up to all of it", () => {
    const tree = (from, to) => treeOf(one, {ranges: [{from, to}, null]});
    const [first, second, all] = [tree(0, 6), tree(6, 20), treeOf(one)];
    for (let node = 0; node < all.size; node++) {
        assert.equal(first.weights[0][node] + second.weights[0][node], all.weights[0][node]);
    }
});

test("an inverted tree has every stack from its leaf", () => {
    const tree = inverted(treeOf(one)), lines = listed(tree);
    assert.equal(lines.get(""), 100);
    assert.equal(lines.get("svm_vcpu_run"), 40);
    assert.equal(lines.get("outb;handle_pio;vcpu_run;kvm_vcpu_ioctl"), 18);
    assert.equal(lines.get("read();read();main()"), 10);
    assert.equal(lines.get("swapper"), 10);
    // Leaves alone make the whole.
    let sum = 0;
    for (let child = tree.first[0]; child >= 0; child = tree.next[child]) sum += tree.weights[0][child];
    assert.equal(sum, 100);
});

test("callers and callees both weigh what the function does, a call within a call once", () => {
    const tree = treeOf(one), name = tree.joint.names.indexOf("read()");
    assert.equal(outermost(tree, name).length, 1);
    const {callers, callees} = sandwich(tree, name);
    assert.deepEqual([callers.weights[0][0], callees.weights[0][0]], [15, 15]);
    assert.deepEqual(Array.from(listed(callers)), [["", 15], ["main()", 15]]);
    assert.deepEqual(Array.from(listed(callees)), [["", 15], ["read()", 10], ["copy()", 5]]);
    const pio = sandwich(tree, tree.joint.names.indexOf("handle_pio"));
    assert.equal(listed(pio.callers).get("vcpu_run;kvm_vcpu_ioctl"), 30);
});

test("a way leads to the node it was made from, and an unknown one as far as it is known", () => {
    const tree = inverted(treeOf(one));
    listed(tree);
    for (let node = 0; node < tree.size; node++) assert.equal(follow(inverted(treeOf(one)), wayTo(tree, node)) === 0, node === 0);
    const fresh = inverted(treeOf(one)), last = tree.size - 1;
    assert.equal(nameOf(fresh, follow(fresh, wayTo(tree, last))), nameOf(tree, last));
    assert.equal(follow(inverted(treeOf(one)), "zzz.1"), 0);
});

test("a match within a match counts once, as in the pictures", () => {
    const tree = treeOf(one), sum = (term) => matchedWeight(tree, [0], hitsOf(tree.joint, term, false).flags, 0);
    assert.equal(sum("READ"), 15);
    assert.equal(sum("vcpu"), 70);
    assert.equal(sum("^copy|swapper"), 15);
    assert.equal(sum("("), 20);
    assert.equal(matchedWeight(tree, [0], hitsOf(tree.joint, "READ", true).flags, 0), 0);
});

test("functions have their own weight, and their whole once for each stack", () => {
    const tops = topFunctions(treeOf(one), [0]), of = (name) => tops.find((top) => one.graphs.get("cpu").names[top.name] === name);
    assert.deepEqual([of("read()").own[0], of("read()").whole[0]], [10, 15]);
    assert.deepEqual([of("handle_pio").own[0], of("handle_pio").whole[0]], [12, 30]);
    assert.equal(of(HOSTILE).own[0], 5);
    assert.equal(tops.reduce((sum, top) => sum + top.own[0], 0), 100);
});

test("shares by tag are sums of what ends", () => {
    const tree = treeOf(one), sums = weightByKey(tree, [0], 0, (frame) => tree.joint.frames.tag[frame]);
    assert.deepEqual(Array.from(sums).sort((a, b) => a[0] - b[0]), [[0, 40], [1, 30], [2, 5], [3, 10], [4, 15]]);
});

test("two sides are one tree with the weights of each", () => {
    const tree = treeOf(two);
    assert.deepEqual([tree.weights[0][0], tree.weights[1][0]], [100, 70]);
    assert.equal(listed(tree, 0).get("kvm_vcpu_ioctl;vcpu_run;handle_pio"), 30);
    assert.equal(listed(tree, 1).get("kvm_vcpu_ioctl;vcpu_run;handle_pio"), undefined);
    assert.equal(listed(tree, 1).get("kvm_vcpu_ioctl;vcpu_run"), 40);
    // No node of one side became two.
    assert.equal(tree.size, treeOf(one).size);
    const folded = inverted(tree);
    listed(folded);
    for (const at of [tree, folded]) {
        const [before, after, larger] = at.weights, below = new Array(at.size).fill(0);
        for (let node = at.size - 1; node > 0; node--) below[at.parent[node]] += larger[node];
        for (let node = 0; node < at.size; node++) {
            assert.ok(below[node] <= larger[node] + 1e-9, "children fit");
            if (at === tree) assert.ok(larger[node] >= Math.max(before[node] / 100, after[node] / 70) - 1e-9, "both sides can be seen");
        }
    }
});

test("a filter of time is one side's", () => {
    const tree = treeOf(two, {ranges: [{from: 0, to: 5}, null]});
    assert.deepEqual([tree.weights[0][0], tree.weights[1][0]], [42, 70]);
});
