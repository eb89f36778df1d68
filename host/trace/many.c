/* SPDX-License-Identifier: MIT */
#include "many.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { USUAL_LIMIT = 1000 };

static uint32_t place_limit(void)
{
	const char *text = getenv("BCC_PROBE_LIMIT");
	long limit = text ? strtol(text, NULL, 10) : 0;

	return limit > 0 && limit < 1000000 ? (uint32_t)limit : USUAL_LIMIT;
}

int lt_link_add_place(struct lt_link *link, const char *name)
{
	size_t length = strlen(name);

	if (link->places_size + length + 2 > link->places_room) {
		size_t room = (link->places_room + length + 64) * 2;
		char *places = realloc(link->places, room);

		if (!places)
			return -ENOMEM;
		link->places = places;
		link->places_room = room;
	}
	memcpy(link->places + link->places_size, name, length);
	link->places_size += length;
	link->places[link->places_size++] = '\n';
	link->places[link->places_size] = '\0';
	link->place_count++;
	return 0;
}

uint64_t *lt_place_numbers(uint32_t count)
{
	uint64_t *numbers = malloc(count * sizeof(*numbers));

	for (uint32_t i = 0; numbers && i < count; i++)
		numbers[i] = i + 1;
	return numbers;
}

/* Each place holds a descriptor, and the usual limit is 1024. */
static void make_room(uint32_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max || limit.rlim_cur > count + 512)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int each(struct lt_link *link, const struct lt_many *many, lt_error *first)
{
	for (uint32_t i = 0; i < many->count; i++) {
		lt_error reason = { 0 };
		int code = many->one(link, many->arg, i, &reason);

		if (!code)
			code = lt_link_add_place(link, many->name(many->arg, i));
		else
			lt_verbose(1, "left out: %s", reason.message);
		if (code && !link->refused_count++)
			*first = reason;
		else
			lt_error_clear(&reason);
		if (code == -ENOMEM || code == -EMFILE || code == -ENFILE)
			return code;
	}
	return 0;
}

int lt_attach_each(struct lt_link *link, const char *pattern, const struct lt_many *many, lt_error *err)
{
	lt_error first = { 0 };
	int code;

	if (many->count > place_limit())
		return lt_fail(err, -E2BIG, "%s '%s': matches %u places, and %s, which more than %u would take too long for; "
			       "narrow the pattern, or set BCC_PROBE_LIMIT in the environment", link->ops->name, pattern,
			       many->count, many->why, place_limit());
	make_room(many->count);
	code = each(link, many, &first);
	if (code == -EMFILE || code == -ENFILE)
		lt_fail(err, code, "%s '%s': no descriptor is left after %u of %u places; raise the limit (ulimit -n) or "
			"narrow the pattern", link->ops->name, pattern, link->place_count, many->count);
	else if (code || !link->place_count)
		code = lt_fail(err, code ? code : first.code ? first.code : -EINVAL, "%s '%s': all %u places were refused, the "
			       "first so: %s", link->ops->name, pattern, many->count, first.message);
	else if (first.code)	/* the events of these are missed */
		lt_verbose(0, "%s '%s': %u of %u places were refused, the first so: %s%s", link->ops->name, pattern,
			   many->count - link->place_count, many->count, first.message,
			   lt_verbosity() ? "" : " (-v names all)");
	lt_error_clear(&first);
	return code;
}
