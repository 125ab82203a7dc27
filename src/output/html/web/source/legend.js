// The legend of a picture: what its colours mean and how much of what is shown has each. A click
// marks the boxes of one.
import {shares} from "picture:shares";
import {element} from "./dom.js";
import {weightByKey} from "./shown.js";

// What a frame counts as: its tag, or, where that says nothing, its kind of code.
export function keyOfFrames(recording, joint, by) {
    const host = recording.tags.findIndex((tag) => tag.name === "host");
    return (frame) => {
        const tag = joint.frames.tag[frame], kind = joint.frames.kind[frame];
        if (by !== "kind" && tag >= 0 && tag !== host) return `t${tag}`;
        return kind >= 0 ? `k${kind}` : "";
    };
}

// The colour and name of a key.
export function entryOf(recording, key) {
    return key[0] === "t" ? recording.tags[+key.slice(1)] : recording.kinds[+key.slice(1)];
}

export class Legend {
    constructor(chosen) {
        this.chosen = chosen;
        this.root = element("ul", {className: "legend", attributes: {"aria-label": "Legend: marks boxes of one colour"}});
    }

    // `sums`: a map from key to weight for each side; `wholes`: what they are shares of.
    show({recording, palette, sums, wholes, mark}) {
        const keys = Array.from(new Set(sums.flatMap((sum) => Array.from(sum.keys())))).filter((key) => key !== "");
        const size = (key) => Math.max(...sums.map((sum, side) => wholes[side] > 0 ? (sum.get(key) || 0) / wholes[side] : 0));
        keys.sort((a, b) => size(b) - size(a) || (a < b ? -1 : 1));
        const had = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
        this.root.replaceChildren(...keys.map((key) => {
            const entry = entryOf(recording, key), fills = key[0] === "t" ? palette.tags : palette.kinds;
            const swatch = element("i", {className: "swatch"});
            swatch.style.background = fills[+key.slice(1)][0].fill;
            const words = sums.map((sum, side) => shares.words(sum.get(key) || 0, wholes[side])).join(" → ");
            const made = element("button", {type: "button", attributes: {
                "data-key": key, "aria-pressed": String(mark === entry.name),
            }}, swatch, element("span", {textContent: entry.label}), element("span", {className: "share", textContent: words}));
            made.addEventListener("click", () => this.chosen(mark === entry.name ? "" : entry.name));
            return element("li", {}, made);
        }));
        if (had !== null) this.root.querySelector(`[data-key="${had}"]`)?.focus();
    }
}

// Whether a frame has the marked colour, or null when nothing is marked.
export function markOf(recording, joint, by, mark) {
    if (mark === "") return null;
    const keyOf = keyOfFrames(recording, joint, by);
    const flags = Uint8Array.from(joint.frames.tag, (_, frame) => {
        const key = keyOf(frame);
        return key !== "" && entryOf(recording, key).name === mark ? 1 : 0;
    });
    return (frame) => flags[frame] === 1;
}

export function legendSums(tree, nodes, keyOf) {
    return tree.own.map((_, side) => weightByKey(tree, nodes, side, keyOf));
}
