static inline unsigned mix(unsigned x)
{
	x ^= x >> 13;
	x *= 0x5bd1e995;
	return x ^ (x >> 15);
}

static inline unsigned price(unsigned of)
{
	return of & 1 ? mix(of) : mix(mix(of)) + 3;
}
