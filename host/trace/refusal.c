/* SPDX-License-Identifier: MIT */
#include "refusal.h"
#include "cause.h"
#include "line_info.h"
#include "privilege.h"
#include "verifier_log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some refusals leave nothing but the verifier's statistics. */
static bool tells_why(const char *log, int code)
{
	struct lt_refusal refusal;

	lt_verifier_log_parse(log, &refusal);
	return refusal.reason[0] || code == -ENOSPC;
}

/* A log can have 16 MiB; its end is what tells. */
enum { LOG_KEPT = 1 << 20 };

static char *keep_log(const char *log)
{
	size_t length = strlen(log), left_out = length > LOG_KEPT ? length - LOG_KEPT : 0;
	char *kept = NULL;

	if (!left_out)
		return length ? strdup(log) : NULL;
	if (asprintf(&kept, "(the first %zu bytes of the log are left out)\n%s", left_out, log + left_out) < 0)
		return NULL;
	return kept;
}

static void explain_log(const lt_object *object, const struct lt_program *program, const char *log, int code,
			char *reason, uint32_t size)
{
	struct lt_refusal refusal;
	const char *source, *open;
	char cause[256];
	size_t length;

	lt_verifier_log_parse(log, &refusal);
	source = "";
	if (!refusal.line && refusal.insn >= 0)
		refusal.line = lt_line_info_find(object->elf, object->elf_size, object->btf, program->section,
						 program->name, (uint32_t)refusal.insn, &source);
	else if (!refusal.line && (strstr(refusal.reason, "too large") || strstr(refusal.reason, "too complex")))
		refusal.line = lt_line_info_loop(object->elf, object->elf_size, object->btf, program->section,
						 program->name, &source);
	if (*source)
		snprintf(refusal.source, sizeof(refusal.source), "%s", source + strspn(source, " \t"));
	/* Kernels before 6.4 keep the beginning of a log that is too long, so the reason is not in it. */
	if (code == -ENOSPC)
		snprintf(refusal.reason, sizeof(refusal.reason), "its log is longer than 16 MiB, so the "
			 "program is probably too "
			 "complex for the verifier");
	open = lt_relocation_reason(&object->relocation, refusal.reason);
	if (open)
		snprintf(refusal.reason, sizeof(refusal.reason), "%s", open);
	lt_refusal_write(&refusal, reason, size);
	lt_cause_write(&refusal, cause, sizeof(cause));
	length = strlen(reason);
	if (*cause)
		snprintf(reason + length, size - length, "; %s", cause);
}

static const char *explain_code(int code)
{
	switch (code) {
	case -E2BIG:
		return "it has more instructions than this kernel takes";
	case -EINVAL:
		return "Invalid argument; this kernel may not know that type of program";
	default:
		return strerror(-code);
	}
}

void lt_refusal_record(struct lt_load *load, const lt_object *object, const struct lt_program *program,
		       const struct lt_probe_ops *ops, int code, const char *verifier_log)
{
	lt_error err = { 0 };
	char reason[sizeof(err.message)], *message = NULL;

	if (code < -4000)	/* libbpf's own numbers */
		code = -EINVAL;
	if (tells_why(verifier_log, code)) {
		explain_log(object, program, verifier_log, code, reason, sizeof(reason));
		if (asprintf(&message, "program '%s': the verifier refused it: %s", program->name, reason) < 0)
			message = NULL;
	} else if (ops->explain_load && ops->explain_load(ops, load->target, code, &err)) {
		code = err.code;
		snprintf(reason, sizeof(reason), "%s", err.message);
		message = strdup(err.message);
	} else {
		if (code != -EPERM || !lt_privilege_missing(LT_NEEDS_BPF | LT_NEEDS_PERFMON, reason, sizeof(reason)))
			snprintf(reason, sizeof(reason), "%s", explain_code(code));
		if (asprintf(&message, "program '%s': can't be loaded as %s: %s", program->name, ops->name,
			     reason) < 0)
			message = NULL;
	}
	lt_error_clear(&err);
	load->code = code;
	load->message = message;
	load->refused = strdup(reason);
	load->log = keep_log(verifier_log);
}

int lt_refusal_report(const struct lt_load *load, const struct lt_program *program, lt_error *err)
{
	if (load->message)
		lt_fail(err, load->code, "%s", load->message);
	else
		lt_fail(err, load->code, "program '%s': can't be loaded: %s", program->name, strerror(-load->code));
	if (load->log)
		lt_error_set_log(err, strdup(load->log));
	return load->code;
}
