// Columns of numbers, as the page's data has them: plain, or as differences, which pack better.

function running(column) {
    const values = new Int32Array(column.length);
    let sum = 0;
    for (let at = 0; at < column.length; at++) values[at] = sum += column[at];
    return values;
}

// The columns named, of rows that say how they are coded.
export function columnsOf(rows, names) {
    const decode = rows.coding === "delta" ? running : (column) => Int32Array.from(column);
    return Object.fromEntries(names.map((name) => [name, decode(rows[name])]));
}

// Each node's caller; -1 for those that nothing calls. `up` counts back from the node.
export function parentsOf(nodes) {
    if (nodes.up === undefined) return nodes.parent;
    return Int32Array.from(nodes.up, (up, at) => up > 0 ? at - up : -1);
}
