/* SPDX-License-Identifier: MIT
 *
 * Records put in the order of their times: those of one sweep, those that stay for the next, in batches.
 */
#include "trace/ordered.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static lt_batch batch;

/* A record that says its own time and number. */
static void add(struct lt_ordered *ordered, uint64_t time, uint64_t number)
{
	uint64_t data[40] = { time, number };
	lt_record record = { .data = data, .size = 16 + (uint32_t)(number * 7) % 300, .cpu = (int32_t)number % 5 };

	assert_int_equal(lt_ordered_add(ordered, time, &record), 0);
}

static void assert_taken(int index, uint64_t time, uint64_t number)
{
	uint64_t data[2];

	memcpy(data, batch.records[index].data, sizeof(data));
	assert_int_equal(data[0], time);
	assert_int_equal(data[1], number);
	assert_int_equal(batch.records[index].size, 16 + number * 7 % 300);
	assert_int_equal(batch.records[index].cpu, number % 5);
}

static void test_empty(void **state)
{
	struct lt_ordered ordered = { 0 };

	(void)state;
	lt_ordered_begin(&ordered);
	lt_ordered_sort(&ordered);
	assert_int_equal(lt_ordered_take(&ordered, UINT64_MAX, &batch), 0);
	lt_ordered_free(&ordered);
}

/* Equal times stay as they were added: those of one CPU are in their order. */
static void test_order(void **state)
{
	struct lt_ordered ordered = { 0 };

	(void)state;
	lt_ordered_begin(&ordered);
	add(&ordered, 30, 1);
	add(&ordered, 40, 2);
	add(&ordered, 10, 3);
	add(&ordered, 30, 4);
	add(&ordered, 20, 5);
	lt_ordered_sort(&ordered);
	assert_int_equal(lt_ordered_take(&ordered, 30, &batch), 4);
	assert_taken(0, 10, 3);
	assert_taken(1, 20, 5);
	assert_taken(2, 30, 1);
	assert_taken(3, 30, 4);
	assert_int_equal(lt_ordered_take(&ordered, 30, &batch), 0);

	/* What stayed comes in turn with what is new. */
	lt_ordered_begin(&ordered);
	add(&ordered, 35, 6);
	add(&ordered, 40, 7);
	lt_ordered_sort(&ordered);
	assert_int_equal(lt_ordered_take(&ordered, UINT64_MAX, &batch), 3);
	assert_taken(0, 35, 6);
	assert_taken(1, 40, 2);
	assert_taken(2, 40, 7);
	lt_ordered_begin(&ordered);
	assert_int_equal(lt_ordered_take(&ordered, UINT64_MAX, &batch), 0);
	lt_ordered_free(&ordered);
}

/* Many sweeps of many records from two rings, each record up to 1000 ns late: nothing is lost, everything in order, and
 * the room does not grow with the number of sweeps. */
static void test_many(void **state)
{
	enum { SWEEPS = 101, EACH = 1009, LATE = 1000 };
	struct lt_ordered ordered = { 0 };
	uint64_t number = 0, taken = 0, last = 0, room = 0;

	(void)state;
	for (int sweep = 1; sweep <= SWEEPS; sweep++) {
		uint64_t from = (uint64_t)sweep * 10000, until = sweep < SWEEPS ? from + 10000 - LATE : UINT64_MAX;
		int count;

		lt_ordered_begin(&ordered);
		for (int i = 0; i < EACH; i++, number++)
			add(&ordered, from + (uint64_t)(i / 2) * 19 - (i % 2) * LATE, number);
		lt_ordered_sort(&ordered);
		while ((count = lt_ordered_take(&ordered, until, &batch)) > 0) {
			for (int i = 0; i < count; i++, taken++) {
				uint64_t time;

				memcpy(&time, batch.records[i].data, sizeof(time));
				assert_true(time >= last && time <= until);
				last = time;
			}
		}
		if (sweep == 10)
			room = ordered.byte_room;
	}
	assert_int_equal(taken, number);
	assert_int_equal(ordered.byte_room, room);
	lt_ordered_free(&ordered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
