// What surrounds the boxes: it follows the window's width, and stays in sight when the reader
// scrolls.
function headOf(root, state) {
    const PAD = 10, LINE = 16, ROW = 20, FOOT = 34, TITLE = 24, GAP = 16, AROUND = 36, OPENER = 18;
    const find = (selector) => root.querySelector(selector);
    const head = find(".head"), foot = find(".foot"), boxes = find(".window"), frames = find(".frames");
    const title = find(".title"), subtitle = find(".subtitle");
    const buttons = Array.from(root.querySelectorAll(".controls > *"));
    const isStandalone = root === document.documentElement;
    const isInverted = root.hasAttribute("data-inverted");
    const base = +frames.getAttribute("data-base");
    let width = 0, headHeight = 0, top = 0, cut = 0, full = 0, seen = null, clipped = "";

    // To set what is there already costs as much as a change.
    function set(element, name, value) {
        if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
    }

    function say(element, words) {
        if (element.textContent !== words) element.textContent = words;
    }

    // Cuts the text of a line to the room there is.
    function fit(line, room) {
        const all = line.getAttribute("data-full"), length = ruler.width(line, all);
        const most = Math.max(1, Math.floor(all.length * room / length) - 2);
        say(line, length > room ? all.substring(0, most) + "…" : all);
    }

    // The controls from the right edge to the left, in a row of their own where the title needs
    // theirs; returns the y of the title's line.
    function placeControls() {
        let right = width - PAD;
        const shown = buttons.filter((button) => !button.classList.contains("hide"));
        for (const button of shown) {
            const isText = button.localName === "text";
            const length = isText ? ruler.width(button, button.textContent) : +button.getAttribute("width");
            set(button, "x", isText ? right : right - length);
            set(button, "y", isText ? TITLE : TITLE - 17);
            right -= length + GAP;
        }
        const isCrowded = right < 0.45 * width && shown.length > 0;
        fit(title, (isCrowded ? width - PAD : right) - PAD);
        set(title, "y", isCrowded ? TITLE + ROW + 4 : TITLE);
        return isCrowded ? TITLE + ROW + 4 : TITLE;
    }

    function linesOf(words, room) {
        const lines = [];
        for (const word of words.split(" ")) {
            const last = lines.length - 1, longer = lines[last] + " " + word;
            if (last >= 0 && ruler.width(subtitle, longer) <= room) lines[last] = longer;
            else lines.push(word);
        }
        return lines;
    }

    function wrapSubtitle(y) {
        if (!subtitle) return y + 8;
        const lines = linesOf(state.subtitle || subtitle.getAttribute("data-full"), width - 2 * PAD);
        while (subtitle.childElementCount > lines.length) subtitle.lastElementChild.remove();
        lines.forEach((text, at) => {
            let line = subtitle.children[at];
            if (!line) {
                line = document.createElementNS(root.namespaceURI, "tspan");
                subtitle.appendChild(line);
            }
            set(line, "x", PAD);
            set(line, "y", y + 4 + LINE * (at + 1));
            say(line, text);
        });
        return y + 4 + LINE * lines.length + 10;
    }

    // A label and its share, which has a font of its own.
    function lengthOf(entry) {
        const text = entry.querySelector("text"), share = text.querySelector("tspan");
        const label = text.firstChild.data || "";
        return ruler.width(text, label) + (share ? ruler.width(share, share.textContent) : 0);
    }

    // Row by row from left to right; what opens a group stays behind its entry.
    function placeLegends(y) {
        let down = y;
        for (const legend of root.querySelectorAll(".legend")) {
            let x = 0;
            for (const item of legend.children) {
                if (item.classList.contains("hide")) continue;
                const isEntry = item.classList.contains("entry");
                const length = isEntry ? Math.ceil(lengthOf(item)) + AROUND : OPENER;
                const opener = item.nextElementSibling;
                const isOpened = isEntry && opener !== null && opener.classList.contains("opener");
                const needed = length + (isOpened ? OPENER : 0);
                if (isEntry && x > 0 && x + needed > width - 2 * PAD) {
                    x = 0;
                    down += ROW;
                }
                const at = PAD + x - (isEntry ? 0 : 6);
                set(item, "transform", `translate(${at} ${down})`);
                if (isEntry) set(item.querySelector(".area"), "width", length - 8);
                x += length;
            }
            if (x > 0) down += ROW + 4;
        }
        return down + 4;
    }

    // What is asked of the document is asked before anything is changed, for each answer costs a
    // layout.
    function look() {
        const place = root.getBoundingClientRect();
        seen = {top: place.top, width: place.width, window: window.innerHeight, scrolled: window.scrollY};
    }

    // Head and foot stay in sight, unless they would take half of the window.
    function float() {
        const below = Math.min(full, seen.window - seen.top);
        const isTall = headHeight * 2 > seen.window || state.isPrinted;
        const furthest = Math.max(0, full - headHeight - FOOT);
        const above = isTall ? 0 : Math.min(Math.max(0, -seen.top), furthest);
        const low = isTall || below < headHeight + FOOT ? full : below;
        set(head, "transform", `translate(0 ${above})`);
        set(foot, "transform", `translate(0 ${low - FOOT})`);
        const hidden = Math.max(0, above + headHeight - top), after = Math.max(0, full - low);
        const clip = hidden > 0 || after > 0 ? `inset(${hidden}px 0px ${after}px)` : "";
        if (clip !== clipped) boxes.style.clipPath = clipped = clip;
    }

    function follow() {
        look();
        float();
    }

    // Stacks grow from the bottom of a picture that may be much higher than the window. Until the
    // reader does something it is shown as if scrolled to its end, with the page at its beginning:
    // browsers that take a picture of a scrolled page take nothing of it.
    function arrange() {
        look();
        // Who looks at the end of the page goes on doing so.
        const isAtEnd = isStandalone && seen.scrolled > 0 && seen.scrolled + seen.window >= full - 2;
        width = seen.width || 1200;
        const before = full;
        headHeight = placeLegends(wrapSubtitle(placeControls()));
        full = headHeight + base + FOOT;
        const isAsleep = state.isAsleep && isStandalone && !isInverted;
        cut = isAsleep ? Math.max(0, full - seen.window) : 0;
        if (headHeight * 2 > seen.window) cut = 0;
        full -= cut;
        top = headHeight - cut;
        set(frames, "y", top);
        set(frames, "width", Math.max(1, width - 2 * PAD));
        set(find(".ground"), "y", top);
        set(root, "height", full);
        set(find(".paper"), "height", full);
        set(find(".head > .paper"), "height", headHeight - 2);
        set(find(".matched"), "x", width - PAD);
        float();
        if (isAtEnd && full !== before) {
            window.scrollTo(0, full);
            follow();
        }
    }

    // Shows the whole height, scrolled so that nothing moves.
    function wake() {
        if (!state.isAsleep) return;
        state.isAsleep = false;
        const moved = cut;
        arrange();
        if (moved > 0) window.scrollTo(0, moved);
        follow();
    }

    return {
        arrange, follow, wake,
        addControl(control) { buttons.splice(1, 0, control); },
        removeControl(control) { buttons.splice(buttons.indexOf(control), 1); },
        get width() { return width; },
        get room() { return Math.max(1, width - 2 * PAD); },
        get size() { return {width, height: full}; },
    };
}
