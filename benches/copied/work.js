// Something for node to do: JSON, regular expressions, maps, sorting, recursion. Two seconds of CPU time.
const deeper = (depth) => (depth ? 1 + deeper(depth - 1) : 0);
while (process.cpuUsage().user < 2e6) {
	const rows = Array.from({ length: 3000 }, (_, at) => ({ name: `word${(at * 7919) % 10007}`, at }));
	const again = JSON.parse(JSON.stringify(rows));
	const byName = new Map(again.map((row) => [row.name.replace(/\d+/, (digits) => digits * 2), row]));
	const sorted = [...byName.values()].sort((a, b) => a.name.localeCompare(b.name));
	if (deeper(500) !== 500 || sorted.length === 0) throw new Error("wrong");
}
