/* work SECONDS: functions that call each other in known ways, of C. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOT_INLINE __attribute__((noinline))

volatile unsigned long kept;

static inline unsigned long mix(unsigned long x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdUL;
	return x ^ x >> 29;
}

static inline unsigned long mixed(unsigned long x)
{
	for (int i = 0; i < 40; i++)
		x = mix(x) + i;
	return x;
}

NOT_INLINE static unsigned long leaf(unsigned long x)
{
	for (int i = 0; i < 300; i++)
		x = mixed(x);
	kept += x;
	return x;
}

NOT_INLINE unsigned long other_leaf(unsigned long x)
{
	for (int i = 0; i < 900; i++)
		x = x * 7 + (x >> 3);
	kept += x;
	return x;
}

NOT_INLINE unsigned long middle(unsigned long x, int depth)
{
	if (depth > 0)
		return middle(x + 1, depth - 1) + other_leaf(x);
	return leaf(x) + 1;
}

static int compare(const void *one, const void *other)
{
	unsigned long x = *(const unsigned long *)one, y = *(const unsigned long *)other;
	return x < y ? -1 : x > y;
}

NOT_INLINE unsigned long sorted(void)
{
	static unsigned long values[2000];
	for (int i = 0; i < 2000; i++)
		values[i] = mix(i);
	qsort(values, 2000, sizeof values[0], compare);
	return values[7];
}

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int count, char **words)
{
	double end = seconds() + (count > 1 ? atof(words[1]) : 1);
	unsigned long x = 0;
	while (seconds() < end) {
		x += middle(x, 5) + sorted();
		char *block = malloc(60000);
		memset(block, (int)x, 60000);
		x += block[77];
		free(block);
	}
	return kept == 42;
}
