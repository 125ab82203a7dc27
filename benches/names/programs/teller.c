/* teller SECONDS [PROGRAM SECONDS…]: its thread and its functions end in NAME, so that a sample tells
 * which program it is of. -DPADDING shifts main: a name by the file of another teller is another name.
 * The further arguments are what it becomes afterwards. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define NOT_INLINE __attribute__((noinline))

volatile unsigned long kept;

NOT_INLINE void JOIN(padding_, NAME)(void)
{
	__asm__ volatile(".skip " TEXT(PADDING) ", 0x90");
}

NOT_INLINE unsigned long JOIN(inner_, NAME)(unsigned long x)
{
	for (int i = 0; i < 20000; i++)
		x = x * 7 + (x >> 3);
	kept += x;
	return x;
}

NOT_INLINE unsigned long JOIN(outer_, NAME)(unsigned long x)
{
	return JOIN(inner_, NAME)(x) + 1;
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
	prctl(PR_SET_NAME, TEXT(NAME));
	JOIN(padding_, NAME)();
	while (seconds() < end)
		x += JOIN(outer_, NAME)(x);
	if (count > 2) {
		execv(words[2], words + 2);
		perror(words[2]);
		return 1;
	}
	return 0;
}
