/* SPDX-License-Identifier: MIT
 *
 * Walking perf rings and ring buffers that lie in ordinary memory, and waiting with nothing open.
 */
#include "trace/perf_ring.h"
#include "trace/ring_walk.h"
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 4096 };

struct fake {
	struct lt_perf_ring ring;
	uint8_t memory[SIZE];
};

static lt_batch batch;

static void start(struct fake *fake, uint64_t at)
{
	memset(fake, 0, sizeof(*fake));
	fake->ring.data = fake->memory;
	fake->ring.size = SIZE;
	fake->ring.tail = fake->ring.head = at;
	fake->ring.cpu = 3;
}

static void put(struct fake *fake, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fake->memory[fake->ring.head++ & (SIZE - 1)] = ((const uint8_t *)bytes)[i];
}

/* A sample as the kernel writes it: what was submitted and its size, padded to 8 together. */
static void put_sample(struct fake *fake, uint8_t fill, uint32_t size)
{
	uint32_t padded = (size + 4 + 7) / 8 * 8 - 4;
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = (uint16_t)(sizeof(header) + 4 + padded) };
	uint8_t bytes[SIZE];

	memset(bytes, fill, sizeof(bytes));
	put(fake, &header, sizeof(header));
	put(fake, &padded, sizeof(padded));
	put(fake, bytes, padded);
}

static void put_lost(struct fake *fake, uint64_t count)
{
	struct perf_event_header header = { .type = PERF_RECORD_LOST, .size = sizeof(header) + 16 };
	uint64_t body[2] = { 7, count };

	put(fake, &header, sizeof(header));
	put(fake, body, sizeof(body));
}

static void assert_record(int index, uint8_t fill, uint32_t size)
{
	const uint8_t *data = batch.records[index].data;

	assert_int_equal(batch.records[index].size, size);
	assert_int_equal(batch.records[index].cpu, 3);
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(data[i], fill);
}

static void test_empty(void **state)
{
	struct fake fake;

	(void)state;
	start(&fake, 0);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 0);
	start(&fake, UINT64_MAX - 4095);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 0);
}

static void test_plain_records(void **state)
{
	struct fake fake;

	(void)state;
	start(&fake, 0);
	put_sample(&fake, 1, 64);
	put_sample(&fake, 2, 1);
	put_sample(&fake, 3, 0);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 3);
	assert_record(0, 1, 68);
	assert_record(1, 2, 4);
	assert_record(2, 3, 4);
	assert_ptr_equal(batch.records[0].data, fake.memory + 12);
	assert_int_equal(fake.ring.tail, fake.ring.head);
	assert_null(fake.ring.scratch);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 0);
}

/* Wherever a record crosses the end of the ring, it comes out whole. */
static void test_wrapped_record(void **state)
{
	struct fake fake;

	(void)state;
	for (uint64_t at = SIZE - 136; at <= SIZE; at += 8) {
		start(&fake, at);
		put_sample(&fake, 1, 20);
		put_sample(&fake, 0xa5, 100);
		put_sample(&fake, 2, 20);
		assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 3);
		assert_record(0, 1, 20);
		assert_record(1, 0xa5, 100);
		assert_record(2, 2, 20);
		free(fake.ring.scratch);
	}
}

static void test_lost_records(void **state)
{
	struct fake fake;

	(void)state;
	start(&fake, SIZE - 8);
	put_lost(&fake, 1009);
	put_sample(&fake, 1, 4);
	put_lost(&fake, 2);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 1);
	assert_record(0, 1, 4);
	assert_int_equal(fake.ring.lost, 1011);
	assert_int_equal(fake.ring.tail, fake.ring.head);
	free(fake.ring.scratch);
}

/* Records shorter than their kind needs, and such as claim more than they have. */
static void test_short_records(void **state)
{
	struct perf_event_header bare = { .type = PERF_RECORD_SAMPLE, .size = sizeof(bare) };
	struct perf_event_header lost = { .type = PERF_RECORD_LOST, .size = sizeof(lost) };
	struct perf_event_header liar = { .type = PERF_RECORD_SAMPLE, .size = sizeof(liar) + 8 };
	uint32_t body[2] = { 4000, 0x5a5a5a5a };
	struct fake fake;

	(void)state;
	start(&fake, 0);
	put(&fake, &bare, sizeof(bare));
	put(&fake, &lost, sizeof(lost));
	put(&fake, &liar, sizeof(liar));
	put(&fake, body, sizeof(body));
	put_sample(&fake, 6, 4);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 2);
	assert_record(0, 0x5a, 4);
	assert_record(1, 6, 4);
	assert_int_equal(fake.ring.lost, 0);
}

/* With a time ahead of what was submitted. */
static void test_timed_records(void **state)
{
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = sizeof(header) + 24 };
	struct perf_event_header bare = { .type = PERF_RECORD_SAMPLE, .size = sizeof(bare) + 8 };
	uint64_t time = 0x123456789abcdef;
	uint32_t body[4] = { 12, 0x07070707, 0x07070707, 0x07070707 };
	struct fake fake;

	(void)state;
	/* whole, and across the ring's end */
	for (uint64_t at = SIZE - 24; at <= SIZE; at += 8) {
		start(&fake, at);
		fake.ring.timed = true;
		put(&fake, &header, sizeof(header));
		put(&fake, &time, sizeof(time));
		put(&fake, body, sizeof(body));
		put(&fake, &bare, sizeof(bare));
		put(&fake, &time, sizeof(time));
		assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 1);
		assert_record(0, 7, 12);
		assert_int_equal(lt_perf_record_time(&batch.records[0]), time);
		free(fake.ring.scratch);
	}
}

static void test_foreign_records(void **state)
{
	struct perf_event_header other = { .type = PERF_RECORD_THROTTLE, .size = sizeof(other) + 8 };
	struct perf_event_header nothing = { .size = 0 }, beyond = { .type = PERF_RECORD_SAMPLE, .size = 800 };
	uint64_t body = 0;
	struct fake fake;

	(void)state;
	start(&fake, 0);
	put(&fake, &other, sizeof(other));
	put(&fake, &body, sizeof(body));
	put_sample(&fake, 1, 4);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 1);
	/* Neither may send the walk round for ever or out of the ring. */
	put(&fake, &nothing, sizeof(nothing));
	put_sample(&fake, 1, 4);
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 0);
	assert_int_equal(fake.ring.tail, fake.ring.head);
	put(&fake, &beyond, sizeof(beyond));
	assert_int_equal(lt_perf_ring_fill(&fake.ring, &batch), 0);
	assert_int_equal(fake.ring.tail, fake.ring.head);
}

static void test_full_batch(void **state)
{
	struct lt_perf_ring ring = { .size = 1 << 16, .cpu = 3 };
	uint8_t *memory = calloc(1, ring.size);
	struct perf_event_header header = { .type = PERF_RECORD_SAMPLE, .size = 24 };
	uint32_t raw = 12;

	(void)state;
	ring.data = memory;
	for (uint32_t i = 0; i < 1009; i++, ring.head += header.size) {
		memcpy(memory + ring.head, &header, sizeof(header));
		memcpy(memory + ring.head + 8, &raw, sizeof(raw));
		memcpy(memory + ring.head + 12, &i, sizeof(i));
	}
	assert_int_equal(lt_perf_ring_fill(&ring, &batch), LT_BATCH_RECORDS);
	assert_int_equal(ring.tail, LT_BATCH_RECORDS * 24);
	assert_int_equal(lt_perf_ring_fill(&ring, &batch), 1009 - LT_BATCH_RECORDS);
	memcpy(&raw, batch.records[0].data, sizeof(raw));
	assert_int_equal(raw, LT_BATCH_RECORDS);
	free(memory);
}

static uint64_t put_ring(uint8_t *memory, uint64_t at, uint32_t header, uint8_t fill)
{
	uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

	memcpy(memory + at % SIZE, &header, sizeof(header));
	/* What the kernel's double mapping shows twice is here simply long enough. */
	memset(memory + at % SIZE + 8, fill, length);
	return at + (length + 8 + 7) / 8 * 8;
}

static void test_ring_buffer(void **state)
{
	static _Alignas(8) uint8_t memory[2 * SIZE];
	uint64_t position = 3 * SIZE - 32, end = position;

	(void)state;
	end = put_ring(memory, end, 13, 1);
	end = put_ring(memory, end, 5 | BPF_RINGBUF_DISCARD_BIT, 2);
	end = put_ring(memory, end, 0, 0);
	end = put_ring(memory, end, 24, 3);
	end = put_ring(memory, end, 8 | BPF_RINGBUF_BUSY_BIT, 4);
	end = put_ring(memory, end, 8, 5);

	assert_int_equal(lt_ring_walk(memory, SIZE, &position, end, &batch), 3);
	assert_int_equal(batch.records[0].size, 13);
	assert_int_equal(batch.records[0].cpu, -1);
	assert_int_equal(((const uint8_t *)batch.records[0].data)[12], 1);
	assert_int_equal(batch.records[1].size, 0);
	assert_int_equal(batch.records[2].size, 24);
	assert_int_equal(((const uint8_t *)batch.records[2].data)[23], 3);
	/* One that is still being written holds up those behind it. */
	assert_int_equal(end - position, 32);
	assert_int_equal(lt_ring_walk(memory, SIZE, &position, end, &batch), 0);
	put_ring(memory, position, 8, 4);
	assert_int_equal(lt_ring_walk(memory, SIZE, &position, end, &batch), 2);
	assert_int_equal(position, end);
}

static void test_wait_for_nothing(void **state)
{
	uint64_t before = lt_now();
	lt_error err = { 0 };

	(void)state;
	assert_int_equal(lt_wait(0, &err), 0);
	assert_int_equal(lt_wait(20, &err), 0);
	assert_true(lt_now() - before >= 20000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_plain_records),
		cmocka_unit_test(test_wrapped_record),
		cmocka_unit_test(test_lost_records),
		cmocka_unit_test(test_short_records),
		cmocka_unit_test(test_timed_records),
		cmocka_unit_test(test_foreign_records),
		cmocka_unit_test(test_full_batch),
		cmocka_unit_test(test_ring_buffer),
		cmocka_unit_test(test_wait_for_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
