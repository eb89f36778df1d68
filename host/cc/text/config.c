/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "ask.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* A kernel's is a quarter of this. */
enum { CONFIG_MAX = 1 << 20 };

static const char prefix[] = "CONFIG_", module_suffix[] = "_MODULE";

char *config_unpack(const char *data, size_t size)
{
	z_stream stream = { .next_in = (void *)data, .avail_in = size };
	char *lines;
	int code;

	if (size < 2 || memcmp(data, "\x1f\x8b", 2))
		return size && memchr(data, '\0', size) ? NULL : copy_string(data, size);
	lines = allocate(CONFIG_MAX + 1);
	stream.next_out = (void *)lines;
	stream.avail_out = CONFIG_MAX;
	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		die("kernel configuration: out of memory");
	code = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	lines[stream.total_out] = '\0';
	if (code == Z_STREAM_END && strlen(lines) == stream.total_out)
		return lines;
	free(lines);
	return NULL;
}

const char *config_find(const char *lines, const char *name, size_t *length)
{
	size_t size = strlen(name);

	for (const char *at = lines; (at = strstr(at, name)); at += size) {
		if ((at == lines || at[-1] == '\n') && at[size] == '=') {
			at += size + 1;
			*length = strcspn(at, "\r\n");
			return at;
		}
	}
	return NULL;
}

/* A number, or a string on one line: nothing else of the file gets into the text. */
static bool is_value(const char *value, size_t length)
{
	if (length >= 2 && *value == '"' && value[length - 1] == '"') {
		for (size_t i = 1; i + 1 < length; i++) {
			if (value[i] == '"' || (value[i] == '\\' && ++i + 1 == length))
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)value[i]) && value[i] != 'x' && !(value[i] == '-' && !i))
			return false;
	return length;
}

static void print_macro(struct text *out, const char *name, const char *suffix, const char *value, size_t length)
{
	text_printf(out, "#ifndef %s%s\n#define %s%s %.*s\n#endif\n", name, suffix, name, suffix, (int)length, value);
}

static void print_option(const char *lines, const char *name, struct text *out)
{
	size_t length, size = strlen(name), suffix = strlen(module_suffix);
	const char *value;
	char *option;

	/* IS_ENABLED() looks for both, and a text may look for either */
	if (size > suffix && !strcmp(name + size - suffix, module_suffix))
		size -= suffix;
	option = copy_string(name, size);
	value = config_find(lines, option, &length);
	if (value && length == 1 && *value == 'y')
		print_macro(out, option, "", "1", 1);
	else if (value && length == 1 && *value == 'm')
		print_macro(out, option, module_suffix, "1", 1);
	else if (value && is_value(value, length))
		print_macro(out, option, "", value, length);
	free(option);
}

static bool uses(const struct names *names, const char *name)
{
	const struct name *found = names_find(names, name);

	return found && (found->flags & NAME_PLAIN);
}

/* The first CONFIG_ name that the text uses, or NULL. */
static const char *first_option(const struct names *names)
{
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].text && (names->slots[i].flags & NAME_PLAIN) &&
		    !strncmp(names->slots[i].text, prefix, strlen(prefix)))
			return names->slots[i].text;
	return NULL;
}

static const char *ask_lines(struct kernel_config *config, const char *name, struct notes *notes)
{
	size_t size;
	char *data;

	if (config->asked)
		return config->data;
	config->asked = true;
	data = ask_file(&size, "config");
	config->data = data ? config_unpack(data, size) : NULL;
	if (!data)
		(config->facts.foreign ? notes_warn : notes_note)(notes, "%s is taken as not set: %s", name, ask_reason());
	else if (!config->data)
		notes_warn(notes, "%s is taken as not set: the kernel's configuration file is damaged", name);
	free(data);
	return config->data;
}

static void print_version(const struct kernel_facts *facts, struct text *out, struct notes *notes)
{
	uint32_t code = facts->version_code;
	char value[16];

	print_macro(out, "LINUX_VERSION_CODE", "", value, snprintf(value, sizeof(value), "%u", code));
	if (facts->foreign)
		notes_warn(notes, "LINUX_VERSION_CODE is the running kernel's (%u.%u.%u); for another one's types name its "
			   "release (--kernel)", code >> 16, code >> 8 & 255, code & 255);
}

static void print_hz(struct kernel_config *config, struct text *out, struct notes *notes)
{
	size_t length = 0;
	const char *lines = config->facts.hz ? NULL : ask_lines(config, "HZ", notes);
	const char *value = lines ? config_find(lines, "CONFIG_HZ", &length) : NULL;
	char known[16];

	if (config->facts.hz)
		print_macro(out, "HZ", "", known, snprintf(known, sizeof(known), "%u", config->facts.hz));
	else if (value && is_value(value, length))
		print_macro(out, "HZ", "", value, length);
}

void config_print(struct kernel_config *config, const struct names *names, struct text *out, struct notes *notes)
{
	const char *first = first_option(names);
	const char *lines = first ? ask_lines(config, first, notes) : NULL;

	if (uses(names, "LINUX_VERSION_CODE"))
		print_version(&config->facts, out, notes);
	if (uses(names, "__LT_CPUS"))
		text_printf(out, "#define __LT_CPUS %u\n", config->facts.cpus);
	if (uses(names, "HZ"))
		print_hz(config, out, notes);
	for (size_t i = 0; lines && i < names->room; i++) {
		const struct name *name = &names->slots[i];

		if (name->text && (name->flags & NAME_PLAIN) && !strncmp(name->text, prefix, strlen(prefix)))
			print_option(lines, name->text, out);
	}
}
