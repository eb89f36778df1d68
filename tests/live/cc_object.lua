-- SPDX-License-Identifier: MIT
-- luatrace cc on an object that it wrote, and on a text with very many programs.
local t = require "tap"
local sh = require "sh"
local live = require "live"

local text, object = sh.dir() .. "/text.c", sh.dir() .. "/text.o"
local function cc(arguments)
	return sh.run(live.binary .. " cc " .. arguments)
end

sh.write(text, "int first(struct pt_regs *ctx) { int unused; return 0; }\nint second(struct __sk_buff *skb) { return "
	.. "1; }\n")
local status, out, err = cc(("%s -w -o %s"):format(text, object))
t.eq(status .. out .. err, "0", "compiled, without a warning")
os.remove(text)
status, out, err = cc(object .. " --load --type second=socket")
t.eq(out .. err, "first kprobe loaded\nsecond socket loaded\n", "the object alone is enough to load it")
t.eq(status, 0, "exit status")
status, out, err = cc(object .. " --load --type third=socket")
t.eq(out .. err, "luatrace: --type third=socket: the text has no program 'third'\n", "a type for none of it")
t.eq(status, 1, "exit status")
status, out, err = cc(object)
t.eq(out .. err, ("luatrace: %s: compiled already; an object can be loaded (--load), and no more\n"):format(object),
	"nothing to do for an object")
t.eq(status, 2, "exit status")
sh.write(object, "\127ELF and no more")
status, out, err = cc(object .. " --load")
t.like(err, "^luatrace: [^\n]+\n$", "not a whole object: a sentence")
t.eq(status .. out, "1", "exit status")

sh.write(text, [[
int options(struct bpf_sockopt *ctx) { return ctx->level == 1; }
int address(struct bpf_sock_addr *ctx) { return ctx->user_ip4 != 1; }
int device(struct bpf_cgroup_dev_ctx *ctx) { return ctx->major == 1; }
int comes(struct __sk_buff *skb) { return skb->len > 4000 ? BPF_DROP : BPF_OK; }
int goes(struct __sk_buff *skb) { return skb->len > 4000 ? BPF_DROP : BPF_OK; }
int leaves(struct __sk_buff *skb) { return skb->len > 4000 ? BPF_DROP : BPF_OK; }
]])
status, out, err = cc(text .. " --load --type comes=lwt_in --type goes=lwt_out --type leaves=lwt_xmit")
t.eq(out .. err, "options cgroup_sockopt loaded\naddress cgroup_sock_addr loaded\ndevice cgroup_device loaded\n"
	.. "comes lwt_in loaded\ngoes lwt_out loaded\nleaves lwt_xmit loaded\n", "kinds of the network")
t.eq(status, 0, "exit status")

local programs, types = {}, {}
for i = 1, 401 do
	programs[i] = ("int counted_%d(void *ctx) { return %d; }"):format(i, i)
	types[i] = ("--type counted_%d=%s"):format(i, i == 401 and "xdp" or "kprobe")
end
sh.write(text, table.concat(programs, "\n"))
status, out, err = cc(("%s --load %s"):format(text, table.concat(types, " ")))
t.eq(select(2, out:gsub("kprobe loaded\n", "")) .. out:match("[^\n]*\n$") .. err, "400counted_401 xdp loaded\n",
	"401 programs, each of its kind")
t.eq(status, 0, "exit status")
t.done()
