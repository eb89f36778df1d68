-- SPDX-License-Identifier: MIT
-- tcpstates: each state that the two ends of known connections go through, in order, with their owners.
local t = require "tap"
local live = require "live"
local tcp = require "tcp"
local tool = require "tool"
require "own_network"

local COUNT = 11
local command, truth_of = tcp.command("127.0.0.1", COUNT, 1, 1)
local start = live.seconds()
local rows = tool.rows("tcpstates", command)
local most, truth = (live.seconds() - start) * 1e3, truth_of()

-- Of each end its changes and who they are of.
local function pathes()
	local found, last_port = {}, nil
	for _, row in ipairs(rows) do
		local own = row.lport or 0
		local side = own == truth.port and (row.rport or "listener") or own
		local key = own == truth.port and "server " .. side or "client " .. side
		if row.newstate == "SYN_SENT" then
			last_port = row
		else
			if row.oldstate == "SYN_SENT" then	-- which had no port yet
				found[key] = ("%s>%s:%s "):format(last_port.oldstate, last_port.newstate, last_port.pid == truth.client)
			end
			local pid = row.pid == truth.client and "client" or row.pid == truth.server and "server" or tostring(row.pid)
			found[key] = (found[key] or "") .. ("%s>%s:%s "):format(row.oldstate, row.newstate, pid)
		end
	end
	return found
end

local CLIENT = "CLOSE>SYN_SENT:true SYN_SENT>ESTABLISHED:client ESTABLISHED>FIN_WAIT1:client FIN_WAIT1>FIN_WAIT2:client "
	.. "FIN_WAIT2>CLOSE:client "
local SERVER = "LISTEN>SYN_RECV:nil SYN_RECV>ESTABLISHED:nil ESTABLISHED>CLOSE_WAIT:OWNER CLOSE_WAIT>LAST_ACK:server "
	.. "LAST_ACK>CLOSE:server "
local clients, servers, odd = 0, 0, {}
for key, path in pairs(pathes()) do
	if key:find "^client" and path == CLIENT then
		clients = clients + 1
	-- A server may be late to accept what its client has ended already.
	elseif key:find "^server %d" and (path == SERVER:gsub("OWNER", "server") or path == SERVER:gsub("OWNER", "nil")) then
		servers = servers + 1
	else
		odd[#odd + 1] = key .. ": " .. path
	end
end
t.eq(clients, COUNT, "clients, from SYN_SENT to the end")
t.eq(servers, COUNT, "servers")
t.eq(table.concat(odd, "; "), "server listener: CLOSE>LISTEN:client LISTEN>CLOSE:client ", "and who listens")
t.eq(#rows, 10 * COUNT + 2, "no other")

local timed, wrong = 0, 0
for _, row in ipairs(rows) do
	local begins = row.oldstate == "CLOSE" or row.newstate == "SYN_RECV"
	timed = timed + (row.time_ms and 1 or 0)
	wrong = wrong + ((row.time_ms == nil) == begins and (begins or row.time_ms > 0 and row.time_ms < most) and 0 or 1)
end
t.eq(timed, 8 * COUNT + 1, "the time in each but the first")
t.eq(wrong, 0, "as it was")

rows = tool.rows("tcpstates -n server", command)
local closed = 0
for _, row in ipairs(rows) do
	closed = closed + (row.newstate == "CLOSE" and 1 or 0)
end
t.eq(closed, COUNT, "--comm")
t.done()
