/* SPDX-License-Identifier: MIT
 *
 * What a terminal sends, in pieces: after a first byte that says how many cuts there are, their distances, then the
 * bytes. Cut or not, they are the same keys and pastes.
 */
#include "luatrace.h"
#include "repl/keys.h"
#include "lib/bytes.h"
#include "lib/check.h"
#include <unistd.h>

enum { MOST = 4096 };

static uint64_t now = 1;

/* In place of process.c's: bytes are apart in time where we say so. */
uint64_t lt_now(void)
{
	return now;
}

struct seen {
	size_t size;
	char bytes[4 * MOST];	/* each with what it is before it */
	size_t joined_size;
	char joined[MOST];	/* keys only */
};

static struct lt_keys keys;

static int take(struct seen *seen)
{
	const char *key;
	size_t key_size;
	int what;

	while ((what = lt_keys_next(&keys, &key, &key_size)) == LT_KEYS_KEY || what == LT_KEYS_PASTED) {
		uint64_t size;
		const char *taken = lt_keys_taken(&keys, &size);

		FUZZ_CHECK(what == LT_KEYS_PASTED || (taken == key && size == key_size && size), "no key");
		FUZZ_CHECK(seen->size + size + 1 <= sizeof(seen->bytes), "more than came");
		seen->bytes[seen->size++] = (char)what;
		if (size)
			memcpy(seen->bytes + seen->size, taken, size);
		seen->size += size;
		if (what == LT_KEYS_KEY) {
			FUZZ_CHECK(seen->joined_size + size <= sizeof(seen->joined), "more keys than came");
			memcpy(seen->joined + seen->joined_size, taken, size);
			seen->joined_size += size;
		}
	}
	return what;
}

static void type(const uint8_t *bytes, size_t size, struct bytes cuts, struct seen *seen)
{
	int ends[2];

	memset(seen, 0, sizeof(*seen));
	FUZZ_CHECK(!pipe(ends) && dup2(ends[0], STDIN_FILENO) >= 0, "no pipe");
	close(ends[0]);
	memset(&keys, 0, sizeof(keys));
	while (size) {
		size_t length = cuts.at < cuts.end ? 1 + byte(&cuts) : size;

		length = length < size ? length : size;
		FUZZ_CHECK(write(ends[1], bytes, length) == (ssize_t)length, "not written");
		FUZZ_CHECK(take(seen) == LT_KEYS_NONE, "the terminal is there");
		bytes += length;
		size -= length;
	}
	now += 1000000000;
	FUZZ_CHECK(take(seen) == LT_KEYS_NONE, "the terminal is there");
	FUZZ_CHECK(lt_keys_wait_ms(&keys) == -1, "nothing is to come");
	close(ends[1]);
	FUZZ_CHECK(take(seen) == LT_KEYS_GONE, "the terminal is gone");
	lt_keys_free(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seen whole, cut;
	struct bytes in = { data, data + size };
	size_t count = below(&in, 16), left;
	struct bytes cuts;

	left = (size_t)(in.end - in.at);
	count = count < left ? count : left;
	cuts = (struct bytes){ in.at, in.at + count };
	left -= count;
	left = left < MOST ? left : MOST;
	type(cuts.end, left, (struct bytes){ 0 }, &whole);
	type(cuts.end, left, cuts, &cut);
	FUZZ_CHECK(whole.size == cut.size && !memcmp(whole.bytes, cut.bytes, cut.size), "cuts make a difference");
	if (!memmem(cuts.end, left, "\033[200~", 6))
		FUZZ_CHECK(whole.joined_size == left && !memcmp(whole.joined, cuts.end, left), "keys are lost");
	return 0;
}
