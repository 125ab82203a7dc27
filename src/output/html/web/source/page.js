// What the report's page does beyond what can be read without scripts.
import {readBlock} from "./block.js";
import {element} from "./dom.js";
import {Filters} from "./filters.js";
import {Flame} from "./flame.js";
import {followTables} from "./follow.js";
import {Heat} from "./heat.js";
import {drawHistograms} from "./histogram.js";
import {recordingOf} from "./recording.js";
import {Store} from "./store.js";
import {enhanceTables} from "./tables.js";
import {followPrint, themeButton} from "./theme.js";

// Puts the script's picture before the page's own, which stays for paper.
function replace(figure, made) {
    figure.classList.add("live");
    figure.prepend(made);
}

// Figures of a kind, those of both sides together.
function figuresOf(selector, recording) {
    return Array.from(document.querySelectorAll(selector)).filter((figure) => recording.graphs.has(figure.dataset.graph));
}

function openFlames(recording, store) {
    const seen = new Set();
    for (const figure of figuresOf("figure.graph", recording)) {
        const {graph} = figure.dataset;
        if (seen.has(graph)) {
            figure.classList.add("joined");
            continue;
        }
        seen.add(graph);
        replace(figure, new Flame(graph, recording, store).root);
    }
}

function openHeats(recording, store) {
    for (const figure of figuresOf("figure.heat", recording)) {
        const side = recording.sides[+figure.dataset.side || 0];
        if (side && side.times !== null) replace(figure, new Heat(figure, recording, store).root);
    }
}

// Goes to a place of the page and shows which it is.
function aimAt(id) {
    for (const old of document.querySelectorAll(".aimed")) old.classList.remove("aimed");
    const place = id === "" ? null : document.getElementById(id);
    if (place === null) return;
    for (let at = place; at !== null; at = at.parentElement) if (at.localName === "details") at.open = true;
    place.classList.add("aimed");
    place.scrollIntoView({block: place.localName === "tr" ? "center" : "start"});
}

function followPlace(store) {
    let at = null;
    store.listen((state) => {
        if (state.at === at) return;
        at = state.at;
        aimAt(at);
    });
    // The same link once more goes to the same place once more.
    document.addEventListener("click", (event) => {
        const link = event.target.closest ? event.target.closest('a[href^="#"]') : null;
        if (link !== null && link.getAttribute("href").slice(1) === at) aimAt(at);
    });
}

async function open() {
    document.documentElement.classList.add("scripted");
    followPrint();
    drawHistograms(document);
    const block = document.getElementById("data");
    const main = document.querySelector("main");
    if (block === null || main === null) return enhanceTables(document);
    try {
        const recording = recordingOf(await readBlock(block.textContent));
        const store = new Store(Array.from(recording.graphs.keys()));
        main.before(new Filters(recording, store).root);
        followTables(recording, store);
        openFlames(recording, store);
        store.tell();
        enhanceTables(document);
        openHeats(recording, store);
        followPlace(store);
        store.tell();
        document.documentElement.dataset.ready = String(Math.round(performance.now()));
    } catch (problem) {
        enhanceTables(document);
        main.before(element("p", {className: "failed", attributes: {role: "alert"},
            textContent: `The pictures cannot be made interactive here: ${problem.message}. All else can be read.`}));
        main.before(element("div", {className: "controls"}, themeButton()));
    }
}

open();
