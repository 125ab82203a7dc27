// The row of controls above a picture.
import {button, choice, element, select} from "./dom.js";

const KEYS = "Arrow keys walk the boxes, Enter zooms, Escape or Backspace goes back, Home shows all, "
    + "S shows callers and callees, / or Ctrl-F searches, Enter in the search goes to the widest match.";

export class FlameControls {
    // `act(patch, isStep)` changes the picture's state, `found()` goes to what a search
    // found.
    constructor(act, found, {sides, changes}, title) {
        this.order = choice("Order", [["callees", "Callees"], ["callers", "Inverted"]], (order) => act({order, name: "", zoom: ""}, true));
        this.grows = choice("Direction", [["up", "Flame"], ["down", "Icicle"]], (way) => act({isDown: way === "down"}));
        const colours = [["tag", "What it does"], ["kind", "Kind of code"]];
        if (changes !== null) colours.unshift(["change", "Change"]);
        this.colours = select("Colour", colours, (value) => act({colours: value === colours[0][0] ? "" : value, mark: ""}));
        this.first = colours[0][0];
        this.view = sides.length < 2 ? null : choice("Sides", [
            ["both", "Side by side"], ["diff", "Difference"], ["before", sides[0].label || "Before"], ["after", sides[1].label || "After"],
        ], (view) => act({view: view === "both" ? "" : view}));
        this.input = element("input", {type: "search", placeholder: "Search functions", spellcheck: false,
            attributes: {"aria-label": `Search in ${title}`}});
        this.input.addEventListener("input", () => act({term: this.input.value}));
        this.input.addEventListener("keydown", (event) => {
            if (event.key === "Enter") found();
            else if (event.key === "Escape") act({term: ""});
        });
        this.sensitive = button("Aa", () => act({isSensitive: this.sensitive.getAttribute("aria-pressed") !== "true"}),
            {title: "Match upper and lower case", ariaLabel: "Match case"});
        this.matched = element("output", {className: "matched"});
        this.reset = button("Show all", () => act({zoom: "", order: this.shown.order === "sandwich" ? "callees" : this.shown.order, name: ""}, true));
        this.help = element("details", {className: "keys"}, element("summary", {textContent: "Keys"}), element("p", {textContent: KEYS}));
        this.root = element("div", {className: "flame-bar"},
            this.view && this.view.root, this.order.root, this.grows.root, this.colours.root, this.reset,
            element("div", {className: "search"}, this.matched, this.input, this.sensitive), this.help);
    }

    search() {
        this.input.focus();
        this.input.select();
    }

    show(graph, matched) {
        this.shown = graph;
        this.order.show(graph.order);
        this.grows.show(graph.isDown ? "down" : "up");
        this.colours.show(graph.colours || this.first);
        if (this.view !== null) this.view.show(graph.view || "both");
        if (this.input.value !== graph.term) this.input.value = graph.term;
        this.sensitive.setAttribute("aria-pressed", String(graph.isSensitive));
        this.reset.disabled = graph.zoom === "" && graph.order !== "sandwich";
        this.matched.textContent = matched;
    }
}
