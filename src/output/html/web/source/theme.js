// Light or dark: what the system says until the reader chooses.
import {button} from "./dom.js";

const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = [];

export function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : DARK.matches;
}

export function onTheme(act) { listeners.push(act); }

const tell = () => listeners.forEach((act) => act());

// A page that was opened from disk may have no storage.
function stored(act) {
    try {
        return act(window.localStorage);
    } catch (problem) {
        return null;
    }
}

export function themeButton() {
    const made = button("", () => {
        const theme = isDark() ? "light" : "dark";
        document.documentElement.dataset.theme = theme;
        stored((storage) => storage.setItem("vmflame-theme", theme));
        say();
        tell();
    }, {className: "theme"});
    const say = () => { made.textContent = isDark() ? "Light" : "Dark"; made.title = `Change to ${isDark() ? "light" : "dark"} colours`; };
    const kept = stored((storage) => storage.getItem("vmflame-theme"));
    if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
    say();
    DARK.addEventListener("change", () => {
        say();
        tell();
    });
    return made;
}

// Paper is light, whatever the screen is. What a style sheet says of paper holds only later than a
// canvas must be drawn.
export function followPrint() {
    const root = document.documentElement;
    let chosen;
    window.addEventListener("beforeprint", () => {
        chosen = root.dataset.theme;
        root.dataset.theme = "light";
        tell();
    });
    window.addEventListener("afterprint", () => {
        if (chosen === undefined) delete root.dataset.theme;
        else root.dataset.theme = chosen;
        tell();
    });
}

// A colour of the style sheet.
export function styleColour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
