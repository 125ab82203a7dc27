// Elements. Texts of the recording are only ever text.

// An element with properties, `attributes` by their names, and children.
export function element(name, properties = {}, ...children) {
    const {attributes = {}, ...rest} = properties;
    const made = Object.assign(document.createElement(name), rest);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null));
    return made;
}

export function button(text, act, properties = {}) {
    const made = element("button", {type: "button", textContent: text, ...properties});
    made.addEventListener("click", act);
    return made;
}

// One of several: buttons of which one is pressed. Returns {root, show(value)}.
export function choice(label, options, chosen) {
    const root = element("div", {className: "choice", attributes: {role: "group", "aria-label": label}});
    const buttons = options.map(([value, text]) => {
        const made = button(text, () => chosen(value));
        root.append(made);
        return {value, made};
    });
    return {root, show(value) {
        for (const each of buttons) each.made.setAttribute("aria-pressed", String(each.value === value));
    }};
}

// A named list to choose from. Returns {root, show(value)}.
export function select(label, options, chosen) {
    const list = element("select", {attributes: {"aria-label": label}});
    for (const [value, text] of options) list.append(element("option", {value, textContent: text}));
    list.addEventListener("change", () => chosen(list.value));
    const root = element("label", {className: "select"}, element("span", {textContent: label}), list);
    return {root, show(value) { list.value = value; }};
}

// Runs `act` once at the next frame, however often it is asked for.
export function atNextFrame(act) {
    let isAsked = false;
    return () => {
        if (isAsked) return;
        isAsked = true;
        requestAnimationFrame(() => {
            isAsked = false;
            act();
        });
    };
}

// Runs `act` when the browser has painted, only the last of what was asked for.
export function afterPaint(act) {
    let timer = 0;
    return () => {
        clearTimeout(timer);
        timer = setTimeout(act, 60);
    };
}

// A canvas as large as `width` × `height` in CSS pixels, sharp on this screen.
export function sized(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    const wide = Math.round(width * ratio), high = Math.round(height * ratio);
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
}
