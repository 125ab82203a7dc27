// Tables whose numbers follow the reader's filters. What cannot be added up again, as percentiles,
// stays that of the whole recording and is marked so.
import {element} from "./dom.js";
import {filtersOf, isFiltered} from "./recording.js";
import {exitsByKey, weightsByKey} from "./sums.js";
import {duration, grouped} from "./words.js";

const NONE = {count: 0, nanos: 0, weight: 0, tags: new Map()};

function keyOf(row) {
    const {reason, exitKey, thread, vm} = row.dataset;
    if (reason !== undefined) return `reason ${reason}`;
    if (exitKey !== undefined) return `key ${exitKey}`;
    if (thread !== undefined) return `thread ${thread}`;
    return vm === undefined ? null : `vm ${vm}`;
}

// Numbers in the words of the page's tables.
function fraction(part, all) {
    const value = all > 0 ? part / all : 0;
    return {value, text: `${(100 * value).toFixed(2)}%`};
}

function amount(value, kind) {
    return {value, text: kind === "ns" ? duration(value) : grouped(Math.round(value))};
}

function rate(value) {
    return {value, text: value < 99.95 ? value.toFixed(1) : grouped(Math.round(value))};
}

// A cell's number for a column {name, isShare}: {value, text}; null for what cannot be told.
function numberOf({name, isShare}, sum, whole, {recording, unit, seconds}) {
    if (name === "count") return amount(sum.count, "");
    if (name === "nanos") return amount(sum.nanos, "ns");
    if (name === "mean") return sum.count > 0 ? amount(sum.nanos / sum.count, "ns") : {value: null, text: "–"};
    if (name === "rate") return seconds > 0 ? rate(sum.count / seconds) : null;
    if (name === "weight") return amount(sum.weight, unit);
    if (name === "share" && sum.weight === undefined) return fraction(whole.nanos > 0 ? sum.nanos : sum.count, whole.nanos || whole.count);
    if (name === "share") return fraction(sum.weight, whole.weight);
    if (name.startsWith("tag:")) {
        const tag = recording.tags.findIndex((each) => each.name === name.slice(4)), part = sum.tags.get(tag) || 0;
        return isShare ? fraction(part, sum.weight) : amount(part, unit);
    }
    return null;
}

// The line that says so, once in a section.
function noteBefore(table) {
    const section = table.closest(".side, section"), note = element("p", {className: "note follow-note", hidden: true});
    if (section === null || section.querySelector(".follow-note") === null) (table.closest(".scroll") || table).before(note);
    return note;
}

class Followed {
    constructor(table, recording) {
        this.table = table;
        this.recording = recording;
        this.at = +table.dataset.side || 0;
        this.side = recording.sides[this.at];
        this.columns = Array.from(table.tHead.rows[0].cells, (cell) => (
            {name: cell.dataset.column || "", isShare: cell.dataset.type === "share"}));
        this.rows = Array.from(table.tBodies).flatMap((body) => Array.from(body.rows));
        // What the page said at first, to be said again.
        this.said = this.rows.map((row) => Array.from(row.cells, (cell) => ({text: cell.textContent, value: cell.dataset.value})));
        this.note = noteBefore(table);
    }

    // `sums` is null when all is shown.
    show(sums, about) {
        const isAll = sums === null;
        this.table.classList.toggle("partial", !isAll);
        this.note.hidden = isAll;
        if (!isAll) this.note.textContent = about.words;
        const whole = isAll ? NONE : sums.get("all") || NONE;
        this.rows.forEach((row, at) => {
            const key = keyOf(row);
            if (key === null) return;
            const sum = isAll ? NONE : sums.get(key) || about.none;
            this.columns.forEach((column, cellAt) => {
                const cell = row.cells[cellAt];
                if (column.name === "" || cell === undefined) return;
                const before = this.said[at][cellAt];
                cell.classList.toggle("follows", !isAll);
                const made = isAll ? {text: before.text, value: before.value} : numberOf(column, sum, whole, about);
                if (made === null) return;
                cell.textContent = made.text;
                if (made.value === undefined || made.value === null) delete cell.dataset.value;
                else cell.dataset.value = made.value;
            });
        });
        this.table.dispatchEvent(new CustomEvent("refill"));
    }
}

function followExits(all, filters) {
    for (const each of all) {
        const {side, at} = each, filter = filters[at];
        if (side.exits === null) continue;
        const isAll = filter.threads === null && filter.from === null;
        const buckets = filter.from === null ? side.times?.buckets : filter.to - filter.from;
        const seconds = side.times ? buckets * side.times.bucketNanos / 1e9 : 0;
        each.show(isAll ? null : exitsByKey(side, filter), {recording: each.recording, seconds, unit: "", none: {count: 0, nanos: 0},
            words: "Filtered: numbers in grey are of the whole recording, the others of what is chosen."});
    }
}

function followWeights(all, filters, state) {
    for (const each of all) {
        const {side, at, recording} = each, joint = recording.graphs.get("cpu");
        if (joint === undefined) continue;
        each.show(isFiltered(state) ? weightsByKey(joint, at, side, filters[at]) : null, {recording, unit: joint.unit,
            none: {weight: 0, tags: new Map()}, words: "Filtered: numbers in grey are of the whole recording, the others of what is chosen."});
    }
}

// Rows that are of one moment: only those of what is chosen are shown.
class Moments {
    constructor(table, recording) {
        const head = Array.from(table.tHead.rows[0].cells), place = (key) => head.findIndex((cell) => cell.dataset.key === key);
        this.table = table;
        this.at = +(table.dataset.side ?? table.closest("[data-side]")?.dataset.side ?? 0);
        this.side = recording.sides[this.at];
        this.time = place("at");
        this.tid = place("tid");
    }

    show(filter) {
        const {times, threads} = this.side;
        if (times === null) return;
        const tids = filter.threads === null ? null : new Set(threads.filter((_, at) => filter.threads[at] === 1).map((thread) => String(thread.tid)));
        for (const row of this.table.tBodies[0].rows) {
            const nanos = Number(row.cells[this.time].dataset.value), bucket = Math.floor((nanos - times.start) / times.bucketNanos);
            const isIn = filter.from === null || (bucket >= filter.from && bucket < filter.to);
            const isOf = tids === null || this.tid < 0 || tids.has(row.cells[this.tid].textContent.trim());
            row.classList.toggle("elsewhen", !isIn || !isOf);
        }
        this.table.dispatchEvent(new CustomEvent("refill"));
    }
}

// Sections that cannot follow say so.
const WHOLE = ["finding", "advice", "ready", "changes"];
function noteWholes() {
    const notes = WHOLE.map((id) => document.getElementById(id)).filter((section) => section !== null).map((section) => {
        const note = element("p", {className: "note follow-note", hidden: true, textContent: "This is of the whole recording, whatever is chosen."});
        section.querySelector("h2")?.after(note);
        return note;
    });
    return (isAll) => notes.forEach((note) => { note.hidden = isAll; });
}

export function followTables(recording, store) {
    const find = (what) => Array.from(document.querySelectorAll(`table[data-follows="${what}"]`), (table) => new Followed(table, recording));
    const exits = find("exits"), weights = find("cpu"), note = noteWholes();
    // What has no numbers to follow with is of the whole recording.
    const still = Array.from(document.querySelectorAll("table.data:not([data-follows])")).filter((table) => (
        table.closest("section")?.querySelector("[data-follows]") && table.querySelector('th[data-key="at"]') === null));
    const moments = Array.from(document.querySelectorAll('th[data-type="time"][data-key="at"]'), (cell) => new Moments(cell.closest("table"), recording));
    let isFirst = true;
    store.listen((state) => {
        // The page says what nobody filtered already.
        if (isFirst && !isFiltered(state)) {
            isFirst = false;
            return;
        }
        isFirst = false;
        const filters = filtersOf(recording, state);
        note(!isFiltered(state));
        for (const table of still) table.classList.toggle("partial", isFiltered(state));
        for (const each of moments) each.show(filters[each.at]);
        followExits(exits, filters);
        followWeights(weights, filters, state);
    });
}
