/* SPDX-License-Identifier: MIT */
#include "cache_folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

/* What is kept at most, and what one entry may have: an ordinary one has some 50 KB. */
enum { TOTAL_MAX = 100 << 20, TOTAL_AFTER_TRIM = 75 << 20, ENTRY_MAX = 32 << 20 };
/* Seconds: how exactly a last use is known, and when a writer's file is surely left behind. */
enum { USE_STEP = 3600, WRITING_MAX = 3600 };

struct header {
	char magic[8];
	uint64_t size;		/* of what follows */
	uint32_t checksum;	/* crc32 of what follows: it is not cut off and not damaged */
	uint32_t zero;
};
static const char magic[8] = "ltcache1";
static const char suffix[] = ".entry", writing[] = ".writing-";

static bool say(char reason[256], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool say(char reason[256], const char *format, ...)
{
	va_list args;

	if (reason) {
		va_start(args, format);
		vsnprintf(reason, 256, format, args);
		va_end(args);
	}
	return false;
}

bool lt_cache_path(char path[PATH_MAX])
{
	const char *given = secure_getenv("LUATRACE_CACHE"), *home;
	int length;

	if (given && *given) {
		if (!strcmp(given, "off"))
			return say(path, "LUATRACE_CACHE is off");
		if (*given != '/')
			return say(path, "LUATRACE_CACHE is neither 'off' nor an absolute path");
		length = snprintf(path, PATH_MAX, "%s", given);
	} else if (!geteuid()) {
		length = snprintf(path, PATH_MAX, "/var/cache/luatrace");
	} else if ((home = secure_getenv("XDG_CACHE_HOME")) && *home == '/') {
		length = snprintf(path, PATH_MAX, "%s/luatrace", home);
	} else if ((home = secure_getenv("HOME")) && *home == '/') {
		length = snprintf(path, PATH_MAX, "%s/.cache/luatrace", home);
	} else {
		return say(path, "no HOME says where");
	}
	return length < PATH_MAX || say(path, "its path is too long");
}

/* The folder and, for a user's, the .cache that it is in. */
static int make_folder(const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	if (!mkdir(path, 0700))
		return 0;
	if (errno != ENOENT)
		return -errno;
	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	*slash = '\0';
	if (mkdir(parent, 0700) && errno != EEXIST)
		return -errno;
	return mkdir(path, 0700) ? -errno : 0;
}

/* A descriptor, or -errno with the reason. Only a folder that is this user's alone: others' objects would be loaded
 * with this user's rights. */
static int open_folder(bool make, char reason[256])
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char path[PATH_MAX];
	struct stat info;
	int fd, code;

	if (!lt_cache_path(path)) {
		say(reason, "%.250s", path);
		return -ENOENT;
	}
	fd = open(path, how);
	if (fd < 0 && errno == ENOENT && make) {
		code = make_folder(path);
		if (code && code != -EEXIST) {
			say(reason, "%.150s: %s", path, strerror(-code));
			return code;
		}
		fd = open(path, how);
	}
	if (fd < 0) {
		code = -errno;
		say(reason, "%.150s: %s", path, code == -ELOOP || code == -ENOTDIR ? "not a folder of its own" : strerror(-code));
		return code;
	}
	if (fstat(fd, &info))
		code = -errno;
	else
		code = info.st_uid != geteuid() || info.st_mode & 077 ? -EPERM : 0;
	if (!code)
		return fd;
	close(fd);
	say(reason, "%.150s: not used, for it is not this user's alone (mode 0700)", path);
	return code;
}

static void entry_name(uint64_t key, char name[32])
{
	snprintf(name, 32, "%016" PRIx64 "%s", key, suffix);
}

static bool is_entry(const char *name, uint64_t *key)
{
	char *end;

	if (strlen(name) != 16 + strlen(suffix) || strspn(name, "0123456789abcdef") != 16)
		return false;
	*key = strtoull(name, &end, 16);
	return !strcmp(end, suffix);
}

static bool read_all(int fd, void *data, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, (char *)data + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += got;
	}
	return true;
}

static bool write_all(int fd, const void *data, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t wrote = write(fd, (const char *)data + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		done += wrote;
	}
	return true;
}

static uint32_t checksum(const void *data, uint64_t size)
{
	return crc32_z(0, data, size);
}

static bool read_entry(int fd, lt_blob *content, char reason[256])
{
	struct header header;
	struct stat info;

	if (fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_mode & 022)
		return say(reason, "the entry is not this user's own file");
	if (!read_all(fd, &header, sizeof(header)) || memcmp(header.magic, magic, sizeof(magic)) ||
	    header.size > ENTRY_MAX || header.size + sizeof(header) != (uint64_t)info.st_size)
		return say(reason, "the entry is cut off or none");
	content->data = malloc(header.size + 1);
	content->size = header.size;
	if (!content->data || !read_all(fd, content->data, content->size) ||
	    checksum(content->data, content->size) != header.checksum) {
		lt_blob_free(content);
		return say(reason, "the entry is damaged");
	}
	/* trimming goes by it; a write for each run would be too much */
	if (time(NULL) - info.st_mtime > USE_STEP)
		futimens(fd, NULL);
	return true;
}

bool lt_cache_read(uint64_t key, lt_blob *content, char reason[256])
{
	int folder = open_folder(false, reason), fd;
	char name[32];
	bool found;

	*content = (lt_blob){ 0 };
	if (folder < 0)
		return false;
	entry_name(key, name);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		say(reason, "%s", errno == ENOENT ? "not compiled before" : strerror(errno));
		close(folder);
		return false;
	}
	found = read_entry(fd, content, reason);
	close(fd);
	close(folder);
	return found;
}

static int newest_first(const void *a, const void *b)
{
	const struct cache_item *left = a, *right = b;

	if (left->used != right->used)
		return left->used < right->used ? 1 : -1;
	return left->key < right->key ? -1 : left->key > right->key;
}

/* Removes a file that its writer, being killed, left behind. */
static void sweep(int folder, const char *name, const struct stat *info)
{
	if (!strncmp(name, writing, strlen(writing)) && time(NULL) - info->st_mtime > WRITING_MAX)
		unlinkat(folder, name, 0);
}

static int list_items(int folder, struct cache_item **items)
{
	int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0), count = 0, room = 0;
	DIR *listing = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *at;

	*items = NULL;
	if (!listing) {
		int code = -errno;

		if (copy >= 0)
			close(copy);
		return code;
	}
	rewinddir(listing);
	while ((at = readdir(listing))) {
		struct cache_item item;
		struct stat info;

		if (fstatat(folder, at->d_name, &info, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!is_entry(at->d_name, &item.key)) {
			sweep(folder, at->d_name, &info);
			continue;
		}
		if (count == room) {
			struct cache_item *more = realloc(*items, (2 * room + 64) * sizeof(*more));

			if (!more)
				break;
			*items = more;
			room = 2 * room + 64;
		}
		item.size = (uint64_t)info.st_blocks * 512;
		item.used = info.st_mtime;
		(*items)[count++] = item;
	}
	closedir(listing);
	if (count)
		qsort(*items, count, sizeof(**items), newest_first);
	return count;
}

/* The least recently used go, down to three quarters, so that not every write has to. */
static void trim(int folder)
{
	struct cache_item *items;
	int count = list_items(folder, &items);
	uint64_t total = 0, kept = 0;
	char name[32];

	for (int i = 0; i < count; i++)
		total += items[i].size;
	for (int i = 0; i < count && total > TOTAL_MAX; i++) {
		kept += items[i].size;
		if (kept <= TOTAL_AFTER_TRIM)
			continue;
		entry_name(items[i].key, name);
		unlinkat(folder, name, 0);
	}
	free(items);
}

/* Written under a name of its own and then renamed, so that a reader has the old one or the new one. */
static bool write_entry(int folder, uint64_t key, const lt_blob *content, char reason[256])
{
	struct header header = { .size = content->size, .checksum = checksum(content->data, content->size) };
	char name[32], temporary[64];
	int fd, code = 0;

	memcpy(header.magic, magic, sizeof(magic));
	entry_name(key, name);
	snprintf(temporary, sizeof(temporary), "%s%d-%" PRIx64, writing, (int)getpid(), lt_now());
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return say(reason, "%s", strerror(errno));
	if (!write_all(fd, &header, sizeof(header)) || !write_all(fd, content->data, content->size))
		code = errno ? errno : ENOSPC;
	if (close(fd) && !code)
		code = errno;
	if (!code && renameat(folder, temporary, folder, name))
		code = errno;
	if (!code)
		return true;
	unlinkat(folder, temporary, 0);
	return say(reason, "%s", strerror(code));
}

bool lt_cache_write(uint64_t key, const lt_blob *content, char reason[256])
{
	bool written;
	int folder;

	if (content->size > ENTRY_MAX)
		return say(reason, "the object is too large to be kept");
	folder = open_folder(true, reason);
	if (folder < 0)
		return false;
	written = write_entry(folder, key, content, reason);
	if (written)
		trim(folder);
	close(folder);
	return written;
}

int lt_cache_list(struct cache_item **items, char reason[256])
{
	int folder = open_folder(false, reason), count;

	*items = NULL;
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	count = list_items(folder, items);
	if (count < 0)
		say(reason, "%s", strerror(-count));
	close(folder);
	return count;
}

int lt_cache_clear(uint64_t *bytes, char reason[256])
{
	int folder = open_folder(false, reason), count, removed = 0;
	struct cache_item *items;
	char name[32];

	*bytes = 0;
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	count = list_items(folder, &items);
	for (int i = 0; i < count; i++) {
		entry_name(items[i].key, name);
		if (unlinkat(folder, name, 0)) {
			if (errno == ENOENT)
				continue;
			count = -errno;
			say(reason, "%s: %s", name, strerror(-count));
			break;
		}
		*bytes += items[i].size;
		removed++;
	}
	free(items);
	close(folder);
	return count < 0 ? count : removed;
}
