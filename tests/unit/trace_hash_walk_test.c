/* SPDX-License-Identifier: MIT
 *
 * How the program that walks a hash knows that it left a bucket other than by its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bpf/hash_walk.h"

enum { ENTRY = 0x1000 };	/* the address of some entry */

static unsigned long long end_of(unsigned int bucket)
{
	return (unsigned long long)bucket << 1 | 1;
}

static void whole_buckets_follow_each_other(void **state)
{
	struct hash_walk_place place = { 0 };

	(void)state;
	assert_true(hash_walk_follows(&place, end_of(0), 0));
	assert_true(hash_walk_follows(&place, ENTRY, 2));
	assert_int_equal(place.within, 1);
	assert_true(hash_walk_follows(&place, ENTRY, 2));
	assert_true(hash_walk_follows(&place, end_of(2), 2));
	assert_int_equal(place.within, 0);
	assert_true(hash_walk_follows(&place, end_of(3), 3));
	assert_int_equal(place.count, 5);
}

/* An entry was used again, in a bucket before or behind, while the walk was on its way to it. */
static void another_bucket_before_the_end_of_one_is_noticed(void **state)
{
	(void)state;
	for (unsigned int other = 1; other <= 9; other += 8) {
		struct hash_walk_place place = { 0 };

		assert_true(hash_walk_follows(&place, ENTRY, 5));
		assert_false(hash_walk_follows(&place, end_of(other), other));
		assert_int_equal(place.count, 1);
	}
}

/* Its bucket's end was reached, by way of another bucket's entries: those come again. */
static void a_bucket_that_comes_again_is_noticed(void **state)
{
	struct hash_walk_place place = { 0 };

	(void)state;
	assert_true(hash_walk_follows(&place, end_of(5), 5));
	assert_false(hash_walk_follows(&place, end_of(5), 5));
	assert_false(hash_walk_follows(&place, end_of(4), 4));
	assert_true(hash_walk_follows(&place, end_of(6), 6));
}

/* The link was another's when the kernel read it, or these are not the kernel's entries as they are known. */
static void the_end_of_another_bucket_is_noticed(void **state)
{
	struct hash_walk_place place = { 0 };

	(void)state;
	assert_false(hash_walk_follows(&place, end_of(6), 5));
	assert_false(hash_walk_follows(&place, 1, 5));
	assert_true(hash_walk_follows(&place, 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_buckets_follow_each_other),
		cmocka_unit_test(another_bucket_before_the_end_of_one_is_noticed),
		cmocka_unit_test(a_bucket_that_comes_again_is_noticed),
		cmocka_unit_test(the_end_of_another_bucket_is_noticed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
