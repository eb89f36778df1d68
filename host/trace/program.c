/* SPDX-License-Identifier: MIT
 *
 * Programs: what is known of each, and loading one on its own, which happens when it is wanted as another type than
 * it has, and when loading all together failed.
 */
#include "btf_program.h"
#include "object.h"
#include "refusal.h"
#include "verifier_log.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The most that every kernel takes as a log buffer. Only what the verifier writes is ever touched. */
enum { LOG_ROOM = (1 << 24) - 1 };

int lt_program_prepare(struct bpf_program *program, const struct lt_probe_ops *ops, const char *target)
{
	if (ops->takes && !ops->takes(bpf_program__insns(program), bpf_program__insn_cnt(program)))
		return -EOPNOTSUPP;
	bpf_program__set_type(program, ops->prog_type);
	bpf_program__set_expected_attach_type(program, ops->attach_type);
	return ops->btf_target ? bpf_program__set_attach_target(program, 0, lt_btf_program_function(target)) : 0;
}

static struct lt_load *find_load(const struct lt_program *program, const struct lt_probe_ops *ops, const char *target)
{
	for (uint32_t i = 0; i < program->load_count; i++) {
		struct lt_load *load = &program->loads[i];

		if (load->prog_type == ops->prog_type && load->attach_type == ops->attach_type &&
		    (!ops->btf_target || !strcmp(load->target, target)))
			return load;
	}
	return NULL;
}

const struct lt_load *lt_program_own_load(const struct lt_program *program)
{
	return program->ops ? find_load(program, program->ops, program->target) : NULL;
}

struct lt_load *lt_program_add_load(struct lt_program *program, const struct lt_probe_ops *ops, const char *target)
{
	struct lt_load *loads = realloc(program->loads, (program->load_count + 1) * sizeof(*loads));
	struct lt_load *load;

	if (!loads)
		return NULL;
	program->loads = loads;
	load = &loads[program->load_count];
	*load = (struct lt_load){ .prog_type = ops->prog_type, .attach_type = ops->attach_type, .fd = -1 };
	if (ops->btf_target) {
		load->target = strdup(target);
		if (!load->target)
			return NULL;
	}
	program->load_count++;
	return load;
}

void lt_program_release(struct lt_program *program)
{
	for (uint32_t i = 0; i < program->load_count; i++) {
		struct lt_load *load = &program->loads[i];

		if (load->fd >= 0)
			close(load->fd);
		free(load->target);
		free(load->refused);
		free(load->message);
		free(load->log);
	}
	free(program->loads);
	free(program->name);
	free(program->section);
	free(program->target);
}

static int share_maps(const lt_object *object, struct bpf_object *opened)
{
	uint32_t index = 0;
	struct bpf_map *map;

	bpf_object__for_each_map(map, opened) {
		int code = bpf_map__reuse_fd(map, object->maps[index++].fd);

		if (code)
			return code;
	}
	return 0;
}

/* Opens the object once more, for one program: the wanted one of `*out`. */
static int open_for(const lt_object *object, const struct lt_program *program, struct bpf_object **opened,
		    struct bpf_program **out)
{
	struct bpf_program *each;
	int code = lt_object_reopen_for(object, program->section, opened);

	if (!code)
		code = share_maps(object, *opened);
	if (code)
		return code;
	bpf_object__for_each_program(each, *opened)
		bpf_program__set_autoload(each, !strcmp(bpf_program__name(each), program->name));
	*out = bpf_object__find_program_by_name(*opened, program->name);
	return *out ? 0 : -ENOENT;
}

/* The verifier's log levels: 1 tells what it does with each instruction, 2 the whole
 * state before each, 4 only its reason and its figures. */
enum { LOG_STEPS = 1, LOG_STATE = 2, LOG_FIGURES = 4 };

void lt_program_log_shortly(struct bpf_program *program, char *log)
{
	*log = '\0';
	bpf_program__set_log_buf(program, log, LT_SHORT_LOG);
	bpf_program__set_log_level(program, LOG_FIGURES);
}

/* One attempt, on an object of its own. A descriptor or -errno. */
static int try_alone(const lt_object *object, const struct lt_program *program, const struct lt_probe_ops *ops,
		     const char *target, int level, char *log, size_t size)
{
	struct bpf_object *opened = NULL;
	struct bpf_program *wanted;
	int code = open_for(object, program, &opened, &wanted), fd = -1;

	if (!code) {
		code = lt_program_prepare(wanted, ops, target);
		if (code)
			lt_object_abandon(opened);
	}
	if (!code) {
		bpf_program__set_log_buf(wanted, log, size);
		bpf_program__set_log_level(wanted, level);
		code = bpf_object__load(opened);
	}
	if (!code) {
		fd = fcntl(bpf_program__fd(wanted), F_DUPFD_CLOEXEC, 3);
		code = fd < 0 ? -errno : 0;
	}
	bpf_object__close(opened);
	return code ? code : fd;
}

/* The log of what the verifier does with each instruction, for the line of the refused one. Not where the verifier
 * gave up after a million of them, which would take half a minute to write. */
static void explain(const lt_object *object, const struct lt_program *program, const struct lt_probe_ops *ops,
		    const char *target, int code, const char *reason, struct lt_load *load)
{
	char *log = MAP_FAILED;

	if (*reason && !lt_verifier_log_is_long(reason))
		log = mmap(NULL, LOG_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (log != MAP_FAILED) {
		int fd = try_alone(object, program, ops, target, LOG_STEPS, log, LOG_ROOM);

		if (fd >= 0)
			close(fd);
	}
	lt_refusal_record(load, object, program, ops, code, log == MAP_FAILED || !*log ? reason : log);
	if (log != MAP_FAILED)
		munmap(log, LOG_ROOM);
}

static int load_alone(const lt_object *object, struct lt_program *program, const struct lt_probe_ops *ops,
		      const char *target, struct lt_load *load)
{
	char reason[LT_SHORT_LOG] = "";
	int fd = try_alone(object, program, ops, target, LOG_FIGURES, reason, sizeof(reason));

	if (fd < 0) {
		explain(object, program, ops, target, fd, reason, load);
		return fd;
	}
	load->fd = fd;
	return 0;
}

int lt_program_load_as(lt_object *object, struct lt_program *program, const struct lt_probe_ops *ops,
		       const char *target, lt_error *err)
{
	struct lt_load *load;

	if (ops->btf_target && (!target || !*target))
		return lt_fail(err, -EINVAL, "program '%s': one of kind '%s' is loaded for one function or event, and none is "
			       "named", program->name, ops->name);
	load = find_load(program, ops, target);
	if (!load) {
		load = lt_program_add_load(program, ops, target);
		if (!load)
			return lt_fail(err, -ENOMEM, "program '%s': out of memory", program->name);
		if (!load_alone(object, program, ops, target, load))
			lt_verbose(1, "program '%s': loaded as %s", program->name, ops->name);
	}
	return load->fd >= 0 ? load->fd : lt_refusal_report(load, program, err);
}

/* A section of a kind that BTF describes: libbpf (1.1) looks for its target in any case, and crashes where the object
 * as another kind has not made it read the kernel's BTF. */
static bool is_bound(const struct lt_program *program, const struct lt_probe_ops *ops)
{
	char target[512];
	const struct lt_probe_ops *own = lt_kind_of_section(program->section, target, sizeof(target));

	return own && own->btf_target && !ops->btf_target;
}

int lt_program_load_for(lt_object *object, struct lt_program *program, const struct lt_probe_ops *ops,
			const struct lt_probe_ops *better, const char *target, lt_error *err)
{
	int fd;

	if (!object->loaded)
		return lt_fail(err, -EINVAL, "program '%s': its object is not loaded", program->name);
	if (is_bound(program, ops))
		return lt_fail(err, -EINVAL, "program '%s': SEC(\"%s\") says what kind it is; it can't be loaded as %s",
			       program->name, program->section, ops->name);
	if (!program->ops)
		program->ops = ops;
	if (!target || !*target)
		target = program->target;
	fd = better ? lt_program_load_as(object, program, better, target, NULL) : -EOPNOTSUPP;
	return fd >= 0 ? fd : lt_program_load_as(object, program, ops, target, err);
}

int lt_program_load(lt_object *object, const char *name, const char *kind, const char *target, lt_error *err)
{
	struct lt_program *program = lt_object_program_named(object, name, err);
	const struct lt_probe_ops *ops;
	char subject[192];

	if (!program)
		return -ENOENT;
	snprintf(subject, sizeof(subject), "program '%s'", name);
	ops = kind && *kind ? lt_probe_ops_require(kind, subject, err) : program->ops;
	if (kind && *kind && !ops)
		return -EINVAL;
	if (!ops)
		return lt_fail(err, -EINVAL, "program '%s': neither its name nor its parameter says what kind "
			       "it is; name the kind",
			       name);
	return lt_program_load_for(object, program, ops, NULL, target, err);
}

int lt_program_log(const lt_object *object, const char *name, lt_blob *out, lt_error *err)
{
	const struct lt_program *program = lt_object_program_named((lt_object *)object, name, err);
	char *log;
	int fd;

	*out = (lt_blob){ 0 };
	if (!program)
		return -ENOENT;
	if (!program->ops || (program->ops->btf_target && !*program->target) || !object->loaded)
		return lt_fail(err, -EINVAL, "program '%s': its kind is not known before it is attached", name);
	log = calloc(1, LOG_ROOM);
	if (!log)
		return lt_fail(err, -ENOMEM, "program '%s': out of memory", name);
	fd = try_alone(object, program, program->ops, program->target, LOG_STATE, log, LOG_ROOM);
	if (fd >= 0)
		close(fd);
	*out = (lt_blob){ log, strlen(log) };
	return 0;
}

int lt_program_bytecode(const lt_object *object, const char *name, lt_blob *out, lt_error *err)
{
	const struct lt_program *program = lt_object_program_named((lt_object *)object, name, err);
	struct bpf_object *opened = NULL;
	struct bpf_program *wanted;
	int code = -ENOENT;

	*out = (lt_blob){ 0 };
	if (!program)
		return code;
	code = open_for(object, program, &opened, &wanted);
	if (!code) {
		out->size = bpf_program__insn_cnt(wanted) * sizeof(struct bpf_insn);
		out->data = malloc(out->size);
		code = out->data ? 0 : -ENOMEM;
	}
	if (!code)
		memcpy(out->data, bpf_program__insns(wanted), out->size);
	bpf_object__close(opened);
	return code ? lt_fail(err, code, "program '%s': reading its instructions: %s", name, strerror(-code)) : 0;
}

int lt_object_program(const lt_object *object, uint32_t index, lt_program_info *out)
{
	const struct lt_program *program;
	const struct lt_load *load;
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (index >= object->program_count)
		return -ENOENT;
	program = &object->programs[index];
	load = lt_program_own_load(program);
	/* A program of an own kind that was loaded only as another, as kprobes are for uprobes, is loaded. */
	if (!load && program->load_count)
		load = &program->loads[0];
	*out = (lt_program_info){
		.name = program->name,
		.kind = program->ops ? program->ops->name : "",
		.target = program->target,
		.auto_attach = program->auto_attach,
		.fd = load ? load->fd : -1,
		.refused = load ? load->refused : NULL,
		.log = load ? load->log : NULL,
	};
	if (load && load->fd >= 0 && !bpf_obj_get_info_by_fd(load->fd, &info, &size))
		out->insn_count = info.xlated_prog_len / sizeof(struct bpf_insn);
	return 0;
}
