// A flame graph of the page: its pictures, controls, legend and table, kept in step with the state.
import {announce} from "./announcer.js";
import {widestOf} from "./boxes.js";
import {afterPaint, button, element} from "./dom.js";
import {factsOf} from "./facts.js";
import {FlameControls} from "./flame_controls.js";
import {Legend, keyOfFrames, legendSums, markOf} from "./legend.js";
import {Palette} from "./palette.js";
import {Pane} from "./pane.js";
import {Plates, zoomWords, zoomedNode} from "./plates.js";
import {filtersOf, isFiltered} from "./recording.js";
import {hitsOf, matchedWeight} from "./shown.js";
import {isDark, onTheme, styleColour} from "./theme.js";
import {topFunctions} from "./tops.js";
import {TopsTable} from "./tops_table.js";
import {CallTree, nameOf, pathTo} from "./tree.js";
import {weight} from "./words.js";
import {shares} from "picture:shares";

const VIEWS = {before: [0], after: [1], diff: [2], "": [0, 1]};
const HINT = "A box is as wide as its share. A click zooms, S shows callers and callees of the box that has the focus.";
const CHANGE_HINT = "Orange boxes have a larger share after, blue ones a smaller one, the darker the more of it; the upper edge is the tag's.";
// As many callers are named above a picture.
const CALLERS = 5;

export class Flame {
    constructor(name, recording, store) {
        this.name = name;
        this.recording = recording;
        this.store = store;
        this.joint = recording.graphs.get(name);
        this.isTwo = recording.sides.length > 1;
        this.plates = new Plates();
        this.panes = [];
        this.filterKey = null;
        const act = (patch, isStep) => store.changeGraph(name, patch, isStep);
        this.act = act;
        this.controls = new FlameControls(act, () => this.toWidestMatch(), recording, this.joint.title);
        this.path = element("p", {className: "path"});
        this.holder = element("div", {className: "panes"});
        this.told = element("p", {className: "told", attributes: {"aria-hidden": "true"}});
        this.tell(null);
        this.legend = new Legend((mark) => act({mark}));
        this.tops = new TopsTable({choose: (chosen) => this.sandwich(chosen)}, this.joint.title);
        this.root = element("div", {className: "flame"}, this.controls.root, this.path, this.holder,
            this.told, this.legend.root, this.tops.root);
        const sums = afterPaint(() => this.showSums());
        this.finish = () => {
            this.root.setAttribute("aria-busy", "true");
            sums();
        };
        onTheme(() => this.repaint());
        store.listen(() => this.update());
        new ResizeObserver(() => this.resized()).observe(this.holder);
    }

    get graph() { return this.store.state.graphs[this.name]; }
    get by() { return this.graph.colours || (this.recording.changes !== null ? "change" : "tag"); }

    update() {
        const {vm, thread, tag, ranges} = this.store.state, key = JSON.stringify([vm, thread, tag, ranges]);
        if (key !== this.filterKey) {
            this.filterKey = key;
            this.tree = new CallTree(this.joint, filtersOf(this.recording, this.store.state));
        }
        this.shown = this.plates.treesOf(this.tree, this.graph);
        this.root.classList.toggle("changed", isFiltered(this.store.state) || this.graph.zoom !== "" || this.graph.order !== "callees");
        this.showPanes();
        this.tell(null);
        this.showPath();
        this.controls.show(this.graph, this.controls.matched.textContent);
        this.finish();
    }

    look() {
        const {graph, recording, joint} = this, dark = isDark();
        if (this.palette === undefined || this.paletteIsDark !== dark) {
            this.palette = new Palette(recording, dark);
            this.paletteIsDark = dark;
            this.theme = {paper: styleColour("--picture"), ink: styleColour("--ink"), focus: styleColour("--focus"),
                mark: styleColour("--mark"), onMark: styleColour("--on-mark"), narrow: styleColour("--narrow")};
        }
        const by = this.by === "kind" ? "kind" : "tag", hitsKey = `${graph.term} ${graph.isSensitive}`;
        if (this.hitsKey !== hitsKey) {
            this.hitsKey = hitsKey;
            this.hits = graph.term === "" ? null : hitsOf(joint, graph.term, graph.isSensitive);
        }
        return {palette: this.palette, theme: this.theme, colours: this.palette.framesOf(joint, by),
            isChange: this.by === "change" && this.palette.changes !== null,
            hits: this.hits && this.hits.flags, mark: markOf(recording, joint, by, graph.mark)};
    }

    // What each picture shows: {key, tree, view, zoomed, isDown, title}.
    pictures() {
        const {graph, recording} = this, views = this.isTwo ? VIEWS[graph.view] || VIEWS[""] : [0];
        return this.shown.trees.flatMap(({key, tree, title, grows}) => views.map((view) => {
            const side = views.length > 1 ? recording.sides[view].label || ["Before", "After"][view] : "";
            return {key, tree, view, zoomed: zoomedNode(key, tree, graph.zoom),
                isDown: grows === "" ? graph.isDown : grows === "down", title: [title, side].filter(Boolean).join(", ")};
        }));
    }

    showPanes() {
        const pictures = this.pictures(), look = this.look();
        while (this.panes.length > pictures.length) this.panes.pop().root.remove();
        while (this.panes.length < pictures.length) {
            const pane = new Pane(this, this.joint.title);
            this.panes.push(pane);
            this.holder.append(pane.root);
        }
        this.holder.classList.toggle("beside", this.isTwo && (this.graph.view === "" || !(this.graph.view in VIEWS)));
        pictures.forEach((picture, at) => {
            this.panes[at].key = picture.key;
            this.panes[at].scroller.setAttribute("aria-label", [this.joint.title, picture.title].filter(Boolean).join(": "));
            this.panes[at].show({...picture, look});
        });
    }

    repaint() {
        this.palette = undefined;
        const look = this.look();
        for (const pane of this.panes) {
            pane.shown.look = look;
            // Paper does not wait for the next frame.
            pane.paint();
        }
        this.showSums();
    }

    resized() {
        for (const pane of this.panes) {
            if (pane.shown === null || pane.scroller.clientWidth === pane.width) continue;
            pane.arrange();
            pane.draw();
        }
    }

    // The way to the zoomed box, each step of which can be gone back to.
    showPath() {
        const {graph} = this, zoomed = this.panes.find((pane) => pane.shown.zoomed !== 0) || this.panes[0];
        const {tree} = zoomed.shown, steps = pathTo(tree, zoomed.shown.zoomed);
        const parts = [];
        const step = (node) => button(nameOf(tree, node), () => this.zoom(zoomed, node), {className: "step"});
        parts.push(tree.label === "all" ? step(0) : element("span", {textContent: "callers and callees of "}));
        if (tree.label !== "all") parts.push(step(0));
        if (steps.length > CALLERS) parts.push(element("span", {textContent: `${steps.length - CALLERS} more`}));
        for (const node of steps.slice(-CALLERS)) parts.push(step(node));
        this.path.replaceChildren(...parts);
        this.path.hidden = graph.zoom === "" && graph.order !== "sandwich";
    }

    // The nodes of the call tree that the reader looks at.
    roots() {
        const first = this.panes[0];
        return first.key === "c" ? [first.shown.zoomed] : this.shown.roots;
    }

    // What takes longer than a picture: sums over all that is shown, told when it is painted.
    showSums() {
        const {tree} = this, roots = this.roots();
        const wholes = tree.own.map((_, side) => roots.reduce((sum, node) => sum + tree.weights[side][node], 0));
        this.showLegend(tree, roots, wholes);
        this.showTops(tree, roots, wholes);
        this.showMatched(tree, roots, wholes);
        this.root.removeAttribute("aria-busy");
    }

    // Sums are kept while they are those of what is shown.
    sumsFor(tree, roots) {
        const by = this.by === "kind" ? "kind" : "tag", {kept} = this;
        const isSame = kept && kept.tree === tree && kept.key === roots.join();
        if (!isSame) this.kept = {tree, key: roots.join(), tops: topFunctions(tree, roots)};
        if (this.kept.by !== by) {
            this.kept.by = by;
            this.kept.legend = legendSums(tree, roots, keyOfFrames(this.recording, this.joint, by));
        }
        return this.kept;
    }

    showLegend(tree, roots, wholes) {
        this.legend.show({recording: this.recording, palette: this.palette, sums: this.sumsFor(tree, roots).legend,
            wholes, mark: this.graph.mark});
    }

    showTops(tree, roots, wholes) {
        const {graph, recording, joint, palette} = this, isAll = roots.length === 1 && roots[0] === 0;
        const what = isAll ? "" : ` in ${graph.order === "sandwich" ? graph.name : nameOf(tree, roots[0])}`;
        const whole = wholes.map((value) => weight(value, joint.unit)).join(" → ");
        const keyOf = keyOfFrames(recording, joint, this.by === "kind" ? "kind" : "tag");
        this.tops.show({recording, palette, joint, wholes, keyOf, tops: this.sumsFor(tree, roots).tops,
            title: `Functions${what}, ${whole}${isFiltered(this.store.state) ? ", filtered" : ""}`});
    }

    showMatched(tree, roots, wholes) {
        let words = "";
        if (this.hits !== null) {
            const parts = wholes.map((whole, side) => shares.exact(matchedWeight(tree, roots, this.hits.flags, side), whole));
            words = `${parts.join(" → ")} matched${this.hits.isLiteral ? " (taken literally)" : ""}`;
        }
        if (words !== this.controls.matched.textContent) this.controls.matched.textContent = words;
    }

    // What panes ask for and tell.

    facts(pane, node) { return factsOf(this.recording, pane.shown.tree, node, pane.shown.zoomed); }

    tell(facts) {
        this.told.classList.toggle("idle", facts === null);
        this.told.textContent = facts === null ? (this.by === "change" ? CHANGE_HINT : HINT) : `${facts.name}: ${facts.lines.join(" · ")}`;
    }

    zoom(pane, node) {
        const words = zoomWords(pane.key, pane.shown.tree, node);
        if (words === this.graph.zoom) return;
        this.act({zoom: words}, true);
        announce(`zoomed to ${nameOf(pane.shown.tree, node)}`);
    }

    sandwich(name) {
        this.act({order: "sandwich", name, zoom: ""}, true);
        announce(`callers and callees of ${name}`);
        this.controls.root.scrollIntoView({block: "nearest"});
    }

    // Gives the focus to the widest box that the search found.
    toWidestMatch() {
        if (this.hits === null) return;
        let best = null;
        for (const pane of this.panes) {
            const {tree} = pane.shown, {flags} = this.hits;
            const found = widestOf(pane.rows, (node) => tree.frame[node] >= 0 && flags[tree.joint.frames.name[tree.frame[node]]] === 1);
            if (found !== null && (best === null || found.width > best.width)) best = {...found, pane};
        }
        if (best === null) return announce("no match in what is drawn");
        best.pane.focused = best.node;
        best.pane.scroller.focus();
    }

    back(pane) {
        const {tree, zoomed} = pane.shown;
        if (zoomed !== 0) this.zoom(pane, tree.parent[zoomed]);
        else if (this.graph.order === "sandwich") this.act({order: "callees", name: "", zoom: ""}, true);
        else if (this.graph.term !== "") this.act({term: ""});
        else return false;
        return true;
    }

    // Whether a key meant something here.
    key(pane, event) {
        const isControl = event.ctrlKey || event.metaKey, {key} = event;
        if (key === "/" || (isControl && key === "f")) this.controls.search();
        else if (isControl) return false;
        else if (key === "Enter" || key === " ") this.zoom(pane, pane.focused);
        else if (key === "Escape" || key === "Backspace") return this.back(pane);
        else if (key === "Home") this.zoom(pane, 0);
        else if ((key === "s" || key === "S") && pane.focused > 0) this.sandwich(nameOf(pane.shown.tree, pane.focused));
        else return false;
        return true;
    }
}
