/* SPDX-License-Identifier: MIT
 *
 * Maps that an object does not make from their definition alone: those of another object or of a pin, and maps of
 * maps, which need one to look like.
 */
#include "object.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A text that uses a map of another says no type: it is what the map has. */
static int take_make(struct lt_map *map, int fd, const char *origin, lt_error *err)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return lt_fail(err, -errno, "map '%s': %s is no map: %s", map->name, origin, strerror(errno));
	if ((!map->external && info.type != map->type) || info.key_size != map->key_size ||
	    info.value_size != map->value_size)
		return lt_fail(err, -EINVAL, "map '%s': %s is of another make: type %u, key %u bytes, value %u bytes; the "
			       "text has type %u, key %u bytes, value %u bytes", map->name, origin, info.type,
			       info.key_size, info.value_size, map->type, map->key_size, map->value_size);
	map->type = info.type;
	map->max_entries = info.max_entries;
	map->flags = info.map_flags;
	return 0;
}

int lt_object_share_map(lt_object *object, const char *name, int fd, const char *origin, lt_error *err)
{
	struct lt_map *map = lt_object_map_named(object, name);
	int code, own;

	if (!map || object->loaded)
		return lt_fail(err, -EINVAL, "map '%s': %s", name, map ? "the object is loaded" : "the text has none so named");
	code = take_make(map, fd, origin, err);
	if (code)
		return code;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return lt_fail(err, -errno, "map '%s': %s", name, strerror(errno));
	if (map->fd >= 0)
		close(map->fd);
	map->fd = own;
	return 0;
}

/* The object's types in the kernel, or -1. */
static int types_fd(const lt_object *object)
{
	if (!object->btf)
		return -1;
	if (btf__fd(object->btf) < 0 && btf__load_into_kernel(object->btf))
		return -1;
	return btf__fd(object->btf);
}

/* A map like `inner`, which the verifier takes the inner maps' sizes from. With its types, for before 6.3 the kernel
 * minds when only one of two maps has a struct's. */
static int make_template(const lt_object *object, const struct lt_map *outer, lt_error *err)
{
	const struct lt_map *inner = lt_object_map_named(object, outer->inner);
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd;

	if (!inner)
		return lt_fail(err, -ENOENT, "map '%s': its inner map '%s' is none of the text's", outer->name, outer->inner);
	opts.map_flags = inner->flags;
	fd = types_fd(object);
	if (fd >= 0 && inner->key_type_id && inner->value_type_id) {
		opts.btf_fd = (uint32_t)fd;
		opts.btf_key_type_id = inner->key_type_id;
		opts.btf_value_type_id = inner->value_type_id;
	}
	fd = bpf_map_create(inner->type, NULL, inner->key_size, inner->value_size, inner->max_entries, &opts);
	if (fd < 0)
		return lt_fail(err, fd, "map '%s': its inner map '%s' can't be made: %s", outer->name, inner->name,
			       strerror(-fd));
	return fd;
}

int lt_object_inner_create(const lt_object *object, const char *name, lt_error *err)
{
	int index = lt_object_find_map(object, name);

	if (index < 0 || !object->maps[index].inner)
		return lt_fail(err, -EINVAL, "map '%s': the text names no inner map for it", name);
	return make_template(object, &object->maps[index], err);
}

int lt_object_resize_map(lt_object *object, const char *name, uint32_t max_entries)
{
	struct lt_map *map = lt_object_map_named(object, name);

	if (!map)
		return -ENOENT;
	map->max_entries = max_entries;
	map->resized = true;
	return 0;
}

int lt_maps_prepare(lt_object *object, struct bpf_object *opened, lt_error *err)
{
	uint32_t index = 0;
	struct bpf_map *each;

	bpf_object__for_each_map(each, opened) {
		struct lt_map *map = &object->maps[index++];
		int code = map->fd >= 0 ? bpf_map__reuse_fd(each, map->fd) : lt_map_initialize(map, each);

		if (!code && map->fd < 0 && map->resized)
			code = bpf_map__set_max_entries(each, map->max_entries);
		if (code)
			return lt_fail(err, code, "map '%s': %s", map->name, strerror(-code));
		if (!map->inner || map->fd >= 0)
			continue;
		if (map->template_fd < 0)
			map->template_fd = make_template(object, map, err);
		if (map->template_fd < 0)
			return map->template_fd;
		bpf_map__set_inner_map_fd(each, map->template_fd);
	}
	return 0;
}

/* ---- pins ------------------------------------------------------------------------------------------------------ */

static const char bpffs[] = "/sys/fs/bpf";

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* Makes the directories that `path` goes through, those within a BPF file system only: a text that names another place
 * leaves nothing there. */
static int make_parents(char *path)
{
	bool within = false;
	int code = 0;

	for (char *slash = strchr(path + 1, '/'); slash && !code; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(path, F_OK))
			code = !within ? -EXDEV : mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
		within = !code && is_bpffs(path);
		*slash = '/';
	}
	return code ? code : within ? 0 : -EXDEV;
}

static void mount_bpffs(const char *path)
{
	if (!strncmp(path, bpffs, strlen(bpffs)) && path[strlen(bpffs)] == '/' && !is_bpffs(bpffs) &&
	    !mount("bpf", bpffs, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		lt_verbose(1, "the BPF file system was not mounted; mounted it at %s", bpffs);
}

/* Programs and links are pinned too, and the kernel's answer about one looks like one about a map. */
static bool is_map(int fd)
{
	static const char map[] = "anon_inode:bpf-map";
	char path[32], kind[sizeof(map)];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, kind, sizeof(kind));
	return length < 0 || ((size_t)length == strlen(map) && !memcmp(kind, map, strlen(map)));
}

int lt_map_open_pinned(const char *path, lt_error *err)
{
	int fd;

	mount_bpffs(path);
	fd = bpf_obj_get(path);
	if (fd >= 0 && !is_map(fd)) {
		close(fd);
		return lt_fail(err, -EINVAL, "%s: what is pinned there is no map", path);
	}
	if (fd >= 0 || fd == -ENOENT)
		return fd;
	return lt_fail(err, fd, "%s: %s", path, strerror(-fd));
}

int lt_map_pin(int fd, const char *path, lt_error *err)
{
	char *copy = strdup(path);
	int code;

	mount_bpffs(path);
	code = !copy ? -ENOMEM : *path == '/' ? make_parents(copy) : -EXDEV;
	if (!code)
		code = bpf_obj_pin(fd, path);
	free(copy);
	if (code == -EXDEV)
		return lt_fail(err, code, "%s: a map is pinned below a BPF file system, and this is none: mount -t bpf bpf %s", path,
			       bpffs);
	return code ? lt_fail(err, code, "%s: the map can't be pinned there: %s", path, strerror(-code)) : 0;
}
