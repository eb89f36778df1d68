/* SPDX-License-Identifier: MIT
 *
 * Which of a program's functions some commands enter, as a linker script that lays them together. For the build: a
 * compile enters one in ten of clang's and LLVM's functions, and where they lie among the others nearly each of them
 * costs a page fault.
 *   entered PROGRAM [COMMAND]...      each COMMAND is for sh; PROGRAM is whatever of their processes runs it
 * A breakpoint is put on each function of PROGRAM, which lies at fixed addresses, and taken away when it is reached.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
static const uint8_t breakpoint[] = { 0xcc };
#define COUNTER(registers) ((registers).rip)
enum { BEYOND = 1 };	/* where the program counter is when one was reached */
#elif defined(__aarch64__)
static const uint8_t breakpoint[] = { 0x00, 0x00, 0x20, 0xd4 };
#define COUNTER(registers) ((registers).pc)
enum { BEYOND = 0 };
#else
#error "luatrace knows x86-64 and arm64"
#endif

struct function {
	uint64_t address;
	const char *name;	/* of the ELF file */
	bool entered;
};

struct program {
	struct stat file;
	struct function *functions;	/* by address; several names may have one */
	size_t count;
	uint64_t begin;			/* of its code */
	uint8_t *code, *patched;
	size_t size;
};

static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("entered: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static int by_address(const void *a, const void *b)
{
	const struct function *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

/* The functions of .text that a linker script can name. */
static void read_functions(struct program *program, Elf *elf, size_t text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$";
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Shdr header;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
			continue;
		program->functions = calloc(header.sh_size / header.sh_entsize, sizeof(*program->functions));
		if (!program->functions)
			fail("out of memory");
		for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
			const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);

			if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx == text && symbol.st_size &&
			    name && *name && !name[strspn(name, plain)])
				program->functions[program->count++] = (struct function){ symbol.st_value, name, false };
		}
		qsort(program->functions, program->count, sizeof(*program->functions), by_address);
	}
}

static void read_program(struct program *program, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *section = NULL;
	size_t names;
	Elf *elf;

	if (fd < 0 || fstat(fd, &program->file))
		fail("%s: %s", path, strerror(errno));
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_getshdrstrndx(elf, &names))
		fail("%s: %s", path, elf_errmsg(-1));
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		Elf_Data *data = name && !strcmp(name, ".text") ? elf_getdata(section, NULL) : NULL;

		if (!data)
			continue;
		program->begin = header.sh_addr;
		program->size = data->d_size;
		program->code = data->d_buf;
		read_functions(program, elf, elf_ndxscn(section));
	}
	program->patched = malloc(program->size);
	if (!program->count || !program->patched)
		fail("%s: no functions", path);
	memcpy(program->patched, program->code, program->size);
	for (size_t i = 0; i < program->count; i++)
		memcpy(program->patched + (program->functions[i].address - program->begin), breakpoint, sizeof(breakpoint));
}

static void write_memory(pid_t pid, uint64_t address, const void *data, size_t size)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, data, size, (off_t)address) != (ssize_t)size)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

static void on_exec(const struct program *program, pid_t pid)
{
	char path[32];
	struct stat file;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (!stat(path, &file) && file.st_dev == program->file.st_dev && file.st_ino == program->file.st_ino)
		write_memory(pid, program->begin, program->patched, program->size);
}

/* Whether a trap was one of ours; then the process is as if it had not been there. */
static bool on_trap(struct program *program, pid_t pid)
{
	struct user_regs_struct registers;
	struct iovec all = { &registers, sizeof(registers) };
	struct function wanted = { 0 }, *found;

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all))
		return false;
	wanted.address = COUNTER(registers) - BEYOND;
	found = bsearch(&wanted, program->functions, program->count, sizeof(*found), by_address);
	if (!found)
		return false;
	while (found > program->functions && found[-1].address == wanted.address)
		found--;
	for (; found < program->functions + program->count && found->address == wanted.address; found++)
		found->entered = true;
	write_memory(pid, wanted.address, program->code + (wanted.address - program->begin), sizeof(breakpoint));
	COUNTER(registers) = wanted.address;
	return !ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
}

static void run(struct program *program, const char *command)
{
	const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
			     PTRACE_O_EXITKILL;
	pid_t first = fork(), pid;
	int status;

	if (!first) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (first < 0 || waitpid(first, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, first, NULL, options))
		fail("tracing a command: %s", strerror(errno));
	ptrace(PTRACE_CONT, first, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		int sent;

		if (pid == first && (WIFEXITED(status) || WIFSIGNALED(status)) && status)
			fprintf(stderr, "entered: failed: %s\n", command);
		if (pid < 0 || !WIFSTOPPED(status))
			continue;
		sent = WSTOPSIG(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			on_exec(program, pid);
		/* a new process or thread begins with a SIGSTOP */
		if (status >> 16 || sent == SIGSTOP || (sent == SIGTRAP && on_trap(program, pid)))
			sent = 0;
		ptrace(PTRACE_CONT, pid, NULL, sent);
	}
}

int main(int argc, char **argv)
{
	struct program program = { 0 };

	if (argc < 2)
		fail("usage: entered PROGRAM [COMMAND]...");
	read_program(&program, argv[1]);
	for (int i = 2; i < argc; i++)
		run(&program, argv[i]);
	/* each function has a section of its own; with INSERT the linker's own script stays in force */
	printf("SECTIONS\n{\n\t.text.entered : {\n");
	for (size_t i = 0; i < program.count; i++)
		if (program.functions[i].entered)
			printf("\t\t*(.text.%s)\n", program.functions[i].name);
	printf("\t}\n}\nINSERT BEFORE .text;\n");
	return fflush(stdout) || ferror(stdout);
}
