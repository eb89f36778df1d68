/* SPDX-License-Identifier: MIT
 *
 * What clang is told, and which files there are for it: the text, the dialect, the shims, the text's own headers.
 */
#include "clang.h"
#include "compile_protocol.h"
#include "frontend.h"
#include "headers.h"
#include <stdio.h>
#include <string.h>

/* Where clang thinks its files are. Ours lie below, so that `#include "types.h"` in the text is not ours. */
#define OUR_PLACE LT_CC_TEXT_PLACE "bpf/"

struct list {
	const char **items;
	size_t count, room;
};

static void add(struct list *list, const char *item)
{
	if (list->count == list->room) {
		list->room = 2 * list->room + 128;
		list->items = reallocate(list->items, list->room * sizeof(*list->items));
	}
	list->items[list->count++] = item;
}

static char *joined(const char *before, const char *after)
{
	struct text text = { 0 };

	text_printf(&text, "%s%s", before, after);
	return text.data;
}

#if defined(__x86_64__)
#define ARCH_DEFINES "-D__TARGET_ARCH_x86", "-D__x86_64__"
#else
#define ARCH_DEFINES "-D__TARGET_ARCH_arm64", "-D__aarch64__"
#endif

static void fill_arguments(struct list *arguments, const struct clang_job *job)
{
	/* no-delete-null-pointer-checks, relaxed-aliasing, wrapv: kernel code is written for them.
	 * bracket-depth: what a deep text meets, before its stack ends; clang 22's own number is too large for that. */
	static const char *const fixed[] = {
		"-triple", "bpf", "-target-cpu", "v3", "-O2", "-disable-llvm-passes", "-disable-llvm-verifier",
		"-mrelocation-model", "static", "-mframe-pointer=all", "-fmath-errno", "-ffp-contract=on",
		"-debug-info-kind=constructor", "-dwarf-version=5", "-debugger-tuning=gdb",
		"-fdebug-compilation-dir=/luatrace", "-nostdsysteminc", "-nobuiltininc", "-x", "c", "-std=gnu11",
		"-fgnuc-version=4.2.1", "-ferror-limit", "19", "-fbracket-depth", "256", "-fno-delete-null-pointer-checks",
		"-relaxed-aliasing", "-fwrapv", "-fms-extensions",
		"-Wno-pointer-sign", "-Wno-unknown-attributes", "-Wno-unused-value", "-Wno-gnu-variable-sized-type-not-at-end",
		/* a program may be called exit or fmod */
		"-Wno-incompatible-library-redeclaration", "-fno-builtin-exit", "-fno-builtin-_exit", "-fno-builtin-_Exit",
		"-fno-builtin-abort", "-fno-builtin-vfork", "-fno-builtin-longjmp", "-fno-builtin-siglongjmp",
		"-Wno-address-of-packed-member", "-Wno-microsoft-anon-tag",
		"-Wno-compare-distinct-pointer-types", "-Wno-error=incompatible-pointer-types",
		"-Wno-error=int-conversion", "-D__BPF_TRACING__", "-D__KERNEL__", ARCH_DEFINES,
		"-include", OUR_PLACE "types.h", "-include", OUR_PLACE "generated.h",
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		add(arguments, fixed[i]);
	for (const struct header *header = headers; header->path; header++)
		if (is_dialect(header)) {
			add(arguments, "-include");
			add(arguments, joined(OUR_PLACE, header->path));
		}
	/* the text's own flags before our headers: its include directories go first */
	for (int i = 0; i < job->cflag_count; i++)
		add(arguments, job->cflags[i]);
	add(arguments, "-isystem");
	add(arguments, OUR_PLACE "include");
	add(arguments, job->preprocess ? "-E" : job->complete ? "-fsyntax-only" : "-emit-llvm-only");
	add(arguments, LT_CC_TEXT_PLACE LT_CC_TEXT_NAME);
}

struct files {
	struct frontend_file *items;
	size_t count;
};

static void add_file(struct files *files, const char *path, const char *data, size_t size)
{
	files->items[files->count++] = (struct frontend_file){ path, data, size };
}

static void fill_files(struct files *files, const struct clang_job *job)
{
	const struct source *source = job->source;
	size_t most = 2 + source->empty_count + source->own_count;

	for (const struct header *header = headers; header->path; header++)
		most++;
	files->items = allocate_zeroed(most, sizeof(*files->items));
	add_file(files, LT_CC_TEXT_PLACE LT_CC_TEXT_NAME, source->text, source->size);
	add_file(files, OUR_PLACE "generated.h", job->generated->data ? job->generated->data : "", job->generated->size);
	for (const struct header *header = headers; header->path; header++)
		add_file(files, joined(OUR_PLACE, header->path), header->data, header->size);
	for (int i = 0; i < source->empty_count; i++)
		add_file(files, joined(OUR_PLACE "include/", source->empty_headers[i]), "", 0);
	for (size_t i = 0; i < source->own_count; i++)
		add_file(files, source->own_headers[i].path, source->own_headers[i].data, source->own_headers[i].size);
}

/* People know the text by another name. */
static void rename_text(struct text *messages)
{
	static const char name[] = LT_CC_TEXT_PLACE LT_CC_TEXT_NAME ":";
	struct text renamed = { 0 };
	const char *raw = messages->data ? messages->data : "", *found;

	for (; (found = strstr(raw, name)); raw = found + strlen(name)) {
		text_append(&renamed, raw, found - raw);
		text_add(&renamed, LT_CC_TEXT_NAME ":");
	}
	text_add(&renamed, raw);
	text_free(messages);
	*messages = renamed;
}

static struct frontend_job frontend_job(const struct clang_job *job)
{
	struct list arguments = { 0 };
	struct files files = { 0 };

	fill_arguments(&arguments, job);
	fill_files(&files, job);
	return (struct frontend_job){
		.arguments = arguments.items, .argument_count = arguments.count, .files = files.items, .file_count = files.count,
		.assumed = job->assumed,
	};
}

bool clang_run(const struct clang_job *job, LLVMContextRef context, struct clang_result *result)
{
	struct frontend_job frontend = frontend_job(job);
	bool taken;

	*result = (struct clang_result){ 0 };
	if (job->preprocess)
		taken = frontend_preprocess(&frontend, &result->preprocessed, &result->messages);
	else
		taken = (result->module = frontend_compile(&frontend, context, &result->messages));
	rename_text(&result->messages);
	return taken;
}

void clang_complete(const struct clang_job *job, struct frontend_completion *completion, struct text *messages)
{
	struct frontend_job frontend = frontend_job(job);

	completion->path = LT_CC_TEXT_PLACE LT_CC_TEXT_NAME;
	completion->our_place = OUR_PLACE;
	completion->line = completion->column = 1;
	for (size_t i = 0; i < job->source->size; i++) {
		completion->column++;
		if (job->source->text[i] == '\n') {
			completion->line++;
			completion->column = 1;
		}
	}
	frontend_complete(&frontend, completion, messages);
	rename_text(messages);
}
