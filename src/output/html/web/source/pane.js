// One picture: a window onto its rows, which may be thousands, with a canvas of the window's size.
import {announce} from "./announcer.js";
import {boxAt, boxesOf, neighbour, placeOf} from "./boxes.js";
import {atNextFrame, element, sized} from "./dom.js";
import {ROW, outline, paint} from "./paint.js";
import {hideTooltip, showTooltip} from "./tooltip.js";

// What of the window's height a picture takes at most, and never less than.
const MOST = 0.62, LEAST = 220;

export class Pane {
    // `owner` is asked for facts and told what the reader does: see flame.js.
    constructor(owner, label) {
        this.owner = owner;
        this.canvas = element("canvas", {attributes: {"aria-hidden": "true"}});
        this.spacer = element("div", {className: "spacer"});
        this.scroller = element("div", {className: "scroller", tabIndex: 0, attributes: {
            role: "application", "aria-roledescription": "flame graph", "aria-label": label,
        }}, this.canvas, this.spacer);
        this.heading = element("h3", {className: "pane-title"});
        this.nothing = element("p", {className: "note", textContent: "Nothing of this is in what is chosen.", hidden: true});
        this.root = element("div", {className: "pane"}, this.heading, this.scroller, this.nothing);
        this.shown = null;
        this.focused = 0;
        this.hovered = null;
        this.draw = atNextFrame(() => this.paint());
        this.listen();
    }

    // `shown`: {tree, view, zoomed, isDown, title, look}.
    show(shown) {
        const before = this.shown;
        this.shown = shown;
        this.heading.textContent = shown.title;
        this.heading.hidden = shown.title === "";
        if (before === null || before.tree !== shown.tree) this.focused = shown.zoomed;
        this.arrange();
        const isMoved = before === null || before.zoomed !== shown.zoomed || before.isDown !== shown.isDown
            || before.tree.label !== shown.tree.label;
        if (isMoved) {
            this.focused = shown.zoomed;
            this.scrollTo(shown.zoomed);
        }
        this.draw();
    }

    arrange() {
        const {tree, view, zoomed} = this.shown;
        // What grows upwards stays where it is seen from its root.
        const below = (this.full || 0) - (this.height || 0) - this.scroller.scrollTop;
        this.width = Math.max(50, this.scroller.clientWidth);
        this.rows = boxesOf(tree, view, zoomed, this.width);
        this.full = this.rows.length * ROW;
        this.height = Math.min(this.full, Math.max(LEAST, Math.round(innerHeight * MOST)));
        this.scroller.style.height = `${this.height}px`;
        this.spacer.style.height = `${Math.max(0, this.full - this.height)}px`;
        if (!this.shown.isDown) this.scroller.scrollTop = this.full - this.height - below;
        this.nothing.hidden = this.rows.length > 0;
        if (this.scroller.clientWidth !== this.width && !this.isAgain) {
            // A scroll bar came or went.
            this.isAgain = true;
            this.arrange();
            this.isAgain = false;
        }
    }

    yOf(depth) { return this.shown.isDown ? depth * ROW : this.full - (depth + 1) * ROW; }

    // Scrolls so that a box and what grows from it can be seen.
    scrollTo(node) {
        const place = placeOf(this.shown.tree, this.rows, node);
        if (place === null) return;
        const y = this.yOf(place.depth), above = 3 * ROW;
        this.scroller.scrollTop = this.shown.isDown ? Math.max(0, y - above) : y + ROW + above - this.height;
    }

    // Scrolls no more than is needed.
    reveal(place) {
        const y = this.yOf(place.depth), top = this.scroller.scrollTop;
        if (y < top) this.scroller.scrollTop = y;
        else if (y + ROW > top + this.height) this.scroller.scrollTop = y + ROW - this.height;
    }

    paint() {
        if (this.shown === null) return;
        const context = sized(this.canvas, this.width, this.height), {tree, look, zoomed} = this.shown;
        const top = this.scroller.scrollTop;
        context.fillStyle = look.theme.paper;
        context.fillRect(0, 0, this.width, this.height);
        const zoomedPlace = placeOf(tree, this.rows, zoomed);
        paint(context, {
            tree, rows: this.rows, top, height: this.height, yOf: (depth) => this.yOf(depth),
            zoomedDepth: zoomedPlace === null ? 0 : zoomedPlace.depth,
        }, look);
        if (this.hovered !== null) this.outline(context, this.hovered, look.theme.ink, 1);
        if (this.scroller.matches(":focus-visible")) this.outline(context, this.focused, look.theme.focus, 3);
    }

    outline(context, node, colour, thickness) {
        const place = placeOf(this.shown.tree, this.rows, node);
        if (place === null) return;
        const row = this.rows[place.depth], y = this.yOf(place.depth) - this.scroller.scrollTop;
        outline(context, {x: row.x[place.at], y, width: row.width[place.at]}, colour, thickness);
    }

    // The node at a point of the window: a number, below 0 for narrow callees, or null.
    nodeAt(event) {
        const frame = this.scroller.getBoundingClientRect();
        const y = event.clientY - frame.top + this.scroller.scrollTop, down = Math.floor(y / ROW);
        const row = this.rows[this.shown.isDown ? down : this.rows.length - 1 - down];
        const at = row ? boxAt(row, event.clientX - frame.left) : -1;
        return at < 0 ? null : row.node[at];
    }

    hover(event) {
        const node = this.nodeAt(event);
        if (node === null) return this.leave();
        const facts = node >= 0 ? this.owner.facts(this, node)
            : {name: "narrow boxes", lines: ["a click on the box they grow from shows more of them"]};
        showTooltip(facts, event.clientX, event.clientY);
        const hovered = node >= 0 ? node : null;
        if (hovered === this.hovered) return;
        this.hovered = hovered;
        this.owner.tell(hovered === null ? null : facts);
        this.draw();
    }

    leave() {
        hideTooltip();
        if (this.hovered === null) return;
        this.hovered = null;
        this.owner.tell(null);
        this.draw();
    }

    aim(node) {
        this.focused = node;
        const place = placeOf(this.shown.tree, this.rows, node);
        if (place !== null) this.reveal(place);
        const facts = this.owner.facts(this, node);
        this.owner.tell(facts);
        announce(`${facts.name}: ${facts.lines.join(", ")}`);
        this.draw();
    }

    pressed(event) {
        if (event.altKey) return;
        const up = this.shown.isDown ? "caller" : "callee", down = this.shown.isDown ? "callee" : "caller";
        const way = {ArrowLeft: "left", ArrowRight: "right", ArrowUp: up, ArrowDown: down}[event.key];
        const {tree} = this.shown;
        if (way !== undefined && !event.ctrlKey && !event.metaKey) {
            this.aim(neighbour(tree, this.rows, this.focused, way));
        } else if (!this.owner.key(this, event)) {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }

    listen() {
        const {scroller} = this;
        scroller.addEventListener("scroll", () => this.draw(), {passive: true});
        scroller.addEventListener("pointermove", (event) => this.hover(event));
        scroller.addEventListener("pointerleave", () => this.leave());
        scroller.addEventListener("click", (event) => {
            const node = this.nodeAt(event);
            if (node === null) return;
            this.focused = node >= 0 ? node : -1 - node;
            this.owner.zoom(this, this.focused);
        });
        scroller.addEventListener("keydown", (event) => this.pressed(event));
        // A click brings the focus too, and must not scroll away what is clicked.
        scroller.addEventListener("focus", () => {
            if (scroller.matches(":focus-visible")) this.aim(this.focused);
        });
        scroller.addEventListener("blur", () => this.draw());
    }
}
