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
    let width = 0, headHeight = 0, top = 0, cut = 0, full = 0;

    // Cuts the text of a line to the room there is.
    function fit(line, room) {
        const all = line.getAttribute("data-full");
        line.textContent = all;
        const length = line.getComputedTextLength();
        if (length > room) {
            const most = Math.max(1, Math.floor(all.length * room / length) - 2);
            line.textContent = all.substring(0, most) + "…";
        }
    }

    // The controls from the right edge to the left, in a row of their own where the title needs
    // theirs; returns the y of the title's line.
    function placeControls() {
        let right = width - PAD;
        const shown = buttons.filter((button) => !button.classList.contains("hide"));
        for (const button of shown) {
            const isText = button.localName === "text";
            const length = isText ? button.getComputedTextLength() : +button.getAttribute("width");
            button.setAttribute("x", isText ? right : right - length);
            button.setAttribute("y", isText ? TITLE : TITLE - 17);
            right -= length + GAP;
        }
        const isCrowded = right < 0.45 * width && shown.length > 0;
        fit(title, (isCrowded ? width - PAD : right) - PAD);
        title.setAttribute("y", isCrowded ? TITLE + ROW + 4 : TITLE);
        return isCrowded ? TITLE + ROW + 4 : TITLE;
    }

    function wrapSubtitle(y) {
        if (!subtitle) return y + 8;
        const room = width - 2 * PAD;
        let line = null, text = "", lines = 0;
        subtitle.textContent = "";
        for (const word of (state.subtitle || subtitle.getAttribute("data-full")).split(" ")) {
            const longer = text ? text + " " + word : word;
            if (line) line.textContent = longer;
            if (line && (!text || line.getComputedTextLength() <= room)) {
                text = longer;
                continue;
            }
            if (line) line.textContent = text;
            line = document.createElementNS(root.namespaceURI, "tspan");
            line.setAttribute("x", PAD);
            line.setAttribute("y", y + 4 + LINE * ++lines);
            line.textContent = text = word;
            subtitle.appendChild(line);
        }
        return y + 4 + LINE * lines + 10;
    }

    // Row by row from left to right; what opens a group stays behind its entry.
    function placeLegends(y) {
        let down = y;
        for (const legend of root.querySelectorAll(".legend")) {
            let x = 0;
            for (const item of legend.children) {
                if (item.classList.contains("hide")) continue;
                const isEntry = item.classList.contains("entry");
                const text = isEntry ? item.querySelector("text").getComputedTextLength() : 0;
                const length = isEntry ? Math.ceil(text) + AROUND : OPENER;
                const opener = item.nextElementSibling;
                const isOpened = isEntry && opener !== null && opener.classList.contains("opener");
                const needed = length + (isOpened ? OPENER : 0);
                if (isEntry && x > 0 && x + needed > width - 2 * PAD) {
                    x = 0;
                    down += ROW;
                }
                const at = PAD + x - (isEntry ? 0 : 6);
                item.setAttribute("transform", `translate(${at} ${down})`);
                if (isEntry) item.querySelector(".area").setAttribute("width", length - 8);
                x += length;
            }
            if (x > 0) down += ROW + 4;
        }
        return down + 4;
    }

    function viewport() {
        const place = root.getBoundingClientRect();
        return {above: Math.max(0, -place.top), below: Math.min(full, window.innerHeight - place.top)};
    }

    // Head and foot stay in sight, unless they would take half of the window.
    function follow() {
        const seen = viewport();
        const isTall = headHeight * 2 > window.innerHeight || state.isPrinted;
        const above = isTall ? 0 : Math.min(seen.above, Math.max(0, full - headHeight - FOOT));
        const low = isTall || seen.below < headHeight + FOOT ? full : seen.below;
        head.setAttribute("transform", `translate(0 ${above})`);
        foot.setAttribute("transform", `translate(0 ${low - FOOT})`);
        const hidden = Math.max(0, above + headHeight - top), after = Math.max(0, full - low);
        boxes.style.clipPath = hidden > 0 || after > 0 ? `inset(${hidden}px 0 ${after}px 0)` : "";
    }

    // Stacks grow from the bottom of a picture that may be much higher than the window. Until the
    // reader does something it is shown as if scrolled to its end, with the page at its beginning:
    // browsers that take a picture of a scrolled page take nothing of it.
    function arrange() {
        // Who looks at the end of the page goes on doing so.
        const isAtEnd = isStandalone && window.scrollY > 0 && window.scrollY + window.innerHeight >= full - 2;
        width = root.getBoundingClientRect().width || 1200;
        headHeight = placeLegends(wrapSubtitle(placeControls()));
        full = headHeight + base + FOOT;
        const isAsleep = state.isAsleep && isStandalone && !isInverted;
        cut = isAsleep ? Math.max(0, full - window.innerHeight) : 0;
        if (headHeight * 2 > window.innerHeight) cut = 0;
        full -= cut;
        top = headHeight - cut;
        frames.setAttribute("y", top);
        frames.setAttribute("width", Math.max(1, width - 2 * PAD));
        find(".ground").setAttribute("y", top);
        root.setAttribute("height", full);
        find(".paper").setAttribute("height", full);
        find(".head > .paper").setAttribute("height", headHeight - 2);
        find(".matched").setAttribute("x", width - PAD);
        if (isAtEnd) window.scrollTo(0, full);
        follow();
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
