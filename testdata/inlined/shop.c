// Functions that are inlined two and three deep, in loops, and one that is not.
#include "price.h"

static inline unsigned sum(const unsigned *list, unsigned len)
{
	unsigned all = 0;
	for (unsigned at = 0; at < len; at++)
		all += price(list[at]);
	return all;
}

// Comes first in the code: gcc 12 ends the list of ranges of what is inlined at the very beginning of a
// unit before it begins (DWARF 4), and readers of it disagree.
__attribute__((noinline)) unsigned first(unsigned x)
{
	return mix(x) + 1;
}

__attribute__((noinline)) unsigned basket(const unsigned *list, unsigned len)
{
	return sum(list, len) ^ mix(len);
}

void _start(void)
{
	static unsigned list[64];
	for (unsigned at = 0; at < 64; at++)
		list[at] = mix(first(at) + basket(list, at));
	__asm__ volatile("syscall" : : "a"(60), "D"(basket(list, 64) & 1));
	__builtin_unreachable();
}
