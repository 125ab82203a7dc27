// The map over time: what each vCPU and thread did when, or the same time within every second.
// A stretch of it that is brushed is what the whole page shows.
import {announce} from "./announcer.js";
import {atNextFrame, choice, element, select, sized} from "./dom.js";
import {columnOf, lanesOf, series} from "./load.js";
import {Palette} from "./palette.js";
import {LanesMap} from "./lanes_map.js";
import {OffsetsMap} from "./offsets_map.js";
import {isDark, onTheme, styleColour} from "./theme.js";
import {hideTooltip, showTooltip} from "./tooltip.js";
import {moment, range} from "./words.js";

const KEYS = "Arrow keys move, with Shift they select, Enter selects here, Escape shows all of the time";

export class Heat {
    // `place`: {graph, side}, as the page's figure says; other graphs can be chosen.
    constructor(place, recording, store) {
        this.at = +place.side || 0;
        this.side = recording.sides[this.at];
        this.recording = recording;
        this.store = store;
        this.tags = recording.tags.length;
        this.load(place.graph);
        this.cursor = 0;
        this.anchor = null;
        this.isOffsets = false;
        this.counts = "busy";
        this.maps = {lanes: new LanesMap(this), offsets: new OffsetsMap(this)};
        this.build();
        this.draw = atNextFrame(() => this.paint());
        this.listen();
    }

    load(graph) {
        const joint = this.recording.graphs.get(graph);
        this.graph = graph;
        this.unit = joint.unit;
        this.lanes = lanesOf(joint, this.at, this.side, this.tags);
    }

    get times() { return this.side.times; }
    get map() { return this.isOffsets ? this.maps.offsets : this.maps.lanes; }
    get range() { return this.store.state.ranges[this.at]; }
    get column() { return columnOf(this.times); }

    build() {
        this.kind = choice("Map", [["lanes", "Threads over time"], ["offsets", "Sub-second"]], (kind) => {
            this.isOffsets = kind === "offsets";
            this.kind.show(kind);
            this.metric.root.hidden = !this.isOffsets;
            this.legend.hidden = this.isOffsets;
            this.draw();
        });
        this.kind.show("lanes");
        const graphs = Array.from(this.recording.graphs).filter(([, joint]) => joint.sides[this.at].rows.node.length > 0);
        this.source = graphs.length < 2 ? null : select("Of", graphs.map(([name, joint]) => [name, joint.title]), (graph) => {
            this.load(graph);
            this.showLegend();
            this.draw();
        });
        if (this.source !== null) this.source.show(this.graph);
        const tags = this.recording.tags.map((tag, at) => [`t${at}`, tag.label]);
        this.metric = select("Shows", [["busy", "all but idle and halted"], ["lost", "exits and VMM"], ...tags], (value) => {
            this.counts = value;
            this.draw();
        });
        this.metric.root.hidden = true;
        this.legend = element("ul", {className: "legend still-legend", attributes: {"aria-label": "Colours of the map"}});
        this.words = element("output", {className: "range-words"});
        this.canvas = element("canvas", {attributes: {"aria-hidden": "true"}});
        const label = `What threads did over time${this.side.label ? `, ${this.side.label}` : ""}. ${KEYS}.`;
        this.box = element("div", {className: "heat-box", tabIndex: 0, attributes: {
            role: "application", "aria-roledescription": "heat map", "aria-label": label}}, this.canvas);
        const title = this.recording.sides.length > 1 ? element("h3", {className: "pane-title", textContent: this.side.label}) : null;
        this.root = element("div", {className: "heat-map"}, title,
            element("div", {className: "flame-bar"}, this.kind.root, this.source && this.source.root, this.metric.root, this.words),
            this.box, this.legend);
        this.showLegend();
    }

    // The tags that are on the map.
    showLegend() {
        const palette = this.paletteNow(), width = this.tags + 1;
        const isUsed = this.recording.tags.map((_, tag) => this.lanes.some((lane) => {
            for (let at = tag; at < lane.sums.length; at += width) if (lane.sums[at] > 0) return true;
            return false;
        }));
        const entries = this.recording.tags.flatMap((tag, at) => {
            if (!isUsed[at]) return [];
            const swatch = element("i", {className: "swatch"});
            swatch.style.background = palette.isTagged(at) ? palette.tags[at][0].fill : styleColour("--other");
            return [element("li", {}, swatch, element("span", {textContent: tag.label}))];
        });
        this.legend.replaceChildren(...entries);
    }

    // Which tags count for a choice of what is shown.
    countsFor(key) {
        const names = this.recording.tags.map((tag) => tag.name);
        if (key === "busy") return (tag) => names[tag] !== "idle" && names[tag] !== "halt";
        if (key === "lost") return (tag) => names[tag] !== undefined && (names[tag].startsWith("exit:") || names[tag] === "vmm");
        return (tag) => tag === +key.slice(1);
    }

    seriesOf(key) { return series(this.lanes, this.times.buckets, this.tags + 1, this.countsFor(key)); }

    paletteNow() {
        const dark = isDark();
        if (this.palette === undefined || this.isDark !== dark) {
            this.palette = new Palette(this.recording, dark);
            this.isDark = dark;
        }
        return this.palette;
    }

    theme() {
        this.paletteNow();
        const of = (name) => styleColour(name);
        return {paper: of("--picture"), ink: of("--ink"), soft: of("--soft"), line: of("--line"),
            focus: of("--focus"), heat: of("--heat"), none: of("--none"), shade: of("--shade"), other: of("--other")};
    }

    paint() {
        const width = Math.max(200, this.box.clientWidth);
        const theme = this.theme(), height = this.map.heightFor(width);
        const context = sized(this.canvas, width, height);
        context.fillStyle = theme.paper;
        context.fillRect(0, 0, width, height);
        this.map.paint(context, {width, height}, theme);
        const isFocused = document.activeElement === this.box;
        this.map.mark(context, {range: this.selection(), cursor: isFocused ? this.cursor : null}, theme);
        const shown = this.selection();
        this.words.textContent = shown === null ? `all of ${moment(this.times.buckets * this.times.bucketNanos, this.times.bucketNanos)}\u00a0s; drag to select`
            : range(this.times, shown.from, shown.to);
    }

    // What is being brushed, else what was.
    selection() {
        if (this.anchor === null) return this.range;
        return {from: Math.min(this.anchor, this.cursor), to: Math.max(this.anchor, this.cursor) + this.map.step};
    }

    choose(wanted) {
        const ranges = this.store.state.ranges.slice();
        const last = this.times.buckets;
        ranges[this.at] = wanted === null ? null : {from: Math.max(0, wanted.from), to: Math.min(last, wanted.to)};
        this.store.change({ranges}, false);
        announce(wanted === null ? "all of the time" : range(this.times, ranges[this.at].from, ranges[this.at].to));
    }

    bucketAt(event) {
        const frame = this.box.getBoundingClientRect();
        const bucket = this.map.bucketAt(event.clientX - frame.left, event.clientY - frame.top);
        return Math.max(0, Math.min(this.times.buckets - 1, bucket));
    }

    press(event) {
        if (event.button !== 0) return;
        this.cursor = this.anchor = this.bucketAt(event);
        this.box.setPointerCapture(event.pointerId);
        this.draw();
    }

    move(event) {
        const frame = this.box.getBoundingClientRect(), bucket = this.bucketAt(event);
        const facts = this.map.facts(event.clientX - frame.left, event.clientY - frame.top);
        if (facts !== null) showTooltip(facts, event.clientX, event.clientY);
        else hideTooltip();
        if (this.anchor === null || !this.box.hasPointerCapture(event.pointerId)) return;
        this.cursor = bucket;
        this.draw();
    }

    release() {
        if (this.anchor === null) return;
        const wanted = this.anchor === this.cursor ? null : this.selection();
        this.anchor = null;
        this.choose(wanted);
    }

    pressed(event) {
        const steps = this.map.keys[event.key], {key} = event;
        if (steps !== undefined) {
            if (event.shiftKey && this.anchor === null) this.anchor = this.cursor;
            this.cursor = Math.max(0, Math.min(this.times.buckets - this.map.step, this.cursor + steps));
            announce(this.selection() !== null && event.shiftKey ? range(this.times, this.selection().from, this.selection().to) : this.map.words(this.cursor));
        } else if (key === "Enter" || key === " ") {
            this.anchor ??= this.cursor;
            this.select();
        } else if (key === "Escape") {
            this.anchor = null;
            this.choose(null);
        } else {
            return;
        }
        event.preventDefault();
        this.draw();
    }

    // The keys' way to choose: a single step counts, other than a click.
    select() {
        const wanted = this.selection();
        this.anchor = null;
        this.choose(wanted);
    }

    listen() {
        const {box} = this;
        box.addEventListener("pointerdown", (event) => this.press(event));
        box.addEventListener("pointermove", (event) => this.move(event));
        box.addEventListener("pointerup", () => this.release());
        box.addEventListener("pointerleave", hideTooltip);
        box.addEventListener("keydown", (event) => this.pressed(event));
        box.addEventListener("keyup", (event) => {
            if (event.key === "Shift" && this.anchor !== null) this.select();
        });
        for (const type of ["focus", "blur"]) box.addEventListener(type, () => this.draw());
        this.store.listen(() => this.draw());
        onTheme(() => {
            this.showLegend();
            this.paint();
        });
        new ResizeObserver(() => this.draw()).observe(box);
    }
}
