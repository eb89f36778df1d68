/* SPDX-License-Identifier: MIT
 *
 * Where luatrace's own tools are: the scripts of the installation, or of the source tree when the binary runs from its
 * build folder. Others' are found by lua/luatrace/tool/collections.lua.
 */
#include "cli.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool collections_trusted;

void cli_trust_collections(void)
{
	collections_trusted = true;
}

bool cli_collections_trusted(void)
{
	return collections_trusted;
}

static const char **trusted_keys;
static size_t trusted_key_count;

bool cli_trust_key(const char *key)
{
	const char **more = realloc(trusted_keys, (trusted_key_count + 2) * sizeof(*more));

	if (!more)
		return false;
	trusted_keys = more;
	more[trusted_key_count++] = key;
	more[trusted_key_count] = NULL;
	return true;
}

const char *const *cli_trusted_keys(void)
{
	return trusted_keys;
}

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
