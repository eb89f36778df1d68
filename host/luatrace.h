/* SPDX-License-Identifier: MIT
 *
 * The ABI between the C host and the Lua runtime: all that Lua sees, and nothing else.
 * The build turns this file into the one cdef (cc -E -P -DLT_CDEF); lua/luatrace/abi.lua loads it and checks
 * LT_ABI_VERSION. Change the version with every change here.
 *
 * Conventions
 *   - Functions return 0 or a count on success and -errno on failure.
 *   - Where a function takes an `lt_error *`, a failure leaves one complete message there, subject first, cause
 *     last, with the next thing to do where there is one. It may be NULL.
 *   - `const char *` and `const void *` results belong to the handle they came from and live as long as it does.
 *   - A handle is freed by its own `_free`; freeing NULL is harmless.
 *   - Nothing here is thread-safe; one Lua state uses it from one thread.
 */
#ifndef LUATRACE_H
#define LUATRACE_H

#ifndef LT_CDEF
#include <stdint.h>
#define LT_API __attribute__((visibility("default")))
#else
#define LT_API
#endif

enum { LT_ABI_VERSION = 20 };
LT_API int lt_abi_version(void);

/* ---- errors ------------------------------------------------------------------------------------------------- */

/* `code` is -errno. `log` is the long form (the compiler's messages, the verifier's log) or NULL; it is malloc'ed
 * and lt_error_clear() frees it. Zero the struct before its first use; it can be used again without clearing. */
typedef struct lt_error {
	int32_t code;
	char message[1536];
	char *log;
} lt_error;
LT_API void lt_error_clear(lt_error *err);

/* ---- process ------------------------------------------------------------------------------------------------ */

/* 0: errors only; 1: what was chosen and why; 2: libbpf's debug output too. Written to stderr. */
LT_API void lt_set_verbosity(int level);
LT_API int lt_verbosity(void);

/* A path without links. */
enum { LT_PATH_SIZE = 4096 };
LT_API int lt_path_real(const char *path, char out[LT_PATH_SIZE]);
/* 0: nobody but root and this user can change what lies at `path`: neither that nor a directory above it is another
 * user's, or may be written to by others. -EPERM: somebody can; -ENOENT and so on: there is none. */
LT_API int lt_path_trusted(const char *path, lt_error *err);

/* The version string of this build, e.g. "0.1.0". */
LT_API const char *lt_version(void);

/* The first SIGINT or SIGTERM sets a flag that every blocking call here looks at; the second one ends the process
 * with the signal's default action. lt_interrupted() is the signal's number or 0. SIGPIPE and SIGCHLD get their
 * default actions, whatever was inherited. */
LT_API int lt_signals_install(void);
LT_API int lt_interrupted(void);
/* Clears the flag and arms the handlers again, for a program that goes on after an interrupt. The REPL's flag stays
 * after SIGTERM. */
LT_API void lt_interrupt_clear(void);
/* Stops the process as Ctrl-Z does, until it is continued. */
LT_API void lt_suspend(void);

/* Signals by name without "SIG": HUP QUIT USR1 USR2 ALRM CONT WINCH. From now on lt_signal_take() tells of it, and it
 * ends waits; `on` 0: it has its default action again. -EINVAL: not one of these. */
LT_API int lt_signal_catch(const char *name, int32_t on, lt_error *err);
/* The name of a signal that came and was not told of yet, or NULL. One that came twice meanwhile is told of once. */
LT_API const char *lt_signal_take(void);

/* Sleeps `ns` nanoseconds. 0 when slept in full, -EINTR when a signal set the flag. */
LT_API int lt_sleep(uint64_t ns);
/* CLOCK_MONOTONIC in nanoseconds, the clock of bpf_ktime_get_ns(). */
LT_API uint64_t lt_now(void);
/* Nanoseconds of a clock, CLOCK_*; 0 when there is none of that number. */
LT_API uint64_t lt_clock(int32_t clock);
/* Possible CPUs, as the kernel sizes per-CPU map values. */
LT_API int lt_cpu_possible(void);
/* This process's number as BPF programs are given it by bpf_get_current_pid_tgid(); 0 when they cannot be asked. */
LT_API uint32_t lt_own_pid(void);
/* umask(2): which permissions files that are created now do not get. Returns what it was. */
LT_API uint32_t lt_umask(uint32_t mask);
/* mkdir(2): 0 or -errno. */
LT_API int lt_directory_make(const char *path);
/* What lies at a path, links not followed: 0 nothing, 1 a regular file, 2 something else; or -errno. */
LT_API int lt_file_kind(const char *path);
/* True (1) if `fd` is a terminal. */
LT_API int lt_is_terminal(int fd);
/* Writes a message to stderr, after what stdout holds. On a terminal control characters come out as \xNN, and places,
 * severities and carets are painted unless NO_COLOR is set. */
LT_API void lt_message_write(const char *text, uint64_t size);

/* ---- text for a person ---------------------------------------------------------------------------------------- */

/* Writes `text` to `out`, which has room for four times `size` bytes: control characters, those that turn a line's
 * order, and bytes that are no UTF-8 as \n, \t, \r, \e or \xNN. Returns how many bytes that made. */
LT_API uint64_t lt_text_escape(char *out, const void *text, uint64_t size);

/* Writes `text` as the inside of a JSON string to `out`, which has room for LT_JSON_SIZE bytes for each of `size`: what
 * lt_text_escape() escapes as \uNNNN, bytes that are no UTF-8 as U+FFFD. Returns how many bytes that made. */
enum { LT_JSON_SIZE = 6 };
LT_API uint64_t lt_text_json(char *out, const void *text, uint64_t size);

enum {
	LT_LINE_TABLE = 0,	/* fields with a space between two */
	LT_LINE_JSON = 1,	/* an object; each field's name comes ahead of it, by lt_line_key() */
	LT_LINE_CSV = 2,	/* fields with a comma between two, quoted where need be */
};
/* A line that is begun, made field by field and written to stdout. `width`, in characters on a terminal, is a field's
 * least one in a table; filled up on the left, or on the right when it is negative. */
typedef struct lt_line lt_line;
/* `style`: LT_LINE_*. */
LT_API lt_line *lt_line_new(int32_t style);
LT_API void lt_line_free(lt_line *line);
/* Drops what there is of a line that was not ended. */
LT_API void lt_line_begin(lt_line *line);
/* The name of the field that follows, in JSON; nothing in other styles. */
LT_API void lt_line_key(lt_line *line, const void *key, uint64_t size);
/* As lt_text_escape() has it; in JSON as lt_text_json() has it. CSV that a spreadsheet would take for a formula has an
 * apostrophe put ahead. */
LT_API void lt_line_text(lt_line *line, const void *text, uint64_t size, int32_t width);
/* The same of an array of char: up to its NUL, if it has one. */
LT_API void lt_line_chars(lt_line *line, const void *array, uint64_t size, int32_t width);
LT_API void lt_line_integer(lt_line *line, int64_t value, int32_t width);
LT_API void lt_line_unsigned(lt_line *line, uint64_t value, int32_t width);
/* No value: "-", null, or nothing. */
LT_API void lt_line_none(lt_line *line, int32_t width);
LT_API void lt_line_boolean(lt_line *line, int32_t value, int32_t width);
/* "0x", hexadecimal digits; in JSON a string of them. */
LT_API void lt_line_hex(lt_line *line, uint64_t value, int32_t width);
/* As printf's %.*f; in JSON, which has no infinity, null for what is no number. */
LT_API void lt_line_fixed(lt_line *line, double value, int32_t decimals, int32_t width);
/* Lines of a table are cut after so many characters, and what was behind them on the terminal is wiped out; 0: no
 * limit. */
LT_API void lt_line_limit(lt_line *line, int32_t width);
/* Ends the line and writes it. -ENOMEM: there was no memory for a field, and nothing is written; else whether it could
 * be written shows when stdout is flushed. */
LT_API int lt_line_end(lt_line *line);

/* 1: where lines are written to stdout one by one, they go out in large pieces from now on; 0: one by one again, and
 * what waits goes out. A script that chose another buffering keeps it. */
LT_API void lt_stdout_hold(int32_t on);

/* ---- compile: BPF C text to a BPF object --------------------------------------------------------------------- */

enum {
	LT_EMIT_OBJECT = 0,	/* ELF BPF object with BTF and line info */
	LT_EMIT_SLICE = 1,	/* the kernel types selected for this text, as C */
	LT_EMIT_SOURCE = 2,	/* the preprocessed text */
	LT_EMIT_IR = 3,		/* LLVM IR after lowering and optimisation */
	LT_EMIT_ASM = 4,	/* BPF assembly */
	LT_EMIT_LISTING = 5,	/* BPF assembly below the lines of the text that it was made of */
	/* What may stand at `cursor` in a text that need not be whole, as lines of fields with tabs between; a field has
	 * 500 bytes at most and, unless the text got the better of luatrace-cc, no control character. First "LENGTH COUNT":
	 * the bytes ahead of the cursor that a candidate replaces, and how many there are; then the first 1000 of them, best
	 * first, "KIND INSERT DISPLAY DOC": variable, member, method (of a map), function, macro, type, enumerator, keyword
	 * or header; what to put there; its declaration, or a macro's call; a sentence or more about it, or nothing. Takes
	 * 5 s at most, else it is -ETIMEDOUT. */
	LT_EMIT_COMPLETIONS = 6,
};

typedef struct lt_compile_opts {
	const char *text;	/* need not end in NUL */
	uint64_t text_size;	/* bytes */
	const char *const *cflags; /* -D, -U, -I, -W… of the script */
	uint32_t cflag_count;
	const char *const *types; /* "FUNCTION=KIND" where name and context do not say it */
	uint32_t type_count;
	const char *btf_path;	/* NULL: the running kernel's, /sys/kernel/btf/vmlinux */
	const char *const *module_btf_paths; /* with btf_path: BTF of its modules, "…/NAME" or "…/NAME.btf" */
	uint32_t module_btf_count;
	const char *kernel_release; /* of the kernel that is compiled for, "6.1.0-45-amd64"; NULL: the running one */
	const char *config_path; /* its configuration file, plain or gzip; NULL: where kernels are known to have it */
	int32_t emit;		/* LT_EMIT_* */
	uint64_t cursor;	/* with LT_EMIT_COMPLETIONS: bytes of the text, of which what follows counts for nothing */
	int32_t portable;	/* 1: an object for any kernel, which is made this one's when it is opened (docs/bundles.md) */
	int32_t keep;		/* 1: take what was compiled before, and keep what is compiled now (docs/reference.md) */
	const char *label;	/* who it is for, as `luatrace cache` shows it, or NULL */
} lt_compile_opts;

/* Malloc'ed bytes; lt_blob_free() frees them. */
typedef struct lt_blob {
	void *data;
	uint64_t size;
} lt_blob;
LT_API void lt_blob_free(lt_blob *blob);

/* Runs luatrace-cc, a confined child process, and takes its output. On success `out` holds the result and
 * `messages` the compiler's warnings (both to be freed, messages.data is NULL when there are none). On failure
 * err->message is the first error and err->log all messages. Lines are named "program.c:LINE:COLUMN", LINE counted
 * in the text. -EINTR: a signal came; -EILSEQ: the text has a NUL or is not UTF-8; -EINVAL: it does not compile;
 * -ENOENT: no compiler, or no BTF; -EIO: the compiler died. No child and no file is left in any case. */
LT_API int lt_compile(const lt_compile_opts *opts, lt_blob *out, lt_blob *messages, lt_error *err);

/* ---- objects, programs ---------------------------------------------------------------------------------------- */

typedef struct lt_object lt_object;

/* Opens an ELF object from memory (copied). Nothing is in the kernel yet. */
LT_API int lt_object_open(const void *elf, uint64_t size, lt_object **out, lt_error *err);
/* Has a program (NULL: all) not attached by its name, and so not required to load. Before lt_object_load(). -ENOENT. */
LT_API int lt_object_hold(lt_object *object, const char *program);
/* Creates the maps and loads, together, every program whose kind is known (name prefix or context type). A program
 * the verifier refuses is left out and its reason kept when its kind was only guessed or when nothing attaches it by
 * its name; lt_object_program() shows it and attaching it reports it. Fails when an auto-attached one is refused. */
LT_API int lt_object_load(lt_object *object, lt_error *err);
/* Detaches every link, closes every output, program and map. */
LT_API void lt_object_free(lt_object *object);

typedef struct lt_program_info {
	const char *name;
	const char *kind;	/* "kprobe", "tracepoint", …: see lt_kind_name(); "" while it is unknown */
	const char *target;	/* what the name prefix or section names, e.g. "syscalls:sys_enter_openat"; "" if nothing */
	int32_t auto_attach;	/* 1: the name prefix asks for attaching without a call */
	int32_t fd;		/* -1 while not loaded */
	uint32_t insn_count;	/* after verification; 0 while not loaded */
	const char *refused;	/* why the verifier refused it, NULL if it did not */
	const char *log;	/* the verifier's log of that refusal, or NULL */
} lt_program_info;
LT_API uint32_t lt_object_program_count(const lt_object *object);
LT_API int lt_object_program(const lt_object *object, uint32_t index, lt_program_info *out);
/* Index of a program, or -ENOENT. */
LT_API int lt_object_find_program(const lt_object *object, const char *name);
/* Loads one program as `kind` ("" or NULL: its own) unless it is loaded so already. `target` is the function of a
 * fentry, fexit, fmod_ret, lsm, tp_btf or iter program, else NULL. Returns its descriptor (owned by the object). */
LT_API int lt_program_load(lt_object *object, const char *program, const char *kind, const char *target, lt_error *err);

/* Runs of a program, or of a function of it that is not inlined, that ended at once because it was interrupted by
 * itself, on one CPU, more often than there is room for its locals: only where locals do not fit on BPF's stack and
 * the kind is one that the kernel lets run so. */
LT_API uint64_t lt_program_dropped(const lt_object *object, const char *program);

/* A program's instructions as compiled, struct bpf_insn: libbpf has not filled in maps and functions yet (`out` to be
 * freed). */
LT_API int lt_program_bytecode(const lt_object *object, const char *program, lt_blob *out, lt_error *err);

/* The object's raw BTF (struct btf_header first). NULL and size 0 if it has none. */
LT_API const void *lt_object_btf(const lt_object *object, uint64_t *size);

/* That BTF as C declarations, for a person (`out` to be freed). */
LT_API int lt_object_btf_text(const lt_object *object, lt_blob *out, lt_error *err);
/* What the verifier does with each instruction of a program of a known kind and what the registers hold then, whether
 * it takes the program or not (`out` to be freed). The object must be loaded. */
LT_API int lt_program_log(const lt_object *object, const char *program, lt_blob *out, lt_error *err);

/* ---- names by a pattern ---------------------------------------------------------------------------------------- */

/* Regular expressions are POSIX extended ones, with Python's \d, \w, \s and (?:. */
enum {
	LT_PATTERN_NONE = 0,	/* a name */
	LT_PATTERN_GLOB = 1,	/* a shell pattern: *, ?, [a-z] */
	LT_PATTERN_REGEX = 2,	/* a regular expression that matches the whole name */
	LT_PATTERN_START = 3,	/* a regular expression that matches from the name's start */
};
/* Names of the kernel functions that match and, where the kernel says so, can be traced, a line each, in `out`. Returns
 * how many. -EINVAL: not a regular expression. */
LT_API int lt_kernel_functions(const char *pattern, int32_t form, lt_blob *out, lt_error *err);
/* Tracepoints ("category:event", a line each, sorted) that match. Returns how many. -EINVAL as above; -ENODEV: no
 * tracefs. */
LT_API int lt_tracepoints(const char *pattern, int32_t form, lt_blob *out, lt_error *err);

/* ---- attach --------------------------------------------------------------------------------------------------- */

typedef struct lt_link lt_link;

/* One struct for all kinds; which fields a kind uses is said in its file host/trace/KIND.c. Zero what is not used,
 * but pid and cpu (-1 is "any"), fd and attach_type (-1: none). */
typedef struct lt_attach_opts {
	const char *kind;	/* "kprobe", "kretprobe", "uprobe", "uretprobe", "usdt", "tracepoint", "raw_tracepoint",
				 * "fentry", "fexit", "perf_event", "socket"; NULL: the program's own */
	const char *target;	/* kprobe, fentry: function; tracepoint: "category:event"; raw_tracepoint: event;
				 * uprobe, usdt: path or short library name; socket, xdp, tc: network interface, "" for all
				 * (socket alone); cgroup_*, sock_ops: directory; NULL: the program's own */
	const char *symbol;	/* uprobe: symbol, or NULL when address is given; usdt: the probe's name */
	const char *provider;	/* usdt: NULL when the name alone says which probe is meant */
	int32_t pattern;	/* LT_PATTERN_*: what target (kprobe, tracepoint) or symbol (uprobe) is */
	uint64_t address;	/* uprobe: address as in the ELF file's symbol table; kprobe: of the kernel, without a target */
	uint64_t offset;	/* kprobe, uprobe: added to function or symbol */
	uint32_t maxactive;	/* kretprobe: calls that may be under way at once; 0: as the kernel thinks fit */
	int32_t pid;		/* uprobe, usdt, perf_event: -1 any. usdt without a target: in all files of that process */
	int32_t cpu;		/* perf_event: -1 every online CPU */
	uint32_t perf_type;	/* perf_event: PERF_TYPE_* */
	uint64_t perf_config;
	uint64_t sample_period;	/* perf_event: one of the two */
	uint64_t sample_freq;	/* Hz */
	int32_t fd;		/* cgroup_*, sock_ops: a cgroup's, instead of a target; sk_msg, sk_skb: a map's */
	int32_t attach_type;	/* enum bpf_attach_type, of kinds that have several; -1: the program's own, or the first */
	uint32_t flags;		/* xdp: XDP_FLAGS_* */
	uint64_t perf_config1;	/* perf_event: as in perf_event_attr, and so on; of a breakpoint its address */
	uint64_t perf_config2;	/* of a breakpoint its length */
	uint32_t perf_bp_type;
	uint32_t perf_flags;	/* LT_PERF_* */
	uint32_t perf_precise_ip;
	int32_t number_places;	/* kprobe, kretprobe, uprobe, uretprobe, tracepoint: 1: bpf_get_attach_cookie() of a run is the
				 * number of its place, from 1, in the order of lt_link_info.places. Kernel 5.15 */
} lt_attach_opts;
enum {
	LT_PERF_EXCLUDE_USER = 1,
	LT_PERF_EXCLUDE_KERNEL = 2,
	LT_PERF_EXCLUDE_HV = 4,
	LT_PERF_EXCLUDE_IDLE = 8,
	LT_PERF_EXCLUDE_HOST = 16,
	LT_PERF_EXCLUDE_GUEST = 32,
	LT_PERF_INHERIT = 64,
	LT_PERF_PINNED = 128,
};
/* linux/bpf.h has these since 6.6. */
enum { LT_TCX_INGRESS = 46, LT_TCX_EGRESS = 47 };
/* Loads the program as the kind needs, if it is not yet, and attaches it. The object keeps the link; it ends at
 * lt_link_detach(), at lt_object_free() or with the process, whichever comes first. */
LT_API int lt_program_attach(lt_object *object, const char *program, const lt_attach_opts *opts, lt_link **out,
			     lt_error *err);
/* Attaches every program whose name prefix asks for it and that is not attached yet. Returns how many. */
LT_API int lt_object_auto_attach(lt_object *object, lt_error *err);
/* The next packet that the program of a packet socket (lt_link_info.fd of kind "socket") lets through: its length, of
 * which at most `size` bytes are in `buffer`; 0 when none came within `timeout_ms` (-1: for ever), -EINTR. */
LT_API int32_t lt_socket_read(int fd, void *buffer, uint32_t size, int32_t timeout_ms, lt_error *err);
/* Detaches and frees the link. */
LT_API int lt_link_detach(lt_link *link, lt_error *err);

typedef struct lt_link_info {
	const char *program;
	const char *kind;
	const char *target;	/* as resolved, e.g. "/usr/lib/x86_64-linux-gnu/libssl.so.3:SSL_write" */
	const char *mechanism;	/* which kernel interface carries it, e.g. "perf kprobe" */
	const char *places;	/* of a pattern: what it matched and covers, a line each; else NULL */
	uint32_t place_count;	/* at least 1; a USDT probe has several */
	uint32_t refused_count;	/* places that it matched and the kernel refused */
	int32_t fd;		/* the first descriptor that holds it: of kind "socket" the socket; -1: none */
} lt_link_info;
/* Links of the object that are attached, in the order of attaching. */
LT_API uint32_t lt_object_link_count(const lt_object *object);
LT_API lt_link *lt_object_link(const lt_object *object, uint32_t index);
LT_API int lt_link_get_info(const lt_link *link, lt_link_info *out);
/* Runs of its program, at all of that one's links, that the kernel left out since another program, or the same, ran on
 * that CPU already. Counted since 5.12, of kprobes and tracepoints since 6.7. */
LT_API uint64_t lt_link_missed(const lt_link *link);

/* Names of probe kinds, in the order of their enumeration; NULL past the last. */
LT_API const char *lt_kind_name(uint32_t index);
/* 0 if this kernel has the kind (as far as that shows without attaching), else -errno with the reason and what
 * would do instead. */
LT_API int lt_kind_supported(const char *kind, lt_error *err);
/* What can be attached to: "KIND:TARGET", a line each, by kind in their order; with `details` each followed by its
 * arguments as C declarations, a line each, indented; control characters of files' names are escaped. `pattern` is
 * "KIND:TARGET", both shell patterns, or what a target holds. Returns how many. Fails when a kind is named and cannot
 * be listed here. */
LT_API int lt_probe_list(const char *pattern, int32_t details, lt_blob *out, lt_error *err);

/* A descriptor of a cgroup (version 2) by its directory, that the caller closes with lt_map_close(). */
LT_API int lt_cgroup_open(const char *path, lt_error *err);

/* ---- iterators ------------------------------------------------------------------------------------------------ */

typedef struct lt_iter_opts {
	int32_t map_fd;		/* whose elements, of targets that go through a map's; -1 */
	int32_t pid;		/* target "task" and its like: this process's threads; -1 all */
	int32_t tid;		/* this thread; -1 all */
	const char *cgroup;	/* target "cgroup": where to begin (the directory of a cgroup); NULL: at the root */
	uint32_t order;		/* target "cgroup": enum bpf_cgroup_iter_order; 0: with what is below, from above */
} lt_iter_opts;
/* Loads an iterator and begins to read what it writes: a descriptor, to be closed by lt_iter_close(). Nothing stays
 * attached but for as long as it is open. */
LT_API int lt_iter_open(lt_object *object, const char *program, const lt_iter_opts *opts, lt_error *err);
/* The next bytes: how many, 0 at the end. -EINTR: a signal (see lt_interrupted). A record may be divided between two
 * reads when `size` is less than 32768. */
LT_API int32_t lt_iter_read(int fd, void *buffer, uint32_t size, lt_error *err);
LT_API void lt_iter_close(int fd);

/* ---- outputs: perf and ring buffers ---------------------------------------------------------------------------- */

typedef struct lt_output lt_output;

typedef struct lt_output_opts {
	uint32_t page_count;	/* perf: pages per CPU, a power of two; 0: 128. Ring buffers: as the text says */
	uint32_t wakeup_events;	/* 1: wake for every record; 0: batched, by watermark (the default) */
	uint32_t latency_ms;	/* longest time a record waits unread while batched (shorter at first); 0: 50 */
	int32_t ordered;	/* perf: 1: records of all CPUs come in the order of their times, 10 ms later */
} lt_output_opts;

/* Opens the perf buffer (BPF_PERF_OUTPUT) or ring buffer (BPF_RINGBUF_OUTPUT) called `map`. One at a time for each
 * map: -EBUSY if it is open. The object owns the output; lt_output_close() ends it earlier. */
LT_API int lt_output_open(lt_object *object, const char *map, const lt_output_opts *opts, lt_output **out,
			  lt_error *err);
LT_API void lt_output_close(lt_output *output);
/* BTF id (in the object's BTF) of the struct that the text submits to this map, or that the iterator of this name
 * writes; 0 when it submits none or several different ones. */
LT_API uint32_t lt_output_record_type(const lt_object *object, const char *output);

/* One record. `data` is valid until the next lt_output_next() or lt_output_close() on its output, may lie at any
 * alignment, and has `size` readable bytes (perf: padded by the kernel, size is what the ring holds). */
typedef struct lt_record {
	const void *data;
	uint32_t size;
	int32_t cpu;		/* perf: the ring's CPU; ring buffer: -1 */
} lt_record;
enum { LT_BATCH_RECORDS = 512 };
typedef struct lt_batch {
	int32_t count;		/* signed: what LuaJIT counts in without a way through doubles */
	int32_t next;		/* for the reader's own use: how far it got */
	lt_record records[LT_BATCH_RECORDS];
} lt_batch;

/* Gives back the last batch to the kernel and fetches the next one, at most LT_BATCH_RECORDS, of what lay in the
 * rings when the sweep began. Returns the count; 0 ends the sweep (what came meanwhile waits for the next one).
 * `all`: records of an ordered output too that others, not yet seen, may have to come before. */
LT_API int lt_output_next(lt_output *output, lt_batch *batch, int32_t all);
/* Records that were made and could not be delivered since the output was opened, as counted where they were lost. */
LT_API uint64_t lt_output_lost(lt_output *output);

/* Waits until an output of the process is worth reading, its latency has passed, a signal that is caught has come, a
 * child has ended, standard input can be read, or `timeout_ms` (-1: for ever). Returns 1 (sweep all outputs, and look
 * at everything else), 0 on timeout (the same), -EINTR after a signal that ends a run (see lt_interrupted). */
LT_API int lt_wait(int32_t timeout_ms, lt_error *err);

/* ---- child processes ------------------------------------------------------------------------------------------- */

typedef struct lt_child lt_child;

/* Starts words[0] (looked for in PATH) with these words as its arguments, held: the process is there and has its
 * number, but does not run them until lt_child_release(). When this process ends first, a held child goes away. */
LT_API int lt_child_start(const char *const *words, uint32_t count, lt_child **out, lt_error *err);
LT_API int32_t lt_child_pid(const lt_child *child);
/* Lets it run, once. Fails when it cannot be executed; it has ended then. */
LT_API int lt_child_release(lt_child *child, lt_error *err);
/* 1: it has ended; `status` is its exit status, or -1 when a signal ended it, whose number is `signal` then (else 0).
 * 0: it has not. */
LT_API int lt_child_ended(lt_child *child, int32_t *status, int32_t *signal);
/* Ends it if it has not ended: by SIGTERM, which is not waited for. */
LT_API void lt_child_free(lt_child *child);

/* ---- standard input -------------------------------------------------------------------------------------------- */

typedef struct lt_input lt_input;

/* 1: lt_wait() waits for it too; 0: it is a file, in which lines are at any time. One at a time. */
LT_API int lt_input_open(lt_input **out, lt_error *err);
/* The next line without its newline: its length, -EAGAIN when there is none now, -ENODATA after the last. It may hold
 * NULs, and is valid until the next call. One of more than 65536 bytes comes in pieces. */
LT_API int lt_input_line(lt_input *input, const char **line);
LT_API void lt_input_free(lt_input *input);

/* ---- trace_pipe ------------------------------------------------------------------------------------------------ */

/* Where tracefs is mounted (mounted at /sys/kernel/tracing if it is not and that is allowed), or NULL with the
 * reason. The string is static. */
LT_API const char *lt_tracefs(lt_error *err);

typedef struct lt_trace_pipe lt_trace_pipe;
LT_API int lt_trace_pipe_open(lt_trace_pipe **out, lt_error *err);
/* The next line without its newline: its length, 0 when there is none now. The line is NUL-terminated and valid until
 * the next call. */
LT_API int lt_trace_pipe_readline(lt_trace_pipe *pipe, const char **line);
LT_API void lt_trace_pipe_free(lt_trace_pipe *pipe);

#include "luatrace_maps.h"
#include "luatrace_symbols.h"
#include "luatrace_types.h"
#include "luatrace_repl.h"
#include "luatrace_http.h"
#include "luatrace_bundle.h"

#endif
