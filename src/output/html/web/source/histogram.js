// Small histograms in cells of tables, drawn from the counts that the page wrote.
const SVG = "http://www.w3.org/2000/svg", BAR = 4, GAP = 1, HEIGHT = 18;

function shape(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
}

function draw(cell) {
    const bins = cell.dataset.bins.split(",").map(Number).filter((bin) => bin >= 0);
    const most = Math.max(...bins);
    if (bins.length === 0 || !(most > 0)) return;
    const width = bins.length * (BAR + GAP);
    const words = cell.getAttribute("aria-label") || cell.title || cell.textContent.trim();
    const picture = shape("svg", {width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": words});
    bins.forEach((bin, at) => {
        // What happened once can be seen beside what happened a million times.
        const height = bin === 0 ? 0 : Math.max(1.5, Math.sqrt(bin / most) * HEIGHT);
        picture.append(shape("rect", {class: "base", x: at * (BAR + GAP), y: HEIGHT - 1, width: BAR, height: 1}));
        picture.append(shape("rect", {x: at * (BAR + GAP), y: HEIGHT - height, width: BAR, height}));
    });
    cell.replaceChildren(picture);
}

export function drawHistograms(root) {
    for (const cell of root.querySelectorAll("td.histogram[data-bins]")) draw(cell);
}
