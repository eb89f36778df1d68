/* SPDX-License-Identifier: MIT
 *
 * Loads an object and prints how many instructions each program has once the verifier is done with it.
 *   verified OBJECT [PROGRAM=KIND]...
 * KIND is a section name of libbpf's, for programs whose own section says nothing.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void set_kind(struct bpf_object *object, char *argument)
{
	char *kind = strchr(argument, '=');
	struct bpf_program *program;
	enum bpf_attach_type attach;
	enum bpf_prog_type type;

	if (!kind)
		return;
	*kind++ = '\0';
	program = bpf_object__find_program_by_name(object, argument);
	if (program && !libbpf_prog_type_by_name(kind, &type, &attach)) {
		bpf_program__set_type(program, type);
		bpf_program__set_expected_attach_type(program, attach);
	}
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc > 1 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *program;

	if (!object) {
		fprintf(stderr, "verified: %s: %s\n", argc > 1 ? argv[1] : "no object", strerror(errno));
		return 1;
	}
	for (int i = 2; i < argc; i++)
		set_kind(object, argv[i]);
	if (bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			return 1;
		printf("%s %u\n", bpf_program__name(program), info.xlated_prog_len / (unsigned)sizeof(struct bpf_insn));
	}
	bpf_object__close(object);
	return 0;
}
