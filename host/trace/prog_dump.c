/* SPDX-License-Identifier: MIT */
#include "prog_dump.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lt_program_descriptor(const lt_object *object, const char *name, lt_error *err)
{
	const struct lt_program *program = lt_object_program_named(object, name, err);
	const struct lt_load *load = program ? lt_program_own_load(program) : NULL;

	if (!program)
		return -ENOENT;
	for (uint32_t i = 0; i < program->load_count && (!load || load->fd < 0); i++)
		load = &program->loads[i];
	if (!load)
		return lt_fail(err, -ENOENT, "program '%s': it is not loaded: its kind is not known before it is attached", name);
	if (load->fd < 0)
		return lt_fail(err, load->code, "program '%s': it is not loaded: %s", name,
			       load->refused ? load->refused : strerror(-load->code));
	return load->fd;
}

/* Room for one array, of elements that may be larger than we know them, and the kernel's pointer to it. */
static void *prepare(uint32_t count, uint32_t size, __u64 *pointer, bool *failed)
{
	void *memory = count ? calloc(count, size) : NULL;

	*pointer = (uintptr_t)memory;
	*failed = *failed || (count && !memory);
	return memory;
}

/* Elements of `size` bytes to elements of `known`. */
static void pack(void *memory, uint32_t count, uint32_t size, uint32_t known)
{
	for (uint32_t i = 1; i < count && size > known; i++)
		memmove((char *)memory + (size_t)i * known, (char *)memory + (size_t)i * size, known);
}

/* The kernel clears the pointer to what it does not show. */
static void keep_shown(void **memory, __u64 pointer, uint32_t *count)
{
	if (pointer)
		return;
	free(*memory);
	*memory = NULL;
	*count = 0;
}

static int read_arrays(int fd, const struct bpf_prog_info *sizes, struct lt_prog_dump *dump)
{
	struct bpf_prog_info info = {
		.xlated_prog_len = sizes->xlated_prog_len, .jited_prog_len = sizes->jited_prog_len,
		.nr_jited_ksyms = sizes->nr_jited_ksyms, .nr_jited_func_lens = sizes->nr_jited_func_lens,
		.nr_func_info = sizes->nr_func_info, .func_info_rec_size = sizes->func_info_rec_size,
		.nr_line_info = sizes->nr_line_info, .line_info_rec_size = sizes->line_info_rec_size,
		.nr_jited_line_info = sizes->nr_jited_line_info, .jited_line_info_rec_size = sizes->jited_line_info_rec_size,
	};
	uint32_t size = sizeof(info), length_count = sizes->nr_jited_func_lens;
	bool failed = false;

	if ((info.nr_func_info && info.func_info_rec_size < sizeof(*dump->functions)) ||
	    (info.nr_line_info && info.line_info_rec_size < sizeof(*dump->lines)) ||
	    (info.nr_jited_line_info && info.jited_line_info_rec_size < sizeof(*dump->native_lines)))
		return -EINVAL;
	dump->insns = prepare(info.xlated_prog_len, 1, &info.xlated_prog_insns, &failed);
	dump->image = prepare(info.jited_prog_len, 1, &info.jited_prog_insns, &failed);
	dump->addresses = prepare(info.nr_jited_ksyms, sizeof(uint64_t), &info.jited_ksyms, &failed);
	dump->lengths = prepare(info.nr_jited_func_lens, sizeof(uint32_t), &info.jited_func_lens, &failed);
	dump->functions = prepare(info.nr_func_info, info.func_info_rec_size, &info.func_info, &failed);
	dump->lines = prepare(info.nr_line_info, info.line_info_rec_size, &info.line_info, &failed);
	dump->native_lines = prepare(info.nr_jited_line_info, info.jited_line_info_rec_size, &info.jited_line_info, &failed);
	if (failed)
		return -ENOMEM;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	dump->insn_count = sizes->xlated_prog_len / sizeof(struct bpf_insn);
	dump->image_size = sizes->jited_prog_len;
	dump->native_count = sizes->nr_jited_ksyms;
	dump->function_count = sizes->nr_func_info;
	dump->line_count = sizes->nr_line_info;
	dump->native_line_count = sizes->nr_jited_line_info;
	pack(dump->functions, dump->function_count, info.func_info_rec_size, sizeof(*dump->functions));
	pack(dump->lines, dump->line_count, info.line_info_rec_size, sizeof(*dump->lines));
	pack(dump->native_lines, dump->native_line_count, info.jited_line_info_rec_size, sizeof(*dump->native_lines));
	keep_shown((void **)&dump->insns, info.xlated_prog_insns, &dump->insn_count);
	keep_shown((void **)&dump->image, info.jited_prog_insns, &dump->image_size);
	keep_shown((void **)&dump->addresses, info.jited_ksyms, &dump->native_count);
	keep_shown((void **)&dump->lengths, info.jited_func_lens, &length_count);
	keep_shown((void **)&dump->functions, info.func_info, &dump->function_count);
	keep_shown((void **)&dump->lines, info.line_info, &dump->line_count);
	keep_shown((void **)&dump->native_lines, info.jited_line_info, &dump->native_line_count);
	dump->hidden_insns = sizes->xlated_prog_len && !dump->insns;
	dump->hidden_image = sizes->jited_prog_len && !dump->image;
	if (dump->native_count > length_count)
		dump->native_count = length_count;
	return 0;
}

int lt_prog_dump_read(int fd, const char *program, struct lt_prog_dump *dump, lt_error *err)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int code;

	*dump = (struct lt_prog_dump){ 0 };
	code = bpf_obj_get_info_by_fd(fd, &info, &size) ? -errno : read_arrays(fd, &info, dump);
	if (!code && info.btf_id) {
		dump->btf = btf__load_from_kernel_by_id(info.btf_id);
		code = dump->btf || errno == EPERM ? 0 : -errno;
	}
	if (!code)
		return 0;
	lt_prog_dump_free(dump);
	return lt_fail(err, code, "program '%s': the kernel does not show it: %s", program, strerror(-code));
}

void lt_prog_dump_free(struct lt_prog_dump *dump)
{
	free(dump->insns);
	free(dump->image);
	free(dump->addresses);
	free(dump->lengths);
	free(dump->functions);
	free(dump->lines);
	free(dump->native_lines);
	btf__free(dump->btf);
	*dump = (struct lt_prog_dump){ 0 };
}

const struct btf_type *lt_prog_dump_function(const struct lt_prog_dump *dump, uint32_t insn)
{
	for (uint32_t i = 0; dump->btf && i < dump->function_count; i++)
		if (dump->functions[i].insn_off == insn)
			return btf__type_by_id(dump->btf, dump->functions[i].type_id);
	return NULL;
}
