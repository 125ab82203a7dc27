// What is said of a box: in its tooltip, and to screen readers.
import {shares} from "picture:shares";
import {nameOf, shareOf} from "./tree.js";
import {points, weight} from "./words.js";

// `{name, lines}` of a node; `zoomed` is what the picture shows.
export function factsOf(recording, tree, node, zoomed) {
    const {joint} = tree, frame = tree.frame[node], sides = tree.own ? tree.own.length : tree.sides;
    const lines = [];
    const isInZoomed = zoomed !== 0 && node !== zoomed;
    if (sides === 1) {
        const all = tree.weights[0], value = all[node];
        lines.push(`${weight(value, joint.unit)}, ${shares.exact(value, all[0])} of ${tree.label === "all" ? "all" : "the function"}`);
        if (isInZoomed && value <= all[zoomed]) lines.push(`${shares.exact(value, all[zoomed])} of ${nameOf(tree, zoomed)}`);
    } else {
        const [before, after] = [0, 1].map((side) => shareOf(tree, node, side));
        recording.sides.forEach((side, at) => {
            const all = tree.weights[at];
            lines.push(`${side.label || ["before", "after"][at]}: ${shares.exact(all[node], all[0])} (${weight(all[node], joint.unit)})`);
        });
        lines.push(`change: ${points(before, after)}`);
    }
    if (frame >= 0) {
        const tag = recording.tags[joint.frames.tag[frame]], kind = recording.kinds[joint.frames.kind[frame]];
        lines.push([tag && tag.label, kind && kind.label].filter(Boolean).join(" · "));
    }
    return {name: nameOf(tree, node), lines: lines.filter((line) => line !== "")};
}
