-- SPDX-License-Identifier: MIT
-- Programs that decide: LSM_PROBE by a negative errno, KMOD_RET by the result of a function that then does not run.
local t = require "tap"
local BPF = require "luatrace"
local live = require "live"
local sh = require "sh"

live.needs "lsm"
live.needs "fmod_ret"
local COUNT = 13
local path = live.file("text", "denied")

local b = BPF { cflags = { "-DPID=" .. live.pid }, text = [[
BPF_HASH(denied, u32, u32);
BPF_ARRAY(counts, u64, 4);
static bool is_it(struct file *file)
{
	u32 inode = file->f_inode->i_ino;

	return bpf_get_current_pid_tgid() >> 32 == PID && denied.lookup(&inode);
}
LSM_PROBE(file_open, struct file *file)
{
	if (!is_it(file))
		return 0;
	counts.atomic_increment(0);
	return -EACCES;
}
KMOD_RET(security_file_open, struct file *file, int ret)
{
	if (!is_it(file))
		return 0;
	counts.atomic_increment(1);
	return -EBUSY;
}]] }
local inode = tonumber((select(2, sh.run("stat -c %i " .. path))))

local function opens()
	local errors = {}
	for _ = 1, COUNT do
		local file, _, errno = io.open(path)
		if file then
			file:close()
		end
		errors[errno or 0] = (errors[errno or 0] or 0) + 1
	end
	return errors
end

t.eq(opens()[0], COUNT, "opened, as long as nothing is denied")
b.denied[inode] = 1
t.eq(opens()[13], COUNT, "LSM_PROBE, attached by its name: each open fails with EACCES")
t.eq(tonumber(b.counts[0]), COUNT, "and was seen once")
b:attach_lsm { fn_name = "file_open" }	-- bcc's scripts say it
t.eq(opens()[13], COUNT, "attach_lsm of what is attached already")
t.eq(tonumber(b.counts[0]), 2 * COUNT, "changes nothing")
b:detach_lsm { fn_name = "lsm__file_open" }
t.eq(opens()[0], COUNT, "detach_lsm: opened again")

t.eq(tonumber(b.counts[1]), 0, "KMOD_RET waits for its call")
b:attach_fmod_ret { fn_name = "kmod_ret__security_file_open" }
t.eq(opens()[16], COUNT, "attach_fmod_ret: each open fails with EBUSY")
t.eq(tonumber(b.counts[1]), COUNT, "and was seen once")
b:detach_fmod_ret { fn_name = "security_file_open" }
t.eq(opens()[0], COUNT, "detach_fmod_ret: opened again")
t.eq(tonumber(b.counts[1]), COUNT, "and not seen")

t.raises(function() b:attach_fmod_ret { fn_name = "no_such" } end,
	"attach_fmod_ret: fn_name='no_such': the text has no", "an unknown function")
b:close()
t.done()
