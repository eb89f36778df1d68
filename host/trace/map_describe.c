/* SPDX-License-Identifier: MIT
 *
 * Maps that are known by a descriptor or a number of the kernel's, not by a text.
 */
#include "../error.h"
#include "../luatrace.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static int get_info(int fd, struct bpf_map_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
}

/* The bytes of BTF number `id`. */
static int read_btf(uint32_t id, lt_blob *out)
{
	struct bpf_btf_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_btf_get_fd_by_id(id), code = fd;

	if (fd < 0)
		return code;
	code = bpf_obj_get_info_by_fd(fd, &info, &size) ? -errno : 0;
	if (!code) {
		void *data = malloc(info.btf_size + 1);
		uint32_t bytes = info.btf_size;

		size = sizeof(info);
		info = (struct bpf_btf_info){ .btf = (uintptr_t)data, .btf_size = bytes };
		code = !data ? -ENOMEM : bpf_obj_get_info_by_fd(fd, &info, &size) ? -errno : 0;
		*out = (lt_blob){ .data = data, .size = code ? 0 : bytes };
	}
	close(fd);
	return code;
}

int lt_map_describe(int fd, const char *origin, lt_map_info *out, char *name, lt_blob *btf, lt_error *err)
{
	struct bpf_map_info info;
	int code = get_info(fd, &info);

	*btf = (lt_blob){ 0 };
	if (code)
		return lt_fail(err, code, "%s: no map: %s", origin, strerror(-code));
	*out = (lt_map_info){
		.type = info.type,
		.key_size = info.key_size,
		.value_size = info.value_size,
		.max_entries = info.max_entries,
		.flags = info.map_flags,
		.fd = fd,
		.key_type_id = info.btf_key_type_id,
		.value_type_id = info.btf_value_type_id,
	};
	memcpy(name, info.name, sizeof(info.name));
	code = info.btf_id ? read_btf(info.btf_id, btf) : 0;
	if (code)
		lt_blob_free(btf);
	return code ? lt_fail(err, code, "%s: its types can't be read: %s", origin, strerror(-code)) : 0;
}

int64_t lt_map_id(int fd)
{
	struct bpf_map_info info;
	int code = get_info(fd, &info);

	return code ? code : (int64_t)info.id;
}

int lt_map_open_id(uint32_t id, lt_error *err)
{
	int fd = bpf_map_get_fd_by_id(id);

	if (fd >= 0 || fd == -ENOENT)
		return fd;
	return lt_fail(err, fd, "map number %u: %s", id, strerror(-fd));
}
