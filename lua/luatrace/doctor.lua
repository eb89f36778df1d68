-- SPDX-License-Identifier: MIT
-- `luatrace doctor`: what this machine can trace, what each missing thing costs, and how to mend it.
local ffi = require "ffi"
local C = require "luatrace.abi"
local errors = require "luatrace.errors"

local M = {}

---@class luatrace.doctor.Check
---@field name string
---@field status "ok"|"limited"|"missing"
---@field detail string one line
---@field cost string? what cannot be done without it
---@field mend string? what to do about it

local function ok(name, detail)
	return { name = name, status = "ok", detail = detail }
end

-- One line of a small file, or nil and why not.
local function first_line(path)
	local file, why = io.open(path, "r")
	if not file then
		return nil, why
	end
	local line, read_why = file:read("*l")
	file:close()
	return line, read_why
end

local function exists(path)
	local file = io.open(path, "r")
	if file then
		file:close()
	end
	return file ~= nil
end

local CAPABILITIES = { CAP_SYS_ADMIN = 21, CAP_SYSLOG = 34, CAP_PERFMON = 38, CAP_BPF = 39 }

-- Which of CAPABILITIES this process has: { CAP_BPF = true, ... }.
local function capabilities()
	local has = {}
	local file = io.open("/proc/self/status", "r")
	if not file then
		return has
	end
	local mask = file:read("*a"):match("CapEff:%s*(%x+)") or "0"
	file:close()
	local low = tonumber(mask:sub(-8), 16)
	local high = tonumber(mask:sub(1, -9) == "" and "0" or mask:sub(1, -9), 16)
	for name, number in pairs(CAPABILITIES) do
		local word = number < 32 and low or high
		has[name] = bit.band(bit.rshift(word, number % 32), 1) == 1
	end
	return has
end

-- What several checks ask for.
local function survey()
	local release = first_line("/proc/sys/kernel/osrelease") or "unknown"
	local major, minor = release:match("^(%d+)%.(%d+)")
	local caps = capabilities()
	return {
		release = release,
		version = (tonumber(major) or 0) * 1000 + (tonumber(minor) or 0),
		caps = caps,
		privileged = caps.CAP_SYS_ADMIN or (caps.CAP_BPF and caps.CAP_PERFMON) or false,
	}
end

local function check_kernel(machine)
	local arch = first_line("/proc/sys/kernel/arch") or jit.arch
	return ok("kernel", ("Linux %s, %s, %d possible CPUs"):format(machine.release, arch, C.lt_cpu_possible()))
end

local function check_privilege(machine)
	if not machine.privileged then
		return {
			name = "privilege", status = "missing", detail = "neither root nor CAP_BPF and CAP_PERFMON",
			cost = "nothing can be loaded into the kernel",
			mend = "run luatrace with sudo",
		}
	end
	local map = first_line("/proc/self/uid_map") or ""
	if not map:match("^%s*0%s+0%s+4294967295%s*$") then
		return {
			name = "privilege", status = "limited", detail = "root of a user namespace only",
			cost = "the kernel refuses most BPF to it",
			mend = "run luatrace as root of the host",
		}
	end
	return ok("privilege", machine.caps.CAP_SYS_ADMIN and "CAP_SYS_ADMIN" or "CAP_BPF and CAP_PERFMON")
end

local function check_btf()
	local file, why = io.open("/sys/kernel/btf/vmlinux", "rb")
	if not file then
		return {
			name = "BTF", status = "missing", detail = why,
			cost = "no text can be compiled: kernel types come from BTF",
			mend = "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, show it the host's /sys",
		}
	end
	local size = file:seek("end") or 0
	file:close()
	local modules, described = 0, 0
	local list = io.open("/proc/modules", "r")
	if list then
		for line in list:lines() do
			modules = modules + 1
			if exists("/sys/kernel/btf/" .. line:match("^%S+")) then
				described = described + 1
			end
		end
		list:close()
	end
	local check = {
		name = "BTF", status = "ok",
		detail = ("/sys/kernel/btf/vmlinux, %.1f MiB; %d of %d loaded modules"):format(size / 2 ^ 20, described, modules),
	}
	if described < modules then
		check.status = "limited"
		check.cost = "types of the other modules are unknown to texts"
		check.mend = "a kernel with CONFIG_DEBUG_INFO_BTF_MODULES=y, and modules built for exactly that kernel"
	end
	return check
end

local function check_tracefs(machine)
	local where
	local mounts = io.open("/proc/self/mounts", "r")
	if mounts then
		for line in mounts:lines() do
			where = where or line:match("^%S+ (%S+) tracefs ")
		end
		mounts:close()
	end
	if where and exists(where .. "/events/header_page") then
		return ok("tracefs", where)
	elseif where then
		return {
			name = "tracefs", status = "missing", detail = where .. " cannot be read",
			cost = "tracepoints, trace_print and kprobe patterns need it", mend = "run luatrace with sudo",
		}
	elseif machine.privileged then
		return ok("tracefs", "not mounted; luatrace mounts it when a script needs it")
	end
	return {
		name = "tracefs", status = "missing", detail = "not mounted",
		cost = "tracepoints, trace_print and kprobe patterns need it",
		mend = "sudo mount -t tracefs tracefs /sys/kernel/tracing",
	}
end

-- One check a kind of probe.
local function check_kinds(add)
	local any = false
	local err = errors.buffer()
	local index = 0
	while true do
		local name = C.lt_kind_name(index)
		if name == nil then
			break
		end
		local kind = ffi.string(name)
		if C.lt_kind_supported(kind, err) == 0 then
			any = true
			add(ok(kind, "this kernel has it"))
		else
			-- The message begins with the kind, which the first column shows.
			local message = ffi.string(err[0].message)
			add { name = kind, status = "missing", detail = (message:gsub("^" .. kind .. ": ", "")) }
		end
		index = index + 1
	end
	return any
end

local function check_ring_buffer(machine)
	if machine.version >= 5008 then
		return ok("ring buffer", "Linux 5.8 or newer")
	end
	return {
		name = "ring buffer", status = "missing", detail = "Linux is older than 5.8",
		cost = "BPF_RINGBUF_OUTPUT does not load", mend = "use BPF_PERF_OUTPUT, or boot a newer kernel",
	}
end

local function check_jit()
	local value, why = first_line("/proc/sys/net/core/bpf_jit_enable")
	if value == "0" then
		return {
			name = "BPF JIT", status = "limited", detail = "net.core.bpf_jit_enable is 0: programs are interpreted",
			cost = "every traced event costs several times as much",
			mend = "sudo sysctl -w net.core.bpf_jit_enable=1",
		}
	elseif value then
		return ok("BPF JIT", "net.core.bpf_jit_enable is " .. value)
	end
	return { name = "BPF JIT", status = "limited", detail = "cannot be seen: " .. why }
end

-- What counts is what this process is shown; the first symbols can be per-CPU ones with small addresses.
local function check_kernel_symbols()
	local restrict = first_line("/proc/sys/kernel/kptr_restrict") or "unknown"
	local list, why = io.open("/proc/kallsyms", "r")
	if not list then
		return {
			name = "kernel symbols", status = "missing", detail = why,
			cost = "kernel stacks show addresses instead of names", mend = "boot a kernel with CONFIG_KALLSYMS=y",
		}
	end
	local shown = false
	for _ = 1, 64 do
		local line = list:read("*l")
		shown = shown or (line or ""):find("^0*[1-9a-f]") ~= nil
	end
	list:close()
	if shown then
		return ok("kernel symbols", "kernel.kptr_restrict is " .. restrict)
	end
	return {
		name = "kernel symbols", status = "missing",
		detail = ("addresses are hidden; kernel.kptr_restrict is %s"):format(restrict),
		cost = "kernel stacks show addresses instead of names",
		mend = "run luatrace with sudo" .. (restrict == "2" and ", after sudo sysctl -w kernel.kptr_restrict=1" or ""),
	}
end

local function check_perf_events(machine)
	local value, why = first_line("/proc/sys/kernel/perf_event_paranoid")
	if not value then
		return {
			name = "perf events", status = "missing", detail = why,
			cost = "sampling, kprobes, uprobes and perf buffers need them", mend = "boot a kernel with CONFIG_PERF_EVENTS=y",
		}
	end
	local detail = "kernel.perf_event_paranoid is " .. value
	if machine.privileged or (tonumber(value) or 0) < 0 then
		return ok("perf events", detail)
	end
	return {
		name = "perf events", status = "limited", detail = detail,
		cost = "no sampling of the kernel and of other users' processes", mend = "run luatrace with sudo",
	}
end

local function check_unprivileged_bpf(machine)
	local value = first_line("/proc/sys/kernel/unprivileged_bpf_disabled")
	local detail = value and "kernel.unprivileged_bpf_disabled is " .. value or "no such setting in this kernel"
	if machine.privileged then
		return ok("bpf(2)", detail)
	end
	return {
		name = "bpf(2)", status = "missing",
		detail = detail .. (value == "0" and "; tracing needs privilege all the same" or ""),
		cost = "no maps and no programs", mend = "run luatrace with sudo",
	}
end

local function check_lockdown()
	local line = first_line("/sys/kernel/security/lockdown")
	local mode = line and line:match("%[(%w+)%]") or "none"
	if mode == "confidentiality" then
		return {
			name = "lockdown", status = "missing", detail = "the kernel is locked down for confidentiality",
			cost = "programs cannot read kernel memory, and tracefs is closed",
			mend = "boot without lockdown=confidentiality; integrity is enough for Secure Boot",
		}
	elseif mode == "integrity" then
		return {
			name = "lockdown", status = "limited", detail = "the kernel is locked down for integrity",
			cost = "programs cannot write to user memory (bpf_probe_write_user); tracing works",
		}
	end
	return ok("lockdown", "none")
end

local TEXT = [[
const char lt_doctor_compiler[] = __clang_version__;
int lt_doctor(struct pt_regs *ctx) { return 0; }
]]

-- The result of a compile as a string, or nil and the message.
local function compile(emit)
	local opts = ffi.new("lt_compile_opts", { text = TEXT, text_size = #TEXT, emit = emit })
	local out, messages, err = ffi.new("lt_blob"), ffi.new("lt_blob"), errors.buffer()
	local code = C.lt_compile(opts, out, messages, err)
	local result = code == 0 and ffi.string(out.data, out.size) or nil
	C.lt_blob_free(out)
	C.lt_blob_free(messages)
	return result, code ~= 0 and ffi.string(err[0].message) or nil
end

local function check_compiler()
	local start = C.lt_now()
	local ir, why = compile(C.LT_EMIT_IR)
	if not ir then
		return {
			name = "compiler", status = "missing", detail = why,
			cost = "scripts with BPF text do not run",
			mend = "install luatrace-cc beside luatrace or in ../libexec/luatrace",
		}
	end
	local took = tonumber(C.lt_now() - start) / 1e6
	local version = ir:match("clang version ([%d%.]+)") or ir:match('lt_doctor_compiler = [^\n]*c"([%d%.]+)') or "unknown"
	return ok("compiler", ("clang %s; %.0f ms for a small text"):format(version, took))
end

local function check_load()
	local err = errors.buffer()
	local elf, why = compile(C.LT_EMIT_OBJECT)
	local object = ffi.new("lt_object *[1]")
	local start = C.lt_now()
	if elf and C.lt_object_open(elf, #elf, object, err) == 0 then
		-- By name: it fails where lt_object_load() would keep the refusal to itself.
		if C.lt_object_load(object[0], err) == 0 and C.lt_program_load(object[0], "lt_doctor", "kprobe", nil, err) >= 0 then
			local took = tonumber(C.lt_now() - start) / 1e6
			C.lt_object_free(object[0])
			return ok("loading", ("a small program in %.1f ms"):format(took))
		end
		C.lt_object_free(object[0])
	end
	return {
		name = "loading", status = "missing", detail = why or ffi.string(err[0].message),
		cost = "nothing can be traced", mend = "mend what is missing above",
	}
end

local function check_luajit()
	if jit.status() then
		return ok("LuaJIT", jit.version .. ", compiler on")
	end
	return {
		name = "LuaJIT", status = "limited", detail = jit.version .. ", compiler off",
		cost = "reading events is many times slower", mend = "a LuaJIT built with its compiler",
	}
end

local function print_check(check)
	print(("%-15s %-8s %s"):format(check.name, check.status, check.detail))
	if check.status == "ok" then
		return
	end
	if check.cost then
		print(("%24s costs:   %s"):format("", check.cost))
	end
	if check.mend then
		print(("%24s to mend: %s"):format("", check.mend))
	end
end

---Runs every check and calls `add` with each.
---@param add fun(check: luatrace.doctor.Check)
---@return boolean works tracing can work on this machine
---@return string why what stands in the way, when it does not
function M.run(add)
	local machine = survey()
	local broken = {}
	local function essential(check)
		add(check)
		if check.status == "missing" then
			broken[#broken + 1] = check.name
		end
	end
	add(check_kernel(machine))
	essential(check_privilege(machine))
	essential(check_btf())
	add(check_tracefs(machine))
	if not check_kinds(add) then
		broken[#broken + 1] = "every kind of probe"
	end
	add(check_ring_buffer(machine))
	add(check_jit())
	add(check_kernel_symbols())
	add(check_perf_events(machine))
	add(check_unprivileged_bpf(machine))
	essential(check_lockdown())
	local compiler = check_compiler()
	essential(compiler)
	if compiler.status == "ok" then
		essential(check_load())
	end
	add(check_luajit())
	return #broken == 0, table.concat(broken, ", ")
end

local USAGE = [[
usage: luatrace doctor

Says, a line for each, what this machine has of what tracing needs: ok, limited
or missing, what a missing thing costs and how to mend it. Exit status: 0 when
tracing can work, 1 when not.
]]

---The command. Returns the exit status.
---@param ... string arguments
---@return integer
function M.main(...)
	local option = ...
	if option == "-h" or option == "--help" then
		io.write(USAGE)
		return 0
	elseif option then
		io.stderr:write(("luatrace: doctor: unknown argument '%s'; known: --help\n"):format((option:gsub("%c", "?"))))
		return 2
	end
	print(("luatrace %s"):format(ffi.string(C.lt_version())))
	local works, why = M.run(print_check)
	print(works and "Tracing works here." or ("Tracing does not work here; missing: %s."):format(why))
	return works and 0 or 1
end

return M
