// The boxes of a picture as a tree, with what was too narrow to be drawn, and where they are shown.
function treeOf(root) {
    const frames = root.querySelector(".frames");
    const names = root.querySelector(".names");
    const undrawn = names ? names.textContent.split("\n") : [];
    const TAGS = (root.getAttribute("data-tags") || "").split(" ");
    const KINDS = (root.getAttribute("data-kinds") || "").split(" ");
    const views = root.hasAttribute("data-views") ? 3 : 1;
    const isInverted = root.hasAttribute("data-inverted");
    const all = [];
    const isComplete = names !== null;
    const ground = frames.getAttribute("viewBox").split(" ").map(Number);

    // One box. What is asked for seldom is read when it is.
    class Box {
        constructor(group) {
            const parts = group.children, rect = parts[1];
            this.group = group;
            this.title = parts[0];
            this.rect = rect;
            this.label = parts[2] || null;
            this.parent = null;
            this.children = [];
            this.starts = [+rect.getAttribute("fg:x")];
            this.weights = [+rect.getAttribute("fg:w")];
            if (views === 3) {
                const v = group.getAttribute("data-v").split(" ").map(Number);
                this.starts = [v[4], v[0], v[2]];
                this.weights = [v[5], v[1], v[3]];
            }
            this.mainStart = this.starts[0];
            this.y = +rect.getAttribute("y");
            this.depth = 0;
            // What is said of it, and where it stands: in a view, or where a zoom put it.
            this.words = null;
            this.place = 0;
            this.text = this.label ? this.label.textContent : "";
            this.textPlace = "";
            this.isShown = true;
            this.isHidden = false;
            this.isParent = false;
            this.isMatch = false;
        }

        split() {
            if (this.words === null) {
                const full = this.title.textContent, cut = full.lastIndexOf(" (");
                this.words = {name: full.slice(0, cut), facts: full.slice(cut + 2, -1)};
            }
            return this.words;
        }

        get name() { return this.split().name; }
        get facts() { return this.split().facts; }
        get tag() { return this.group.getAttribute("data-tag"); }
        get kind() { return this.group.getAttribute("data-kind"); }
        get change() { return this.group.getAttribute("data-change"); }
        get below() { return this.group.getAttribute("data-below"); }
    }

    for (const group of frames.children) all.push(new Box(group));
    // A box's caller is the one right below that spans it in the view that was laid out.
    const rows = new Map();
    for (const node of all) {
        if (!rows.has(node.y)) rows.set(node.y, []);
        rows.get(node.y).push(node);
    }
    const heights = Array.from(rows.keys()).sort((a, b) => isInverted ? a - b : b - a);
    let before = [];
    heights.forEach((y, depth) => {
        const row = rows.get(y).sort((a, b) => a.mainStart - b.mainStart);
        let at = 0;
        for (const node of row) {
            node.depth = depth;
            while (at + 1 < before.length && before[at + 1].mainStart <= node.mainStart) at++;
            if (before.length === 0) continue;
            node.parent = before[at];
            before[at].children.push(node);
        }
        before = row;
    });
    const top = all.length > 0 ? rows.get(heights[0])[0] : null;

    // `name.children.tag.kind.weight…` for each, a caller before its callees; what is left out is
    // as the caller's. Numbers are in base 36.
    function addUndrawn(node) {
        const path = [{node, left: Infinity}];
        for (const word of node.below.split(" ")) {
            while (path[path.length - 1].left === 0) path.pop();
            const above = path[path.length - 1], parts = word.split(".");
            above.left--;
            const weights = parts.slice(4).map((n) => parseInt(n, 36));
            const made = {
                name: undrawn[parseInt(parts[0], 36)], parent: above.node, children: [],
                weights: views === 3 ? [weights[2], weights[0], weights[1]] : weights,
                tag: parts[2] === "" ? above.node.tag : TAGS[parseInt(parts[2], 36)],
                kind: parts[3] === "" ? above.node.kind : KINDS[parseInt(parts[3], 36)],
            };
            above.node.children.push(made);
            path.push({node: made, left: parts[1] === "" ? 0 : parseInt(parts[1], 36)});
        }
    }

    // Takes what was not drawn into the tree; done once, when sums are asked for.
    let isWhole = false;
    function whole() {
        if (!isWhole) {
            isWhole = true;
            for (const node of all) if (node.below) addUndrawn(node);
        }
        return top;
    }

    return {
        frames, all, top, rows: heights.map((y) => rows.get(y)), whole, views, isInverted,
        isComplete, ground: ground[2], height: ground[3],
    };
}
