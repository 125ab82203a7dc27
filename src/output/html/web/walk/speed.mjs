// Measures a page in Chromium: node walk/speed.mjs PAGE.html. Times are of the script, in
// milliseconds: until the first picture, of a zoom until it is painted, of a filter, of a search.
import {resolve} from "node:path";
import {openChromium, openPage, settle} from "./browser.mjs";

const browser = await openChromium();
const {page, wrong} = await openPage(browser, resolve(process.argv[2]));
const {picture, ready} = await page.evaluate(() => ({...document.documentElement.dataset}));
console.log(`first picture: ${picture} ms after navigation, all: ${ready} ms`);

// The time from an act until the frame after it is painted.
const timed = (act, argument) => page.evaluate(([source, given]) => new Promise((done) => {
    const from = performance.now();
    new Function("given", source)(given);
    requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - from)), 0));
}), [act, argument]);

await page.focus("#flame .scroller");
const zooms = [];
for (let at = 0; at < 6; at++) {
    await page.keyboard.press("ArrowUp");
    zooms.push(await timed(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}))`));
    await settle(page);
}
console.log(`zooms: ${zooms.join(", ")} ms`);
await page.waitForTimeout(1500);
console.log(`back to all: ${await timed(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Home", bubbles: true}))`)} ms`);
await page.waitForTimeout(1500);
console.log(`filter: ${await timed(`const s = document.querySelectorAll(".controls select")[1]; s.selectedIndex = 1; s.dispatchEvent(new Event("change"))`)} ms`);
await page.waitForTimeout(1500);
console.log(`search: ${await timed(`const s = document.querySelector("#flame .search input"); s.value = "kvm"; s.dispatchEvent(new Event("input"))`)} ms`);
await page.waitForTimeout(1500);
console.log(`inverted: ${await timed(`Array.from(document.querySelectorAll("#flame button")).find((b) => b.textContent === "Inverted").click()`)} ms`);
if (wrong.length > 0) console.log(wrong.join("\n"));
await browser.close();
