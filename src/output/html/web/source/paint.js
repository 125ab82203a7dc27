// Draws the rows of a picture that can be seen.
import {nameOf, shareOf} from "./tree.js";

export const ROW = 18;
export const FONT = '12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
const PADDING = 4, LETTERS = 3, EDGE = 3;

let letter = 0;
function letterWidth(context) {
    if (letter === 0) letter = context.measureText("x".repeat(50)).width / 50;
    return letter;
}

function cut(name, room) {
    if (room < LETTERS) return "";
    return name.length <= room ? name : name.slice(0, room - 1) + "…";
}

// `look`: {colours (by frame), palette, isChange, hits (flags by name or null), mark (frame → whether
// it is marked, or null), theme}.
function styleOf(tree, node, look) {
    const frame = tree.frame[node];
    const {palette, colours, hits, theme} = look;
    if (hits !== null && frame >= 0 && hits[tree.joint.frames.name[frame]] === 1) {
        return {fill: theme.mark, ink: theme.onMark, edge: null};
    }
    if (look.isChange) {
        const change = palette.ofChange(shareOf(tree, node, 0), shareOf(tree, node, 1));
        const tag = frame < 0 ? -1 : tree.joint.frames.tag[frame];
        return {...change, edge: palette.isTagged(tag) ? palette.tags[tag][0].fill : null};
    }
    return {...(frame < 0 ? palette.plain[0] : colours[frame]), edge: null};
}

function box(context, place, style, name) {
    const {x, y, width} = place;
    // A gap parts neighbours, where there is room for one.
    const inner = width > 3 ? width - 1 : width;
    context.fillStyle = style.fill;
    context.fillRect(x, y, inner, ROW - 1);
    if (style.edge !== null) {
        context.fillStyle = style.edge;
        context.fillRect(x, y, inner, EDGE);
    }
    const text = cut(name, Math.floor((inner - 2 * PADDING) / letterWidth(context)));
    if (text === "") return;
    context.fillStyle = style.ink;
    context.fillText(text, x + PADDING, y + ROW / 2 + 0.5);
}

function isDim(tree, node, look) {
    const frame = tree.frame[node];
    return look.mark !== null && (frame < 0 || !look.mark(frame));
}

// `shown`: {tree, rows, zoomedDepth, top (what is scrolled away), height, yOf(depth)}.
export function paint(context, shown, look) {
    const {tree, rows} = shown;
    context.font = FONT;
    context.textBaseline = "middle";
    rows.forEach((row, depth) => {
        const y = shown.yOf(depth) - shown.top;
        if (y + ROW < 0 || y > shown.height) return;
        for (let at = 0; at < row.node.length; at++) {
            const node = row.node[at], place = {x: row.x[at], y, width: row.width[at]};
            if (node < 0) {
                context.globalAlpha = look.mark === null ? 1 : 0.3;
                context.fillStyle = look.theme.narrow;
                context.fillRect(place.x, y, Math.max(0.5, place.width - (place.width > 3 ? 1 : 0)), ROW - 1);
                continue;
            }
            context.globalAlpha = isDim(tree, node, look) ? 0.25 : depth < shown.zoomedDepth ? 0.6 : 1;
            box(context, place, styleOf(tree, node, look), place.width < 20 ? "" : nameOf(tree, node));
        }
    });
    context.globalAlpha = 1;
}

// The outline of one box.
export function outline(context, place, colour, thickness) {
    const half = thickness / 2;
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(place.x + half, place.y + half, Math.max(1, place.width - 1 - thickness), ROW - 1 - thickness);
}
