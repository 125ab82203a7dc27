// Lets node import what the bundler takes from the pictures' script.
import {register} from "node:module";

const source = `import {readFile} from "node:fs/promises";
const SCRIPTS = new URL("../../../svg/script/", ${JSON.stringify(import.meta.url)});
export async function resolve(name, context, next) {
    return name.startsWith("picture:") ? {url: name, shortCircuit: true} : next(name, context);
}
export async function load(url, context, next) {
    if (!url.startsWith("picture:")) return next(url, context);
    const name = url.slice("picture:".length);
    const text = await readFile(new URL(name + ".js", SCRIPTS), "utf8");
    return {format: "module", shortCircuit: true, source: text + "\\nexport {" + name + "};"};
}`;
register(`data:text/javascript,${encodeURIComponent(source)}`);
