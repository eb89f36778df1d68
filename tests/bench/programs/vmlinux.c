/* SPDX-License-Identifier: MIT
 *
 * Writes all types of the running kernel as a C header, as bpftool does. With CORE defined their members' offsets
 * are relocated at load.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void print(void *context, const char *format, va_list args)
{
	(void)context;
	vprintf(format, args);
}

int main(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct btf_dump *dump = btf ? btf_dump__new(btf, print, NULL, NULL) : NULL;

	if (!dump) {
		fprintf(stderr, "vmlinux: kernel BTF: %s\n", strerror(errno));
		return 1;
	}
	puts("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#ifdef CORE\n"
	     "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n#endif\n");
	for (unsigned id = 1; id < btf__type_cnt(btf); id++)
		if (btf_dump__dump_type(dump, id)) {
			fprintf(stderr, "vmlinux: type %u: %s\n", id, strerror(errno));
			return 1;
		}
	puts("#ifdef CORE\n#pragma clang attribute pop\n#endif\n#endif");
	return fflush(stdout) || ferror(stdout);
}
