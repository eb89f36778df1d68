/* SPDX-License-Identifier: MIT
 *
 * Loads an object, attaches its programs, has them run, and prints how many nanoseconds a run of each takes, as the
 * kernel measures it (BPF_STATS_RUN_TIME).
 *   run_time OBJECT PROGRAM=WHERE...
 * WHERE: tracepoint:CATEGORY/EVENT, raw_tracepoint:EVENT, uprobe, uretprobe (of a function of this program's own),
 * perf_event (the CPU's clock, often), xdp (on a packet of its own, without an interface).
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/perf_event.h>
#include <linux/udp.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 20000, EXECS = 150, AT_ONCE = 100, PAGES = 64, PACKETS = 1000000, HZ = 10000 };
enum { MOST_OUTPUTS = 4 };

extern char **environ;

static struct perf_buffer *perf_buffers[MOST_OUTPUTS];
static struct ring_buffer *ring_buffers[MOST_OUTPUTS];
static int outputs;

static void die(const char *what)
{
	fprintf(stderr, "run_time: %s: %s\n", what, strerror(errno));
	exit(1);
}

__attribute__((noinline, used)) int probed(int i)
{
	__asm__ volatile("" : "+r"(i));
	return i;
}

static void ignore(void *context, int cpu, void *data, __u32 size)
{
	(void)context, (void)cpu, (void)data, (void)size;
}

static int ignore_ring(void *context, void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	return 0;
}

static void open_outputs(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		bool perf = bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
		bool ring = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;

		if ((!perf && !ring) || outputs == MOST_OUTPUTS)
			continue;
		if (perf)
			perf_buffers[outputs] = perf_buffer__new(bpf_map__fd(map), PAGES, ignore, NULL, NULL, NULL);
		else
			ring_buffers[outputs] = ring_buffer__new(bpf_map__fd(map), ignore_ring, NULL, NULL);
		if (!perf_buffers[outputs] && !ring_buffers[outputs])
			die(bpf_map__name(map));
		outputs++;
	}
}

static void empty_outputs(void)
{
	for (int i = 0; i < outputs; i++) {
		if (perf_buffers[i])
			perf_buffer__consume(perf_buffers[i]);
		else
			ring_buffer__consume(ring_buffers[i]);
	}
}

/* What runs the programs. Each also when it is not what they wait for: all of them have the same around them. */
static void call(void)
{
	for (int i = 0; i < CALLS; i++) {
		probed(i);
		close(open("/nonexistent/luatrace-bench", O_RDONLY));
		if (i % AT_ONCE == 0)
			empty_outputs();
	}
}

static void exec(void)
{
	char *const words[] = { "true", NULL };

	for (int i = 0; i < EXECS; i++) {
		pid_t pid;
		int status;

		errno = posix_spawnp(&pid, words[0], NULL, NULL, words, environ);
		if (errno || waitpid(pid, &status, 0) < 0)
			die(words[0]);
		empty_outputs();
	}
}

static void burn(void)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += 1;
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

static void run_on_packet(struct bpf_program *program)
{
	struct {
		struct ethhdr eth;
		struct iphdr ip;
		struct udphdr udp;
		char payload[64];
	} __attribute__((packed)) packet = {
		.eth.h_proto = htons(ETH_P_IP),
		.ip = { .version = 4, .ihl = 5, .protocol = 17, .ttl = 64, .tot_len = htons(92) },
		.udp = { .source = htons(1), .dest = htons(53), .len = htons(72) },
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &packet, .data_size_in = sizeof(packet), .repeat = PACKETS);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts))
		die("test run");
	printf("%s %d %u\n", bpf_program__name(program), PACKETS, opts.duration);
}

static struct bpf_link *attach_clock(struct bpf_program *program)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK, .freq = 1, .sample_freq = HZ };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		die("perf event");
	return bpf_program__attach_perf_event(program, fd);
}

static struct bpf_link *attach(struct bpf_program *program, char *where)
{
	char *target = strchr(where, ':'), *event;
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "probed", .retprobe = !strcmp(where, "uretprobe"));

	if (target)
		*target++ = '\0';
	if (!strcmp(where, "tracepoint") && target && (event = strchr(target, '/'))) {
		*event++ = '\0';
		return bpf_program__attach_tracepoint(program, target, event);
	}
	if (!strcmp(where, "raw_tracepoint"))
		return bpf_program__attach_raw_tracepoint(program, target);
	if (!strcmp(where, "perf_event"))
		return attach_clock(program);
	return bpf_program__attach_uprobe_opts(program, getpid(), "/proc/self/exe", 0, &opts);
}

/* What libbpf cannot tell by the section of a program of the dialect. */
static void set_type(struct bpf_program *program, const char *where)
{
	bpf_program__set_type(program, !strncmp(where, "tracepoint", 10) ? BPF_PROG_TYPE_TRACEPOINT :
				       !strncmp(where, "raw_tracepoint", 14) ? BPF_PROG_TYPE_RAW_TRACEPOINT :
				       !strcmp(where, "perf_event") ? BPF_PROG_TYPE_PERF_EVENT :
				       !strcmp(where, "xdp") ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_KPROBE);
}

static void print_stats(struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		die("program info");
	if (info.run_cnt)
		printf("%s %llu %g\n", bpf_program__name(program), (unsigned long long)info.run_cnt,
		       (double)info.run_time_ns / (double)info.run_cnt);
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc > 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *programs[8];
	bool clock = false, execs = false, xdp = false;
	int count = argc - 2 < 8 ? argc - 2 : 8;

	if (!object)
		die(argc > 2 ? argv[1] : "usage: run_time OBJECT PROGRAM=WHERE...");
	for (int i = 0; i < count; i++) {
		char *where = strchr(argv[i + 2], '=');

		if (!where)
			die(argv[i + 2]);
		*where = '\0';
		programs[i] = bpf_object__find_program_by_name(object, argv[i + 2]);
		if (!programs[i])
			die(argv[i + 2]);
		set_type(programs[i], where + 1);
	}
	if (bpf_object__load(object))
		die(argv[1]);
	open_outputs(object);
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		die("statistics");
	for (int i = 0; i < count; i++) {
		char *where = argv[i + 2] + strlen(argv[i + 2]) + 1;

		clock = clock || !strcmp(where, "perf_event");
		execs = execs || strstr(where, "exec");
		if (!strcmp(where, "xdp")) {
			xdp = true;
			run_on_packet(programs[i]);
		} else if (!attach(programs[i], where)) {
			die(where);
		}
	}
	if (xdp)
		return 0;
	if (clock)
		burn();
	else if (execs)
		exec();
	else
		call();
	for (int i = 0; i < count; i++)
		print_stats(programs[i]);
	return 0;
}
