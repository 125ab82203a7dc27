// Bundles the page's script and style: `node build.mjs` writes ../page.js and ../page.css,
// `node build.mjs --check` only says whether what is checked in is what a build gives.
import {readFile, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {gzipSync} from "node:zlib";
import {build} from "esbuild";
import {pictureScript} from "./picture_script.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
// What all script may weigh, gzipped.
const MOST = 120_000;
// Browsers that have DecompressionStream, without which there is no data.
const TARGET = ["chrome103", "firefox113", "safari16.4"];

async function bundle(entry, options) {
    const made = await build({
        entryPoints: [join(HERE, entry)], bundle: true, minify: true, write: false, target: TARGET,
        charset: "utf8", legalComments: "none", logLevel: "warning", plugins: [pictureScript],
        ...options,
    });
    return made.outputFiles[0].text;
}

const HEAD = "Made by src/output/html/web/build.mjs from the sources beside it: do not edit.";
const made = {
    // An end tag of the script element within a string would end it.
    "page.js": `// ${HEAD}\n` + (await bundle("source/page.js", {format: "iife"})).replaceAll("</script", "<\\/script"),
    "page.css": `/* ${HEAD} */\n` + await bundle("style/page.css", {}),
};

let isSame = true;
for (const [name, text] of Object.entries(made)) {
    const path = join(HERE, "..", name);
    const packed = gzipSync(text, {level: 9}).length;
    if (process.argv.includes("--check")) {
        const isThis = await readFile(path, "utf8").then((old) => old === text, () => false);
        if (!isThis) console.error(`${name} is not what its sources give: run node build.mjs`);
        isSame &&= isThis;
    } else {
        await writeFile(path, text);
        console.log(`${name}: ${text.length} bytes, ${packed} gzipped`);
    }
    if (packed > MOST) {
        console.error(`${name} is larger than ${MOST} bytes gzipped`);
        isSame = false;
    }
}
process.exitCode = isSame ? 0 : 1;
