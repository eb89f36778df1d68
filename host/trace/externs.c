/* SPDX-License-Identifier: MIT */
#include "externs.h"
#include "near.h"
#include "section.h"
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

/* Of a module's only the symbol tells, for which libbpf searches that module's BTF. */
static bool kernel_has(const struct btf *kernel, const char *name)
{
	lt_error unknown = { 0 };
	uint64_t address;
	int code = 0;

	if (btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) < 0 && btf__find_by_name_kind(kernel, name, BTF_KIND_VAR) < 0)
		code = lt_ksym_address(name, &address, &unknown);
	lt_error_clear(&unknown);
	return !code;
}

/* Values of the kernel's configuration (__kconfig) are libbpf's to find. */
static bool is_setting(const char *name)
{
	return !strncmp(name, "CONFIG_", 7) || !strncmp(name, "LINUX_", 6);
}

int lt_externs_missing(const lt_object *object, lt_error *err)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	Elf *elf = kernel ? elf_memory(object->elf, object->elf_size) : NULL;
	GElf_Shdr header;
	Elf_Scn *section = elf ? lt_elf_section(elf, ".symtab", &header) : NULL;
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Sym symbol;
	int code = 0;

	for (int i = 1; data && !code && gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
		char near[LT_NEAR_SIZE];

		/* a weak one may be missing: the text asks for it first */
		if (symbol.st_shndx != SHN_UNDEF || GELF_ST_BIND(symbol.st_info) != STB_GLOBAL || !name || is_setting(name) ||
		    kernel_has(kernel, name))
			continue;
		lt_near_function(name, near, sizeof(near));
		code = lt_fail(err, -ENOENT, "'%s': the text declares it as the kernel's own (extern … __ksym), but this "
			       "kernel has nothing of that name%s", name, near);
	}
	elf_end(elf);
	btf__free(kernel);
	return code;
}
