/* SPDX-License-Identifier: MIT
 *
 * Map access: bpf(2) by way of libbpf's thin wrappers, which return -errno.
 */
#include "../luatrace.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

int lt_map_lookup(int fd, const void *key, void *value)
{
	return bpf_map_lookup_elem(fd, key, value);
}

int lt_map_update(int fd, const void *key, const void *value, uint64_t flags)
{
	return bpf_map_update_elem(fd, key, value, flags);
}

int lt_map_delete(int fd, const void *key)
{
	return bpf_map_delete_elem(fd, key);
}

int lt_map_pop(int fd, void *value)
{
	return bpf_map_lookup_and_delete_elem(fd, NULL, value);
}

void lt_map_close(int fd)
{
	close(fd);
}

int lt_map_next_key(int fd, const void *key, void *next)
{
	return bpf_map_get_next_key(fd, key, next);
}

int lt_map_batch(int fd, int op, const void *in_token, void *out_token, void *keys, void *values, uint32_t *count)
{
	/* libbpf's prototype lacks a const; the kernel only reads it. */
	void *in = (void *)(uintptr_t)in_token;
	int code;

	switch (op) {
	case LT_BATCH_LOOKUP:
		code = bpf_map_lookup_batch(fd, in, out_token, keys, values, count, NULL);
		break;
	case LT_BATCH_LOOKUP_AND_DELETE:
		code = bpf_map_lookup_and_delete_batch(fd, in, out_token, keys, values, count, NULL);
		break;
	case LT_BATCH_UPDATE:
		code = bpf_map_update_batch(fd, keys, values, count, NULL);
		break;
	case LT_BATCH_DELETE:
		code = bpf_map_delete_batch(fd, keys, count, NULL);
		break;
	default:
		return -EINVAL;
	}
	/* 524 is the kernel's own ENOTSUPP, which no libc has a name for. */
	return code == -524 ? -ENOTSUP : code;
}
