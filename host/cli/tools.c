/* SPDX-License-Identifier: MIT
 *
 * The tools that are run by name: scripts/NAME.lua of the installation, or of the source tree when the binary runs
 * from its build folder.
 */
#include "cli.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *cli_tool_folder(void)
{
	char self[4096], *slash, *folder = NULL;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length <= 0)
		return NULL;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	if (asprintf(&folder, "%s/../share/luatrace/scripts", self) < 0)
		return NULL;
	if (!access(folder, F_OK))
		return folder;
	free(folder);
	slash = strrchr(self, '/');
	if (!slash || strcmp(slash, "/build") != 0)
		return NULL;
	*slash = '\0';
	return asprintf(&folder, "%s/scripts", self) < 0 ? NULL : folder;
}

char *cli_tool_find(const char *name)
{
	char *folder = cli_tool_folder(), *path = NULL;

	if (!folder || asprintf(&path, "%s/%s.lua", folder, name) < 0)
		path = NULL;
	if (path && access(path, F_OK)) {
		free(path);
		path = NULL;
	}
	free(folder);
	return path;
}

static int is_tool(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	/* collection.lua describes the collection. */
	return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".lua") == 0 &&
	       strcmp(entry->d_name, "collection.lua") != 0;
}

void cli_tool_each(void (*visit)(const char *name, void *data), void *data)
{
	char *folder = cli_tool_folder();
	struct dirent **entries = NULL;
	int count = folder ? scandir(folder, &entries, is_tool, alphasort) : 0;

	for (int i = 0; i < count; i++) {
		entries[i]->d_name[strlen(entries[i]->d_name) - 4] = '\0';
		visit(entries[i]->d_name, data);
		free(entries[i]);
	}
	free(entries);
	free(folder);
}
