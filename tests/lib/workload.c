/* SPDX-License-Identifier: MIT */
/*
 * Makes an exact number of events for a test to count.
 *   workload [--hold] MODE COUNT [ARG]
 * Prints its pid; with --hold waits for a line on stdin, so that tracing can begin first; makes COUNT events and
 * nothing else of their kind; prints `done COUNT`. Modes: see the table at the end.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Targets of uprobes: exported by -rdynamic, and with a side effect the compiler can't see through. */
__attribute__((noinline)) int workload_call(int i, const char *s);
__attribute__((noinline)) int workload_ret(int i);

int workload_call(int i, const char *s)
{
	__asm__ volatile("" : : "r"(i), "r"(s) : "memory");
	return i;
}

int workload_ret(int i)
{
	__asm__ volatile("" : "+r"(i) : : "memory");
	return i * 2;
}

/* Calls itself, DEPTH calls in all. */
__attribute__((noinline)) int workload_nest(int depth);

int workload_nest(int depth)
{
	int below = depth > 1 ? workload_nest(depth - 1) : 0;

	__asm__ volatile("" : "+r"(below) : : "memory");
	return below + 1;
}

/* A name as C++ templates and Rust have them, and room for a probe behind the first instruction. */
#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
__attribute__((noinline)) void workload_long(void) __asm__("workload_long_" HUNDRED HUNDRED HUNDRED);

void workload_long(void)
{
	__asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop" : : : "memory");
}

/* Blocks that nobody frees, of 101 bytes, and of 202 from realloc(). */
enum { LEAKED = 101 };
void *volatile workload_leaked;
__attribute__((noinline)) void workload_leak(void);
__attribute__((noinline)) void workload_leak_realloc(void);

void workload_leak(void)
{
	workload_leaked = malloc(LEAKED);
}

void workload_leak_realloc(void)
{
	workload_leaked = malloc(LEAKED / 10);
	workload_leaked = realloc(workload_leaked, 2 * LEAKED);
}

static void die(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long number(const char *text, long max)
{
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 0 || n > max) {
		errno = EINVAL;
		die(text);
	}
	return n;
}

/* One openat each, whether the path exists or not. */
static void do_openat(long count, const char *path)
{
	for (long i = 0; i < count; i++) {
		long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
		if (fd >= 0)
			close((int)fd);
	}
}

static void do_getppid(long count, const char *arg)
{
	(void)arg;
	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
}

/* Each on another CPU than the one before, where there are several. */
static void do_getppid_hop(long count, const char *arg)
{
	cpu_set_t all, one;
	int cpu = -1;

	(void)arg;
	if (sched_getaffinity(0, sizeof(all), &all))
		die("sched_getaffinity");
	for (long i = 0; i < count; i++) {
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET(cpu, &all));
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			die("sched_setaffinity");
		syscall(SYS_getppid);
	}
}

static void do_call(long count, const char *s)
{
	for (long i = 0; i < count; i++) {
		workload_call((int)i, s ? s : "hello");
		workload_long();
		if (workload_ret((int)i) != (int)i * 2)
			die("workload_ret");
	}
}

enum { DEPTH = 5 };

static void do_nest(long count, const char *arg)
{
	(void)arg;
	for (long i = 0; i < count; i++)
		if (workload_nest(DEPTH) != DEPTH)
			die("workload_nest");
}

/* One TCP connect each to a port of 127.0.0.1; that nobody listens there is fine. */
static void do_connect(long count, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)number(port, 65535)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			die("socket");
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != ECONNREFUSED)
			die("connect");
		close(fd);
	}
}

enum { THREADS = 4 };

static void *call_getpid(void *calls)
{
	for (long n = *(long *)calls; n > 0; n--)
		syscall(SYS_getpid);
	return NULL;
}

static void *call_function(void *calls)
{
	for (long n = *(long *)calls; n > 0; n--)
		workload_call((int)n, "from a thread");
	return NULL;
}

/* COUNT calls in all, from several threads at once. */
static void run_threads(long count, void *(*run)(void *))
{
	pthread_t thread[THREADS];
	long calls[THREADS];

	for (int i = 0; i < THREADS; i++) {
		calls[i] = count / THREADS + (i < count % THREADS);
		errno = pthread_create(&thread[i], NULL, run, &calls[i]);
		if (errno)
			die("pthread_create");
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

/* One UDP packet of 11 bytes each, to a port of 127.0.0.1 where nobody listens. */
static void do_udp(long count, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(number(port, 65535)) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (long i = 0; i < count; i++)
		if (sendto(fd, "hello world", 11, 0, (struct sockaddr *)&to, sizeof(to)) != 11)
			die("sendto");
	close(fd);
}

/* DEVICE:HEX: one frame of these bytes each. */
static void do_frame(long count, const char *arg)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	unsigned char frame[1500];
	char device[IF_NAMESIZE];
	size_t size = 0;
	int at = 0, fd;

	if (sscanf(arg, "%15[^:]:%n", device, &at) != 1 || !at)
		die("frame: DEVICE:HEX");
	for (; size < sizeof(frame) && sscanf(arg + at + 2 * size, "%2hhx", &frame[size]) == 1; size++)
		;
	to.sll_ifindex = (int)if_nametoindex(device);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (!to.sll_ifindex || fd < 0)
		die(device);
	for (long i = 0; i < count; i++)
		if (sendto(fd, frame, size, 0, (struct sockaddr *)&to, sizeof(to)) != (ssize_t)size)
			die("sendto");
	close(fd);
}

static void do_getpid_threads(long count, const char *arg)
{
	(void)arg;
	run_threads(count, call_getpid);
}

/* Calls of workload_call(), all on one CPU. */
static void do_call_threads(long count, const char *arg)
{
	cpu_set_t one;

	(void)arg;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
	run_threads(count, call_function);
}

/* COUNT blocks leaked by malloc(), as many by realloc(), others freed; then lives for so many ms, for its maps to be read. */
static void do_leak(long count, const char *arg)
{
	void *aligned;

	for (long i = 0; i < count; i++) {
		workload_leak();
		workload_leak_realloc();
		workload_leaked = calloc(3, LEAKED);
		free(workload_leaked);
		if (posix_memalign(&aligned, 64, LEAKED))
			die("posix_memalign");
		free(aligned);
		free(realloc(malloc(LEAKED), 100 * LEAKED));
	}
	usleep(arg ? 1000 * (useconds_t)number(arg, 10000) : 0);
}

static pthread_mutex_t mutex[6] = { [0 ... 5] = PTHREAD_MUTEX_INITIALIZER };
__attribute__((noinline)) void workload_lock(int first, int second);
__attribute__((noinline)) void workload_lock_back(int first, int second);

void workload_lock(int first, int second)
{
	pthread_mutex_lock(&mutex[first]);
	pthread_mutex_lock(&mutex[second]);
	pthread_mutex_unlock(&mutex[second]);
	pthread_mutex_unlock(&mutex[first]);
}

void workload_lock_back(int first, int second)
{
	pthread_mutex_lock(&mutex[first]);
	pthread_mutex_lock(&mutex[second]);
	pthread_mutex_unlock(&mutex[first]);
	pthread_mutex_unlock(&mutex[second]);
}

static void *lock_back(void *count)
{
	for (long i = 0; i < *(long *)count; i++)
		workload_lock_back(1, 0);
	return NULL;
}

/*
 * Mutexes 0 and 1 in either order, by two threads that never meet. What is no cycle: 2 ahead of 3 all the time; 3 ahead of
 * 4, which is a new one when it is ahead of 3; 5, which trylock takes behind 2 and is held ahead of it.
 */
static void do_mutex(long count, const char *arg)
{
	pthread_t thread;

	for (long i = 0; i < count; i++) {
		workload_lock(0, 1);
		workload_lock(2, 3);
	}
	workload_lock(3, 4);
	pthread_mutex_destroy(&mutex[4]);
	pthread_mutex_init(&mutex[4], NULL);
	workload_lock(4, 3);
	pthread_mutex_lock(&mutex[2]);
	if (!pthread_mutex_trylock(&mutex[5]))
		pthread_mutex_unlock(&mutex[5]);
	pthread_mutex_unlock(&mutex[2]);
	workload_lock(5, 2);
	errno = pthread_create(&thread, NULL, lock_back, &count);
	if (errno)
		die("pthread_create");
	pthread_join(thread, NULL);
	usleep(arg ? 1000 * (useconds_t)number(arg, 10000) : 0);
}

static const struct mode {
	const char *name, *arg; /* arg in [] may be left out */
	void (*run)(long count, const char *arg);
} modes[] = {
	{ "openat", "PATH", do_openat },
	{ "getppid", NULL, do_getppid },
	{ "getppid-hop", NULL, do_getppid_hop },
	{ "call", "[STRING]", do_call },
	{ "nest", NULL, do_nest },
	{ "connect", "PORT", do_connect },
	{ "udp", "PORT", do_udp },
	{ "frame", "DEVICE:HEX", do_frame },
	{ "leak", "[MS]", do_leak },
	{ "mutex", "[MS]", do_mutex },
	{ "getpid-threads", NULL, do_getpid_threads },
	{ "call-threads", NULL, do_call_threads },
};

static int usage(void)
{
	fprintf(stderr, "usage: workload [--hold] MODE COUNT [ARG]\n");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(stderr, "  %s COUNT %s\n", modes[i].name, modes[i].arg ? modes[i].arg : "");
	return 2;
}

int main(int argc, char **argv)
{
	int hold = argc > 1 && !strcmp(argv[1], "--hold");
	char **word = argv + 1 + hold;
	int words = argc - 1 - hold;
	const struct mode *mode = NULL;

	for (size_t i = 0; words >= 2 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(word[0], modes[i].name))
			mode = &modes[i];
	if (!mode || words > 3 || (words == 3 && !mode->arg) || (words == 2 && mode->arg && mode->arg[0] != '['))
		return usage();
	long count = number(word[1], 1000000000);

	printf("%d\n", (int)getpid());
	fflush(stdout);
	if (hold) {
		/* Not stdio: it may call more than one read, and a test may count those. */
		char c;
		ssize_t got;
		do
			got = read(0, &c, 1);
		while (got == 1 && c != '\n');
		if (got != 1)
			return 1; /* whoever held us is gone */
	}
	mode->run(count, words == 3 ? word[2] : NULL);
	printf("done %ld\n", count);
	return 0;
}
