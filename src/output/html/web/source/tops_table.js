// The table beside a picture: its functions by weight, for those who do not see the picture and for
// those who want numbers.
import {shares} from "picture:shares";
import {button, element} from "./dom.js";
import {entryOf} from "./legend.js";
import {points, weight} from "./words.js";

const FEW = 12, MANY = 200;
const SORTS = {own: (row) => Math.max(...row.own), whole: (row) => Math.max(...row.whole)};

export class TopsTable {
    // `act`: {choose(name): shows callers and callees}.
    constructor(act, label) {
        this.act = act;
        this.isLong = false;
        this.sort = "own";
        this.summary = element("summary", {textContent: label});
        this.table = element("table", {className: "data tops"});
        this.more = button("", () => {
            this.isLong = !this.isLong;
            this.render();
        }, {className: "more"});
        this.root = element("details", {className: "tops-box", open: true}, this.summary,
            element("div", {className: "wide"}, this.table), this.more);
    }

    show(content) {
        this.content = content;
        this.render();
    }

    head(label, sort, sideLabel) {
        const text = sideLabel ? `${label} ${sideLabel}` : label;
        const cell = element("th", {scope: "col", className: "number"});
        if (!sort) {
            cell.textContent = text;
            return cell;
        }
        const isThis = this.sort === sort;
        cell.setAttribute("aria-sort", isThis ? "descending" : "none");
        cell.append(button(text, () => {
            this.sort = sort;
            this.render(sort);
        }, {className: "sort"}));
        return cell;
    }

    headRow() {
        const {recording} = this.content, cells = [];
        for (const [label, sort] of [["Self", "own"], ["Total", "whole"]]) {
            recording.sides.forEach((side, at) => cells.push(this.head(label, sort, recording.sides.length > 1 ? side.label || ["before", "after"][at] : "")));
            if (recording.sides.length > 1) cells.push(this.head(`${label} change`, "", ""));
        }
        return element("tr", {}, element("th", {scope: "col", textContent: "Function"}), ...cells,
            element("th", {scope: "col", textContent: "Mostly"}));
    }

    numbers(list, wholes, unit) {
        const cells = list.map((value, side) => element("td", {className: "number", title: weight(value, unit),
            textContent: shares.exact(value, wholes[side])}));
        if (list.length > 1) {
            const [before, after] = list.map((value, side) => wholes[side] > 0 ? value / wholes[side] : 0);
            cells.push(element("td", {className: "number change", textContent: points(before, after)}));
        }
        return cells;
    }

    row(entry) {
        const {joint, wholes, recording, palette} = this.content;
        const name = element("th", {scope: "row"}, button(joint.names[entry.name], () => this.act.choose(joint.names[entry.name]),
            {className: "name", title: "Show its callers and callees"}));
        const key = this.content.keyOf(entry.frame), mostly = element("td");
        if (key !== "" && Math.max(...entry.own) > 0) {
            const swatch = element("i", {className: "swatch"}), fills = key[0] === "t" ? palette.tags : palette.kinds;
            swatch.style.background = fills[+key.slice(1)][0].fill;
            mostly.append(swatch, element("span", {textContent: entryOf(recording, key).label}));
        }
        return element("tr", {}, name, ...this.numbers(entry.own, wholes, joint.unit), ...this.numbers(entry.whole, wholes, joint.unit), mostly);
    }

    render(focus = "") {
        const {tops, title} = this.content, size = SORTS[this.sort];
        const rows = this.sort === "own" ? tops : tops.slice().sort((a, b) => size(b) - size(a));
        const shown = rows.slice(0, this.isLong ? MANY : FEW);
        this.summary.textContent = title;
        this.table.replaceChildren(element("caption", {className: "unseen", textContent: title}),
            element("thead", {}, this.headRow()), element("tbody", {}, ...shown.map((entry) => this.row(entry))));
        this.more.hidden = rows.length <= FEW;
        const all = Math.min(rows.length, MANY);
        this.more.textContent = this.isLong ? `Show ${FEW}` : `Show ${all}${all < rows.length ? ` of ${rows.length}` : ""}`;
        if (focus !== "") this.table.querySelector(`th[aria-sort=descending] button`)?.focus();
    }
}
