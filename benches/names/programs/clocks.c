/* clocks SECONDS [vsyscall]: asks for the time, by the vdso or by time() of the vsyscall page, which is at a
 * fixed address. */
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

int main(int count, char **words)
{
	long (*old)(long *) = (long (*)(long *))0xffffffffff600400;
	struct timespec start, at;
	struct timeval day;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 20000; i++)
			if (count > 2) {
				old(0);
			} else {
				clock_gettime(CLOCK_REALTIME, &at);
				gettimeofday(&day, 0);
			}
		clock_gettime(CLOCK_MONOTONIC, &at);
	} while (at.tv_sec - start.tv_sec + (at.tv_nsec - start.tv_nsec) / 1e9 < atof(words[1]));
	return 0;
}
