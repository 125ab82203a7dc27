// What the reader does with a picture: zoom, search, marks, views, and their way into the address
// bar. One call for each picture; it touches nothing outside its own `svg` element.
function openPicture(root) {
    const PADDING = 3, LETTERS = 3, DOWN = 10, SVG = root.namespaceURI, HTML = "http://www.w3.org/1999/xhtml";
    const VIEWS = ["diff", "before", "after"];
    const find = (selector) => root.querySelector(selector);
    const isStandalone = root === document.documentElement;
    const tree = treeOf(root);
    if (tree.top === null) return;
    const state = {isAsleep: true, isPrinted: false, subtitle: null};
    const head = headOf(root, state);
    const details = find(".details"), matched = find(".matched"), chosen = find(".chosen");
    const searchButton = find(".search"), unzoomButton = find(".unzoom");
    const entries = Array.from(root.querySelectorAll(".entry"));
    const byTag = root.getAttribute("data-colors") !== "object";
    const nodes = new WeakMap(tree.all.map((node) => [node.group, node]));
    let view = 0, zoomed = tree.top, current = tree.top, term = null, isSensitive = false;
    let marked = null, field = null;
    const letter = ruler.width(tree.top.label, "x".repeat(50)) / 50;

    // Places. A zoom shows a part of the boxes' common ground, so that only those below the zoomed
    // one get another place, and only labels in sight another text: to write to thousands of
    // elements, or to hide them, takes browsers longer than a reader likes to wait.

    // The ground's width, what of it is zoomed before places lack digits, and ground that no box has.
    const UNITS = tree.ground, LEAST = UNITS / 60, ELSEWHERE = -4 * UNITS;
    // In a picture of up to so many boxes those out of sight are also out of the reading order.
    const FEW = 3000;
    const moved = [];

    function setParent(node, isParent) {
        if (node.isParent !== isParent) {
            node.isParent = isParent;
            node.group.classList.toggle("parent", isParent);
        }
    }

    function setPlace(node, left, width) {
        node.rect.setAttribute("x", +left.toFixed(4));
        node.rect.setAttribute("width", +width.toFixed(4));
    }

    // To where it stands when nothing is zoomed.
    function settle(node) {
        const scale = UNITS / tree.top.weights[view];
        node.place = view;
        setPlace(node, node.starts[view] * scale, node.weights[view] * scale);
    }

    function move(node, left, width) {
        node.place = null;
        moved.push(node);
        setPlace(node, left, width);
    }

    function setText(node, text) {
        if (node.text === text) return;
        node.text = text;
        if (node.label === null) {
            node.label = document.createElementNS(SVG, "text");
            node.label.setAttribute("y", node.y + DOWN);
            node.group.appendChild(node.label);
        }
        node.label.textContent = text;
    }

    // `units` is what of the ground is one pixel wide.
    function label(node, left, share, units) {
        const most = Math.floor((share * head.room - 2 * PADDING) / letter);
        let text = "";
        if (most >= LETTERS) {
            text = node.name.length <= most ? node.name : node.name.slice(0, most - 1) + "…";
        }
        setText(node, text);
        if (text === "") return;
        // Letters keep their width.
        const at = (left + PADDING * units).toFixed(4);
        const textPlace = `translate(${at} 0) scale(${units.toFixed(7)} 1)`;
        if (node.textPlace === textPlace) return;
        if (node.textPlace === "") node.label.setAttribute("x", 0);
        node.label.setAttribute("transform", node.textPlace = textPlace);
    }

    function setShown(node, isShown) {
        node.isShown = isShown;
        if (tree.all.length > FEW || node.isHidden === !isShown) return;
        node.isHidden = !isShown;
        node.group.classList.toggle("hide", !isShown);
    }

    // Gives every box its place: callers of the zoomed one span it all.
    function draw() {
        const from = zoomed.starts[view], whole = zoomed.weights[view], to = from + whole;
        const scale = UNITS / tree.top.weights[view], isFar = whole * scale < LEAST;
        const left = isFar ? ELSEWHERE : from * scale, width = isFar ? UNITS : whole * scale;
        const units = width / head.room;
        for (const node of moved.splice(0)) settle(node);
        for (const node of tree.all) {
            const start = node.starts[view], weight = node.weights[view];
            const isAbove = node.depth > zoomed.depth || node === zoomed;
            const isCaller = !isAbove && node.depth < zoomed.depth && start <= from && to <= start + weight;
            const isInside = isAbove && start >= from && start < to;
            const share = isCaller ? 1 : isInside ? weight / whole : 0;
            setParent(node, isCaller);
            setShown(node, share * head.room >= 0.05);
            if (node.place !== view) settle(node);
            if (isCaller) move(node, left, width);
            else if (isInside && isFar) move(node, left + (start - from) / whole * width, share * width);
            if (node.isShown) label(node, isCaller ? left : left + (start - from) / whole * width, share, units);
            else if (weight === 0) setText(node, "");
        }
        tree.frames.setAttribute("viewBox", `${left} 0 ${width} ${tree.height}`);
        // Last, because whoever asks for a size in between has all boxes coloured twice.
        if (tree.views > 1) tree.frames.setAttribute("data-view", VIEWS[view]);
    }

    // What boxes say.

    function changeWords(node, whole) {
        const share = (at) => shares.exact(node.weights[at], whole.weights[at]);
        return `before ${share(1)}, after ${share(2)}`;
    }

    function describe(node) {
        const facts = [node.facts];
        if (tree.views > 1 && node.parent !== null) {
            facts.push("of its caller " + changeWords(node, node.parent));
        }
        if (zoomed !== tree.top && node !== zoomed && node.depth > zoomed.depth) {
            facts.push(tree.views > 1
                ? "of the zoomed box " + changeWords(node, zoomed)
                : shares.exact(node.weights[0], zoomed.weights[0]) + " of the zoomed box");
        }
        return `${node.name} (${facts.join(", ")})`;
    }

    function nodeOf(target) {
        const group = target.closest ? target.closest(".frames > g") : null;
        return group === null ? null : nodes.get(group) || null;
    }

    function tell(node) {
        const words = node === null ? "" : describe(node);
        details.textContent = words === "" ? " " : "Function: " + words;
        if (node !== null && node.title.textContent !== words) node.title.textContent = words;
    }

    // The legend and the subtitle are those of the zoomed box.

    function keysOf(node) {
        const kind = "kind:" + node.kind;
        if (!byTag) return [kind];
        if (node.tag === null || node.tag === "host") return ["host", kind];
        return node.tag.startsWith("exit:") ? [node.tag, "exit:"] : [node.tag];
    }

    function legendWords(sums, key, wholes) {
        const share = (at) => shares.words(sums[at].get(key) || 0, wholes[at]);
        return tree.views > 1 ? `${share(1)} → ${share(2)}` : share(0);
    }

    function describeZoom() {
        const isAll = zoomed === tree.top;
        state.subtitle = isAll ? null
            : `${zoomed.name}: ${zoomed.facts}` + (tree.isComplete ? "" : "; legend: of what is drawn");
        let sums = null;
        if (!isAll) {
            const top = tree.whole() && zoomed;
            sums = tree.views > 1
                ? [0, 1, 2].map((at) => shares.byKey(top, keysOf, at))
                : [shares.byKey(top, keysOf, 0)];
        }
        for (const entry of entries) {
            const share = entry.querySelector("tspan"), key = entry.getAttribute("data-key");
            if (!share || entry.hasAttribute("data-fixed")) continue;
            if (!entry.hasAttribute("data-share")) entry.setAttribute("data-share", share.textContent);
            share.textContent = isAll ? entry.getAttribute("data-share")
                : legendWords(sums, key, zoomed.weights);
        }
    }

    function update() {
        unzoomButton.classList.toggle("hide", zoomed === tree.top);
        describeZoom();
        head.arrange();
        draw();
        showMatches();
    }

    function zoom(node, isRemembered) {
        if (node.weights[view] === 0) return;
        zoomed = node;
        update();
        if (isRemembered) remember(true);
    }

    // Search.

    function showMatches() {
        const found = term === null ? null : shares.expression(term, isSensitive);
        for (const node of tree.all) {
            const isMatch = found !== null && node.depth >= zoomed.depth && found.test(node.name);
            if (node.isMatch === isMatch) continue;
            node.isMatch = isMatch;
            node.group.classList.toggle("match", isMatch);
        }
        if (found === null) {
            matched.textContent = " ";
            return;
        }
        tree.whole();
        const share = (at) => shares.words(shares.matched(zoomed, found.test, at), zoomed.weights[at]);
        let words = tree.views > 1 ? `before ${share(1)}, after ${share(2)}` : share(0);
        if (zoomed !== tree.top) words += " of the zoomed box";
        if (!tree.isComplete) words += " of what is drawn";
        if (found.isLiteral) words += " (no valid expression: taken literally)";
        matched.textContent = "Matched: " + words;
    }

    function search(wanted) {
        term = wanted === "" ? null : wanted;
        searchButton.textContent = term === null ? "Search" : "Reset Search";
        searchButton.classList.toggle("show", term !== null);
        showMatches();
        head.arrange();
        remember(false);
    }

    function element(name, attributes) {
        const made = document.createElementNS(HTML, name);
        for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
        return made;
    }

    function openField() {
        if (field !== null) return field.input.select();
        const holder = document.createElementNS(SVG, "foreignObject");
        holder.setAttribute("class", "field");
        holder.setAttribute("width", 250);
        holder.setAttribute("height", 26);
        const input = element("input", {
            type: "search", placeholder: "function, or regular expression", spellcheck: "false",
            "aria-label": "Search for functions",
        });
        const sensitive = element("button", {
            type: "button", title: "Match upper and lower case", "aria-label": "Match case",
            "aria-pressed": String(isSensitive),
        });
        sensitive.textContent = "Aa";
        input.value = term || "";
        input.addEventListener("input", () => search(input.value));
        sensitive.addEventListener("click", () => {
            isSensitive = !isSensitive;
            sensitive.setAttribute("aria-pressed", String(isSensitive));
            search(input.value);
        });
        const row = element("div", {});
        row.append(input, sensitive);
        holder.appendChild(row);
        field = {holder, input};
        searchButton.after(holder);
        head.addControl(holder);
        head.arrange();
        input.focus();
    }

    function closeField() {
        if (field === null) return;
        head.removeControl(field.holder);
        field.holder.remove();
        field = null;
        head.arrange();
        searchButton.focus();
    }

    function searchPressed() {
        if (term !== null) {
            closeField();
            search("");
        } else {
            openField();
        }
    }

    // Marks of the legend.

    function hasKey(node, key) {
        if (key === "exit:") return node.tag !== null && node.tag.startsWith("exit:");
        if (key.startsWith("kind:")) {
            return "kind:" + node.kind === key && (!byTag || node.tag === null || node.tag === "host");
        }
        return node.tag === key || node.change === key;
    }

    function mark(key) {
        let found = null;
        for (const entry of entries) {
            const isOn = entry.getAttribute("data-key") === key;
            entry.setAttribute("aria-pressed", String(isOn));
            if (isOn) found = entry;
        }
        marked = found === null ? null : key;
        tree.frames.classList.toggle("picking", found !== null);
        for (const node of tree.all) {
            node.group.classList.toggle("picked", found !== null && hasKey(node, key));
        }
        chosen.textContent = found === null ? " " : found.getAttribute("data-status");
        remember(false);
    }

    function toggleEntry(entry) {
        mark(entry.getAttribute("aria-pressed") === "true" ? null : entry.getAttribute("data-key"));
    }

    function toggleGroup(opener) {
        const isOpen = opener.getAttribute("aria-expanded") !== "true";
        openGroup(opener.getAttribute("data-group"), isOpen);
        head.arrange();
        draw();
    }

    function openGroup(group, isOpen) {
        for (const opener of root.querySelectorAll(`.opener[data-group="${group}"]`)) {
            opener.setAttribute("aria-expanded", String(isOpen));
        }
        for (const entry of root.querySelectorAll(`.entry[data-in="${group}"]`)) {
            entry.classList.toggle("hide", !isOpen);
        }
    }

    // Views of a difference.

    function show(name) {
        view = VIEWS.indexOf(name);
        for (const button of root.querySelectorAll(".view")) {
            const isOn = button.getAttribute("data-view") === name;
            button.setAttribute("aria-pressed", String(isOn));
        }
        // What is zoomed stays so, if the side has it.
        if (zoomed.weights[view] === 0) zoomed = tree.top;
        update();
    }

    // The address bar.

    function parameters() {
        return new URLSearchParams(isStandalone ? window.location.search : "");
    }

    function remember(isStep) {
        if (!isStandalone) return;
        const now = parameters();
        const set = (key, value) => value === null ? now.delete(key) : now.set(key, value);
        const isAll = zoomed === tree.top;
        set("x", isAll ? null : zoomed.mainStart);
        set("y", isAll ? null : zoomed.y);
        set("s", term);
        set("c", term !== null && isSensitive ? "1" : null);
        set("t", marked);
        set("v", view === 0 ? null : VIEWS[view]);
        const query = now.toString(), path = window.location.href.split(/[?#]/)[0];
        const address = query === "" ? path : path + "?" + query;
        if (address === window.location.href) return;
        try {
            if (isStep) window.history.pushState(null, "", address);
            else window.history.replaceState(null, "", address);
        } catch (problem) {
            // Pages of some origins must not change their address: nothing is remembered then.
        }
    }

    function restore() {
        const wanted = parameters(), x = wanted.get("x"), y = wanted.get("y");
        const named = VIEWS.indexOf(wanted.get("v"));
        const at = (node) => String(node.mainStart) === x && String(node.y) === y;
        zoomed = tree.all.find(at) || tree.top;
        isSensitive = wanted.get("c") === "1";
        term = wanted.get("s");
        searchButton.textContent = term === null ? "Search" : "Reset Search";
        if (tree.views > 1) show(VIEWS[Math.max(0, named)]);
        else update();
        const key = wanted.get("t");
        if (key !== marked) mark(key);
        const inside = key === null ? null : entries.find((e) => e.getAttribute("data-key") === key);
        if (inside && inside.hasAttribute("data-in")) {
            openGroup(inside.getAttribute("data-in"), true);
            update();
        }
    }

    // Mouse and keyboard.

    function act(target) {
        if (target.closest === undefined) return false;
        const opener = target.closest(".opener"), entry = target.closest(".entry");
        if (opener) toggleGroup(opener);
        else if (entry) toggleEntry(entry);
        else if (target === searchButton) searchPressed();
        else if (target === unzoomButton) zoom(tree.top, true);
        else if (target.classList.contains("view")) {
            show(target.getAttribute("data-view"));
            remember(false);
        } else {
            const node = nodeOf(target);
            if (node === null) return false;
            aim(node, false);
            zoom(node, true);
        }
        return true;
    }

    function escape() {
        if (marked !== null) mark(null);
        else if (term !== null || field !== null) {
            closeField();
            search("");
        } else if (zoomed !== tree.top) zoom(tree.top, true);
    }

    function pressed(event) {
        const isFind = event.key === "F3" || (event.ctrlKey && event.key.toLowerCase() === "f");
        if (isFind && isStandalone) {
            event.preventDefault();
            return openField();
        }
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const target = event.target, isInside = root.contains(target) || isStandalone;
        if (!isInside) return;
        if (event.key === "Tab" && isStandalone && !event.shiftKey && target === root) {
            // Some browsers stop at the document itself first.
            searchButton.focus();
            event.preventDefault();
        } else if (event.key === "Escape") {
            escape();
            event.preventDefault();
        } else if (field !== null && field.holder.contains(target)) {
            return;
        } else if (event.key === "Enter" || event.key === " ") {
            if (act(target)) event.preventDefault();
        } else if (nodeOf(target) !== null && walk(event.key)) {
            event.preventDefault();
        }
    }

    function walk(key) {
        const row = tree.rows[current.depth], step = tree.isInverted ? -1 : 1;
        let to = null;
        if (key === "ArrowLeft" || key === "ArrowRight") {
            const direction = key === "ArrowLeft" ? -1 : 1;
            let at = row.indexOf(current) + direction;
            while (row[at] && !row[at].isShown) at += direction;
            to = row[at];
        } else if (key === (step > 0 ? "ArrowUp" : "ArrowDown")) {
            // The widest callee.
            for (const child of current.children) {
                const isWider = to === null || child.weights[view] > to.weights[view];
                if (child.isShown && isWider) to = child;
            }
        } else if (key === (step > 0 ? "ArrowDown" : "ArrowUp")) {
            to = current.parent;
        } else {
            return false;
        }
        if (to) aim(to, true);
        return true;
    }

    // One box at a time can be reached by Tab; the arrow keys move which.
    function aim(node, isFocused) {
        const before = current;
        current = node;
        node.group.setAttribute("tabindex", "0");
        node.group.setAttribute("role", "button");
        if (isFocused) node.group.focus();
        // Last: a focused element that loses its tabindex loses the focus.
        if (before !== node) {
            before.group.removeAttribute("tabindex");
            before.group.removeAttribute("role");
        }
    }

    // On paper: one page, light, all of it.
    function print(isBegun) {
        state.isPrinted = isBegun;
        state.isAsleep = false;
        head.arrange();
        if (isBegun) {
            root.setAttribute("viewBox", `0 0 ${head.size.width} ${head.size.height}`);
            root.classList.add("printed");
        } else {
            root.removeAttribute("viewBox");
            root.classList.remove("printed");
        }
        draw();
    }

    function listen() {
        const wakes = ["pointermove", "pointerdown", "wheel", "touchstart", "click", "keydown", "focusin"];
        for (const type of wakes) {
            root.addEventListener(type, head.wake, {capture: true, passive: true});
        }
        root.addEventListener("click", (event) => act(event.target));
        root.addEventListener("mouseover", (event) => tell(nodeOf(event.target)));
        root.addEventListener("mouseout", () => tell(null));
        root.addEventListener("focusin", (event) => tell(nodeOf(event.target)));
        root.addEventListener("focusout", () => tell(null));
        window.addEventListener("keydown", pressed);
        window.addEventListener("scroll", head.follow, {capture: true, passive: true});
        window.addEventListener("beforeprint", () => print(true));
        window.addEventListener("afterprint", () => print(false));
        if (isStandalone) window.addEventListener("popstate", restore);
        new ResizeObserver(() => {
            if (state.isPrinted || root.getBoundingClientRect().width === head.width) return;
            head.arrange();
            draw();
        }).observe(isStandalone ? root : root.parentElement);
    }

    // The width follows the window's; without a script the picture is scaled.
    root.removeAttribute("viewBox");
    root.setAttribute("width", "100%");
    root.classList.add("live");
    tree.top.group.setAttribute("tabindex", "0");
    tree.top.group.setAttribute("role", "button");
    for (const opener of root.querySelectorAll(".opener[aria-expanded=false]")) {
        openGroup(opener.getAttribute("data-group"), false);
    }
    restore();
    listen();
}

openPicture(document.currentScript.ownerSVGElement);
