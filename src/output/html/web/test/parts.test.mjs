// Boxes, addresses, sums of tables, time and words against hand calculations.
import "./hooks.mjs";
import assert from "node:assert/strict";
import {test} from "node:test";
import {gzipSync} from "node:zlib";
import {ONE} from "./made_up.mjs";

const {recordingOf, filtersOf} = await import("../source/recording.js");
const {CallTree, nameOf} = await import("../source/tree.js");
const {boxesOf, boxAt, neighbour, placeOf} = await import("../source/boxes.js");
const {emptyState, emptyGraph, read, write} = await import("../source/address.js");
const {exitsByKey, weightsByKey} = await import("../source/sums.js");
const {lanesOf, coarse, series, columnOf} = await import("../source/load.js");
const {readBlock} = await import("../source/block.js");
const {jointOf} = await import("../source/joint.js");
const {compare} = await import("../source/tables.js");
const words = await import("../source/words.js");

const one = recordingOf(ONE), joint = one.graphs.get("cpu");
const tree = new CallTree(joint, filtersOf(one, emptyState()));
const node = (name, depth = 0) => {
    const found = [];
    for (let at = 1; at < tree.size; at++) if (nameOf(tree, at) === name) found.push(at);
    return found[depth];
};

test("boxes are as wide as their shares and lie within their callers", () => {
    const rows = boxesOf(tree, 0, 0, 1000);
    assert.deepEqual(rows[0], Object.assign(Object.create(Object.getPrototypeOf(rows[0])), {x: [0], width: [1000], node: [0]}));
    for (let depth = 1; depth < rows.length; depth++) {
        rows[depth].node.forEach((at, place) => {
            assert.ok(Math.abs(rows[depth].width[place] - 10 * tree.weights[0][at]) < 1e-9);
            const above = placeOf(tree, rows, tree.parent[at]), caller = rows[above.depth];
            assert.ok(rows[depth].x[place] >= caller.x[above.at] - 1e-9);
            assert.ok(rows[depth].x[place] + rows[depth].width[place] <= caller.x[above.at] + caller.width[above.at] + 1e-9);
        });
    }
});

test("a zoomed box and its callers span the picture", () => {
    const zoomed = node("handle_pio"), rows = boxesOf(tree, 0, zoomed, 600);
    assert.deepEqual(rows.map((row) => row.node.length), [1, 1, 1, 1, 1]);
    assert.deepEqual(rows.map((row) => row.width[0]), [600, 600, 600, 600, 360]);
    const none = new CallTree(joint, filtersOf(one, {...emptyState(), thread: "nobody"}));
    assert.deepEqual(boxesOf(none, 0, 0, 600), [], "nothing, no rows");
});

test("what is too narrow is one box of its caller until it is zoomed", () => {
    const stacks = Array.from({length: 1000}, (_, at) => [`f${at}`, 1]);
    const graph = {unit: "samples", title: "", total: 1000, names: stacks.map(([name]) => name),
        frames: {name: stacks.map((_, at) => at), tag: stacks.map(() => -1), kind: stacks.map(() => -1)},
        nodes: {parent: stacks.map(() => -1), frame: stacks.map((_, at) => at)},
        rows: {node: stacks.map((_, at) => at), thread: stacks.map(() => 0), bucket: stacks.map(() => 0), weight: stacks.map(() => 1)}};
    const wide = new CallTree(jointOf([graph]), [{threads: null, from: null, to: null, tag: -1}]);
    const rows = boxesOf(wide, 0, 0, 100);
    assert.deepEqual([rows[1].node, rows[1].width.map(Math.round)], [[-1], [100]]);
    assert.equal(boxesOf(wide, 0, 0, 1000)[1].node.length, 1000);
});

test("a caller that comes after its callee is refused", () => {
    const graph = structuredClone(ONE.sides[0].graphs.cpu);
    graph.nodes.parent[0] = 3;
    assert.throws(() => jointOf([graph]), /caller/);
});

test("columns of differences are the same recording", () => {
    const differences = (column) => column.map((value, at) => value - (at > 0 ? column[at - 1] : 0));
    const coded = structuredClone(ONE), [side] = coded.sides, {cpu} = side.graphs;
    cpu.nodes = {frame: cpu.nodes.frame, up: cpu.nodes.parent.map((parent, at) => parent < 0 ? 0 : at - parent)};
    for (const [rows, names] of [[cpu.rows, ["node", "thread", "bucket"]], [side.exits.rows, ["bucket", "thread", "reason", "key"]]]) {
        rows.coding = "delta";
        for (const name of names) rows[name] = differences(rows[name]);
    }
    const again = recordingOf(coded);
    assert.deepEqual(again.graphs.get("cpu").parent, joint.parent);
    assert.deepEqual(again.graphs.get("cpu").sides, joint.sides);
    assert.deepEqual(again.sides[0].exits.rows, one.sides[0].exits.rows);
});

test("the box at a place is the one drawn there", () => {
    const rows = boxesOf(tree, 0, 0, 1000);
    // 40 % guest, 30 % port I/O, 15 % host, 5 % VMM, 10 % idle, as ordered in the recording.
    assert.equal(nameOf(tree, rows[3].node[boxAt(rows[3], 399)]), "svm_vcpu_run");
    assert.equal(nameOf(tree, rows[3].node[boxAt(rows[3], 401)]), "handle_pio");
    assert.equal(boxAt(rows[3], 999), -1);
    assert.equal(boxAt(rows[0], 1000), -1);
});

test("arrow keys lead to callers, the widest callee and neighbours", () => {
    const rows = boxesOf(tree, 0, 0, 1000), go = (from, way) => nameOf(tree, neighbour(tree, rows, from, way));
    assert.equal(go(node("vcpu_run"), "caller"), "kvm_vcpu_ioctl");
    assert.equal(go(node("svm_vcpu_run"), "right"), "handle_pio");
    assert.equal(go(node("handle_pio"), "left"), "svm_vcpu_run");
    assert.equal(go(node("svm_vcpu_run"), "left"), "svm_vcpu_run");
    assert.equal(go(node("read()"), "callee"), "read()");
    assert.equal(neighbour(tree, rows, node("outb"), "callee"), node("outb"));
});

test("an address brings back what was written", () => {
    const state = {...emptyState(), at: "exits", vm: "a&b=c#d", thread: "x · vCPU 1", tag: "exit:pio", ranges: [{from: 3, to: 9}, null],
        graphs: {cpu: {...emptyGraph(), zoom: "c1f", term: "a+b c", isSensitive: true, order: "sandwich", name: "f<T>&", view: "diff"}}};
    assert.deepEqual(read(write(state), ["cpu"]), state);
    assert.equal(write({...emptyState(), graphs: {cpu: emptyGraph()}}), "");
    assert.equal(read("exits-port", ["cpu"]).at, "exits-port");
    for (const bad of ["t0=9-3", "t0=a-b", "t0=1-2-3", "t0=-1-5", "x=1&y=%ff"]) assert.equal(read(bad, ["cpu"]).ranges[0], null);
});

test("exits and weights of what is chosen", () => {
    const filter = (state) => filtersOf(one, {...emptyState(), ...state})[0];
    const exits = (state) => exitsByKey(one.sides[0], filter(state));
    assert.deepEqual(exits({}).get("all"), {count: 200, nanos: 100000});
    assert.deepEqual(exits({ranges: [{from: 0, to: 5}, null]}).get("reason 0"), {count: 30, nanos: 3000});
    assert.deepEqual(exits({ranges: [{from: 0, to: 5}, null]}).get("key 0"), {count: 30, nanos: 3000});
    assert.equal(exits({thread: "vCPU 1"}).get("reason 0"), undefined);
    const weights = weightsByKey(joint, 0, one.sides[0], filter({ranges: [{from: 4, to: 20}, null]}));
    assert.equal(weights.get("thread 0").weight, 30);
    assert.equal(weights.get("vm 0").weight, 60);
    assert.equal(weights.get("vm 0").tags.get(1), 30);
});

test("lanes have vCPUs first and lose nothing", () => {
    const lanes = lanesOf(joint, 0, one.sides[0], one.tags.length);
    assert.deepEqual(lanes.map((lane) => lane.words), ["vCPU 0", "vCPU 1", "qemu (10)", "swapper (0)"]);
    const sum = (list) => list.reduce((all, each) => all + each, 0);
    assert.equal(lanes.reduce((all, lane) => all + sum(lane.sums), 0), 100);
    const bars = coarse(lanes[0], 20, 6, one.tags.length + 1);
    assert.deepEqual([bars.bars, sum(bars.sums)], [4, 60]);
    assert.equal(sum(series(lanes, 20, one.tags.length + 1, (tag) => tag === 1)), 30);
    assert.equal(columnOf({buckets: 400, bucketNanos: 5e7}), 20, "a second of twentieths");
});

test("a block is what was packed, and another version is refused", async () => {
    const pack = (block) => gzipSync(JSON.stringify(block)).toString("base64");
    assert.deepEqual(await readBlock(`\n${pack(ONE)}\n`), JSON.parse(JSON.stringify(ONE)));
    await assert.rejects(readBlock(pack({...ONE, version: 2})), /version 2/);
    await assert.rejects(readBlock("no base64!"));
    await assert.rejects(readBlock(btoa("no gzip")));
});

test("rows are ordered by value, and what was not measured comes last", () => {
    const order = (list, sign) => list.slice().sort((a, b) => compare(a, b, sign));
    assert.deepEqual(order([3, null, 10, -1], 1), [-1, 3, 10, null]);
    assert.deepEqual(order([3, null, 10, -1], -1), [10, 3, -1, null]);
    assert.deepEqual(order(["vCPU 10", "vCPU 9", "a"], 1), ["a", "vCPU 9", "vCPU 10"]);
});

test("numbers have the digits that count", () => {
    assert.equal(words.duration(1234), "1.23\u00a0µs");
    assert.equal(words.duration(0), "0\u00a0ns");
    assert.equal(words.duration(2.5e10), "25.0\u00a0s");
    assert.deepEqual([words.grouped(1234567), words.grouped(2048)], ["1,234,567", "2048"]);
    assert.equal(words.weight(1, "samples"), "1\u00a0sample");
    assert.equal(words.points(0.3, 0.1), "\u221220.00\u00a0pp");
    assert.equal(words.points(0.1, 0.1), "±0.00\u00a0pp");
    assert.equal(words.range({bucketNanos: 5e7, buckets: 20}, 4, 6), "0.20 to 0.30\u00a0s of 1.00\u00a0s");
});
