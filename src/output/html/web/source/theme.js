// Light or dark: what the system says until the reader chooses.
import {button} from "./dom.js";

const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = [];
let isPrinted = false;

export function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return !isPrinted && (chosen ? chosen === "dark" : DARK.matches);
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

// Paper is light.
export function followPrint() {
    const print = (isBegun) => {
        isPrinted = isBegun;
        tell();
    };
    window.addEventListener("beforeprint", () => print(true));
    window.addEventListener("afterprint", () => print(false));
}

// A colour of the style sheet.
export function styleColour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
