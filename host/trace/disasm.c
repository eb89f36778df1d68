/* SPDX-License-Identifier: MIT
 *
 * A loaded program as text: its instructions as the verifier left them, and the native code made of them, below the
 * lines of the source.
 */
#include "../compile_protocol.h"
#include "insn_text.h"
#include "native_text.h"
#include "prog_dump.h"
#include "type_text.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disasm {
	const lt_object *object;
	const char *program;
	struct lt_prog_dump dump;
	bool source;
	uint64_t call_base;	/* where calls are counted from; 0: not to be known */
	uint32_t line;		/* the last that was written */
	FILE *out;
};

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* At most what fits once it is escaped. */
static int put_escaped(const char *name, char *out, size_t size)
{
	size_t length = strlen(name);

	if (length > (size - 1) / 4)
		length = (size - 1) / 4;
	length = lt_text_escape(out, name, length);
	out[length] = '\0';
	return (int)length;
}

static int name_map(void *data, uint32_t id, char *out, size_t size)
{
	const struct disasm *disasm = data;
	struct bpf_map_info info = { 0 };
	uint32_t length = sizeof(info);
	int fd, failed;

	/* the text's own name, of which the kernel keeps 15 characters */
	for (uint32_t i = 0; i < disasm->object->map_count; i++)
		if (lt_map_id(disasm->object->maps[i].fd) == id)
			return put_escaped(disasm->object->maps[i].name, out, size);
	fd = bpf_map_get_fd_by_id(id);
	failed = fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length);
	if (fd >= 0)
		close(fd);
	return failed ? 0 : put_escaped(info.name, out, size);
}

static int name_function(void *data, uint32_t insn, char *out, size_t size)
{
	const struct disasm *disasm = data;
	const struct btf_type *function = lt_prog_dump_function(&disasm->dump, insn);

	return function ? put_escaped(btf__name_by_offset(disasm->dump.btf, function->name_off), out, size) : 0;
}

/* The verifier puts in place of a helper's number how far its function is from a base. */
static int name_call(void *data, const struct bpf_insn *insn, char *out, size_t size)
{
	const struct disasm *disasm = data;
	char name[128];
	lt_symbol symbol;
	int number;

	if (!disasm->call_base || !insn->imm || lt_ksym(disasm->call_base + (int64_t)insn->imm, &symbol, NULL) ||
	    symbol.offset)
		return 0;
	put_escaped(symbol.name, name, sizeof(name));
	number = lt_helper_number(symbol.name);
	return snprintf(out, size, number < 0 ? "%s" : "%s#%d", name, number);
}

/* ---- what stands between instructions ---------------------------------------------------------------------------- */

/* "int on_call(struct pt_regs *ctx)"; `insn` is where the function begins. */
static void put_function(struct disasm *disasm, uint32_t insn)
{
	const struct btf_type *function = lt_prog_dump_function(&disasm->dump, insn);
	struct lt_type_writer writer = { .out = disasm->out, .btf = disasm->dump.btf };

	if (function)
		lt_type_declare(&writer, function->type, btf__name_by_offset(writer.btf, function->name_off));
	else
		fputs(disasm->program, disasm->out);
}

static bool is_function(const struct lt_prog_dump *dump, uint32_t insn)
{
	for (uint32_t i = 0; i < dump->function_count; i++)
		if (dump->functions[i].insn_off == insn)
			return true;
	return !insn;
}

/* "; text @ program.c:5" */
static void put_line(struct disasm *disasm, const struct bpf_line_info *info)
{
	const struct btf *btf = disasm->dump.btf;
	const char *text = btf ? btf__name_by_offset(btf, info->line_off) : NULL;
	const char *file = btf ? btf__name_by_offset(btf, info->file_name_off) : NULL;
	uint32_t number = BPF_LINE_INFO_LINE_NUM(info->line_col);
	char *escaped;

	if (!disasm->source || !text || number == disasm->line)
		return;
	disasm->line = number;
	text += strspn(text, " \t");
	if (file && !strncmp(file, LT_CC_TEXT_PLACE, strlen(LT_CC_TEXT_PLACE)))
		file += strlen(LT_CC_TEXT_PLACE);
	escaped = malloc(4 * strlen(text) + 1);
	if (escaped) {
		fprintf(disasm->out, "; %.*s", (int)lt_text_escape(escaped, text, strlen(text)), escaped);
		free(escaped);
	}
	escaped = file ? malloc(4 * strlen(file) + 1) : NULL;
	if (escaped)
		fprintf(disasm->out, " @ %.*s:%u", (int)lt_text_escape(escaped, file, strlen(file)), escaped, number);
	free(escaped);
	fputc('\n', disasm->out);
}

/* ---- the two forms ----------------------------------------------------------------------------------------------- */

static void put_bpf(struct disasm *disasm)
{
	const struct lt_prog_dump *dump = &disasm->dump;
	const struct lt_insn_names names = { disasm, name_map, name_function, name_call };
	uint32_t line = 0;

	fprintf(disasm->out, "%s: BPF instructions", disasm->program);
	if (!dump->insns) {
		fprintf(disasm->out, ": %s\n", dump->hidden_insns ?
			"the kernel hides its addresses, and these with them (kernel.kptr_restrict, net.core.bpf_jit_harden)" :
			"the kernel does not show them to this user");
		return;
	}
	fprintf(disasm->out, ", %u\n", dump->insn_count);
	for (uint32_t i = 0; i < dump->insn_count;) {
		char text[512];
		uint8_t code = dump->insns[i].code;
		uint32_t taken = lt_insn_write(dump->insns, i, dump->insn_count, &names, text, sizeof(text));

		if (is_function(dump, i)) {
			fputs(i ? "\n" : "", disasm->out);
			put_function(disasm, i);
			fputs(":\n", disasm->out);
			disasm->line = 0;
		}
		for (; line < dump->line_count && dump->lines[line].insn_off <= i; line++)
			put_line(disasm, &dump->lines[line]);
		fprintf(disasm->out, "%4u: (%02x) %s\n", i, code, text);
		i += taken;
	}
}

/* Behind an instruction with a kernel's address: whose that is. */
static void put_symbol(struct disasm *disasm, const char *text)
{
	const struct lt_prog_dump *dump = &disasm->dump;
	const char *digits = strstr(text, "0xffff");
	uint64_t address = digits ? strtoull(digits, NULL, 16) : 0;
	char name[256];
	lt_symbol symbol;

	for (uint32_t i = 0; digits && i < dump->native_count; i++) {
		if (i < dump->function_count && address == dump->addresses[i]) {
			if (name_function(disasm, dump->functions[i].insn_off, name, sizeof(name)))
				fprintf(disasm->out, " # %s", name);
			return;
		}
		if (address - dump->addresses[i] < dump->lengths[i]) {
			fprintf(disasm->out, " # %" PRIx64, address - dump->addresses[i]);
			return;
		}
	}
	if (!digits || lt_ksym(address, &symbol, NULL))
		return;
	put_escaped(symbol.name, name, sizeof(name));
	fprintf(disasm->out, " # %s", name);
	if (symbol.offset)
		fprintf(disasm->out, "+0x%" PRIx64, symbol.offset);
}

/* The first line whose code lies in a function. */
static uint32_t first_line(const struct lt_prog_dump *dump, uint32_t function)
{
	uint32_t line = 0;

	while (line < dump->native_line_count &&
	       dump->native_lines[line] - dump->addresses[function] >= dump->lengths[function])
		line++;
	return line;
}

/* `text` is what luatrace-cc wrote, which is taken apart. */
static void put_native_code(struct disasm *disasm, char *text)
{
	const struct lt_prog_dump *dump = &disasm->dump;
	uint32_t lines = dump->native_line_count < dump->line_count ? dump->native_line_count : dump->line_count;

	for (uint32_t i = 0; i < dump->native_count; i++) {
		uint64_t end = dump->addresses[i] + dump->lengths[i];
		uint32_t line = first_line(dump, i);

		fputs(i ? "\n" : "", disasm->out);
		put_function(disasm, i < dump->function_count ? dump->functions[i].insn_off : 0);
		fprintf(disasm->out, ": 0x%" PRIx64 ", %u bytes\n", dump->addresses[i], dump->lengths[i]);
		disasm->line = 0;
		for (uint64_t at = dump->addresses[i]; at < end;) {
			const char *written = strsep(&text, "\n");	/* for sscanf looks for the end of what it is given */
			char instruction[300];
			unsigned length;

			if (!written || sscanf(written, "%*x %u %299[^\n]", &length, instruction) != 2)
				return;
			for (; line < lines && dump->native_lines[line] >= dump->addresses[i] && dump->native_lines[line] <= at; line++)
				put_line(disasm, &dump->lines[line]);
			fprintf(disasm->out, "%6" PRIx64 ": %s", at - dump->addresses[i], instruction);
			put_symbol(disasm, instruction);
			fputc('\n', disasm->out);
			at += length;
		}
	}
}

static int put_native(struct disasm *disasm, lt_error *err)
{
	const struct lt_prog_dump *dump = &disasm->dump;
	lt_blob text = { 0 };
	int code;

	fprintf(disasm->out, "%s: native code", disasm->program);
	if (!dump->image || !dump->native_count) {
		fprintf(disasm->out, ": %s\n", dump->hidden_image ?
			"the kernel hides its addresses, and this with them (kernel.kptr_restrict)" :
			"there is none, for the JIT is off (net.core.bpf_jit_enable), or this user may not see it");
		return 0;
	}
	code = lt_native_text(dump, &text, err);
	if (code)
		return code;
	fprintf(disasm->out, ", %u bytes\n", dump->image_size);
	put_native_code(disasm, text.data);
	lt_blob_free(&text);
	return 0;
}

int lt_program_disassemble(const lt_object *object, const char *program, uint32_t parts, lt_blob *out, lt_error *err)
{
	struct disasm disasm = { .object = object, .program = program, .source = parts & LT_DISASM_SOURCE };
	int fd = lt_program_descriptor(object, program, err), code;
	char *text = NULL;
	size_t size = 0;

	*out = (lt_blob){ 0 };
	code = fd < 0 ? fd : lt_prog_dump_read(fd, program, &disasm.dump, err);
	if (code)
		return code;
	lt_ksym_address("__bpf_call_base", &disasm.call_base, NULL);
	disasm.out = open_memstream(&text, &size);
	if (!disasm.out)
		code = lt_fail(err, -ENOMEM, "disassemble: out of memory");
	if (!code && parts & LT_DISASM_BPF)
		put_bpf(&disasm);
	if (!code && parts & LT_DISASM_BPF && parts & LT_DISASM_NATIVE)
		fputc('\n', disasm.out);
	if (!code && parts & LT_DISASM_NATIVE)
		code = put_native(&disasm, err);
	if (disasm.out && fclose(disasm.out) && !code)
		code = lt_fail(err, -ENOMEM, "disassemble: out of memory");
	lt_prog_dump_free(&disasm.dump);
	*out = (lt_blob){ text, size };
	if (code)
		lt_blob_free(out);
	return code;
}
