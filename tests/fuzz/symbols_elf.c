/* SPDX-License-Identifier: MIT
 *
 * ELF files: symbols, segments, USDT notes and the arguments of each, build id and debug link.
 */
#include "symbols/elf_file.h"
#include "symbols/usdt.h"
#include "lib/bytes.h"
#include "lib/check.h"
#include <gelf.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t sum;	/* so that what is read is read */

static int each_symbol(void *arg, const lt_elf_symbol *symbol)
{
	const lt_elf_segments *segments = arg;
	uint64_t offset, address;

	for (size_t i = 0; i < symbol->length; i++)
		sum += (uint8_t)symbol->name[i];
	if (lt_elf_to_offset(segments, symbol->address, &offset))
		FUZZ_CHECK(lt_elf_to_address(segments, offset, &address), "offset 0x%llx has no address",
			   (unsigned long long)offset);
	return 0;
}

static bool find_symbol(void *arg, const char *name, size_t length, uint64_t *value)
{
	(void)arg;
	for (size_t i = 0; i < length; i++)
		sum += (uint8_t)name[i];
	*value = 0x401000;
	return name[0] != 'u';
}

static int each_note(void *arg, const lt_usdt_note *note)
{
	lt_usdt_argument arguments[LT_USDT_ARGUMENTS];
	lt_usdt_place place = { .machine = *(uint16_t *)arg, .address = note->address, .symbol = find_symbol };
	uint32_t count = lt_usdt_parse_arguments(note->arguments, &place, arguments);

	sum += strlen(note->provider) + strlen(note->name);
	for (uint32_t i = 0; i < count && i < LT_USDT_ARGUMENTS; i++)
		FUZZ_CHECK(arguments[i].unreadable || arguments[i].size == 1 || arguments[i].size == 2 ||
			   arguments[i].size == 4 || arguments[i].size == 8, "an argument of %u bytes", arguments[i].size);
	return 0;
}

/* Build id and debug link: what they name is looked for on this machine. */
static void look_for_debug_file(const void *image, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	lt_elf_file file;

	FUZZ_CHECK(fd >= 0 && write(fd, image, size) == (ssize_t)size, "no memory file");
	if (!lt_elf_file_open(&file, fd, -1))
		lt_elf_file_close(&file);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *image = exact_copy(data, size);
	lt_elf elf;

	if (!lt_elf_open_memory(&elf, image, size)) {
		GElf_Ehdr header;
		uint16_t machine = gelf_getehdr(elf.handle, &header) ? header.e_machine : 0;

		lt_elf_each_symbol(&elf, each_symbol, &elf.segments);
		lt_usdt_each(&elf, each_note, &machine);
		lt_elf_close(&elf);
	}
	look_for_debug_file(image, size);
	free(image);
	return 0;
}
