// One tooltip for all pictures of the page.
import {element} from "./dom.js";

const AWAY = 14;
let place = null;

// Shows a name and lines beside a point of the window, within it.
export function showTooltip({name, lines}, x, y) {
    if (place === null) {
        place = element("div", {className: "tooltip", attributes: {"aria-hidden": "true"}});
        document.body.append(place);
    }
    place.replaceChildren(element("b", {textContent: name}), ...lines.map((line) => element("span", {textContent: line})));
    place.hidden = false;
    const {width, height} = place.getBoundingClientRect();
    const left = x + AWAY + width > innerWidth ? Math.max(4, x - AWAY - width) : x + AWAY;
    const top = y + AWAY + height > innerHeight ? Math.max(4, y - AWAY - height) : y + AWAY;
    place.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

export function hideTooltip() {
    if (place !== null) place.hidden = true;
}
