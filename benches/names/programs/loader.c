/* loader NAME.so…: opens each, runs it under a thread of its name, and closes it before the next one, which
 * the kernel puts to the same address; four times around. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int count, char **paths)
{
	for (int turn = 0; turn < 4; turn++)
		for (int at = 1; at < count; at++) {
			void *library = dlopen(paths[at], RTLD_NOW);
			if (!library) {
				puts(dlerror());
				return 1;
			}
			unsigned long (*work)(unsigned long) = dlsym(library, "work");
			char name[16] = "", *slash = strrchr(paths[at], '/');
			strncpy(name, slash ? slash + 1 : paths[at], sizeof name - 1);
			name[strcspn(name, ".")] = 0;
			prctl(PR_SET_NAME, name);
			unsigned long x = 0;
			for (double end = seconds() + 0.1; seconds() < end;)
				x += work(x);
			prctl(PR_SET_NAME, "between");
			dlclose(library);
		}
	return 0;
}
