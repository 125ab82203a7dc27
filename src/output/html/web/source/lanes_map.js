// A strip for each vCPU and thread: bars over time in the colours of what it did.
import {coarse} from "./load.js";
import {duration, moment, weight} from "./words.js";

const LANE = 30, GAP = 6, LEAST_LEFT = 90, MOST_LEFT = 260, RIGHT = 8, AXIS = 22, LEAST_BAR = 3, FONT = "12px system-ui, sans-serif";

export class LanesMap {
    constructor(heat) {
        this.heat = heat;
        const step = Math.max(1, Math.round(heat.times.buckets / 200));
        this.step = step;
        this.keys = {ArrowLeft: -step, ArrowRight: step, PageUp: -10 * step, PageDown: 10 * step, Home: -Infinity, End: Infinity};
    }

    heightFor(width) {
        const context = this.heat.canvas.getContext("2d");
        context.font = FONT;
        const longest = Math.max(...this.heat.lanes.map((lane) => context.measureText(lane.words).width));
        this.left = Math.ceil(Math.min(MOST_LEFT, Math.max(LEAST_LEFT, longest + 18)));
        this.room = width - this.left - RIGHT;
        return this.heat.lanes.length * (LANE + GAP) + AXIS;
    }

    xOf(bucket) { return this.left + bucket / this.heat.times.buckets * this.room; }

    bucketAt(x) { return Math.floor((x - this.left) / this.room * this.heat.times.buckets); }

    // What a full bar is: one CPU's time where weights are times, else the busiest bar of any lane.
    fullOf(bars, lane, nanos) {
        if (this.heat.unit === "ns" && lane.threads.length === 1) return nanos;
        return bars;
    }

    paint(context, {height}, theme) {
        const {times, lanes, tags} = this.heat, width = tags + 1;
        const step = Math.max(1, Math.ceil(times.buckets * LEAST_BAR / this.room));
        const all = lanes.map((lane) => coarse(lane, times.buckets, step, width));
        const sum = (made, bar) => {
            let whole = 0;
            for (let tag = 0; tag < width; tag++) whole += made.sums[bar * width + tag];
            return whole;
        };
        const busiest = (at) => {
            let most = 0;
            for (let bar = 0; bar < all[at].bars; bar++) most = Math.max(most, sum(all[at], bar));
            return most;
        };
        const single = Math.max(...lanes.map((lane, at) => lane.threads.length === 1 ? busiest(at) : 0));
        context.font = FONT;
        context.textBaseline = "middle";
        this.all = {made: all, step, width};
        lanes.forEach((lane, at) => {
            const top = at * (LANE + GAP), full = this.fullOf(lane.threads.length === 1 ? single : busiest(at), lane, step * times.bucketNanos);
            context.fillStyle = theme.none;
            context.fillRect(this.left, top, this.room, LANE);
            for (let bar = 0; bar < all[at].bars; bar++) this.bar(context, all[at].sums, {bar, top, full, step, other: theme.other});
            context.fillStyle = theme.ink;
            this.name(context, lane.words, top + LANE / 2);
        });
        this.axis(context, height, theme);
    }

    bar(context, sums, {bar, top, full, step, other}) {
        const {tags, palette, times} = this.heat, width = tags + 1;
        const left = this.xOf(bar * step), right = this.xOf(Math.min(times.buckets, (bar + 1) * step));
        let y = top + LANE;
        for (let tag = 0; tag < width; tag++) {
            const value = sums[bar * width + tag];
            if (!(value > 0)) continue;
            const high = Math.min(y - top, value / full * LANE);
            y -= high;
            context.fillStyle = tag < tags && palette.isTagged(tag) ? palette.tags[tag][0].fill : other;
            context.fillRect(left, y, Math.max(0.5, right - left), high);
        }
    }

    name(context, words, y) {
        let text = words;
        while (text.length > 4 && context.measureText(text).width > this.left - 16) text = text.slice(0, -2).trimEnd() + "…";
        context.fillText(text, 0, y);
    }

    axis(context, height, theme) {
        const {times} = this.heat, all = times.buckets * times.bucketNanos;
        const rough = all / Math.max(2, Math.floor(this.room / 110)), power = 10 ** Math.floor(Math.log10(rough));
        const tick = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) || rough;
        context.fillStyle = theme.soft;
        for (let nanos = 0; nanos <= all; nanos += tick) {
            const x = this.left + nanos / all * this.room, words = `${moment(nanos, tick)} s`;
            context.fillRect(Math.round(x), height - AXIS, 1, 4);
            const wide = context.measureText(words).width;
            context.fillText(words, Math.min(Math.max(this.left, x - wide / 2), this.left + this.room - wide), height - AXIS / 2 + 2);
        }
    }

    mark(context, {range, cursor}, theme) {
        const height = this.heat.lanes.length * (LANE + GAP) - GAP;
        if (range !== null) {
            const left = this.xOf(range.from), right = this.xOf(range.to);
            context.fillStyle = theme.shade;
            context.fillRect(this.left, 0, left - this.left, height);
            context.fillRect(right, 0, this.left + this.room - right, height);
            context.strokeStyle = theme.focus;
            context.lineWidth = 2;
            context.strokeRect(left, 1, Math.max(2, right - left), height - 2);
        }
        if (cursor === null) return;
        context.fillStyle = theme.focus;
        context.fillRect(this.xOf(cursor), 0, 2, height);
    }

    // What a strip's bar says: its largest parts.
    facts(x, y) {
        const {lanes, times, recording, unit} = this.heat, at = Math.floor(y / (LANE + GAP)), lane = lanes[at];
        if (lane === undefined || x < this.left || x > this.left + this.room || this.all === undefined) return null;
        const {made, step, width} = this.all, bar = Math.floor(this.bucketAt(x) / step);
        const parts = [];
        for (let tag = 0; tag < width; tag++) {
            const value = made[at].sums[bar * width + tag] || 0;
            if (value > 0) parts.push({value, label: tag < width - 1 ? recording.tags[tag].label : "no tag"});
        }
        parts.sort((a, b) => b.value - a.value);
        const from = bar * step * times.bucketNanos;
        return {name: lane.words, lines: [`from ${moment(from, times.bucketNanos)} s, for ${duration(step * times.bucketNanos)}`,
            ...parts.slice(0, 5).map((part) => `${part.label}: ${weight(part.value, unit)}`)]};
    }

    words(bucket) {
        const {times} = this.heat;
        return `${moment(bucket * times.bucketNanos, times.bucketNanos)} s`;
    }
}
