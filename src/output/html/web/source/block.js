// The page's data: base64 of gzip of JSON in a script element that no browser runs.

// What a block of another version means is not known here.
const VERSION = 1;

function bytesOf(text) {
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
    return bytes;
}

// The block's content. Rejects what is no such block.
export async function readBlock(text) {
    const packed = new Blob([bytesOf(text.trim())]).stream();
    const unpacked = packed.pipeThrough(new DecompressionStream("gzip"));
    const block = JSON.parse(await new Response(unpacked).text());
    if (block.version !== VERSION) throw new Error(`data of version ${block.version}`);
    return block;
}
