// Where the boxes of a picture lie, row by row, and which is at a place.

// A row: left edges, widths and nodes from left to right. A node below 0 stands for callees of
// `-1 - node` that are too narrow to be drawn one by one.
class Row {
    constructor() {
        this.x = [];
        this.width = [];
        this.node = [];
    }

    push(x, width, node) {
        this.x.push(x);
        this.width.push(width);
        this.node.push(node);
    }
}

// Puts the children of a box into the row below it.
function spread(tree, all, box, row) {
    const {node, x, scale, least} = box;
    let at = x, narrow = x;
    const flush = () => {
        if (at - narrow >= least) row.push(narrow, at - narrow, -1 - node);
    };
    tree.open(node);
    for (let child = tree.first[node]; child >= 0; child = tree.next[child]) {
        const width = all[child] * scale;
        if (width >= least) {
            flush();
            row.push(at, width, child);
            at += width;
            narrow = at;
        } else {
            at += width;
        }
    }
    flush();
}

// The rows of a picture `width` wide, from the whole down, when `zoomed` spans it: callers of the
// zoomed node span it too. Nothing narrower than `least` is in them, and no row where nothing is shown.
export function boxesOf(tree, view, zoomed, width, least = 0.5) {
    const all = tree.weights[view], whole = all[zoomed], callers = [];
    if (!(whole > 0)) return [];
    for (let at = zoomed; at >= 0; at = tree.parent[at]) callers.push(at);
    const rows = callers.reverse().map((node) => {
        const row = new Row();
        row.push(0, width, node);
        return row;
    });
    const scale = width / whole;
    for (let row = rows[rows.length - 1]; ;) {
        const below = new Row();
        for (let at = 0; at < row.node.length; at++) {
            if (row.node[at] >= 0) spread(tree, all, {node: row.node[at], x: row.x[at], scale, least}, below);
        }
        if (below.node.length === 0) return rows;
        rows.push(below);
        row = below;
    }
}

// The position in a row of the box at `x`; -1 where there is none.
export function boxAt(row, x) {
    let from = 0, to = row.x.length;
    while (from < to) {
        const middle = (from + to) >> 1;
        if (row.x[middle] <= x) from = middle + 1;
        else to = middle;
    }
    const at = from - 1;
    return at >= 0 && x < row.x[at] + row.width[at] ? at : -1;
}

// Where a node's box is: {depth, at}, or null when it is not drawn.
export function placeOf(tree, rows, node) {
    let depth = 0;
    for (let at = node; at > 0; at = tree.parent[at]) depth++;
    const at = depth < rows.length ? rows[depth].node.indexOf(node) : -1;
    return at < 0 ? null : {depth, at};
}

// The node an arrow key leads to from `node`: "caller", "callee" (the widest), "left", "right".
export function neighbour(tree, rows, node, way) {
    const place = placeOf(tree, rows, node);
    if (place === null) return rows.length > 0 ? rows[0].node[0] : node;
    const row = rows[place.depth];
    if (way === "caller") return tree.parent[node] >= 0 ? tree.parent[node] : node;
    if (way === "callee") return widestBelow(tree, rows[place.depth + 1], node);
    for (let at = place.at; ;) {
        at += way === "left" ? -1 : 1;
        if (at < 0 || at >= row.node.length) return node;
        if (row.node[at] >= 0) return row.node[at];
    }
}

function widestBelow(tree, row, node) {
    let best = node, most = 0;
    for (let at = 0; row && at < row.node.length; at++) {
        const child = row.node[at];
        if (child >= 0 && tree.parent[child] === node && row.width[at] > most) {
            best = child;
            most = row.width[at];
        }
    }
    return best;
}

// The widest box that `test` holds of: {node, width}, or null.
export function widestOf(rows, test) {
    let best = null;
    for (const row of rows) {
        row.node.forEach((node, at) => {
            if (node >= 0 && (best === null || row.width[at] > best.width) && test(node)) best = {node, width: row.width[at]};
        });
    }
    return best;
}
