// The sub-second map: a column for each second or so, in it the time within, the darker the more.
// What repeats shows as stripes.
import {duration, moment, weight} from "./words.js";

const LEFT = 56, AXIS = 22, HEIGHT = 330, FONT = "12px system-ui, sans-serif";

export class OffsetsMap {
    constructor(heat) {
        this.heat = heat;
        this.step = 1;
        const column = heat.column;
        this.keys = {ArrowLeft: -column, ArrowRight: column, ArrowUp: 1, ArrowDown: -1, Home: -Infinity, End: Infinity};
    }

    heightFor(width) {
        const {times, column} = this.heat;
        this.columns = Math.ceil(times.buckets / column);
        this.wide = Math.min(120, (width - LEFT) / this.columns);
        this.high = (HEIGHT - AXIS) / column;
        return HEIGHT;
    }

    // Time runs upwards in a column.
    placeOf(bucket) {
        const {column} = this.heat, at = Math.floor(bucket / column);
        return {x: LEFT + at * this.wide, y: HEIGHT - AXIS - (bucket - at * column + 1) * this.high};
    }

    bucketAt(x, y) {
        const {column} = this.heat, at = Math.max(0, Math.min(this.columns - 1, Math.floor((x - LEFT) / this.wide)));
        const within = Math.floor((HEIGHT - AXIS - y) / this.high);
        return at * column + Math.max(0, Math.min(column - 1, within));
    }

    paint(context, _, theme) {
        const {times, column} = this.heat;
        this.sums = this.heat.seriesOf(this.heat.counts);
        const most = this.sums.reduce((large, value) => Math.max(large, value), 0);
        for (let bucket = 0; bucket < times.buckets; bucket++) {
            const {x, y} = this.placeOf(bucket), value = this.sums[bucket];
            context.fillStyle = theme.none;
            context.fillRect(x, y, this.wide - 1, Math.max(0.5, this.high - 0.5));
            if (!(value > 0)) continue;
            // The eye sees differences of small values that a straight scale would hide.
            context.globalAlpha = 0.12 + 0.88 * Math.sqrt(value / most);
            context.fillStyle = theme.heat;
            context.fillRect(x, y, this.wide - 1, Math.max(0.5, this.high - 0.5));
            context.globalAlpha = 1;
        }
        context.font = FONT;
        context.textBaseline = "middle";
        context.fillStyle = theme.soft;
        const each = Math.max(1, Math.ceil(64 / this.wide));
        for (let at = 0; at < this.columns; at += each) {
            context.fillText(`${moment(at * column * times.bucketNanos, column * times.bucketNanos)} s`, LEFT + at * this.wide, HEIGHT - AXIS / 2 + 2);
        }
        for (const share of [0, 0.5, 1]) {
            const y = HEIGHT - AXIS - share * (HEIGHT - AXIS - 14) - 7;
            context.fillText(duration(share * column * times.bucketNanos), 0, y);
        }
    }

    mark(context, {range, cursor}, theme) {
        const {times} = this.heat;
        if (range !== null) {
            context.fillStyle = theme.shade;
            for (let bucket = 0; bucket < times.buckets; bucket++) {
                if (bucket >= range.from && bucket < range.to) continue;
                const {x, y} = this.placeOf(bucket);
                context.fillRect(x, y, this.wide, this.high);
            }
        }
        if (cursor === null) return;
        const {x, y} = this.placeOf(cursor);
        context.strokeStyle = theme.focus;
        context.lineWidth = 2;
        context.strokeRect(x, y, Math.max(3, this.wide - 1), Math.max(3, this.high));
    }

    facts(x, y) {
        if (x < LEFT || y > HEIGHT - AXIS || x > LEFT + this.columns * this.wide || this.sums === undefined) return null;
        const bucket = this.bucketAt(x, y), {times} = this.heat;
        if (bucket >= times.buckets) return null;
        return {name: this.words(bucket), lines: [`for ${duration(times.bucketNanos)}: ${weight(this.sums[bucket], this.heat.unit)}`]};
    }

    words(bucket) {
        const {times} = this.heat, value = this.sums === undefined ? 0 : this.sums[bucket];
        return `${moment(bucket * times.bucketNanos, times.bucketNanos)} s, ${weight(value || 0, this.heat.unit)}`;
    }
}
