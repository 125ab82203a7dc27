// How wide texts are, without laying out the document: to ask an element of the picture makes the
// browser place all boxes first.
const ruler = (function () {
    const HTML = "http://www.w3.org/1999/xhtml";
    const pen = document.createElementNS(HTML, "canvas").getContext("2d");
    const fonts = new WeakMap(), widths = new Map();

    function fontOf(element) {
        // What can be pressed has another font when it is.
        const isFixed = !element.hasAttribute("aria-pressed");
        const font = isFixed && fonts.get(element) || getComputedStyle(element).font;
        if (isFixed) fonts.set(element, font);
        return font;
    }

    // The width of `text` in the font of a `text` element.
    function width(element, text) {
        const font = fontOf(element);
        if (!pen || font === "") {
            element.textContent = text;
            return element.getComputedTextLength();
        }
        const key = font + "\n" + text;
        if (!widths.has(key)) {
            pen.font = font;
            widths.set(key, pen.measureText(text).width);
        }
        return widths.get(key);
    }

    return {width};
})();
