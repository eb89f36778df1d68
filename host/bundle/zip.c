/* SPDX-License-Identifier: MIT */
#include "zip.h"
#include "../error.h"
#include <ctype.h>
#include <errno.h>
#include <minizip/unzip.h>
#include <minizip/zip.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- an archive that is memory ---------------------------------------------------------------------------------- */

struct memory {
	uint8_t *data;
	uint64_t size, room, at;
	bool failed;		/* there was no memory to grow in */
};

static voidpf open_memory(voidpf opaque, const void *name, int mode)
{
	(void)name;
	(void)mode;
	return opaque;
}

static uLong read_memory(voidpf opaque, voidpf stream, void *to, uLong size)
{
	struct memory *memory = stream;
	uint64_t left = memory->at < memory->size ? memory->size - memory->at : 0;

	(void)opaque;
	if (size > left)
		size = left;
	if (size)
		memcpy(to, memory->data + memory->at, size);
	memory->at += size;
	return size;
}

static uLong write_memory(voidpf opaque, voidpf stream, const void *from, uLong size)
{
	struct memory *memory = stream;

	(void)opaque;
	if (memory->at + size > memory->room) {
		uint64_t room = 2 * (memory->at + size) + 65536;
		uint8_t *more = realloc(memory->data, room);

		if (!more) {
			memory->failed = true;
			return 0;
		}
		memory->data = more;
		memory->room = room;
	}
	memcpy(memory->data + memory->at, from, size);
	memory->at += size;
	if (memory->at > memory->size)
		memory->size = memory->at;
	return size;
}

static ZPOS64_T tell_memory(voidpf opaque, voidpf stream)
{
	(void)opaque;
	return ((struct memory *)stream)->at;
}

static long seek_memory(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
	struct memory *memory = stream;
	uint64_t base = origin == ZLIB_FILEFUNC_SEEK_END ? memory->size : origin == ZLIB_FILEFUNC_SEEK_CUR ? memory->at : 0;

	(void)opaque;
	if (base + offset > memory->size)
		return -1;
	memory->at = base + offset;
	return 0;
}

static int close_memory(voidpf opaque, voidpf stream)
{
	(void)opaque;
	(void)stream;
	return 0;
}

static int error_of_memory(voidpf opaque, voidpf stream)
{
	(void)opaque;
	return ((struct memory *)stream)->failed;
}

static zlib_filefunc64_def functions_of(struct memory *memory)
{
	return (zlib_filefunc64_def){
		.zopen64_file = open_memory, .zread_file = read_memory, .zwrite_file = write_memory, .ztell64_file = tell_memory,
		.zseek64_file = seek_memory, .zclose_file = close_memory, .zerror_file = error_of_memory, .opaque = memory,
	};
}

static unzFile open_archive(struct memory *memory)
{
	zlib_filefunc64_def functions = functions_of(memory);

	return unzOpen2_64("", &functions);
}

/* ---- its list ---------------------------------------------------------------------------------------------------- */

/* Of parts that are names: nothing leads out, nothing looks like something else. */
static const char *wrong_name(const char *name, uint64_t length)
{
	if (!length || strlen(name) != length)
		return "has an empty name, or one with a NUL byte";
	if (*name == '/')
		return "has an absolute path";
	if (name[length - 1] == '/')
		return "is a folder";
	for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL) {
		size_t size = strcspn(part, "/");

		if (!size || *part == '.')
			return "has a path with '..', '.' or an empty part in it";
	}
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("/._-+", *name))
			return "has a name with other bytes than letters, digits and ._-+";
	return NULL;
}

/* What kind of file it is, as Unix writes it. */
static bool is_plain(const unz_file_info64 *info)
{
	unsigned mode = info->external_fa >> 16;

	return !(mode & S_IFMT) || S_ISREG(mode);
}

static int check_entry(const unz_file_info64 *info, const struct zip_entry *entry, lt_error *err)
{
	const char *wrong = info->size_filename >= ZIP_NAME_MOST ? "has a name of more than 255 bytes" :
			    wrong_name(entry->name, info->size_filename);

	if (!wrong && !is_plain(info))
		wrong = "is a link, or no plain file";
	if (!wrong && (info->flag & 1))
		wrong = "is encrypted";
	if (!wrong && info->compression_method && info->compression_method != Z_DEFLATED)
		wrong = "is compressed in a way that bundles are not";
	if (!wrong && info->uncompressed_size > ZIP_FILE_MOST)
		wrong = "is larger than a bundle's files may be (32 MiB)";
	return wrong ? lt_fail(err, -EBADMSG, "'%s' %s", entry->name, wrong) : 0;
}

static uint32_t number_at(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* Where a file's own bytes lie, its header among them: what stands there is the file that the list says, and no part of
 * another. */
static bool find_bytes(const uint8_t *archive, uint64_t size, const unz_file_info64 *info, struct zip_entry *entry)
{
	enum { LIST_OFFSET = 42, LIST_SIZE = 46, NAME_LENGTH = 26, EXTRA_LENGTH = 28, HEADER = 30 };
	uint64_t begin, name_length = strlen(entry->name);
	const uint8_t *header;

	if (entry->at + LIST_SIZE > size)
		return false;
	begin = number_at(archive + entry->at + LIST_OFFSET, 4);
	header = archive + begin;
	if (begin + HEADER + name_length > size || memcmp(header, "PK\3\4", 4) ||
	    number_at(header + NAME_LENGTH, 2) != name_length || memcmp(header + HEADER, entry->name, name_length))
		return false;
	entry->begin = begin;
	entry->end = begin + HEADER + name_length + number_at(header + EXTRA_LENGTH, 2) + info->compressed_size;
	return entry->end <= size;
}

static int by_place(const void *left, const void *right)
{
	const struct zip_entry *a = left, *b = right;

	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static bool overlap(struct zip_entry *entries, uint32_t count)
{
	qsort(entries, count, sizeof(*entries), by_place);
	for (uint32_t i = 1; i < count; i++)
		if (entries[i].begin < entries[i - 1].end)
			return true;
	return false;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct zip_entry *)left)->name, ((const struct zip_entry *)right)->name);
}

static int fill_list(unzFile file, const uint8_t *archive, uint64_t size, struct zip_entry *entries, uint32_t count,
		     lt_error *err)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct zip_entry *entry = &entries[i];
		char name[ZIP_NAME_MOST] = "";
		unz_file_info64 info;
		unz64_file_pos place;
		int code;

		if ((i ? unzGoToNextFile(file) : unzGoToFirstFile(file)) ||
		    unzGetCurrentFileInfo64(file, &info, name, sizeof(name), NULL, 0, NULL, 0) ||
		    unzGetFilePos64(file, &place))
			return lt_fail(err, -EBADMSG, "its list of files is damaged");
		name[sizeof(name) - 1] = '\0';
		entry->name = strdup(name);
		if (!entry->name)
			return lt_fail(err, -ENOMEM, "out of memory");
		code = check_entry(&info, entry, err);
		if (code)
			return code;
		entry->size = info.uncompressed_size;
		entry->at = place.pos_in_zip_directory;
		entry->number = place.num_of_file;
		all += info.uncompressed_size;
		if (!find_bytes(archive, size, &info, entry))
			return lt_fail(err, -EBADMSG, "'%s' is not where its list of files says", entry->name);
	}
	if (all > ZIP_ALL_MOST)
		return lt_fail(err, -EBADMSG, "its files are more than 256 MiB: more than a bundle's may be");
	if (overlap(entries, count))
		return lt_fail(err, -EBADMSG, "its files overlap");
	qsort(entries, count, sizeof(*entries), by_name);
	for (uint32_t i = 1; i < count; i++)
		if (!strcmp(entries[i - 1].name, entries[i].name))
			return lt_fail(err, -EBADMSG, "it has '%s' twice", entries[i].name);
	return 0;
}

int zip_list(const void *archive, uint64_t size, struct zip_entry **entries, uint32_t *count, lt_error *err)
{
	struct memory memory = { .data = (uint8_t *)archive, .size = size };
	unzFile file = open_archive(&memory);
	unz_global_info64 about;
	int code = 0;

	*entries = NULL;
	*count = 0;
	if (!file)
		return lt_fail(err, -EBADMSG, "it is no zip archive");
	if (unzGetGlobalInfo64(file, &about) || about.number_entry > ZIP_FILES_MOST)
		code = lt_fail(err, -EBADMSG, "it has more than %d files", ZIP_FILES_MOST);
	*entries = code ? NULL : calloc(about.number_entry + 1, sizeof(**entries));
	if (!code && !*entries)
		code = lt_fail(err, -ENOMEM, "out of memory");
	if (!code)
		code = fill_list(file, archive, size, *entries, about.number_entry, err);
	unzClose(file);
	*count = *entries ? about.number_entry : 0;
	return code;
}

void zip_list_free(struct zip_entry *entries, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		free(entries[i].name);
	free(entries);
}

static bool read_all(unzFile file, const struct zip_entry *entry, char *data)
{
	uint64_t done = 0;
	char more;

	while (done < entry->size) {
		int got = unzReadCurrentFile(file, data + done, entry->size - done);

		if (got <= 0)
			return false;
		done += got;
	}
	/* and the sum is right, which is known at its end */
	return unzReadCurrentFile(file, &more, 1) == 0;
}

int zip_read(const void *archive, uint64_t size, const struct zip_entry *entry, lt_blob *out, lt_error *err)
{
	struct memory memory = { .data = (uint8_t *)archive, .size = size };
	unz64_file_pos place = { entry->at, entry->number };
	unzFile file = open_archive(&memory);
	bool ok = file && !unzGoToFilePos64(file, &place) && !unzOpenCurrentFile(file);

	*out = (lt_blob){ malloc(entry->size + 1), entry->size };
	ok = ok && out->data && read_all(file, entry, out->data);
	if (file && unzCloseCurrentFile(file) != UNZ_OK)
		ok = false;
	if (file)
		unzClose(file);
	if (ok) {
		((char *)out->data)[entry->size] = '\0';
		return 0;
	}
	lt_blob_free(out);
	return lt_fail(err, -EBADMSG, "'%s' in it is damaged", entry->name);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool add(zipFile zip, const lt_bundle_file *file)
{
	/* no time: the same files make the same bytes */
	zip_fileinfo info = { .external_fa = (S_IFREG | 0644ul) << 16 };
	enum { UNIX = 3, VERSION = 20 };

	if (zipOpenNewFileInZip4_64(zip, file->name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, Z_BEST_COMPRESSION, 0,
				    -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0, UNIX << 8 | VERSION, 0, 0))
		return false;
	return !zipWriteInFileInZip(zip, file->data, file->size) && !zipCloseFileInZip(zip);
}

int zip_write(const lt_bundle_file *files, uint32_t count, const char *comment, lt_blob *out, lt_error *err)
{
	struct memory memory = { 0 };
	zlib_filefunc64_def functions = functions_of(&memory);
	zipFile zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &functions);
	bool ok = zip;

	for (uint32_t i = 0; ok && i < count; i++)
		ok = add(zip, &files[i]);
	if (zip && zipClose(zip, comment))
		ok = false;
	if (ok && !memory.failed) {
		*out = (lt_blob){ memory.data, memory.size };
		return 0;
	}
	free(memory.data);
	*out = (lt_blob){ 0 };
	return lt_fail(err, -ENOMEM, "a bundle can't be made: out of memory");
}
