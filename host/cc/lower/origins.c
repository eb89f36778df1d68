/* SPDX-License-Identifier: MIT */
#include "origins.h"
#include "memory.h"

struct origin_slot {
	LLVMValueRef value;
	struct origin origin;
};

bool origin_is_same(struct origin a, struct origin b)
{
	return a.kind == b.kind && a.id == b.id && a.offset == b.offset;
}

/* The contexts of two programs are still one, and what is one or a local variable is of the program's own. */
struct origin origin_of_either(struct origin a, struct origin b)
{
	if (a.kind == UNSEEN || origin_is_same(a, b))
		return b;
	if (b.kind == UNSEEN)
		return a;
	if (a.kind == CONTEXT && b.kind == CONTEXT && a.offset == b.offset)
		return (struct origin){ CONTEXT, 0, a.offset };
	return (struct origin){ a.kind <= OWN && b.kind <= OWN ? OWN : NUMBER, 0, 0 };
}

static struct origin_slot *find(const struct origins *origins, LLVMValueRef value)
{
	size_t i = ((uintptr_t)value >> 4) & (origins->room - 1);

	while (origins->slots[i].value && origins->slots[i].value != value)
		i = (i + 1) & (origins->room - 1);
	return &origins->slots[i];
}

static void grow(struct origins *origins)
{
	struct origins larger = { .room = origins->room ? 2 * origins->room : 256, .count = origins->count };

	larger.slots = allocate_zeroed(larger.room, sizeof(*larger.slots));
	for (size_t i = 0; i < origins->room; i++)
		if (origins->slots[i].value)
			*find(&larger, origins->slots[i].value) = origins->slots[i];
	free(origins->slots);
	*origins = larger;
}

struct origin origins_get(const struct origins *origins, LLVMValueRef value)
{
	return origins->room ? find(origins, value)->origin : (struct origin){ UNSEEN, 0, 0 };
}

void origins_set(struct origins *origins, LLVMValueRef value, struct origin origin)
{
	struct origin_slot *slot;

	if (2 * origins->count >= origins->room)
		grow(origins);
	slot = find(origins, value);
	origins->count += !slot->value;
	*slot = (struct origin_slot){ value, origin };
}

void origins_free(struct origins *origins)
{
	free(origins->slots);
}
