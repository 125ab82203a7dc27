// Sorting and filtering of the page's own tables, in place: rows keep their links, printers and the
// browser's search see all of them.
import {button, element} from "./dom.js";

// From so many rows a table has a filter, and how many of a long one are shown at first.
const MANY = 8, FEW = 15;
// Letters of texts that are not broken into lines.
const SHORT = 22;

function valueOf(cell, isText) {
    if (cell === undefined) return null;
    if (isText) return cell.dataset.value ?? cell.textContent.trim();
    return cell.dataset.value === undefined || cell.dataset.value === "" ? null : +cell.dataset.value;
}

// Orders two values; what was not measured comes last either way.
export function compare(a, b, sign) {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), "en", {numeric: true});
}

class DataTable {
    constructor(table) {
        this.table = table;
        this.body = table.tBodies[0];
        this.order = null;
        this.heads = Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells);
        this.heads.forEach((head, at) => this.sortable(head, at));
        this.rows = Array.from(this.body.rows);
        if (this.rows.length >= MANY) this.addFilter();
        if (this.rows.length > FEW + 5) this.shorten();
        table.addEventListener("refill", () => {
            this.sort();
            this.limit();
        });
        table.addEventListener("unfold", () => this.unfold());
    }

    // Shows the first rows of a long table, until the reader wants all.
    shorten() {
        this.isShort = true;
        this.more = button(`Show all ${this.rows.length} rows`, () => this.unfold(), {className: "more"});
        this.limit();
    }

    limit() {
        if (!this.isShort) return;
        const shown = Array.from(this.body.rows).filter((row) => !row.classList.contains("elsewhen"));
        shown.forEach((row, at) => row.classList.toggle("beyond", at >= FEW));
    }

    unfold() {
        if (!this.isShort) return;
        this.isShort = false;
        this.more.remove();
        for (const row of this.rows) row.classList.remove("beyond");
    }

    sortable(head, at) {
        // A heading that cannot be seen cannot be pressed.
        if (head.dataset.type === "histogram" || head.textContent.trim() === "" || head.querySelector(".unseen") !== null) return;
        const isText = (head.dataset.type || "text") === "text";
        const made = button("", () => {
            const isThis = this.order !== null && this.order.at === at;
            // Numbers are asked for largest first.
            const first = isText ? 1 : -1;
            this.order = {at, isText, sign: isThis ? -this.order.sign : first};
            this.sort();
        }, {className: "sort"});
        made.append(...head.childNodes);
        head.append(made);
        head.setAttribute("aria-sort", "none");
        const cells = Array.from(this.table.rows, (row) => row.cells[at]).filter(Boolean);
        const isShort = cells.every((cell) => cell.textContent.length <= SHORT);
        if (!isText || isShort) for (const cell of cells) cell.classList.add(isText ? "short" : "number");
    }

    sort() {
        if (this.order === null) return;
        const {at, isText, sign} = this.order;
        const keyed = this.rows.map((row, place) => ({row, place, value: valueOf(row.cells[at], isText)}));
        keyed.sort((a, b) => compare(a.value, b.value, sign) || a.place - b.place);
        const all = document.createDocumentFragment();
        for (const {row} of keyed) all.append(row);
        this.body.append(all);
        this.limit();
        this.heads.forEach((head, place) => {
            if (head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", place !== at ? "none" : sign > 0 ? "ascending" : "descending");
        });
    }

    addFilter() {
        const {caption} = this.table, name = nameOf(this.table);
        const said = element("output", {className: "matched"});
        const input = element("input", {type: "search", placeholder: "Filter rows", spellcheck: false,
            attributes: {"aria-label": `Filter rows of ${name}`}});
        input.addEventListener("input", () => {
            const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
            if (words.length > 0) this.unfold();
            let shown = 0;
            for (const row of this.rows) {
                const text = row.textContent.toLowerCase();
                row.hidden = !words.every((word) => text.includes(word));
                if (!row.hidden) shown++;
            }
            said.textContent = words.length === 0 ? "" : `${shown} of ${this.rows.length} rows`;
        });
        if (caption) caption.classList.add("unseen");
        this.bar = element("div", {className: "table-bar"},
            caption && element("span", {className: "table-name", textContent: name, attributes: {"aria-hidden": "true"}}), input, said);
    }
}

function nameOf(table) {
    return (table.caption && table.caption.textContent.trim()) || table.id || "table";
}

// What a box that scrolls is called: no other region of the page is, neither its section nor its twin
// of the other side.
function boxNameOf(table) {
    const side = table.closest(".side")?.querySelector("h3")?.textContent.trim();
    return [nameOf(table), side, "table"].filter(Boolean).join(", ");
}

// A table wider than the page scrolls by itself, also with keys. Returns its box.
function widen(table) {
    const isBoxed = table.parentElement.matches(".scroll");
    const box = isBoxed ? table.parentElement : element("div", {className: "wide"});
    if (!isBoxed) {
        table.before(box);
        box.append(table);
    }
    const say = () => {
        const isWide = box.scrollWidth > box.clientWidth;
        for (const [key, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", boxNameOf(table)]]) {
            if (isWide) box.setAttribute(key, value);
            else box.removeAttribute(key);
        }
    };
    new ResizeObserver(say).observe(box);
    return box;
}

export function enhanceTables(root) {
    for (const table of root.querySelectorAll("table.data")) {
        if (!table.tHead || table.tBodies.length === 0 || table.matches(".tops, .sorted")) continue;
        table.classList.add("sorted");
        const made = new DataTable(table), box = widen(table);
        const heading = table.closest("section")?.querySelector("h2");
        if (table.caption && heading && heading.textContent.trim() === nameOf(table)) table.caption.classList.add("unseen");
        if (made.bar) box.before(made.bar);
        if (made.more) box.after(made.more);
    }
}
