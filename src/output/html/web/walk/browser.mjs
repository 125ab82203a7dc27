// A browser for walks: pages from disk, and what went wrong on them.
import {existsSync} from "node:fs";
import {createRequire} from "node:module";
import {chromium, firefox} from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

// Opens Chromium; null where there is none.
export async function openChromium() {
    const executablePath = CHROMIUM.find((path) => existsSync(path));
    if (executablePath === undefined) return null;
    return chromium.launch({executablePath, args: ["--no-sandbox", "--disable-gpu"]});
}

// Opens Firefox; null where there is none or it cannot be driven.
export async function openFirefox() {
    const executablePath = FIREFOX.find((path) => existsSync(path));
    if (executablePath === undefined) return null;
    try {
        return await firefox.launch({channel: "moz-firefox", executablePath, timeout: 30000});
    } catch (problem) {
        console.log(`firefox: cannot be driven here: ${problem.message.split("\n")[0]}`);
        return null;
    }
}

// A page at a file, when its script is done. `wrong` collects errors, complaints and requests.
export async function openPage(browser, path, {hash = "", ...options} = {}) {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
    const page = await context.newPage(), wrong = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (problem) => wrong.push(`error: ${problem.message}`));
    page.on("dialog", (dialog) => {
        wrong.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("request", (request) => {
        if (!request.url().startsWith(`file://${path}`)) wrong.push(`request: ${request.url()}`);
    });
    await page.goto(`file://${path}${hash}`);
    await page.waitForFunction(() => document.documentElement.dataset.ready !== undefined, null, {timeout: 20000});
    await settle(page);
    return {page, wrong, close: () => context.close()};
}

// Waits for what pages do after they painted.
export async function settle(page) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20))));
    await page.waitForFunction(() => document.querySelector("[aria-busy]") === null, null, {timeout: 20000});
}

// What the browser's back button does.
export async function back(page) {
    await page.evaluate(() => new Promise((done) => {
        window.addEventListener("popstate", () => setTimeout(done, 0), {once: true});
        history.back();
    }));
    await settle(page);
}

const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

// What axe-core finds, one line each.
export async function findings(page) {
    const {readFile} = await import("node:fs/promises");
    await page.evaluate(await readFile(axeSource, "utf8"));
    return page.evaluate(async () => {
        const {violations} = await window.axe.run();
        return violations.map(({id, impact, nodes}) => `${id} (${impact}): ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
    });
}
