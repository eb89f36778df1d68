/* SPDX-License-Identifier: MIT */
#include "compile_cache.h"
#include "cache_folder.h"
#include "compile_answer.h"
#include "../error.h"
#include "../symbols/build_id.h"
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A module's BTF has a hundredth of it; but who asks may have been taken over by the text. */
enum { ANSWERS_MAX = 16 << 20 };

static void append(struct bytes *bytes, const void *data, uint64_t size)
{
	if (bytes->size + size > bytes->room) {
		uint64_t room = 2 * bytes->room + size + 4096;
		uint8_t *more = realloc(bytes->data, room);

		if (!more) {
			bytes->failed = true;
			return;
		}
		bytes->data = more;
		bytes->room = room;
	}
	if (size)
		memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

/* An item is its size and its bytes. */
static void append_item(struct bytes *bytes, const void *data, uint64_t size)
{
	append(bytes, &size, sizeof(size));
	append(bytes, data, size);
}

static void append_string(struct bytes *bytes, const char *string)
{
	append_item(bytes, string, strlen(string) + 1);
}

struct reader {
	const uint8_t *at, *end;
};

static bool take(struct reader *reader, struct reader *item)
{
	uint64_t size;

	if ((uint64_t)(reader->end - reader->at) < sizeof(size))
		return false;
	memcpy(&size, reader->at, sizeof(size));
	reader->at += sizeof(size);
	if (size > (uint64_t)(reader->end - reader->at))
		return false;
	*item = (struct reader){ reader->at, reader->at + size };
	reader->at += size;
	return true;
}

static bool take_string(struct reader *reader, const char **string)
{
	struct reader item;

	if (!take(reader, &item) || item.at == item.end || item.end[-1])
		return false;
	*string = (const char *)item.at;
	return true;
}

static bool same(const struct reader *item, const struct bytes *bytes)
{
	return (uint64_t)(item->end - item->at) == bytes->size && !memcmp(item->at, bytes->data, bytes->size);
}

/* All of a file, from its beginning, without moving where it is read. */
static bool append_file(struct bytes *bytes, int fd)
{
	uint64_t begin = bytes->size, done = 0;
	char part[8192];

	append(bytes, &done, sizeof(done));
	while (bytes->size < ANSWERS_MAX) {
		ssize_t got = pread(fd, part, sizeof(part), done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (!got && !bytes->failed)
			memcpy(bytes->data + begin, &done, sizeof(done));
		if (!got)
			return !bytes->failed;
		append(bytes, part, got);
		if (bytes->failed)
			return false;
		done += got;
	}
	return false;
}

static bool append_path(struct bytes *bytes, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool whole = fd >= 0 && append_file(bytes, fd);

	if (fd >= 0)
		close(fd);
	return whole;
}

/* The program, and libraries that it is not linked with but uses: those are told by their files' times. */
static bool append_compiler(struct bytes *bytes, const char *path)
{
	static const char libraries[] = LT_CC_LIBRARIES;
	lt_build_id id = { 0 };
	lt_elf elf;
	int fd = lt_elf_open_path(path);
	char name[PATH_MAX];

	if (fd >= 0 && !lt_elf_open(&elf, fd)) {
		id = lt_elf_build_id(&elf);
		lt_elf_close(&elf);
	}
	if (fd >= 0)
		close(fd);
	if (!id.size)
		return false;
	append_item(bytes, id.bytes, id.size);
	for (const char *at = libraries; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
		struct stat info;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, " "), at);
		if (stat(name, &info))
			return false;
		append_item(bytes, &info.st_size, sizeof(info.st_size));
		append_item(bytes, &info.st_mtim, sizeof(info.st_mtim));
	}
	append_string(bytes, libbpf_version_string());
	return true;
}

static bool append_kernel(struct bytes *bytes)
{
	struct utsname name;

	if (uname(&name))
		return false;
	append_string(bytes, name.release);
	append_string(bytes, name.version);
	append_string(bytes, name.machine);
	/* its build id among others; the version has the time when it was built, where notes are not to be had */
	if (!append_path(bytes, "/sys/kernel/notes"))
		append_string(bytes, "");
	return true;
}

/* FNV-1a: says where an entry lies. That it is the right one, comparing says. */
static uint64_t number_of(const struct bytes *bytes)
{
	uint64_t number = 0xcbf29ce484222325;

	for (uint64_t i = 0; i < bytes->size; i++)
		number = (number ^ bytes->data[i]) * 0x100000001b3;
	return number;
}

void lt_compile_cache_begin(struct compile_cache *cache, const lt_compile_opts *opts, char *const *arguments,
			    const char *compiler)
{
	struct bytes *inputs = &cache->inputs;

	*cache = (struct compile_cache){ .opts = opts };
	if (!opts->keep || opts->btf_path || opts->kernel_release || opts->config_path)
		return;
	append_string(inputs, lt_version());
	for (; *arguments; arguments++)
		append_string(inputs, *arguments);
	append_item(inputs, opts->text, opts->text_size);
	if (!append_compiler(inputs, compiler) || !append_kernel(inputs) || inputs->failed)
		return;
	cache->on = true;
	cache->key = number_of(inputs);
}

/* The kernel's own BTF is the kernel's: its build says which. */
static bool is_known(const char *question)
{
	return !strcmp(question, "btf vmlinux");
}

void lt_compile_cache_answered(struct compile_cache *cache, const char *question, int fd,
			       const struct lt_cc_answer *answer)
{
	struct bytes *answers = &cache->answers;

	if (!cache->on || is_known(question))
		return;
	append_string(answers, question);
	append_item(answers, &answer->code, sizeof(answer->code));
	if (fd < 0)
		append_string(answers, answer->reason);
	else if (!append_file(answers, fd))
		cache->on = false;
	cache->answer_count++;
	if (answers->failed || answers->size > ANSWERS_MAX)
		cache->on = false;
}

/* Asks again what was asked then. */
static bool answers_are_the_same(struct compile_cache *cache, struct reader *reader, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *begin = reader->at;
		struct lt_cc_answer answer = { 0 };
		const char *question;
		struct reader item;
		int fd;

		if (!take_string(reader, &question) || !take(reader, &item) || !take(reader, &item))
			return false;
		fd = lt_compile_open(cache->opts, question, &answer);
		cache->answers.size = 0;
		lt_compile_cache_answered(cache, question, fd, &answer);
		if (fd >= 0)
			close(fd);
		if (!cache->on || !same(&(struct reader){ begin, reader->at }, &cache->answers)) {
			lt_verbose(1, "cache: the answer to '%s' is another one now", question);
			return false;
		}
	}
	return true;
}

static bool copy_item(const struct reader *item, lt_blob *out)
{
	out->size = item->end - item->at;
	out->data = malloc(out->size + 1);
	if (!out->data)
		return false;
	memcpy(out->data, item->at, out->size);
	((char *)out->data)[out->size] = '\0';
	return true;
}

/* label, inputs, number of answers, answers, messages, object */
static bool find_in(struct compile_cache *cache, const lt_blob *content, lt_blob *out, lt_blob *messages)
{
	struct reader reader = { content->data, (const uint8_t *)content->data + content->size }, item, said;
	const char *label;
	uint32_t count;

	if (!take_string(&reader, &label) || !take(&reader, &item) || !same(&item, &cache->inputs) ||
	    !take(&reader, &item) || item.end - item.at != sizeof(count))
		return false;
	memcpy(&count, item.at, sizeof(count));
	if (!answers_are_the_same(cache, &reader, count) || !take(&reader, &said) || !take(&reader, &item) ||
	    item.at == item.end)
		return false;
	if (said.at != said.end && !copy_item(&said, messages))
		return false;
	return copy_item(&item, out);
}

bool lt_compile_cache_find(struct compile_cache *cache, lt_blob *out, lt_blob *messages)
{
	char reason[256];
	lt_blob content;
	bool found;

	if (!cache->on)
		return false;
	found = lt_cache_read(cache->key, &content, reason);
	if (!found)
		lt_verbose(1, "cache: %s", reason);
	found = found && find_in(cache, &content, out, messages);
	if (found)
		lt_verbose(1, "cache: compiled before, as %016llx", (unsigned long long)cache->key);
	else
		lt_blob_free(messages);
	lt_blob_free(&content);
	cache->on = !cache->answers.failed;
	cache->answers.size = 0;
	cache->answer_count = 0;
	return found;
}

void lt_compile_cache_keep(struct compile_cache *cache, const lt_blob *out, const lt_blob *messages)
{
	struct bytes entry = { 0 };
	char reason[256];

	if (!cache->on)
		return;
	append_string(&entry, cache->opts->label ? cache->opts->label : "");
	append_item(&entry, cache->inputs.data, cache->inputs.size);
	append_item(&entry, &cache->answer_count, sizeof(cache->answer_count));
	append(&entry, cache->answers.data, cache->answers.size);
	append_item(&entry, messages->data, messages->size);
	append_item(&entry, out->data, out->size);
	if (!entry.failed && !lt_cache_write(cache->key, &(lt_blob){ entry.data, entry.size }, reason))
		lt_verbose(1, "cache: nothing kept: %s", reason);
	free(entry.data);
}

void lt_compile_cache_end(struct compile_cache *cache)
{
	free(cache->inputs.data);
	free(cache->answers.data);
	*cache = (struct compile_cache){ 0 };
}

char *lt_compile_cache_label(uint64_t key)
{
	struct reader reader;
	const char *label;
	lt_blob content;
	char *copy = NULL;

	if (!lt_cache_read(key, &content, NULL))
		return NULL;
	reader = (struct reader){ content.data, (const uint8_t *)content.data + content.size };
	if (take_string(&reader, &label))
		copy = strdup(label);
	lt_blob_free(&content);
	return copy;
}
