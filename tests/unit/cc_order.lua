-- SPDX-License-Identifier: MIT
-- host/cc/order/entered: the functions that are entered, of all processes that run the program, and no others.
local t = require "tap"
local sh = require "sh"

local dir = sh.dir()
local luatrace = os.getenv("LUATRACE") or "build/luatrace"
local entered = luatrace:gsub("luatrace$", "order/entered")

if not sh.read(entered) then
	t.skip_all("no " .. entered .. ": luatrace-cc is linked to LLVM's libraries, or with a sanitizer")
end

sh.write(dir .. "/p.c", [[
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
static int __attribute__((noinline)) inner(int a) { return a * 3; }
int __attribute__((noinline)) outer(int a) { return inner(a) + 1; }
int __attribute__((noinline)) not_called(int a) { return a - 1; }
int __attribute__((noinline)) in_child(int a) { return a + 2; }
int main(int argc, char **argv)
{
	volatile int sum = 0;
	int status;

	for (int i = 0; i < 1000; i++)
		sum += outer(i);
	if (argc > 5)
		sum += not_called(argc);
	if (argc > 2 && !fork()) {
		execl(argv[0], argv[0], "again", (char *)NULL);
		_exit(1);
	}
	if (argc == 2)
		sum += in_child(argc);
	wait(&status);
	return argc == 2 ? 7 : sum == 1499500 ? status >> 8 : 1;
}]])
t.eq(sh.run(("cc -O1 -no-pie -fno-pie -ffunction-sections -o %s/p %s/p.c"):format(dir, dir)), 0, "a program")

local function order(command)
	return sh.run(("%s %s/p %s"):format(entered, dir, sh.quote(command)))
end

local status, script, messages = order(dir .. "/p 1 2; test $? = 7")
t.eq(status, 0, "status")
t.eq(messages, "", "messages: the program ran to its end as it does alone")
for _, name in ipairs { "main", "outer", "inner", "in_child" } do
	t.like(script, "%*%(%.text%." .. name .. "%)\n", name .. " was entered")
end
t.ok(not script:find("not_called", 1, true), "not_called was not")
t.like(script, "^SECTIONS.*INSERT BEFORE %.text;\n$", "a linker script that leaves the linker's own in force")

-- the functions that were entered come first, in a program that works as before
sh.write(dir .. "/order.ld", script)
t.eq(sh.run(("cc -O1 -no-pie -fno-pie -ffunction-sections -Wl,-T,%s/order.ld -o %s/q %s/p.c"):format(dir, dir, dir)), 0,
	"linked in that order")
t.eq(sh.run(dir .. "/q 1 2"), 7, "it runs")
local _, names = sh.run(("nm -n %s/q"):format(dir))
t.like(names, " outer\n.* not_called\n", "what was not entered lies behind")

status, script, messages = order("exit 3")
t.eq(status, 0, "a command that fails: what it entered counts")
t.like(script, "INSERT", "and the script is whole")
t.like(messages, "^entered: failed: exit 3\n", "it is told")
status, _, messages = sh.run(("%s %s/nowhere true"):format(entered, dir))
t.eq(status, 1, "no such program")
t.like(messages, "^entered: .*/nowhere: No such file or directory\n", "it says so")
t.done()
