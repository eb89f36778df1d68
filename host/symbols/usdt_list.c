/* SPDX-License-Identifier: MIT
 *
 * The USDT probes of one file, or of all files that a process runs code of.
 */
#include "symbols.h"
#include "maps.h"
#include "root.h"
#include "usdt.h"
#include "../error.h"
#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOCATION_LIMIT = 1 << 18 };

struct file {
	char *path;
	int fd;
	lt_elf elf;
	uint16_t machine;
	dev_t dev;		/* as the process's maps have it */
	uint64_t inode;
};

struct location {
	uint32_t file;
	lt_usdt_note note;
};

struct lt_usdt {
	char *subject;		/* for messages: "'path'" or "process 17" */
	struct file *files;	/* those that have probes */
	uint32_t file_count;
	struct location *locations;
	uint32_t count;
};

/* Room for one more at powers of two. */
static void *grow(void *array, uint32_t count, size_t size)
{
	return count & (count - 1) || (count && count < 8) ? array : realloc(array, (count ? 2 * (size_t)count : 8) * size);
}

static int add_location(void *arg, const lt_usdt_note *note)
{
	lt_usdt *usdt = arg;
	struct location *locations = grow(usdt->locations, usdt->count, sizeof(*locations));

	if (!locations)
		return -ENOMEM;
	usdt->locations = locations;
	if (usdt->count == LOCATION_LIMIT)
		return -E2BIG;
	locations[usdt->count++] = (struct location){ .file = usdt->file_count, .note = *note };
	return 0;
}

static void close_file(struct file *file)
{
	lt_elf_close(&file->elf);
	close(file->fd);
	free(file->path);
}

/* Takes over `fd`. A file without probes is not kept. */
static int add_file(lt_usdt *usdt, int fd, const char *path)
{
	struct file *files = grow(usdt->files, usdt->file_count, sizeof(*files)), *file;
	uint32_t before = usdt->count;
	GElf_Ehdr ehdr;
	int ret;

	if (!files) {
		close(fd);
		return -ENOMEM;
	}
	usdt->files = files;
	file = &files[usdt->file_count];
	*file = (struct file){ .path = strdup(path), .fd = fd };
	ret = file->path ? lt_elf_open(&file->elf, fd) : -ENOMEM;
	if (!ret) {
		file->machine = gelf_getehdr(file->elf.handle, &ehdr) ? ehdr.e_machine : EM_NONE;
		ret = lt_usdt_each(&file->elf, add_location, usdt);
	}
	if (ret || usdt->count == before) {
		usdt->count = before;
		close_file(file);
		return ret;
	}
	usdt->file_count++;
	return 0;
}

/* ---- which files ----------------------------------------------------------------------------------------------- */

struct walk {
	lt_usdt *usdt;
	int32_t pid;
	int root;		/* see root.h */
	dev_t dev;		/* the file before: one file's mappings follow each other */
	uint64_t inode;
};

static int open_mapping(const struct walk *walk, const lt_mapping *m, char *path, size_t size)
{
	int fd, ret;

	snprintf(path, size, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, walk->pid, m->start, m->end);
	if (m->deleted)
		return lt_root_open_file(-1, path);
	fd = lt_root_open_mapped(walk->root, m->path, m->dev, m->inode);
	if (fd < 0)
		return fd;
	ret = lt_root_path(walk->root, walk->pid, m->path, path, size);
	/* After a mere chroot the maps show paths as we see them. */
	if (ret == -ENOENT && walk->root >= 0)
		ret = lt_root_path(-1, walk->pid, m->path, path, size);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* A file mapped twice has its probes once. */
static bool is_known(const struct walk *walk, const lt_mapping *m)
{
	for (uint32_t i = 0; i < walk->usdt->file_count; i++)
		if (walk->usdt->files[i].dev == m->dev && walk->usdt->files[i].inode == m->inode)
			return true;
	return m->dev == walk->dev && m->inode == walk->inode;
}

/* What cannot be opened or is no ELF file has no probes for us. */
static int add_mapping(void *arg, const lt_mapping *m)
{
	struct walk *walk = arg;
	lt_usdt *usdt = walk->usdt;
	uint32_t before = usdt->file_count;
	char path[PATH_MAX];
	int fd, ret;

	if (!m->executable || !m->inode || is_known(walk, m))
		return 0;
	walk->dev = m->dev;
	walk->inode = m->inode;
	fd = open_mapping(walk, m, path, sizeof(path));
	if (fd < 0)
		return 0;
	ret = add_file(usdt, fd, path);
	if (usdt->file_count > before) {
		usdt->files[before].dev = m->dev;
		usdt->files[before].inode = m->inode;
	}
	return ret == -ENOEXEC ? 0 : ret;
}

static int add_process(lt_usdt *usdt, int32_t pid, lt_error *err)
{
	struct walk walk = { .usdt = usdt, .pid = pid ? pid : getpid() };
	int ret;

	walk.root = lt_root_open(walk.pid);
	ret = lt_maps_each(walk.pid, add_mapping, &walk);
	if (walk.root >= 0)
		close(walk.root);
	if (ret == -ESRCH)
		return lt_fail(err, ret, "usdt: no process %d", walk.pid);
	if (ret < 0)
		return lt_fail(err, ret, "usdt: cannot read the maps of process %d: %s%s", walk.pid, strerror(-ret),
			       ret == -EACCES || ret == -EPERM ? "; its owner may, and root with CAP_SYS_PTRACE" : "");
	if (!usdt->count)
		return lt_fail(err, -ENOENT, "usdt: process %d: no file that it runs code of has USDT probes; a program has them "
			       "when it was built so (sys/sdt.h; for many an option such as --enable-dtrace)", walk.pid);
	return 0;
}

static int add_path(lt_usdt *usdt, const char *name, int32_t pid, lt_error *err)
{
	char path[PATH_MAX];
	int ret = lt_find_library("usdt", name, pid, path, sizeof(path), err);

	if (ret < 0)
		return ret;
	ret = lt_elf_open_path(path);
	if (ret >= 0)
		ret = add_file(usdt, ret, path);
	switch (ret) {
	case 0:
		break;
	case -EISDIR:
		return lt_fail(err, ret, "usdt '%s': is a directory", path);
	case -ENOEXEC:
		return lt_fail(err, ret, "usdt '%s': not an ELF program or shared library, or a damaged one", path);
	default:
		return lt_fail(err, ret, "usdt '%s': %s", path, strerror(-ret));
	}
	if (!usdt->count)
		return lt_fail(err, -ENOENT, "usdt '%s': the file has no USDT probes (no section .note.stapsdt); a program has "
			       "them when it was built so (sys/sdt.h; for many an option such as --enable-dtrace); "
			       "perhaps they are in a library of its own", path);
	return 0;
}

int lt_usdt_open(const char *path, int32_t pid, lt_usdt **out, lt_error *err)
{
	lt_usdt *usdt = calloc(1, sizeof(*usdt));
	int ret;

	*out = NULL;
	if (!usdt || (path ? asprintf(&usdt->subject, "'%s'", path) : asprintf(&usdt->subject, "process %d", pid)) < 0) {
		free(usdt);
		return lt_fail(err, -ENOMEM, "usdt: out of memory");
	}
	if (path)
		ret = add_path(usdt, path, pid, err);
	else if (pid >= 0)
		ret = add_process(usdt, pid, err);
	else
		ret = lt_fail(err, -EINVAL, "usdt: neither a file nor a process is named");
	if (ret) {
		lt_usdt_free(usdt);
		return ret;
	}
	*out = usdt;
	return 0;
}

void lt_usdt_free(lt_usdt *usdt)
{
	if (!usdt)
		return;
	while (usdt->file_count)
		close_file(&usdt->files[--usdt->file_count]);
	free(usdt->files);
	free(usdt->locations);
	free(usdt->subject);
	free(usdt);
}

/* ---- what is there --------------------------------------------------------------------------------------------- */

uint32_t lt_usdt_count(const lt_usdt *usdt)
{
	return usdt->count;
}

int lt_usdt_get(const lt_usdt *usdt, uint32_t index, lt_usdt_location *out)
{
	const struct location *location;

	if (index >= usdt->count)
		return -ENOENT;
	location = &usdt->locations[index];
	*out = (lt_usdt_location){
		.provider = location->note.provider,
		.name = location->note.name,
		.arguments = location->note.arguments,
		.path = usdt->files[location->file].path,
		.address = location->note.address,
		.semaphore = location->note.semaphore,
	};
	return 0;
}

static int no_such_probe(const lt_usdt *usdt, const char *provider, const char *name, lt_error *err)
{
	char wanted[LT_SIMILAR_NAME], near[600], shown[LT_SIMILAR_NAME];
	lt_similar similar;

	snprintf(wanted, sizeof(wanted), "%.100s%s%.100s", provider ? provider : "", provider ? ":" : "", name);
	lt_similar_start(&similar, wanted);
	for (uint32_t i = 0; i < usdt->count; i++) {
		const lt_usdt_note *note = &usdt->locations[i].note;

		snprintf(shown, sizeof(shown), "%s%s%s", provider ? note->provider : "", provider ? ":" : "", note->name);
		lt_similar_offer(&similar, shown, strlen(shown));
	}
	if (lt_similar_list(&similar, near, sizeof(near)))
		return lt_fail(err, -ENOENT, "usdt %s: no probe '%s'; similar: %s", usdt->subject, wanted, near);
	return lt_fail(err, -ENOENT, "usdt %s: no probe '%s'; it has others, as luatrace probes 'usdt:%s:*' lists them",
		       usdt->subject, wanted, usdt->files[0].path);
}

int lt_usdt_find(const lt_usdt *usdt, const char *provider, const char *name, lt_error *err)
{
	const lt_usdt_note *found = NULL;
	int at = 0;

	for (uint32_t i = 0; i < usdt->count; i++) {
		const lt_usdt_note *note = &usdt->locations[i].note;

		if (strcmp(note->name, name) || (provider && strcmp(note->provider, provider)))
			continue;
		if (found && strcmp(found->provider, note->provider))
			return lt_fail(err, -EEXIST, "usdt %s: several providers have a probe '%s': %s, %s; name the one, as %s:%s",
				       usdt->subject, name, found->provider, note->provider, found->provider, name);
		if (!found)
			at = (int)i;
		found = found ? found : note;
	}
	return found ? at : no_such_probe(usdt, provider, name, err);
}

/* ---- one place ------------------------------------------------------------------------------------------------- */

struct wanted {
	const char *name;
	size_t length;
	uint64_t address;
	uint32_t found;		/* different addresses by that name */
};

static int compare(void *arg, const lt_elf_symbol *symbol)
{
	struct wanted *wanted = arg;

	if (!symbol->defined || symbol->length != wanted->length || memcmp(symbol->name, wanted->name, wanted->length))
		return 0;
	if (!wanted->found || symbol->address != wanted->address)
		wanted->found++;
	wanted->address = symbol->address;
	return 0;
}

/* Static variables of several sources may have one name: then it is not known which is meant. */
static bool find_symbol(void *arg, const char *name, size_t length, uint64_t *value)
{
	struct wanted wanted = { .name = name, .length = length };

	lt_elf_each_symbol(arg, compare, &wanted);
	*value = wanted.address;
	return wanted.found == 1;
}

uint32_t lt_usdt_get_arguments(lt_usdt *usdt, uint32_t index, lt_usdt_argument *out)
{
	const struct location *location = &usdt->locations[index];
	struct file *file = &usdt->files[location->file];
	lt_usdt_place place = {
		.machine = file->machine, .address = location->note.address, .symbol = find_symbol, .arg = &file->elf,
	};

	return lt_usdt_parse_arguments(location->note.arguments, &place, out);
}

bool lt_usdt_get_offsets(const lt_usdt *usdt, uint32_t index, uint64_t *instruction, uint64_t *semaphore)
{
	const lt_usdt_note *note = &usdt->locations[index].note;
	const lt_elf_segments *segments = &usdt->files[usdt->locations[index].file].elf.segments;

	*semaphore = 0;
	return lt_elf_to_offset(segments, note->address, instruction) &&
	       (!note->semaphore || lt_elf_to_offset(segments, note->semaphore, semaphore));
}

bool lt_usdt_is_native(const lt_usdt *usdt, uint32_t index)
{
	uint16_t machine = usdt->files[usdt->locations[index].file].machine;

#if defined(__x86_64__)
	return machine == EM_X86_64 || machine == EM_386;
#elif defined(__aarch64__)
	return machine == EM_AARCH64;
#else
	return machine == EM_NONE;
#endif
}
