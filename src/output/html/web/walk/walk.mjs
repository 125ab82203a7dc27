// Walks through made-up pages as readers do: node walk/walk.mjs. Further pages may be named; they
// are opened, walked with keys, and must have no complaints.
import assert from "node:assert/strict";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";
import {HOSTILE, ONE, TWO, blockOf, graphOf, pageOf} from "../test/made_up.mjs";
import {back, findings, openChromium, openFirefox, openPage, settle} from "./browser.mjs";

const folder = mkdtempSync(join(tmpdir(), "vmflame-walk-"));
const paths = {one: join(folder, "one.html"), two: join(folder, "two.html")};
writeFileSync(paths.one, pageOf(ONE));
writeFileSync(paths.two, pageOf(TWO));

const text = async (page, selector) => (await page.locator(selector).first().textContent()).replace(/\s/g, " ");
const tops = (page) => page.$$eval("#flame table.tops tbody tr", (rows) => rows.map((row) => (
    Array.from(row.cells).slice(0, 3).map((cell) => cell.textContent.replace(/\s/g, " ")).join("|"))));
const flame = "#flame .scroller";

// A click on the box at a share of the picture's width, in a row from its root.
async function click(page, share, depth, selector = flame) {
    const box = await page.locator(selector).first().boundingBox();
    await page.mouse.click(box.x + share * box.width, box.y + box.height - depth * 18 - 9);
    await settle(page);
}

const steps = {
    async "what is shown is told in numbers"(page) {
        assert.deepEqual((await tops(page)).slice(0, 3), ["svm_vcpu_run|40.00 %|40.00 %", "outb|18.00 %|18.00 %", "handle_pio|12.00 %|30.00 %"]);
        assert.ok((await tops(page)).some((row) => row.startsWith(HOSTILE)), "a hostile name is text");
        assert.match(await text(page, "#flame .legend"), /guest40\s%.*port I\/O30\s%/);
    },
    async "a click zooms, the address keeps it, back undoes it"(page) {
        await click(page, 0.5, 3);
        assert.deepEqual(await tops(page), ["outb|60.00 %|60.00 %", "handle_pio|40.00 %|100.00 %"]);
        assert.match(page.url(), /#cpu\.z=c\w+$/);
        await page.reload();
        await page.waitForFunction(() => document.documentElement.dataset.ready !== undefined);
        await settle(page);
        assert.deepEqual(await tops(page), ["outb|60.00 %|60.00 %", "handle_pio|40.00 %|100.00 %"]);
        await back(page);
        assert.equal((await tops(page)).length, 10);
    },
    async "search says the exact share, with and without case"(page) {
        await page.fill("#flame .search input", "READ");
        await settle(page);
        assert.match(await text(page, "#flame .matched"), /15\.00\s% matched/);
        await page.click("#flame .search button");
        await settle(page);
        assert.match(await text(page, "#flame .matched"), /^0\.00\s%/);
        await page.click("#flame .search button");
        await page.focus("#flame .search input");
        await page.keyboard.press("Enter");
        assert.match(await text(page, ".announcer"), /^read\(\): 15 samples/, "the widest match has the focus");
        await page.fill("#flame .search input", "");
    },
    async "keys alone walk, zoom and go back"(page) {
        await page.focus(flame);
        const told = () => text(page, ".announcer");
        await page.keyboard.press("ArrowUp");
        assert.match(await told(), /^kvm_vcpu_ioctl: 40 samples/, "the widest callee");
        await page.keyboard.press("ArrowRight");
        assert.match(await told(), /^kvm_vcpu_ioctl: 30 samples/);
        await page.keyboard.press("ArrowUp");
        await page.keyboard.press("ArrowUp");
        await page.keyboard.press("Enter");
        await settle(page);
        assert.equal((await tops(page)).length, 2);
        await page.keyboard.press("s");
        await settle(page);
        assert.equal(await page.locator("#flame .pane").count(), 2, "callers and callees");
        assert.match(await text(page, "#flame .path"), /callers and callees of\s*handle_pio/);
        await page.focus(flame);
        await page.keyboard.press("Escape");
        await settle(page);
        await page.focus(flame);
        await page.keyboard.press("/");
        assert.equal(await page.evaluate(() => document.activeElement.type), "search");
    },
    async "inverted and icicle pictures show the same whole"(page) {
        await page.click("#flame >> text=Inverted");
        await page.click("#flame >> text=Icicle");
        await settle(page);
        await page.focus(flame);
        await page.keyboard.press("ArrowDown");
        assert.match(await text(page, ".announcer"), /^svm_vcpu_run: 40 samples, 40\.00\s%/);
        await page.click("#flame >> text=Callees");
        await page.click("#flame >> text=/^Flame$/");
    },
    async "a brushed stretch of time is what all of the page shows"(page) {
        await page.locator(".heat-box").scrollIntoViewIfNeeded();
        const box = await page.locator(".heat-box").boundingBox(), at = (share) => box.x + 90 + share * (box.width - 98);
        await page.mouse.move(at(0.21), box.y + 20);
        await page.mouse.down();
        await page.mouse.move(at(0.25), box.y + 20);
        await page.mouse.move(at(0.28), box.y + 20);
        await page.mouse.up();
        await settle(page);
        assert.match(await text(page, ".controls .range-words"), /0\.20 to 0\.30\ss of 1\.00\ss/);
        assert.deepEqual(await tops(page), ["outb|60.00 %|60.00 %", "handle_pio|40.00 %|100.00 %", "kvm_vcpu_ioctl|0.00 %|100.00 %", "vcpu_run|0.00 %|100.00 %"]);
        const reasons = await page.$$eval("#reasons tbody tr", (rows) => rows.map((row) => row.cells[1].textContent));
        assert.deepEqual(reasons, ["100", "0"]);
        assert.deepEqual(await page.$$eval("#slowest tbody tr", (rows) => rows.map((row) => row.checkVisibility())), [true, false]);
        await page.click("text=Clear filters");
        await settle(page);
        assert.equal((await tops(page)).length, 10);
        assert.equal(await text(page, "#reasons tbody tr:nth-child(2) td"), "100");
        assert.deepEqual(await page.$$eval("#slowest tbody tr", (rows) => rows.map((row) => row.checkVisibility())), [true, true]);
    },
    async "a stretch of time is chosen by keys and by numbers too"(page) {
        await page.focus(".heat-box");
        for (let at = 0; at < 4; at++) await page.keyboard.press("ArrowRight");
        await page.keyboard.press("Shift+ArrowRight");
        await settle(page);
        assert.match(await text(page, ".controls .range-words"), /0\.20 to 0\.30/);
        await page.focus(".heat-box");
        await page.keyboard.press("Escape");
        await settle(page);
        assert.equal(await text(page, ".controls .range-words"), "");
        await page.fill(".times input >> nth=1", "0.05");
        await page.keyboard.press("Enter");
        await settle(page);
        assert.equal((await tops(page))[0], "svm_vcpu_run|100.00 %|100.00 %");
        await page.click("text=Clear filters");
    },
    async "VM, thread and tag filters follow"(page) {
        await page.selectOption(".controls label:has-text('Thread') select", "vCPU 1");
        await settle(page);
        assert.equal((await tops(page))[0], "svm_vcpu_run|100.00 %|100.00 %");
        assert.equal(await text(page, "#reasons tbody tr:nth-child(2) td"), "100");
        assert.equal(await text(page, "#reasons tbody tr:nth-child(1) td"), "0");
        await page.click("text=Clear filters");
        await page.selectOption(".controls label:has-text('Tag') select", "exit:pio");
        await settle(page);
        assert.equal((await tops(page))[0], "outb|60.00 %|60.00 %");
        await back(page);
        assert.equal((await tops(page)).length, 10);
    },
    async "the legend marks, tables sort and filter, links lead to rows"(page) {
        await page.click("#flame .legend button >> nth=1");
        await settle(page);
        assert.equal(await page.getAttribute("#flame .legend button >> nth=1", "aria-pressed"), "true");
        await page.click("#flame .legend button >> nth=1");
        const column = (at) => page.$$eval("#many tbody tr:not([hidden])", (rows, cell) => rows.map((row) => row.cells[cell].textContent), at);
        await page.focus("#many th >> nth=1 >> button");
        await page.keyboard.press("Enter");
        assert.deepEqual((await column(1)).slice(0, 3), ["11", "10", "8"], "9 is that of the row without a number");
        assert.equal((await column(1)).at(-1), "–", "what was not measured comes last");
        await page.keyboard.press("Enter");
        assert.deepEqual((await column(1)).slice(0, 2), ["0", "1"]);
        assert.equal((await column(1)).at(-1), "–");
        await page.fill("#exits .table-bar input", "0xb");
        assert.deepEqual(await column(0), ["0xb port"]);
        await page.fill("#exits .table-bar input", "");
        await page.click("nav >> text=Exits");
        assert.equal(await page.locator("tr.aimed").getAttribute("id"), "exits-io");
        assert.match(page.url(), /#at=exits-io$/);
    },
};

async function walk(browser, name) {
    for (const [what, step] of Object.entries(steps)) {
        const {page, wrong, close} = await openPage(browser, paths.one);
        try {
            await step(page);
            assert.deepEqual(wrong, []);
        } catch (problem) {
            problem.message = `${name}: ${what}: ${problem.message}`;
            throw problem;
        }
        await close();
        console.log(`${name}: ${what}`);
    }
}

async function walkTwo(browser) {
    const {page, wrong, close} = await openPage(browser, paths.two);
    assert.equal(await page.locator("#flame .pane").count(), 2);
    assert.match((await tops(page))[1], /^outb\|18\.00 %\|0\.00 %/);
    for (const view of ["Difference", "after", "before", "Side by side"]) {
        await page.click(`#flame .choice >> text=/^${view}$/`);
        await settle(page);
        assert.equal(await page.locator("#flame .pane").count(), view === "Side by side" ? 2 : 1, view);
    }
    assert.deepEqual(wrong, []);
    await close();
    console.log("chromium: two sides");
}

// A stack of 2 800 frames: the canvas is as high as its window, which reaches all of them.
async function walkDeep(browser) {
    const stack = Array.from({length: 2800}, (_, at) => `f${at}`), path = join(folder, "deep.html");
    const graph = graphOf([{stack, tag: 4, thread: 0, bucket: 0, weight: 1}]);
    const [side] = ONE.sides;
    writeFileSync(path, pageOf(blockOf([{...side, exits: null, graphs: {cpu: graph}}])));
    const {page, wrong, close} = await openPage(browser, path);
    const size = () => page.$eval(flame, (box) => ({canvas: box.querySelector("canvas").height, all: box.scrollHeight, top: box.scrollTop}));
    const {canvas, all, top} = await size();
    assert.ok(canvas < 1000 && all === 2801 * 18 && top > 40000, JSON.stringify({canvas, all, top}));
    await page.$eval(flame, (box) => { box.scrollTop = 0; });
    await settle(page);
    const box = await page.locator(flame).boundingBox();
    await page.mouse.click(box.x + 50, box.y + 9);
    await settle(page);
    assert.match(await text(page, ".announcer"), /f2799$/);
    assert.deepEqual(await tops(page), ["f2799|100.00 %|100.00 %"]);
    assert.deepEqual(wrong, []);
    await close();
    console.log("chromium: a deep stack");
}

// Both themes, on paper, at two widths, with the last walked pages: no complaint of axe-core.
async function inspect(browser, path) {
    for (const colorScheme of ["light", "dark"]) {
        for (const width of [1280, 1920]) {
            const {page, wrong, close} = await openPage(browser, path, {colorScheme, viewport: {width, height: 1000}});
            assert.deepEqual(await findings(page), [], `${path}, ${colorScheme}`);
            assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${path} fits ${width}`);
            await page.click(".theme");
            await settle(page);
            assert.deepEqual(await findings(page), [], `${path}, the other of ${colorScheme}`);
            await page.emulateMedia({media: "print"});
            await page.pdf({path: join(folder, "page.pdf")});
            assert.deepEqual(wrong, [], path);
            await close();
        }
    }
    console.log(`chromium: ${path.startsWith(folder) ? "made-up page" : path}: nothing found by axe-core, light and dark`);
}

const chromium = await openChromium();
if (chromium === null) {
    console.log("skipped: chromium is not installed");
} else {
    await walk(chromium, "chromium");
    await walkTwo(chromium);
    await walkDeep(chromium);
    for (const path of [...Object.values(paths), ...process.argv.slice(2).map((path) => resolve(path))]) await inspect(chromium, path);
    await chromium.close();
}
const firefox = await openFirefox();
if (firefox === null) {
    console.log("skipped: no Firefox to be driven");
} else {
    await walk(firefox, "firefox");
    await firefox.close();
}
rmSync(folder, {recursive: true});
