/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, LARGE = 256 << 10 };

void die(const char *format, ...)
{
	va_list args;

	fputs("error: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void *checked(void *memory)
{
	if (!memory)
		die("out of memory");
	return memory;
}

/* Large memory is all used: the kernel gives it in one go rather than in thousands of page faults. */
static void populate(void *memory, size_t size)
{
	uintptr_t begin = ((uintptr_t)memory + PAGE - 1) & -(uintptr_t)PAGE;
	uintptr_t end = ((uintptr_t)memory + size) & -(uintptr_t)PAGE;

	/* kernels before 5.14 do not know it */
	if (size >= LARGE)
		madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}

void *allocate(size_t size)
{
	void *memory = checked(malloc(size ? size : 1));

	populate(memory, size);
	return memory;
}

void *allocate_zeroed(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size));
}

void *reallocate(void *old, size_t size)
{
	return checked(realloc(old, size ? size : 1));
}

char *copy_string(const char *text, size_t length)
{
	char *copy = allocate(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static void reserve(struct text *text, size_t size)
{
	if (text->size + size + 1 <= text->room)
		return;
	text->room = 2 * text->room + size + 256;
	text->data = reallocate(text->data, text->room);
}

void text_append(struct text *text, const char *data, size_t size)
{
	reserve(text, size);
	memcpy(text->data + text->size, data, size);
	text->size += size;
	text->data[text->size] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	reserve(text, length);
	vsnprintf(text->data + text->size, length + 1, format, again);
	text->size += length;
	va_end(again);
	va_end(args);
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}
