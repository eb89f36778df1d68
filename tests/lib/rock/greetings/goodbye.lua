local words = require "words"

return {
	summary = "processes that end, by name",
	filters = { "comm" },
	text = [[
#include <luatrace/filter.h>
struct event { char comm[TASK_COMM_LEN]; };
BPF_RINGBUF_OUTPUT(events, 8);
TRACEPOINT_PROBE(sched, sched_process_exit)
{
	struct event event = {};

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	if (wanted() && wanted_comm(event.comm))
		events.ringbuf_output(&event, sizeof(event), 0);
	return 0;
}]],
	columns = { { "GREETING", value = function(event) return words.of("goodbye", ffi.string(event.comm)) end } },
}
