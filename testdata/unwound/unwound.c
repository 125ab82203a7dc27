// A program without frame pointers and without a C library, for stacks that are copied.
#define NOINLINE __attribute__((noinline, noclone))
static volatile long sink;

static long syscall4(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

NOINLINE static void spin(long steps) {
    for (long i = 0; i < steps; i++) sink += i ^ steps;
}

// Saves registers.
NOINLINE static long pushes(long a, long b, long c, long d) {
    long e = a * b, f = c * d;
    spin(a);
    spin(b);
    return a + b + c + d + e + f;
}

// Aligns its stack: its frame is described by an expression.
NOINLINE static long aligned(long steps) {
    volatile long place[16] __attribute__((aligned(64)));
    volatile char more[steps / 400];
    more[0] = 1;
    place[0] = steps;
    spin(steps);
    return place[0] + pushes(steps, steps, 3, 4);
}

// Takes as much of the stack as it is told.
NOINLINE static long variable(long words) {
    volatile long place[words];
    place[words - 1] = words;
    spin(20000);
    return place[words - 1];
}

NOINLINE static long deep(long left) {
    volatile long place[6];
    place[left % 6] = left;
    if (left == 0) spin(60000);
    else place[1] = deep(left - 1);
    return place[left % 6];
}

// Runs on a signal, called by nobody.
NOINLINE static void on_signal(int number) {
    (void)number;
    spin(1500000);
    sink++;
}

__attribute__((naked, used)) static void __restore_rt(void) {
    __asm__("mov $15, %rax\n syscall");
}

__attribute__((used)) static void run(void) {
    struct { void (*handler)(int); unsigned long flags; void (*restorer)(void); unsigned long mask; }
    action = { on_signal, 0x04000000, __restore_rt, 0 };
    long every[4] = { 0, 3000, 0, 3000 };
    syscall4(13, 14, (long)&action, 0, 8);
    syscall4(38, 0, (long)every, 0, 0);
    for (int round = 0; round < 1700; round++) {
        sink += aligned(40000);
        sink += variable(90 + round % 8);
        sink += deep(100);
    }
    syscall4(231, 0, 0, 0, 0);
}

__asm__(".globl _start\n.type _start, @function\n_start:\n .cfi_startproc\n .cfi_undefined rip\n"
        " xor %ebp, %ebp\n call run\n hlt\n .cfi_endproc\n .size _start, . - _start\n");
