// A module of the kernel in small: code in several sections, of which one goes away once it ran.
#include "price.h"

__attribute__((noinline, section(".init.text"))) unsigned begin(unsigned x)
{
	return mix(x);
}

__attribute__((noinline)) unsigned sell(const unsigned *list, unsigned len)
{
	unsigned all = 0;
	for (unsigned at = 0; at < len; at++)
		all += price(list[at]);
	return all ^ begin(len);
}

__attribute__((noinline, cold)) unsigned complain(unsigned x)
{
	return price(x) * mix(x);
}

__attribute__((noinline, section(".noinstr.text"))) unsigned enter(unsigned x)
{
	return x > 9 ? complain(x) : mix(x) + 1;
}

__attribute__((noinline, section(".exit.text"))) unsigned leave(unsigned x)
{
	return mix(mix(x));
}
