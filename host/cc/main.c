/* SPDX-License-Identifier: MIT
 *
 * luatrace-cc: BPF C text in, BPF object out. Started by luatrace for one text; see compile_protocol.h.
 *
 *   scan the text's names → slice of kernel types → clang, to LLVM's IR → lowering passes → object
 *
 * Names are found lexically. What that misses (pasted tokens) or takes too much of (a local name that is also the
 * kernel's) clang's errors tell, and the compile is tried again with it set right.
 */
#include "compile_protocol.h"
#include "ask.h"
#include "attempt.h"
#include "clang.h"
#include "complete/complete.h"
#include "confine.h"
#include "disassemble.h"
#include "emit/finish.h"
#include "lower/lower.h"
#include "messages.h"
#include "text/unknown.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* Nothing is freed at the end on purpose, and the leak checker cannot trace a confined process. A stack that ends is
 * the text's doing, as without the sanitizer. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "detect_leaks=0:handle_segv=0";
}
#endif

struct options {
	const char *emit;
	bool verbose;
	size_t cursor;		/* with --emit=completions: bytes of the text ahead of it */
	struct kernel_facts facts;
	struct program_kind *kinds;
	char **cflags;
	int cflag_count;
};

static const char *after(const char *argument, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(argument, prefix, length) ? NULL : argument + length;
}

static void parse_kind(struct options *options, int index, const char *value)
{
	const char *equals = strchr(value, '=');

	if (!equals)
		die("type '%s': not FUNCTION=KIND", value);
	options->kinds[index] = (struct program_kind){ copy_string(value, equals - value), equals + 1 };
}

/* "-D NAME" and "-DNAME" alike; "-includefoo" and "-isystemfoo" are no flags of clang's that we want. */
static const struct cflag { const char *name; bool joined, apart; } cflags[] = {
	{ "-D", true, true }, { "-U", true, true }, { "-I", true, true }, { "-isystem", false, true },
	{ "-include", false, true }, { "-std=", true, false },
};

/* -Wall, -Wno-unused, -Werror=NAME, -w; but -Wl, and its like hand words to other programs. */
static bool is_warning_flag(const char *flag)
{
	return !strcmp(flag, "-w") || (flag[0] == '-' && flag[1] == 'W' && flag[2] && !strchr(flag, ','));
}

/* Only what shapes the text: other options could make clang read, write or load what it should not. */
static void check_cflag(char **flags, int *index, int count)
{
	const char *flag = flags[*index], *value;

	for (size_t i = 0; i < sizeof(cflags) / sizeof(*cflags); i++) {
		value = after(flag, cflags[i].name);
		if (value && *value && cflags[i].joined)
			return;
		if (!value || *value || !cflags[i].apart)
			continue;
		if (++*index >= count)
			die("cflag '%s': its argument is missing", flag);
		return;
	}
	if (!is_warning_flag(flag))
		die("cflag '%s': a text may have -D, -U, -I, -isystem, -include, -std= and -W flags only", flag);
}

static void parse(struct options *options, int argc, char **argv)
{
	int i, kinds = 0;
	const char *value;

	/* One for each argument at most, and the end. */
	options->kinds = allocate_zeroed((size_t)argc + 1, sizeof(*options->kinds));
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if ((value = after(argv[i], "--emit=")))
			options->emit = value;
		else if (!strcmp(argv[i], "--verbose"))
			options->verbose = true;
		else if (!strcmp(argv[i], "--foreign"))
			options->facts.foreign = true;
		else if (!strcmp(argv[i], "--portable"))
			options->facts.portable = true;
		else if ((value = after(argv[i], "--version-code=")))
			options->facts.version_code = strtoul(value, NULL, 10);
		else if ((value = after(argv[i], "--hz=")))
			options->facts.hz = strtoul(value, NULL, 10);
		else if ((value = after(argv[i], "--cpus=")))
			options->facts.cpus = strtoul(value, NULL, 10);
		else if ((value = after(argv[i], "--cursor=")))
			options->cursor = strtoul(value, NULL, 10);
		else if ((value = after(argv[i], "--type=")))
			parse_kind(options, kinds++, value);
		else
			die("luatrace-cc is started by luatrace; use `luatrace cc`");
	}
	if (!options->emit || i == argc)
		die("luatrace-cc is started by luatrace; use `luatrace cc`");
	options->cflags = argv + i + 1;
	options->cflag_count = argc - i - 1;
	for (i = 0; i < options->cflag_count; i++)
		check_cflag(options->cflags, &i, options->cflag_count);
}

static void write_result(const char *data, size_t size)
{
	while (size) {
		ssize_t wrote = write(LT_CC_OUT_FD, data, size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			die("writing the result: %s", strerror(errno));
		data += wrote;
		size -= wrote;
	}
}

static void print_messages(const char *raw)
{
	struct text tidy = { 0 };

	messages_tidy(raw, &tidy);
	fputs(tidy.data, stderr);
	text_free(&tidy);
}

static void explain(struct source *source, const struct kernel_btf *btf, const char *messages)
{
	unknown_explain(btf, messages, &source->notes);
	modules_report_missing(&source->modules, &source->notes);
	drift_explain(&source->drift, &source->notes);
}

static void show_messages(struct source *source, const struct kernel_btf *btf, bool taken, const char *messages)
{
	const char *absent = taken ? NULL : source_check_absent(source, messages);

	if (absent) {
		fputs(absent, stderr);
		return;
	}
	print_messages(messages);
	if (!taken)
		explain(source, btf, messages);
	fputs(source->notes.lines.data ? source->notes.lines.data : "", stderr);
}

/* Until clang takes the text or nothing more can be set right: a module, or text, by what is asked for. Each try has
 * a context of its own, for names in one are unique. */
static bool compile(struct source *source, const struct options *options, struct kernel_btf *btf,
		    struct lowering *lowering, struct text *output)
{
	struct text generated = { 0 };
	const struct clang_job job = {
		.source = source, .generated = &generated, .cflags = options->cflags, .cflag_count = options->cflag_count,
		.preprocess = !strcmp(options->emit, "source"),
		.assumed = options->facts.portable ? &source->assumed : NULL,
	};

	if (!strcmp(options->emit, "slice")) {
		attempt_generate(source, btf, output);
		return true;
	}
	for (int try = 1;; try++) {
		struct clang_result result;
		bool taken;

		attempt_generate(source, btf, &generated);
		lowering->context = LLVMContextCreate();
		taken = clang_run(&job, lowering->context, &result);
		if (taken || try == ATTEMPT_MOST || !attempt_learn(source, btf, result.messages.data)) {
			show_messages(source, btf, taken, result.messages.data);
			lowering->module = result.module;
			*output = result.preprocessed;
			return taken;
		}
		text_free(&result.messages);
		text_free(&result.preprocessed);
		text_free(&generated);
		LLVMContextDispose(lowering->context);
	}
}

static void emit(struct lowering *lowering, const struct options *options, const struct source *source,
		 struct text *result)
{
	if (!strcmp(options->emit, "listing")) {
		struct text assembly = { 0 };

		lowering_emit(lowering, EMIT_ASSEMBLY_WITH_LINES, &assembly);
		make_listing(assembly.data, source->text, result);
		text_free(&assembly);
	} else if (!strcmp(options->emit, "object")) {
		lowering_emit(lowering, EMIT_OBJECT, result);
		finish_object(result, source->text, source->size);
	} else {
		lowering_emit(lowering, EMIT_ASSEMBLY, result);
	}
}

static int run_disassembler(int count, char **functions)
{
	struct text result = { 0 };
	uint8_t *code;
	size_t size;

	confine();
	code = (uint8_t *)read_whole(LT_CC_TEXT_FD, &size);
	if (!code)
		die("reading the code: %s", strerror(errno));
	disassemble(functions, count, code, size, &result);
	write_result(result.data, result.size);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct source source = { 0 };
	struct text output = { 0 }, result = { 0 };
	struct kernel_btf btf = { 0 };
	struct lowering lowering = { .btf = &btf };

	if (argc > 1 && !strcmp(argv[1], "--disassemble"))
		return run_disassembler(argc - 2, argv + 2);
	parse(&options, argc, argv);
	lowering.kinds = options.kinds;
	confine();
	source.text = read_whole(LT_CC_TEXT_FD, &source.size);
	if (!source.text)
		die("reading the text: %s", strerror(errno));
	source.config.facts = options.facts;
	source.drift.portable = options.facts.portable;
	source.notes.verbose = options.verbose;
	if (!strcmp(options.emit, "completions")) {
		complete(&source, options.cursor, options.cflags, options.cflag_count, &result);
		write_result(result.data, result.size);
		_exit(0);
	}
	source_scan(&source, options.cflags, options.cflag_count);
	if (source.unportable.size) {
		fputs(source.unportable.data, stderr);
		return 1;
	}
	lowering_begin();
	if (!compile(&source, &options, &btf, &lowering, &output))
		return 1;
	if (!strcmp(options.emit, "slice") || !strcmp(options.emit, "source")) {
		write_result(output.data, output.size);
		return 0;
	}
	lowering.license = source.license;
	lowering.portable = options.facts.portable ? source.assumed.data : NULL;
	lowering_open(&lowering);
	lowering_run(&lowering);
	if (!strcmp(options.emit, "ir")) {
		char *ir = LLVMPrintModuleToString(lowering.module);

		write_result(ir, strlen(ir));
		return 0;
	}
	emit(&lowering, &options, &source, &result);
	write_result(result.data, result.size);
	fflush(stderr);
	/* the parent waits for the end of this process, and tidying up a compiler takes milliseconds */
	_exit(0);
}
