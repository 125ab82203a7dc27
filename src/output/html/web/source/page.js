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

// Puts the script's picture in the place of the page's own. A picture of both sides takes the width
// of both.
function replace(figure, made, isJoint) {
    figure.classList.add("live");
    const pair = isJoint ? figure.closest(".pair") : null;
    if (pair !== null) pair.before(made);
    else figure.prepend(made);
}

// Puts tables that say the same as a picture behind a line that opens them.
function fold(root, words) {
    if (root === null) return;
    for (const table of root.querySelectorAll("table.data:not(.tops)")) {
        const box = table.closest(".scroll") || table;
        const folded = element("details", {className: "all-rows"}, element("summary", {textContent: words}));
        box.before(folded);
        folded.append(box);
    }
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
        replace(figure, new Flame(graph, recording, store).root, true);
        // The table beside the picture follows it; the page's own is of the whole recording.
        fold(figure.closest("section"), "Functions of the whole recording");
    }
}

// A page without a place for the map over time gets one.
function makeHeatSection(recording) {
    const graphs = Array.from(recording.graphs);
    const places = recording.sides.flatMap((side, at) => {
        const first = graphs.find(([, joint]) => joint.sides[at].rows.node.length > 0);
        return side.times === null || first === undefined ? []
            : [element("figure", {className: "heat", attributes: {"data-graph": first[0], "data-side": String(at)}})];
    });
    const before = document.getElementById("threads");
    if (places.length === 0 || before === null) return;
    before.before(element("section", {id: "heat"}, element("h2", {textContent: "Over time"}), ...places));
    const link = document.querySelector('nav a[href="#threads"]')?.closest("li");
    link?.before(element("li", {}, element("a", {href: "#heat", textContent: "Over time"})));
}

function openHeats(recording, store) {
    if (document.querySelector("figure.heat") === null) makeHeatSection(recording);
    for (const figure of figuresOf("figure.heat", recording)) {
        const side = recording.sides[+figure.dataset.side || 0];
        if (!side || side.times === null) continue;
        replace(figure, new Heat(figure.dataset, recording, store).root, true);
        fold(figure, "The same as a table");
        figure.after(...figure.querySelectorAll(".all-rows"));
    }
}

// Goes to a place of the page and shows which it is.
function aimAt(id) {
    for (const old of document.querySelectorAll(".aimed")) old.classList.remove("aimed");
    const place = id === "" ? null : document.getElementById(id);
    if (place === null) return;
    for (let at = place; at !== null; at = at.parentElement) if (at.localName === "details") at.open = true;
    place.closest("table")?.dispatchEvent(new CustomEvent("unfold"));
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

// When the next frame is on the screen; a hidden page has no frames and is not waited for.
function painted() {
    return new Promise((done) => {
        if (document.hidden) done();
        else requestAnimationFrame(() => setTimeout(done, 0));
    });
}

async function open() {
    document.documentElement.classList.add("scripted");
    followPrint();
    drawHistograms(document);
    fold(document.getElementById("finding"), "The same as a table");
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
        // The first picture is not kept waiting by what is further down.
        await painted();
        document.documentElement.dataset.picture = String(Math.round(performance.now()));
        openHeats(recording, store);
        enhanceTables(document);
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
