/* A library whose inner function ends in NAME; -DPADDING makes its code as long as that of another or not. */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

volatile unsigned long kept_by_library;

__attribute__((noinline)) static void JOIN(padding_, NAME)(void)
{
	__asm__ volatile(".skip " TEXT(PADDING) ", 0x90");
}

__attribute__((noinline)) unsigned long JOIN(inner_, NAME)(unsigned long x)
{
	for (int i = 0; i < 20000; i++)
		x = x * 7 + (x >> 3);
	kept_by_library += x;
	if (x == 42)
		JOIN(padding_, NAME)();
	return x;
}

unsigned long work(unsigned long x)
{
	return JOIN(inner_, NAME)(x) + 1;
}
