// Parts of the pictures' script, which is written for a `script` element and exports nothing, as
// modules: `import {shares} from "picture:shares"` is ../../svg/script/shares.js.
import {readFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

export const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), "../../svg/script");

export const pictureScript = {
    name: "picture-script",
    setup(build) {
        build.onResolve({filter: /^picture:/}, (found) => (
            {path: found.path.slice("picture:".length), namespace: "picture"}));
        build.onLoad({filter: /.*/, namespace: "picture"}, async ({path}) => (
            {contents: `${await readFile(join(SCRIPTS, `${path}.js`), "utf8")}\nexport {${path}};`}));
    },
};
