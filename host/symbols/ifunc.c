/* SPDX-License-Identifier: MIT
 *
 * IFUNCs: symbols whose address is a resolver's, which picks a function by what the CPU can do (libc's strlen).
 */
#include "symbols.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

/* The dynamic linker has asked the resolvers of what this process has loaded, and those pick the same for all. A file
 * that is not loaded is not loaded for this: its code would run here. */
int lt_ifunc_address(const char *path, const char *symbol, uint64_t *address)
{
	void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD), *function = NULL;
	struct link_map *map = NULL;
	char name[256];

	if (!library)
		return -ENOENT;
	/* without a version: of several it is the default one */
	if (strlen(symbol) < sizeof(name)) {
		strcpy(name, symbol);
		name[strcspn(name, "@")] = '\0';
		function = dlsym(library, name);
	}
	if (function && !dlinfo(library, RTLD_DI_LINKMAP, &map))
		*address = (uint64_t)(uintptr_t)function - map->l_addr;
	dlclose(library);
	return map ? 0 : -ENOENT;
}
