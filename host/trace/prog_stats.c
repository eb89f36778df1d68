/* SPDX-License-Identifier: MIT
 *
 * How often programs ran, and for how long, which the kernel counts while somebody has it do so.
 */
#include "object.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

int lt_program_stats(const lt_object *object, const char *name, uint64_t *runs, uint64_t *ns)
{
	int index = lt_object_find_program(object, name), code = -ENOENT;

	*runs = *ns = 0;
	if (index < 0)
		return index;
	/* of all kinds that it is loaded as */
	for (uint32_t i = 0; i < object->programs[index].load_count; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		if (object->programs[index].loads[i].fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(object->programs[index].loads[i].fd, &info, &size))
			return -errno;
		*runs += info.run_cnt;
		*ns += info.run_time_ns;
		code = 0;
	}
	return code;
}

int lt_stats_enable(lt_error *err)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME), code = -errno;

	if (fd >= 0)
		return fd;
	if (code == -EINVAL)
		return lt_fail(err, code, "statistics of programs: this kernel has none (5.8 has)");
	return lt_fail(err, code, "statistics of programs: %s%s", strerror(-code),
		       code == -EPERM ? "; root may, or who has CAP_SYS_ADMIN" : "");
}
