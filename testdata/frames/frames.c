// Functions that keep nothing, registers, a stack pointer that moves, and a large frame.
__attribute__((noinline)) long leaf(long x) { return x * 3; }
__attribute__((noinline)) long saves(long a, long b, long c) { long x = leaf(a), y = leaf(b); return x * y + leaf(c); }
__attribute__((noinline)) long moves(long n) { volatile char room[n]; room[0] = (char)n; return leaf(room[0]) + saves(n, n, n); }
__attribute__((noinline)) long large(long n) { volatile long room[64]; room[n & 63] = n; return leaf(room[3]) + moves(n); }
void _start(void) { large(7); for (;;); }
