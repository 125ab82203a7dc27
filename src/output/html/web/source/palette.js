// Colours of boxes: those of the pictures, which the page's data brings.

// How far shades go towards white or black, as in the pictures.
const LIGHT_SHADES = [0, 0.14, 0.28], DARK_SHADES = [0, 0.07, 0.14];
const PLAIN = {light: "#f4f7f7", dark: "#3c3e46"};
const BLACK = [0, 0, 0], WHITE = [255, 255, 255];

function parts(colour) {
    const all = parseInt(colour.slice(1), 16);
    return [all >> 16, (all >> 8) & 255, all & 255];
}

function mixed(from, to, share) {
    const part = (at) => Math.round(from[at] * (1 - share) + to[at] * share);
    return `rgb(${part(0)},${part(1)},${part(2)})`;
}

// Relative luminance, WCAG 2.2.
function luminance(colour) {
    const [r, g, b] = colour.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Black or white text: whichever differs more from the fill.
function inkOn(colour) {
    const light = luminance(colour);
    return (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? "#000" : "#f2f3f5";
}

// The three shades of a colour of one theme, each with its ink.
function shadesOf(colour, isDark) {
    const base = parts(colour), ink = inkOn(base);
    const steps = isDark ? DARK_SHADES : LIGHT_SHADES, towards = isDark && ink !== "#000" ? BLACK : WHITE;
    return steps.map((step) => ({fill: mixed(base, towards, step), ink}));
}

// FNV-1a: the shade of a name depends on nothing else.
function shadeOf(name) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    return ((hash ^ (hash >>> 16)) >>> 0) % 3;
}

export class Palette {
    constructor(recording, isDark) {
        const theme = isDark ? "dark" : "light", of = (entry) => shadesOf(entry[theme], isDark);
        this.tags = recording.tags.map(of);
        this.kinds = recording.kinds.map(of);
        this.plain = shadesOf(PLAIN[theme], isDark);
        this.host = recording.tags.findIndex((tag) => tag.name === "host");
        const changes = recording.changes;
        this.changes = changes && {
            less: changes.less.map((colour) => ({fill: colour, ink: "#000"})),
            more: changes.more.map((colour) => ({fill: colour, ink: "#000"})),
            same: {fill: changes.same, ink: "#000"}, steps: changes.steps,
        };
    }

    // Whether a frame has its tag's colour: of the host's own work the kind of code tells more.
    isTagged(tag) { return tag >= 0 && tag !== this.host; }

    // The colours of each frame; `by` is "tag" or "kind".
    framesOf(joint, by) {
        joint.shades ??= Uint8Array.from(joint.names, shadeOf);
        const {name, tag, kind} = joint.frames;
        return Array.from(name, (at, frame) => {
            const isTag = by === "tag" && this.isTagged(tag[frame]);
            const fills = isTag ? this.tags[tag[frame]] : this.kinds[kind[frame]] || this.plain;
            return fills[joint.shades[at]];
        });
    }

    // The colour of a change between two shares.
    ofChange(before, after) {
        const {less, more, same, steps} = this.changes, large = Math.max(before, after);
        const change = large > 0 ? Math.abs(after - before) / large : 0;
        // Shares that round to the same words are the same.
        if (Math.abs(after - before) < 0.0005) return same;
        const step = steps.findIndex((least) => change >= least);
        return (after < before ? less : more)[step < 0 ? steps.length - 1 : step];
    }
}
