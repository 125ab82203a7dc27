// Deep recursion: stacks of up to some 300 frames, two seconds of CPU time.
#include <stdlib.h>
#include <time.h>

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

__attribute__((noinline)) static long deeper(int depth, unsigned *seed) {
	int numbers[16];
	for (int i = 0; i < 16; i++)
		numbers[i] = (int)(*seed = *seed * 1664525 + 1013904223);
	qsort(numbers, 16, sizeof *numbers, compare);
	long below = depth ? deeper(depth - 1, seed) : 0;
	return below + numbers[7];
}

int main(void) {
	unsigned seed = 1;
	volatile long sum = 0;
	while (clock() < 2 * CLOCKS_PER_SEC)
		sum += deeper((int)(seed >> 8) & 255, &seed);
	return 0;
}
