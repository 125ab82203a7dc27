/* bpf NAME…: loads a BPF program of each name, runs it for 0.1 s under a thread of that name, and unloads
 * it before the next one comes, which the kernel puts to the same address; six times around. Prints the
 * addresses. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

static long bpf(int command, union bpf_attr *with)
{
	return syscall(SYS_bpf, command, with, sizeof *with);
}

static int load(const char *name, int factor)
{
	/* r0 = 1; r1 = 500; do { r0 *= factor; …; r1 -= 1; } while (r1 != 0); return r0; */
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 500},
		{.code = BPF_ALU64 | BPF_MUL | BPF_K, .dst_reg = 0, .imm = factor},
		{.code = BPF_ALU64 | BPF_MUL | BPF_K, .dst_reg = 0, .imm = 31},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 0, .imm = 7},
		{.code = BPF_ALU64 | BPF_SUB | BPF_K, .dst_reg = 1, .imm = 1},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 1, .off = -5, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr with;
	memset(&with, 0, sizeof with);
	with.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	with.insns = (unsigned long)code;
	with.insn_cnt = sizeof code / sizeof *code;
	with.license = (unsigned long)"GPL";
	strncpy(with.prog_name, name, sizeof with.prog_name - 1);
	return bpf(BPF_PROG_LOAD, &with);
}

static unsigned long place(int program)
{
	unsigned long at = 0;
	struct bpf_prog_info told;
	union bpf_attr with;
	memset(&told, 0, sizeof told);
	memset(&with, 0, sizeof with);
	told.nr_jited_ksyms = 1;
	told.jited_ksyms = (unsigned long)&at;
	with.info.bpf_fd = program;
	with.info.info_len = sizeof told;
	with.info.info = (unsigned long)&told;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &with) ? 0 : at;
}

int main(int count, char **names)
{
	char packet[64] = {0};
	for (int turn = 0; turn < 6; turn++)
		for (int at = 1; at < count; at++) {
			int program = load(names[at], at + 2);
			if (program < 0) {
				printf("bpf(): %s\n", strerror(errno));
				return 1;
			}
			printf("%s %lx\n", names[at], place(program));
			prctl(PR_SET_NAME, names[at]);
			for (double end = seconds() + 0.1; seconds() < end;) {
				union bpf_attr with;
				memset(&with, 0, sizeof with);
				with.test.prog_fd = program;
				with.test.data_in = (unsigned long)packet;
				with.test.data_size_in = sizeof packet;
				with.test.repeat = 200;
				bpf(BPF_PROG_TEST_RUN, &with);
			}
			prctl(PR_SET_NAME, "between");
			close(program);
			/* The kernel frees it after a grace period. */
			usleep(60000);
		}
	return 0;
}
