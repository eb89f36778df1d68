/* SPDX-License-Identifier: MIT
 *
 * Loading an object: all programs of a known kind in one go, which costs one reading of the kernel's BTF, and no
 * verifier log. Only when that fails are they loaded one by one to find which is refused and why.
 */
#include "externs.h"
#include "object.h"
#include "privilege.h"
#include "refusal.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Known, and with the target it is loaded for where its kind needs one. What has a struct __sk_buff may be for a socket
 * or for tc, which an attach call tells: a program array serves one of the two, and the first load decides. */
static bool is_ready(const struct lt_program *program)
{
	return program->ops && program->ops != &lt_socket_ops && (!program->ops->btf_target || *program->target);
}

static int keep_fd(int fd)
{
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

static int keep_maps(lt_object *object, struct bpf_object *opened)
{
	uint32_t index = 0;
	struct bpf_map *map;

	bpf_object__for_each_map(map, opened) {
		struct lt_map *kept = &object->maps[index++];

		if (kept->fd < 0) {
			int fd = keep_fd(bpf_map__fd(map));

			if (fd < 0)
				return fd;
			kept->fd = fd;
		}
		if (kept->template_fd >= 0)
			close(kept->template_fd);
		kept->template_fd = -1;
		/* libbpf sizes some maps by the machine: a perf event array has an entry for each CPU. */
		kept->max_entries = bpf_map__max_entries(map);
	}
	return 0;
}

static int keep_programs(lt_object *object, struct bpf_object *opened)
{
	uint32_t index = 0;
	struct bpf_program *from;

	bpf_object__for_each_program(from, opened) {
		struct lt_program *program = &object->programs[index++];
		struct lt_load *load;
		int fd;

		if (!is_ready(program))
			continue;
		fd = keep_fd(bpf_program__fd(from));
		if (fd < 0)
			return fd;
		load = lt_program_add_load(program, program->ops, program->target);
		if (!load) {
			close(fd);
			return -ENOMEM;
		}
		load->fd = fd;
	}
	return 0;
}

/* 0, or the refusal of whichever program was the first to be refused. */
static int load_together(lt_object *object)
{
	uint32_t index = 0;
	struct bpf_program *program;
	char log[LT_SHORT_LOG];
	int code = 0;

	bpf_object__for_each_program(program, object->opened) {
		const struct lt_program *known = &object->programs[index++];

		bpf_program__set_autoload(program, is_ready(known));
		lt_program_log_shortly(program, log);
		if (!code && is_ready(known))
			code = lt_program_prepare(program, known->ops, known->target);
	}
	if (!code)
		return bpf_object__load(object->opened);
	lt_object_abandon(object->opened);
	return code;
}

static void close_opened(lt_object *object)
{
	bpf_object__close(object->opened);
	object->opened = NULL;
}

/* Creates the maps alone, or one of them: `only`. */
static int load_maps(lt_object *object, const struct lt_map *only)
{
	struct bpf_program *program;
	struct bpf_map *map;
	uint32_t index = 0;
	int code = lt_object_reopen(object, &object->opened);

	if (code)
		return code;
	bpf_object__for_each_program(program, object->opened)
		bpf_program__set_autoload(program, false);
	bpf_object__for_each_map(map, object->opened) {
		const struct lt_map *each = &object->maps[index++];

		bpf_map__set_autocreate(map, !only || each == only);
	}
	code = lt_maps_prepare(object, object->opened, NULL);
	return code ? code : bpf_object__load(object->opened);
}

static int explain_maps(lt_object *object, int code, lt_error *err)
{
	char reason[256];

	if ((code == -EPERM || code == -EACCES) && lt_privilege_missing(LT_NEEDS_BPF, reason, sizeof(reason)))
		return lt_fail(err, code, "bpf(2) is not permitted: %s", reason);
	if (lt_externs_missing(object, err))
		return -ENOENT;
	for (uint32_t i = 0; i < object->map_count; i++) {
		const struct lt_map *map = &object->maps[i];
		int refused = load_maps(object, map);

		close_opened(object);
		if (refused)
			return lt_fail(err, refused, "map '%s': the kernel refused to create it: %s (type %u, "
				       "key %u bytes, value %u bytes, %u entries)",
				       map->name, strerror(-refused), map->type, map->key_size, map->value_size,
				       map->max_entries);
	}
	return lt_fail(err, code, "object: its maps can't be created: %s; -vv shows libbpf's messages",
		       code < -4000 ? "libbpf refuses them" : strerror(-code));
}

static int load_one_by_one(lt_object *object, lt_error *err)
{
	int code, first = 0;

	close_opened(object);
	code = load_maps(object, NULL);
	if (!code)
		code = keep_maps(object, object->opened);
	close_opened(object);
	if (code)
		return explain_maps(object, code, err);
	object->loaded = true;

	for (uint32_t i = 0; i < object->program_count; i++) {
		struct lt_program *program = &object->programs[i];
		lt_error reason = { 0 };

		if (!is_ready(program))
			continue;
		code = lt_program_load_as(object, program, program->ops, program->target, &reason);
		if (code < 0 && program->auto_attach && !first)
			first = lt_refusal_report(lt_program_own_load(program), program, err);
		else if (code < 0)
			lt_verbose(1, "left out: %s", reason.message);
		lt_error_clear(&reason);
	}
	return first;
}

int lt_object_load(lt_object *object, lt_error *err)
{
	int code;

	if (object->loaded)
		return 0;
	if (!object->opened)
		return lt_fail(err, -EINVAL, "object: loading it has failed before");
	code = lt_maps_prepare(object, object->opened, err);
	if (code) {
		close_opened(object);
		return code;
	}
	code = load_together(object);
	if (code)
		return load_one_by_one(object, err);
	code = keep_maps(object, object->opened);
	if (!code)
		code = keep_programs(object, object->opened);
	close_opened(object);
	if (code)
		return lt_fail(err, code, "object: its descriptors can't be kept: %s", strerror(-code));
	object->loaded = true;
	return 0;
}
