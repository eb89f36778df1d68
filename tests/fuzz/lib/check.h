/* SPDX-License-Identifier: MIT */
#ifndef LT_FUZZ_CHECK_H
#define LT_FUZZ_CHECK_H
#include <stdio.h>
#include <stdlib.h>

/* Fails the run: libFuzzer keeps the input. */
#define FUZZ_CHECK(condition, ...) do { \
	if (!(condition)) { \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr); \
		abort(); \
	} \
} while (0)
#endif
