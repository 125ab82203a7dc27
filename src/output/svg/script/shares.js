// What is found and how much it weighs: search expressions, sums over a tree, and their words.
// Knows no document. A node is {name, parent, children, weights, tag, kind}; `weights` has one
// number for each view of the picture.
const shares = (function () {
    const SPACE = "\u00a0";

    // What a term asks for: a regular expression or, where it is none, the term itself.
    function expression(term, isSensitive) {
        const flags = isSensitive ? "" : "i";
        try {
            const found = new RegExp(term, flags);
            return {test: (name) => found.test(name), isLiteral: false};
        } catch (problem) {
            const literal = new RegExp(term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), flags);
            return {test: (name) => literal.test(name), isLiteral: true};
        }
    }

    // The weight of all that matches at or below `top`: a match within a match counts once.
    function matched(top, test, view) {
        let sum = 0;
        const waiting = [top];
        while (waiting.length > 0) {
            const node = waiting.pop();
            if (test(node.name)) sum += node.weights[view];
            else for (const child of node.children) waiting.push(child);
        }
        return sum;
    }

    // What ends at a node itself.
    function own(node, view) {
        let below = 0;
        for (const child of node.children) below += child.weights[view];
        return Math.max(0, node.weights[view] - below);
    }

    // The own weights at and below `top` by what `keys` says of a node: a list of keys.
    function byKey(top, keys, view) {
        const sums = new Map();
        const waiting = [top];
        while (waiting.length > 0) {
            const node = waiting.pop();
            const weight = own(node, view);
            if (weight > 0) {
                for (const key of keys(node)) sums.set(key, (sums.get(key) || 0) + weight);
            }
            for (const child of node.children) waiting.push(child);
        }
        return sums;
    }

    // A share for people: `61 %`, below ten percent with one digit behind the point, `<0.1 %`.
    function words(part, whole) {
        const share = whole > 0 ? 100 * part / whole : 0;
        if (share > 0 && share < 0.05) return "<0.1" + SPACE + "%";
        return share.toFixed(share > 0 && share < 9.95 ? 1 : 0) + SPACE + "%";
    }

    // The same to a hundredth of a percent.
    function exact(part, whole) {
        return (whole > 0 ? 100 * part / whole : 0).toFixed(2) + SPACE + "%";
    }

    return {expression, matched, own, byKey, words, exact};
})();
