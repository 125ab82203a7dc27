// The row that stays in sight: which VM, thread, tag and time all of the page shows.
import {button, element, select} from "./dom.js";
import {isFiltered} from "./recording.js";
import {themeButton} from "./theme.js";
import {moment, range} from "./words.js";

// Every value once, in the order in which they come.
const once = (values) => Array.from(new Set(values));

// A side's threads that have any weight, vCPUs first.
function seenThreads(recording, side, at) {
    const isSeen = new Uint8Array(side.threads.length);
    for (const joint of recording.graphs.values()) for (const thread of joint.sides[at].rows.thread) isSeen[thread] = 1;
    if (side.exits !== null) for (const thread of side.exits.rows.thread) isSeen[thread] = 1;
    const seen = side.threads.filter((_, thread) => isSeen[thread] === 1), isVcpu = (thread) => thread.role === "vcpu";
    return [...seen.filter(isVcpu), ...seen.filter((thread) => !isVcpu(thread))];
}

// From and to of a side's time, in seconds.
class TimeFields {
    constructor(recording, at, store) {
        const side = recording.sides[at];
        this.times = side.times;
        this.at = at;
        this.store = store;
        const label = recording.sides.length > 1 ? `${side.label || ["Before", "After"][at]}, ` : "";
        const step = this.times.bucketNanos / 1e9;
        const field = (words) => element("input", {type: "number", min: "0", step: "any",
            max: String(this.times.buckets * step), attributes: {"aria-label": `${label}${words} second`}});
        this.from = field("from");
        this.to = field("to");
        for (const input of [this.from, this.to]) input.addEventListener("change", () => this.read());
        this.root = element("span", {className: "times"}, element("span", {textContent: `${label}s`.replace(/^s$/, "Seconds")}),
            this.from, element("span", {textContent: "–"}), this.to);
    }

    read() {
        const {bucketNanos, buckets} = this.times, ranges = this.store.state.ranges.slice();
        const bucket = (input, none, round) => input.value === "" ? none : round(+input.value * 1e9 / bucketNanos - 1e-6 * (round === Math.ceil ? 1 : -1));
        const from = Math.max(0, bucket(this.from, 0, Math.floor)), to = Math.min(buckets, bucket(this.to, buckets, Math.ceil));
        ranges[this.at] = from < to && (from > 0 || to < buckets) ? {from, to} : null;
        this.store.change({ranges});
    }

    show() {
        const {bucketNanos, buckets} = this.times, shown = this.store.state.ranges[this.at] || {from: 0, to: buckets};
        this.from.value = moment(shown.from * bucketNanos, bucketNanos);
        this.to.value = moment(Math.min(buckets, shown.to) * bucketNanos, bucketNanos);
    }
}

export class Filters {
    constructor(recording, store) {
        this.recording = recording;
        this.store = store;
        const any = (words) => ["", words], same = (name) => [name, name];
        const vms = once(recording.sides.flatMap((side) => side.vms.map((vm) => vm.name)));
        const threads = once(recording.sides.flatMap((side, at) => seenThreads(recording, side, at).map((thread) => thread.words)));
        this.vm = vms.length === 0 ? null : select("VM", [any("all"), ...vms.map(same)], (vm) => store.change({vm}, true));
        this.thread = threads.length === 0 ? null : select("Thread", [any("all"), ...threads.map(same)], (thread) => store.change({thread}, true));
        this.tag = select("Tag", [any("all"), ...recording.tags.map((tag) => [tag.name, tag.label])], (tag) => store.change({tag}, true));
        this.fields = recording.sides.flatMap((side, at) => side.times === null ? [] : [new TimeFields(recording, at, store)]);
        this.words = element("output", {className: "range-words"});
        this.clear = button("Clear filters", () => store.clearFilters(), {className: "clear"});
        this.root = element("div", {className: "controls", attributes: {role: "region", "aria-label": "What the page shows"}},
            ...[this.vm, this.thread, this.tag].map((each) => each && each.root), ...this.fields.map((each) => each.root),
            this.words, this.clear, themeButton());
        store.listen(() => this.show());
    }

    show() {
        const {state} = this.store;
        if (this.vm !== null) this.vm.show(state.vm);
        if (this.thread !== null) this.thread.show(state.thread);
        this.tag.show(state.tag);
        for (const each of this.fields) each.show();
        this.clear.hidden = !isFiltered(state);
        this.words.textContent = this.recording.sides.map((side, at) => {
            const shown = state.ranges[at];
            return side.times === null || shown === null ? "" : `${side.label} ${range(side.times, shown.from, shown.to)}`.trim();
        }).filter(Boolean).join("; ");
    }
}
