/* SPDX-License-Identifier: MIT
 *
 * Which language mangled a name, and C++'s names.
 */
#include "../luatrace.h"
#include "demangle.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* The longest of LLVM's names have 630 characters, and libstdc++ itself takes none above 1024. */
	LENGTH_LIMIT = 1024,
	/* Each pair of references back into a C++ name can double what it expands to: 26 pairs made 1.3 GB. One name in
	 * 10,000 of LLVM has more than 29 references; with 32 the worst is some milliseconds. */
	REFERENCE_LIMIT = 32,
};

void lt_demangled_add(lt_demangled *out, const char *text, size_t length)
{
	if (out->full || length >= out->size - out->used) {
		out->full = true;
		return;
	}
	memcpy(out->text + out->used, text, length);
	out->used += length;
}

/* Counts "S_", "S0_", "T_", "T1A_"..., wherever they stand. */
static unsigned int references(const char *name)
{
	unsigned int count = 0;

	for (; *name; name++) {
		size_t digits;

		if (*name != 'S' && *name != 'T')
			continue;
		digits = strspn(name + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		count += name[1 + digits] == '_';
	}
	return count;
}

typedef char *cxa_demangle_fn(const char *name, char *buffer, size_t *size, int *status);

/* libstdc++'s, opened when the first C++ name comes; a machine without it shows those names as they are. */
static cxa_demangle_fn *cxa_demangle(void)
{
	static cxa_demangle_fn *function;
	static bool tried;
	void *library;

	if (!tried) {
		tried = true;
		library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
		/* POSIX promises that a pointer to a function fits; C does not, so it goes through memory. */
		if (library)
			*(void **)&function = dlsym(library, "__cxa_demangle");
	}
	return function;
}

static bool demangle_cxx(const char *name, lt_demangled *out)
{
	cxa_demangle_fn *function = references(name) <= REFERENCE_LIMIT ? cxa_demangle() : NULL;
	char *text = function ? function(name, NULL, NULL, NULL) : NULL;

	if (!text)
		return false;
	lt_demangled_add(out, text, strlen(text));
	free(text);
	return true;
}

uint32_t lt_demangle(const char *name, char *text, uint32_t size)
{
	lt_demangled out = { .text = text, .size = size };
	size_t length = strnlen(name, LENGTH_LIMIT + 1);
	bool known = false;

	if (!size)
		return 0;
	if (length <= LENGTH_LIMIT && name[0] == '_') {
		if (name[1] == 'R')
			known = lt_demangle_rust_v0(name, length, &out);
		else if (name[1] == 'Z')
			known = lt_demangle_rust_legacy(name, length, &out) || demangle_cxx(name, &out);
	}
	if (!known || out.full)
		out.used = 0;
	text[out.used] = '\0';
	return (uint32_t)out.used;
}
