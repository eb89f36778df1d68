/* SPDX-License-Identifier: MIT */
#include "contain.h"
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FILE *fuzz_stderr;
static char messages[1 << 16];
static jmp_buf back;
static bool contained;

/* What is allocated now: an open-addressed set. A freed entry leaves GONE behind until the set is rebuilt. */
static void **slots;
static size_t room, used;
static char gone;
#define GONE ((void *)&gone)

void *fuzz_realloc(void *old, size_t size);
void *fuzz_calloc(size_t count, size_t size);
void fuzz_free(void *memory);
void fuzz_exit(int status) __attribute__((noreturn));

static size_t place_of(const void *memory)
{
	size_t i = ((uintptr_t)memory >> 4) * 11400714819323198485ull >> 20 & (room - 1);

	while (slots[i] && slots[i] != memory)
		i = (i + 1) & (room - 1);
	return i;
}

static void note(void *memory)
{
	if (2 * used >= room) {
		void **old = slots;
		size_t old_room = room;

		room = room ? 2 * room : 1024;
		used = 0;
		slots = calloc(room, sizeof(*slots));
		for (size_t i = 0; i < old_room; i++)
			if (old[i] && old[i] != GONE)
				note(old[i]);
		free(old);
	}
	used++;
	slots[place_of(memory)] = memory;
}

static void forget(const void *memory)
{
	size_t i = room ? place_of(memory) : 0;

	if (room && slots[i])
		slots[i] = GONE;
}

void *fuzz_realloc(void *old, size_t size)
{
	void *memory;

	if (old)
		forget(old);
	memory = realloc(old, size);
	if (memory)
		note(memory);
	return memory;
}

void *fuzz_calloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory)
		note(memory);
	return memory;
}

void fuzz_free(void *memory)
{
	if (memory)
		forget(memory);
	free(memory);
}

void fuzz_exit(int status)
{
	if (!contained)
		exit(status);
	longjmp(back, 1);
}

bool contain(void (*body)(void *argument), void *argument)
{
	volatile bool died = true;

	if (!fuzz_stderr) {
		fuzz_stderr = fmemopen(messages, sizeof(messages), "w");
		setvbuf(fuzz_stderr, NULL, _IONBF, 0);
	}
	contained = true;
	if (!setjmp(back)) {
		body(argument);
		died = false;
	}
	contained = false;
	return !died;
}

const char *contained_messages(void)
{
	return messages;
}

void contain_end(void)
{
	for (size_t i = 0; i < room; i++)
		if (slots[i] && slots[i] != GONE)
			free(slots[i]);
	free(slots);
	slots = NULL;
	room = used = 0;
	if (fuzz_stderr)
		rewind(fuzz_stderr);
	messages[0] = '\0';
}
