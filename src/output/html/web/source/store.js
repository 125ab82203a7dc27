// What the reader has chosen, in one place, and its way into the address and back.
import {emptyGraph, emptyState, read, write} from "./address.js";

export class Store {
    constructor(graphs) {
        this.graphs = graphs;
        this.listeners = [];
        this.state = this.fill(read(decodeURIComponentOf(location.hash.slice(1)), graphs));
        window.addEventListener("popstate", () => this.restore());
    }

    fill(state) {
        for (const graph of this.graphs) state.graphs[graph] ??= emptyGraph();
        return state;
    }

    listen(act) { this.listeners.push(act); }

    tell() { this.listeners.forEach((act) => act(this.state)); }

    // Changes the state; `isStep`: the browser's back button undoes it.
    change(patch, isStep = false) {
        Object.assign(this.state, patch);
        this.remember(isStep);
        this.tell();
    }

    changeGraph(graph, patch, isStep = false) {
        Object.assign(this.state.graphs[graph], patch);
        this.remember(isStep);
        this.tell();
    }

    clearFilters() {
        const {vm, thread, tag, ranges} = emptyState();
        this.change({vm, thread, tag, ranges}, true);
    }

    remember(isStep) {
        const words = write(this.state), address = words === "" ? location.href.split("#")[0] : `#${words}`;
        if (words === location.hash.slice(1)) return;
        try {
            if (isStep) history.pushState(null, "", address);
            else history.replaceState(null, "", address);
        } catch (problem) {
            // Pages of some origins must not change their address: nothing is remembered then.
        }
    }

    // Back and forward, and plain links to places of the page, which keep all but the place.
    restore() {
        const text = decodeURIComponentOf(location.hash.slice(1));
        if (text !== "" && !text.includes("=")) {
            this.state.at = text;
            this.remember(false);
        } else {
            this.state = this.fill(read(location.hash.slice(1), this.graphs));
        }
        this.tell();
    }
}

// Plain links may be written with escapes; a state is read by its own rules.
function decodeURIComponentOf(text) {
    if (text.includes("=")) return text;
    try {
        return decodeURIComponent(text);
    } catch (problem) {
        return text;
    }
}
