// A page around folded stacks with made-up threads and times, to look at: node walk/folded_page.mjs
// STACKS.folded PAGE.html [COPIES]. With COPIES every stack is there so many times, each a little
// other, for pages of half a million frames.
import {readFileSync, writeFileSync} from "node:fs";
import {blockOf, graphOf, pageOf} from "../test/made_up.mjs";

const [from, to, copies = "1"] = process.argv.slice(2);
const BUCKETS = 20, THREADS = 6;
let seed = 1;
const random = () => (seed = Math.imul(seed, 48271) >>> 0) / 2 ** 32;
const tagOf = (line) => /vcpu_run$/.test(line) ? 0 : /pio|inb|outb/.test(line) ? 1 : /swapper|idle/.test(line) ? 3 : /qemu/i.test(line) ? 2 : 4;
const stacks = [];
for (const line of readFileSync(from, "utf8").split("\n")) {
    const cut = line.lastIndexOf(" ");
    if (cut < 0) continue;
    for (let copy = 0; copy < +copies; copy++) {
        const stack = line.slice(0, cut).split(";").map((name, at) => copy > 0 && at === 2 ? `${name}#${copy}` : name);
        stacks.push({stack, tag: tagOf(line.slice(0, cut)), thread: Math.floor(random() * THREADS),
            bucket: Math.floor(random() * BUCKETS), weight: +line.slice(cut + 1)});
    }
}
const threads = Array.from({length: THREADS}, (_, at) => ({comm: at < 4 ? `CPU ${at}/KVM` : `worker${at}`, pid: 100, tid: 100 + at,
    vm: at < 5 ? 0 : -1, vcpu: at < 4 ? at : -1, role: at < 4 ? "vcpu" : "host"}));
const graph = graphOf(stacks, "samples");
console.log(`${graph.nodes.parent.length} nodes, ${graph.rows.node.length} rows`);
writeFileSync(to, pageOf(blockOf([{label: "", vms: [{name: "win11", pid: 100}], threads, exits: null, graphs: {cpu: graph}}])));
