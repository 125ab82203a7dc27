// What screen readers say when a picture changes: the last thing told.
import {element} from "./dom.js";

let place = null;

export function announce(words) {
    if (place === null) {
        place = element("p", {className: "announcer", attributes: {role: "status", "aria-live": "polite"}});
        document.body.append(place);
    }
    place.textContent = words;
}
