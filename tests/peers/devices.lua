-- SPDX-License-Identifier: MIT
-- Tools of disks, interrupts and memory beside others of their names.
-- Tools: bitesize biolatency biosnoop biotop hardirqs softirqs drsnoop oomkill
local blockdev = require "blockdev"
local live = require "live"
local peers = require "peers"
local sh = require "sh"
local small_group = require "small_group"

-- So small are no requests of file systems.
local READS, WRITES, SIZE = 97, 13, 512
local path, disk = blockdev.new()
local path2, disk2 = blockdev.new()
-- Under a name of its own: others may be Python too.
local requests = ([[exec /usr/bin/python3 -c 'import sys; open("/proc/self/comm", "w").write("%s")
del sys.argv[0]; exec(open(sys.argv[0]).read())' ]]):format(live.mark) .. blockdev.command(path, SIZE, READS, WRITES)
	:gsub("^python3 ", "")
local function by_name(bucket)
	return peers.histograms(function(line)
		local ours = line:find("Process Name = .*" .. live.mark) or line:find("@[" .. live.mark .. "]", 1, true)
		return ours and "requests" or nil
	end, bucket)
end

-- By the first word, or the last, of each line of a file of counters, the sum over the CPUs.
local function counters(text, last)
	local sums = {}
	for line in text:gmatch "[^\n]+" do
		local first, numbers, rest = line:match "^%s*([%w_]+):([%s%d]+)(.*)"
		local name = last and tonumber(first) and rest:match "%S+$" or not last and first
		for number in (name and numbers or ""):gmatch "%d+" do
			sums[name] = (sums[name] or 0) + tonumber(number)
		end
	end
	return sums
end

-- The kernel's own counts: ahead of the peers, while ours runs too, and in the end.
local before = {}
local function look(name, file)
	return function() before[name] = sh.read("/proc/" .. file) end
end
local function looking(name, file, work)
	local base = ("%s/%s"):format(sh.dir(), name)
	return ("cat /proc/%s >%s.begin\n%s\ncat /proc/%s >%s.end"):format(file, base, work, file, base)
end
local function during(name, file, last)
	return function()
		local base, now = ("%s/%s"):format(sh.dir(), name), counters(sh.read("/proc/" .. file), last)
		local earlier, begin = counters(before[name], last), counters(sh.read(base .. ".begin"), last)
		local ranges = {}
		for key, number in pairs(counters(sh.read(base .. ".end"), last)) do
			if number > begin[key] then
				ranges[key] = { number - begin[key], now[key] - earlier[key] }
			end
		end
		return ranges
	end
end
-- Of what the work was for.
local function grew(name, file, last)
	local known = during(name, file, last)
	return function(key) return key and sh.read(("%s/%s.end"):format(sh.dir(), name)) and known()[key] and key or nil end
end

local udp = "build/tests/workload udp 2003 9; sleep 0.1"
local softirq = grew("softirqs", "softirqs")
local file = sh.dir() .. "/file"
sh.run(("dd if=/dev/zero of=%s bs=1M count=1 conv=fsync"):format(file))
local reads = ("dd if=%s of=/dev/null bs=4096 iflag=direct 2>/dev/null"):format(file)
local irq = grew("hardirqs", "interrupts", true)
local irq_counts = peers.lines(function(line)
	local name, number = line:match "^(%S+)%s+(%d+)%s*$"
	return irq(name), tonumber(number)
end)

-- Processes that ask for more than their control group may have.
local KILLS = 3
local function eaters(suffix) return small_group.eaters(live.mark .. suffix, KILLS) end
local function eater(suffix)
	return function(line) return line:find(live.mark .. suffix, 1, true) and "eater" or nil end
end
local kills = peers.lines(eater "k")

peers.compare {
	{
		"bitesize", command = requests, made = { requests = READS + WRITES },
		ours = { "-d " .. disk, function(row) return row.comm == live.mark and "requests" or nil, peers.sum(row) end },
		libbpf = { "", by_name "^%s*0 %-> 1 " }, bcc = { "", by_name "^%s*0 %-> 1 " },
		bpftrace = { "", by_name "^%[512, 1K%)" },
	},
	{
		"biolatency", command = "exec " .. blockdev.command(path2, SIZE, READS, WRITES), made = { requests = READS + WRITES },
		ours = { "-d " .. disk2, function(row) return "requests", peers.sum(row) end },
		libbpf = { "-d " .. disk2, peers.histograms(function() return "requests" end) },
		bcc = { "-D", peers.histograms(function(line) return line:find(disk2, 1, true) and "requests" or nil end) },
	},
	{ "biosnoop" },
	{ "biotop" },
	{
		"softirqs", prepare = look("softirqs", "softirqs"), command = looking("softirqs", "softirqs", udp),
		made = during("softirqs", "softirqs"), around = during("softirqs", "softirqs"),
		ours = { "", function(row) return softirq(row.softirq), row.count end },
		libbpf = { "-d", peers.histograms(function(line) return softirq((line:match "softirq = (%S+)" or ""):upper()) end) },
		bcc = { "-C", peers.lines(function(line)
			local name, number = line:match "^(%l[%l_]+)%s+(%d+)"
			return softirq(name and name:upper()), tonumber(number)
		end) },
	},
	{
		"hardirqs", prepare = look("hardirqs", "interrupts"), command = looking("hardirqs", "interrupts", reads),
		made = during("hardirqs", "interrupts", true), around = during("hardirqs", "interrupts", true),
		ours = { "", function(row) return irq(row.name), row.count end },
		libbpf = { "-C", irq_counts }, bcc = { "-C", irq_counts },
	},
	{
		"drsnoop", command = eaters "r", made = { eater = { KILLS, 1e5 } },
		ours = { "", function(row) return eater "r"(row.comm) end },
		libbpf = { "", peers.lines(eater "r"), wrong = "of reclaim for the limit of a control group it shows nothing" },
		bcc = { "", peers.lines(eater "r") },
	},
	{
		"oomkill", command = eaters "k", made = { eater = KILLS },
		ours = { "", function(row) return eater "k"(row.killed) end },
		libbpf = { "", kills }, bcc = { "", kills }, bpftrace = { "", kills },
	},
}
small_group.remove()
