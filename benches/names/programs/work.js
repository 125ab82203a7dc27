// work.js SECONDS
const end = Date.now() + 1000 * parseFloat(process.argv[2] || '1');

function fib(n) {
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

class Shop {
	constructor() {
		this.items = new Map();
	}
	add(i) {
		this.items.set('k' + (i % 1000), { i, text: String(i) });
	}
	total() {
		let all = 0;
		for (const item of this.items.values()) all += item.text.length;
		return all;
	}
}

function sorted() {
	const values = Array.from({ length: 2000 }, (_, i) => (i * 7919) % 2003);
	values.sort((x, y) => y - x);
	return values[3];
}

const shop = new Shop();
let x = 0;
while (Date.now() < end) {
	x += fib(18) + sorted();
	for (let i = 0; i < 500; i++) shop.add(i + x);
	x += shop.total() & 7;
	JSON.parse(JSON.stringify([...shop.items.keys()]));
}
