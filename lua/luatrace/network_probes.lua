-- SPDX-License-Identifier: MIT
-- Probes of packets, sockets and cgroups, and bcc's names of what they take.
local errors = require "luatrace.errors"
local map_state = require "luatrace.map_state"

local M = {}

-- XDP_FLAGS_* of linux/if_link.h.
M.XDPFlags = { UPDATE_IF_NOEXIST = 1, SKB_MODE = 2, DRV_MODE = 4, HW_MODE = 8, REPLACE = 16 }

-- enum bpf_attach_type, as far as attach_func and attach_cgroup take it, and the kind of program each is for.
local KIND_OF_ATTACH_TYPE = {}
M.BPFAttachType = {}
for kind, types in pairs {
	cgroup_skb = { CGROUP_INET_INGRESS = 0, CGROUP_INET_EGRESS = 1 },
	cgroup_sock = {
		CGROUP_INET_SOCK_CREATE = 2, CGROUP_INET4_POST_BIND = 12, CGROUP_INET6_POST_BIND = 13, CGROUP_INET_SOCK_RELEASE = 34,
	},
	cgroup_sock_addr = {
		CGROUP_INET4_BIND = 8, CGROUP_INET6_BIND = 9, CGROUP_INET4_CONNECT = 10, CGROUP_INET6_CONNECT = 11,
		CGROUP_UDP4_SENDMSG = 14, CGROUP_UDP6_SENDMSG = 15, CGROUP_UDP4_RECVMSG = 19, CGROUP_UDP6_RECVMSG = 20,
		CGROUP_INET4_GETPEERNAME = 29, CGROUP_INET6_GETPEERNAME = 30, CGROUP_INET4_GETSOCKNAME = 31,
		CGROUP_INET6_GETSOCKNAME = 32,
	},
	cgroup_sockopt = { CGROUP_GETSOCKOPT = 21, CGROUP_SETSOCKOPT = 22 },
	cgroup_device = { CGROUP_DEVICE = 6 },
	sock_ops = { CGROUP_SOCK_OPS = 3 },
	sk_msg = { SK_MSG_VERDICT = 7 },
	sk_skb = { SK_SKB_STREAM_PARSER = 4, SK_SKB_STREAM_VERDICT = 5, SK_SKB_VERDICT = 38 },
} do
	for name, number in pairs(types) do
		M.BPFAttachType[name] = number
		KIND_OF_ATTACH_TYPE[number] = kind
	end
end

local XDP = {
	kind = "xdp",
	rules = { dev = "string", fn_name = "string", flags = "u32?" },
	fill = function(args) return { target = args.dev, flags = args.flags } end,
	target = function(args) return args.dev end,
}

local TCX = { ingress = 46, egress = 47 }

local TC = {
	kind = "tc",
	rules = { dev = "string", direction = "string", fn_name = "string" },
	fill = function(args, where)
		local attach_type = TCX[args.direction]
		if not attach_type then
			errors.misuse('%s: direction= takes "ingress" or "egress", not "%s"', where, args.direction)
		end
		return { target = args.dev, attach_type = attach_type }
	end,
}

local function kind_of(attach_type, where)
	local kind = KIND_OF_ATTACH_TYPE[tonumber(attach_type)]
	if not kind then
		errors.misuse("%s: attach_type=%s: it takes one of BPF.BPFAttachType", where, tostring(attach_type))
	end
	return kind
end

-- What has a struct __sk_buff may be a socket filter as well: its kind is not known before.
local OF_CGROUPS = {
	socket = "cgroup_skb", cgroup_skb = "cgroup_skb", cgroup_sock = "cgroup_sock", cgroup_sock_addr = "cgroup_sock_addr",
	cgroup_sockopt = "cgroup_sockopt", cgroup_device = "cgroup_device", sock_ops = "sock_ops",
}

local CGROUP = {
	rules = { path = "string", fn_name = "string", attach_type = "address?" },
	fill = function(args) return { target = args.path, attach_type = args.attach_type } end,
	choose = function(args, own, where)
		local kind = args.attach_type and kind_of(args.attach_type, where) or own
		if not OF_CGROUPS[kind] then
			errors.misuse("%s: %s programs are not attached to cgroups", where, kind == "" and "such" or kind)
		end
		return OF_CGROUPS[kind]
	end,
}

-- bcc's, of the flags of BPF_PROG_ATTACH. Links share a cgroup in any case.
local ALLOW_OVERRIDE_AND_MULTI = 3

local FUNC = {
	rules = { fn_name = "string", fd = "descriptor", attach_type = "address", flags = "address?" },
	fill = function(args, where)
		local fd = map_state.descriptor(args.fd)
		if type(fd) ~= "number" then
			errors.misuse("%s: fd= takes a descriptor or a map", where)
		elseif (args.flags or 0) > ALLOW_OVERRIDE_AND_MULTI then
			errors.misuse("%s: flags=%s: a link takes BPF_F_ALLOW_OVERRIDE and BPF_F_ALLOW_MULTI, which it does not need, and "
				.. "takes no other's place", where, tostring(args.flags))
		end
		return { fd = fd, attach_type = args.attach_type }
	end,
	choose = function(args, _, where) return kind_of(args.attach_type, where) end,
}

---Adds the kinds to attach.probes.
---@param probes table<string, luatrace.Probe>
function M.add(probes)
	probes.xdp, probes.tc, probes.cgroup, probes.func = XDP, TC, CGROUP, FUNC
end

return M
