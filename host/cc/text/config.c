/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "ask.h"
#include "relocatable.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "CONFIG_", module_suffix[] = "_MODULE";

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

const char *config_used(const struct names *used, const struct names *own)
{
	for (size_t i = 0; i < used->room; i++) {
		const char *text = used->slots[i].text;
		const struct name *name = text ? names_find(own, text) : NULL;

		if (text && !(name && name->flags & NAME_MACRO) &&
		    (!strcmp(text, "LINUX_VERSION_CODE") || !strcmp(text, "HZ") || !strncmp(text, prefix, strlen(prefix))))
			return text;
	}
	return NULL;
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

/* As C has a number that is written so. */
static const char *type_of(const char *value)
{
	unsigned long long number = strtoull(value + (*value == '-'), NULL, 0);

	return number <= INT32_MAX ? "int" : number <= INT64_MAX ? "long long" : "unsigned long long";
}

static void print_relocated_option(const char *lines, const char *name, struct text *out)
{
	size_t length;
	const char *value = lines ? config_find(lines, name, &length) : NULL;
	struct text module = { 0 };

	if (value && *value == '"') {
		text_printf(out, "#ifndef %s\n#define %s _Pragma(\"GCC error \\\"%s is a text, which can't wait for the kernel that "
			    "the object is loaded in\\\"\") \"\"\n#endif\n", name, name, name);
		return;
	}
	text_printf(&module, "%s%s", name, module_suffix);
	relocatable_print_number(LT_CONFIG_ENUM, name, name, value ? type_of(value) : "int", out);
	relocatable_print_number(LT_CONFIG_ENUM, module.data, module.data, "int", out);
	text_free(&module);
}

/* What any kernel's own is filled in for when the object is loaded. A module is not built in. */
static void print_relocated(struct kernel_config *config, const struct names *names, struct text *out,
			    struct notes *notes)
{
	static const struct { const char *name, *fact; } facts[] = {
		{ "LINUX_VERSION_CODE", LT_FACT_VERSION }, { "HZ", LT_FACT_HZ }, { "__LT_CPUS", LT_FACT_CPUS },
	};

	text_add(out, "#define __LT_PORTABLE 1\n");
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (uses(names, facts[i].name))
			relocatable_print_number(LT_FACT_ENUM, facts[i].name, facts[i].fact, "int", out);
	for (size_t i = 0; i < names->room; i++) {
		const struct name *name = &names->slots[i];

		if (name->text && (name->flags & NAME_PLAIN) && !strncmp(name->text, prefix, strlen(prefix)))
			print_relocated_option(ask_lines(config, name->text, notes), name->text, out);
	}
}

void config_print(struct kernel_config *config, const struct names *names, struct text *out, struct notes *notes)
{
	const char *first = first_option(names);
	const char *lines;

	if (config->facts.portable) {
		print_relocated(config, names, out, notes);
		return;
	}
	lines = first ? ask_lines(config, first, notes) : NULL;
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
