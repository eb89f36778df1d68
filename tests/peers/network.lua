-- SPDX-License-Identifier: MIT
-- Tools of TCP and sockets beside others of their names.
-- Tools: tcplife tcpstates tcpretrans tcpaccept tcpconnect tcpconnlat tcptop tcprtt tcpdrop bindsnoop solisten
local peers = require "peers"
local sh = require "sh"
local tcp = require "tcp"
require "own_network"

local COUNT = 11
local connections, truth_of = {}, {}

---A command that makes connections, of which its rows are told apart by the server's port.
local function connect(name, send, answer)
	-- each of an address of its own, and so in a file of its own
	local last = #connections + 1
	connections[last] = name
	local command, truth = tcp.command("127.0.8." .. last, COUNT, send, answer)
	truth_of[name] = truth
	return command
end
local function port_of(name)
	local ok, truth = pcall(truth_of[name])
	return ok and truth.port or -1
end

-- By which end it is.
local function side(name, lport, rport)
	local port = port_of(name)
	return tonumber(lport) == port and "accepted" or tonumber(rport) == port and "connected" or nil
end
local function row_side(name)
	return function(row) return side(name, row.lport, row.rport) end
end
local function lives(name)
	return peers.lines(function(line)
		local lport, rport = line:match "^%d+%s+%S+%s+%S+%s+(%d+)%s+%S+%s+(%d+)%s+[%d.]+%s+[%d.]+%s+[%d.]+$"
		return side(name, lport, rport)
	end)
end

local function states(name)
	return peers.lines(function(line)
		local lport, rport, old, new = line:match "%s(%d+)%s+%S+%s+(%d+)%s+([%u_%d]+)%s+%->%s+([%u_%d]+)%s"
		return side(name, lport, rport) and ("%s>%s"):format(old, new):gsub("CLOSE%f[>%z]", "CLOSE") or nil
	end)
end
local STATES = { ["CLOSE>LISTEN"] = 1, ["LISTEN>CLOSE"] = 1 }
for _, change in ipairs { "CLOSE>SYN_SENT", "SYN_SENT>ESTABLISHED", "ESTABLISHED>FIN_WAIT1", "FIN_WAIT1>FIN_WAIT2",
	"FIN_WAIT2>CLOSE", "LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED", "ESTABLISHED>CLOSE_WAIT", "CLOSE_WAIT>LAST_ACK",
	"LAST_ACK>CLOSE" } do
	STATES[change] = COUNT
end

local lossy = sh.dir() .. "/lossy"
local function retransmitted(line) return line:find("127.0.7.11", 1, true) and "again" or nil end
local COLUMN = "^%d*:?%d*:?%d*%s*%d+%s+%S+%s+"	-- some have the time ahead of PID and COMM

local function connected(name)
	return function(line)
		return line:find(COLUMN) and line:find(("%%f[%%d]%d%%f[%%D]"):format(port_of(name))) and "connection" or nil
	end
end
local function each(name)
	return function(row) return side(name, row.lport, row.rport) and "connection" or nil end
end

peers.compare {
	{
		"tcplife", command = connect("tcplife", 70001, 1009), made = { connected = COUNT, accepted = COUNT },
		ours = { "", row_side "tcplife" }, libbpf = { "", lives "tcplife" }, bcc = { "", lives "tcplife" },
		bpftrace = { "", lives "tcplife" },
	},
	{
		"tcpstates", command = connect("tcpstates", 1, 1), made = STATES,
		ours = { "", function(row)
			return row_side "tcpstates"(row) and ("%s>%s"):format(row.oldstate, row.newstate) or nil
		end },
		libbpf = { "", states "tcpstates" }, bcc = { "", states "tcpstates" },
	},
	{
		"tcpretrans", command = ("perl tests/lib/lossy.pl %s 2"):format(lossy),
		made = function() return { again = tonumber(sh.read(lossy):match "%d+ %d+ (%d+)") } end,
		ours = { "", function(row) return retransmitted(row.laddr) end },
		bcc = { "", peers.lines(retransmitted) }, bpftrace = { "", peers.lines(retransmitted) },
	},
	{
		"tcpaccept", command = connect("tcpaccept", 1, 1), made = { connection = COUNT },
		ours = { "", each "tcpaccept" },
		bcc = { "", peers.lines(connected "tcpaccept") }, bpftrace = { "", peers.lines(connected "tcpaccept") },
	},
	{
		"tcpconnect", command = connect("tcpconnect", 1, 1), made = { connection = COUNT },
		ours = { "", each "tcpconnect" }, libbpf = { "", peers.lines(connected "tcpconnect") },
		bcc = { "", peers.lines(connected "tcpconnect") }, bpftrace = { "", peers.lines(connected "tcpconnect") },
	},
	{
		"tcpconnlat", command = connect("tcpconnlat", 1, 1), made = { connection = COUNT },
		ours = { "", each "tcpconnlat" },
		libbpf = { "", peers.lines(connected "tcpconnlat") }, bcc = { "", peers.lines(connected "tcpconnlat") },
	},
	{ "tcptop" }, { "tcprtt" }, { "tcpdrop" }, { "bindsnoop" }, { "solisten" },
}
