// Legend, keyboard and the layout of the head; zoom, search and the address bar's state are
// inferno's. Runs after inferno's own start, whose globals (`frames`, `details`, `svg`,
// `find_group`, `unzoom`, `get_params`, `parse_params`) it uses.
(function () {
    "use strict";
    var PAD = 10, LINE = 16, ROW = 20, FIRST = 36, FOOT = 14;
    var SIDE = 19, WAKES = ["pointermove", "pointerdown", "wheel", "touchstart", "click", "keydown", "focusin", "beforeprint"];
    var root, head, boxes, legend, picked, current, byDepth, rowsOf, asleep = true, cut = 0;

    function start() {
        root = document.documentElement;
        boxes = document.getElementById("frames");
        if (!boxes || boxes.children.length === 0) return;
        head = document.getElementById("head");
        legend = document.getElementById("legend");
        picked = document.getElementById("picked");
        current = boxes.children[boxes.children.length - 1];
        for (var i = 0; i < boxes.children.length; i++) {
            if (boxes.children[i].getAttribute("tabindex") === "0") current = boxes.children[i];
        }
        window.addEventListener("resize", arrange);
        window.addEventListener("scroll", follow);
        window.addEventListener("click", clicked);
        window.addEventListener("keydown", pressed);
        boxes.addEventListener("focusin", focused);
        boxes.addEventListener("focusout", function (e) { tell(e.target, "mouseout"); });
        WAKES.forEach(function (type) { window.addEventListener(type, wake, {capture: true, passive: true}); });
        arrange();
        var theirs = window.search;
        window.search = function (term) { theirs(term); space_out(); };
        space_out();
        var wanted = params().t;
        if (wanted) pick(wanted);
    }

    function params() { return get_params(); }

    // inferno writes its percentage without the space that all others have.
    function space_out() {
        var matched = document.getElementById("matched").firstChild;
        matched.nodeValue = matched.nodeValue.replace(/(\d)%$/, "$1\u00a0%");
    }

    function remember(key) {
        var state = params();
        if (key) state.t = key; else delete state.t;
        history.replaceState(null, null, parse_params(state));
    }

    // The head: a title that fits, a subtitle in as many lines as it takes, the legend in columns.
    function arrange() {
        var width = root.getBoundingClientRect().width || 1200;
        if (root.hasAttribute("viewBox")) width = root.viewBox.baseVal.width;
        var y = fit_title(width);
        y = wrap_subtitle(width, y);
        y = place_legend(width, y);
        var base = parseFloat(boxes.getAttribute("data-base"));
        var shift = Math.max(0, y - FIRST);
        var height = base + shift + FOOT;
        // Stacks grow from the bottom of a picture that may be much higher than the window. Until
        // the reader does something it is shown as if scrolled to its end, with the page at its
        // beginning: browsers that take a picture of a scrolled page take nothing of it.
        cut = asleep ? Math.max(0, height - window.innerHeight) : 0;
        if (tall(y)) cut = 0;
        height -= cut;
        shift -= cut;
        boxes.setAttribute("y", shift);
        boxes.setAttribute("height", base);
        root.setAttribute("height", height);
        document.getElementById("paper").setAttribute("height", height);
        head.firstElementChild.setAttribute("height", y - 2);
        move("details", base + shift - 17);
        move("picked", base + shift - 1);
        move("matched", base + shift - 1);
    }

    // The head stays in sight while the reader scrolls, unless it would take half of the window.
    function follow() {
        var still = tall(head.firstElementChild.height.baseVal.value);
        head.setAttribute("transform", "translate(0 " + (still ? 0 : window.scrollY) + ")");
    }

    function tall(height) { return height * 2 > window.innerHeight; }

    // Shows the whole height, scrolled so that nothing moves.
    function wake() {
        WAKES.forEach(function (type) { window.removeEventListener(type, wake, {capture: true}); });
        asleep = false;
        if (cut === 0) return;
        arrange();
        window.scrollTo(0, root.getBoundingClientRect().height);
        follow();
    }

    function move(id, y) {
        var e = document.getElementById(id);
        if (e) e.setAttribute("y", y);
    }

    function fit_title(width) {
        var title = document.getElementById("title"), sides = head.querySelectorAll(".side");
        fit(title, width - 2 * PAD - (+title.getAttribute("data-buttons") || 190));
        for (var i = 0; i < sides.length; i++) fit(sides[i], width - 2 * PAD);
        return 24 + SIDE * sides.length;
    }

    function fit(line, room) {
        var full = line.getAttribute("data-full");
        line.textContent = full;
        var length = line.getComputedTextLength();
        if (length > room) {
            var most = Math.max(1, Math.floor(full.length * room / length) - 2);
            line.textContent = full.substring(0, most) + "…";
        }
    }

    function wrap_subtitle(width, y) {
        var subtitle = document.getElementById("subtitle");
        if (!subtitle) return y + 8;
        var words = subtitle.getAttribute("data-full").split(" "), room = width - 2 * PAD;
        var line = null, text = "", lines = 0;
        subtitle.textContent = "";
        words.forEach(function (word) {
            var longer = text ? text + " " + word : word;
            if (line) line.textContent = longer;
            if (line && (!text || line.getComputedTextLength() <= room)) {
                text = longer;
                return;
            }
            if (line) line.textContent = text;
            line = document.createElementNS(root.namespaceURI, "tspan");
            line.setAttribute("x", PAD + ".0");
            line.setAttribute("y", y + 4 + LINE * ++lines);
            line.textContent = text = word;
            subtitle.appendChild(line);
        });
        return y + 4 + LINE * lines + 10;
    }

    function place_legend(width, y) {
        if (!legend) return y + 4;
        var entries = legend.querySelectorAll(".entry"), column = 0, i;
        for (i = 0; i < entries.length; i++) {
            column = Math.max(column, entries[i].querySelector("text").getComputedTextLength());
        }
        column = Math.ceil(column) + 36;
        var columns = Math.max(1, Math.min(entries.length, Math.floor((width - 2 * PAD) / column)));
        // As many columns as the rows need: the last row is then not almost empty.
        var rows = Math.ceil(entries.length / columns);
        columns = Math.ceil(entries.length / rows);
        for (i = 0; i < entries.length; i++) {
            // Down the columns, so that neighbours in the order stay together.
            var at = PAD + Math.floor(i / rows) * column, down = y + (i % rows) * ROW;
            entries[i].setAttribute("transform", "translate(" + at + " " + down + ")");
            entries[i].querySelector(".area").setAttribute("width", column - 6);
        }
        return y + rows * ROW + 8;
    }

    // Legend.
    function pick(key) {
        var entries = legend ? legend.querySelectorAll(".entry") : [], found = null;
        for (var i = 0; i < entries.length; i++) {
            var on = entries[i].getAttribute("data-key") === key;
            entries[i].setAttribute("aria-pressed", on ? "true" : "false");
            if (on) found = entries[i];
        }
        boxes.classList.toggle("picking", found !== null);
        for (i = 0; i < boxes.children.length; i++) {
            var box = boxes.children[i];
            var has = box.getAttribute("data-tag") === key || box.getAttribute("data-change") === key;
            if (found && has) box.classList.add("picked");
            else box.classList.remove("picked");
        }
        picked.textContent = found ? found.getAttribute("data-status") : " ";
        remember(found ? key : null);
    }

    function picking() { return boxes.classList.contains("picking"); }

    function toggle(entry) {
        pick(entry.getAttribute("aria-pressed") === "true" ? null : entry.getAttribute("data-key"));
    }

    function clicked(e) {
        var entry = e.target.closest ? e.target.closest(".entry") : null;
        if (entry) toggle(entry);
        var box = find_group(e.target);
        if (box) aim(box, false);
    }

    // Keyboard.
    function pressed(e) {
        if (e.ctrlKey || e.altKey || e.metaKey) return;
        var target = e.target, acts = e.key === "Enter" || e.key === " ";
        if (e.key === "Escape") {
            if (picking()) pick(null);
            else if (searching) search_prompt();
            else document.getElementById("unzoom").dispatchEvent(click());
        } else if (acts && target.classList && target.classList.contains("entry")) {
            toggle(target);
        } else if (acts && (target.id === "search" || target.id === "unzoom")) {
            target.dispatchEvent(click());
        } else if (target.parentNode === boxes) {
            if (acts) target.dispatchEvent(click());
            else if (!walk(e.key)) return;
        } else {
            return;
        }
        e.preventDefault();
    }

    function click() { return new MouseEvent("click", {bubbles: true, cancelable: true}); }

    function place(box) {
        var a = box.querySelector("rect").attributes;
        return {
            x: parseInt(a["fg:x"].value, 10), w: parseInt(a["fg:w"].value, 10),
            y: parseFloat(a.y.value), box: box
        };
    }

    // Boxes by height in the picture, each row from left to right; made when first needed.
    function rows() {
        var view = boxes.getAttribute("data-view");
        if (byDepth && rowsOf === view) return byDepth;
        byDepth = {};
        rowsOf = view;
        for (var i = 0; i < boxes.children.length; i++) {
            var p = place(boxes.children[i]);
            (byDepth[p.y] = byDepth[p.y] || []).push(p);
        }
        Object.keys(byDepth).forEach(function (y) {
            byDepth[y].sort(function (a, b) { return a.x - b.x; });
        });
        return byDepth;
    }

    function visible(p) { return p.w > 0 && !p.box.classList.contains("hide"); }

    function walk(key) {
        var here = place(current), row = rows()[here.y], step = 16, to = null;
        if (key === "ArrowLeft" || key === "ArrowRight") {
            var direction = key === "ArrowLeft" ? -1 : 1;
            var at = row.findIndex(function (p) { return p.box === current; }) + direction;
            while (row[at] && !visible(row[at])) at += direction;
            to = row[at];
        } else if (key === "ArrowUp") {
            // The widest callee.
            (rows()[here.y - step] || []).forEach(function (p) {
                var above = p.x >= here.x && p.x < here.x + here.w && visible(p);
                if (above && (!to || p.w > to.w)) to = p;
            });
        } else if (key === "ArrowDown") {
            to = (rows()[here.y + step] || []).find(function (p) {
                return p.x <= here.x && here.x < p.x + p.w;
            });
        } else {
            return false;
        }
        if (to) aim(to.box, true);
        return true;
    }

    // One box at a time can be reached by Tab; the arrow keys move which.
    function aim(box, focus) {
        var before = current;
        current = box;
        box.setAttribute("tabindex", "0");
        box.setAttribute("role", "button");
        if (focus) box.focus();
        // Last: a focused element that loses its tabindex loses the focus.
        if (before !== box) {
            before.removeAttribute("tabindex");
            before.removeAttribute("role");
        }
    }

    function tell(box, type) { box.dispatchEvent(new MouseEvent(type, {bubbles: true})); }

    function focused(e) {
        if (e.target.parentNode === boxes) tell(e.target, "mouseover");
    }

    window.addEventListener("load", function () {
        // After inferno's own deferred start, which makes the width follow the window.
        setTimeout(start, 0);
    });
})();
