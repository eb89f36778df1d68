-- SPDX-License-Identifier: MIT
-- What is said of a text that does not compile, word by word: clang's messages tidied, and errors of luatrace-cc.
local t = require "tap"
local cc = require("cc").run
local path = require("cc").path

--- As clang 16 shows lines: without their numbers.
local function without_numbers(said)
	return (("\n" .. said):gsub("\n[ %d]+ | ", "\n"):sub(2))
end

-- All that is said, with "text.c" for the path. `others` is what other clangs say.
local function says(name, text, wanted, flags, others)
	local status, _, err = cc(text, flags)
	err = err:gsub(path:gsub("%p", "%%%0"), "text.c")
	t.eq(status, 1, name .. ": status")
	for _, other in ipairs(others or {}) do
		wanted = err == other .. "\n" and other or wanted
	end
	t.eq(err, (err:find("\n[ %d]+ | ") and wanted or without_numbers(wanted)) .. "\n", name)
end
local function program(body)
	return "int f(struct pt_regs *ctx, int n, u64 m)\n{\n\t" .. body .. "\n}\n"
end

-- clang's words, without how our macros expand
says("format", program('char fmt[] = "x";\n\tbpf_trace_printk(fmt, 3);\n\treturn 0;'), [[
text.c:4:2: error: bpf_trace_printk: the format must be a string literal
    4 |         bpf_trace_printk(fmt, 3);
      |         ^]])
says("four values", program('bpf_trace_printk("%d %d %d %d", 1, 2, 3, 4);\n\treturn 0;'), [[
text.c:3:2: error: bpf_trace_printk prints at most 3 values
    3 |         bpf_trace_printk("%d %d %d %d", 1, 2, 3, 4);
      |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~]])
local by_address = [[
text.c:6:4: error: perf_submit: the record is passed by its address: &NAME
    6 |         o.perf_submit(ctx, e, sizeof(e));
      |           ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~]]
says("record by value", "BPF_PERF_OUTPUT(o);\nstruct e { int a; };\n"
	.. program("struct e e = {};\n\to.perf_submit(ctx, e, sizeof(e));\n\treturn 0;"), by_address, nil, { by_address .. [[

text.c:6:21: error: passing 'struct e' to parameter of incompatible type 'const void *'
    6 |         o.perf_submit(ctx, e, sizeof(e));
      |                            ^]] })
says("too few for a macro", "BPF_PERF_OUTPUT(o);\n" .. program("o.perf_submit(&n, sizeof(n));\n\treturn 0;"), [[
text.c:4:29: error: too few arguments provided to function-like macro invocation
    4 |         o.perf_submit(&n, sizeof(n));
      |                                    ^
text.c:4:29: note: perf_submit takes (ctx, data, size)]])
says("unknown function", program("return bpf_get_current_pid();"), [[
text.c:3:9: error: call to undeclared function 'bpf_get_current_pid' [-Wimplicit-function-declaration]
    3 |         return bpf_get_current_pid();
      |                ^
note: name 'bpf_get_current_pid': similar: bpf_get_current_pid_tgid]])
says("own macros keep their notes", "#define TWICE(x) (2 * (x)->y)\n" .. program("return TWICE(n);"), [[
text.c:4:9: error: member reference type 'int' is not a pointer
    4 |         return TWICE(n);
      |                ^~~~~~~~
text.c:1:28: note: expanded from macro 'TWICE'
    1 | #define TWICE(x) (2 * (x)->y)
      |                       ~~~  ^]])
local _, _, err = cc("BPF_HASH(h, u32, u64);\n" .. program("u32 key = 1;\n\treturn h.lookup(key) != 0;"))
t.like(err, "text%.c:5:18: warning: incompatible integer to pointer conversion passing 'u32' %(aka 'unsigned int'%) to "
	.. "parameter of type 'unsigned int %*'; take the address with & ", "a key by value: a type that means something")
t.ok(not err:find("__lt_", 1, true) and not err:find("generated.\n", 1, true), "and no name of ours, and no count")

-- what C can say and BPF cannot do
local NOINLINE = "static __noinline "
says("floating point", program("float x = n * 1.5;\n\treturn x > 3;"),
	"text.c:3:12: error: floating point, which BPF does "
	.. "not have; count in integers of a smaller unit (thousandths, nanoseconds) and divide in Lua")
says("function pointer", NOINLINE .. "int a(int x) { return x + 1; }\n" .. NOINLINE
	.. "int b(int x) { return x * 2; }\n"
	.. program("int (*p)(int) = n & 1 ? a : b;\n\treturn p(m);"), "text.c:6:9: error: a call through a function pointer, "
	.. "which BPF does not have; call the functions by name, e.g. in a switch (or a BPF_PROG_ARRAY for a tail call)")
says("run-time size", program("char b[n & 63];\n\tbpf_get_current_comm(b, sizeof(b));\n\treturn b[0];"),
	"text.c:3:2: error: an array whose size is known only at run time; give it a constant size, the largest that is "
	.. "needed")
says("alloca in a branch", program("char *p = n > 5 ? __builtin_alloca(16) : 0;\n\tif (p) bpf_get_current_comm(p, "
	.. "16);\n"
	.. "\treturn p ? p[3] : 0;"), "text.c:3:20: error: memory that is taken in a branch or a loop (alloca), where it has "
	.. "no fixed place on BPF's stack; declare an array")
says("six arguments", NOINLINE .. "int g(int a, int b, int c, int d, int e, int h) { return a * b * c + d * e * h; }\n"
	.. program("return g(n, m, n + 1, m * 2, n * 3, m * 4);"), "text.c:4:9: error: function 'g' has 6 arguments, and a "
	.. "call in BPF passes at most 5; pass a struct's address, or leave out noinline")
says("struct by value", "struct big { long a[20]; };\n" .. NOINLINE .. "long g(struct big b) { return b.a[3]; }\n"
	.. program("struct big b = {};\n\tb.a[3] = m;\n\treturn g(b);"), "text.c:7:9: error: function 'g' takes a struct by "
	.. "value, which BPF cannot pass; pass its address, or leave out noinline")
says("128-bit result", NOINLINE .. "__uint128_t g(u64 a) { return (__uint128_t)a << 3; }\n"
	.. program("return g(m) >> 64;"), "text.c:1: error: function 'g' returns more than 64 bits, which BPF cannot; return "
	.. "it through a pointer, or leave out noinline")
for what, body in pairs { ["nothing but"] = "", ["something before"] = "bpf_ktime_get_ns();\n\t" } do
	says(what .. " __builtin_unreachable", program(body .. "__builtin_unreachable();"), "text.c:1: error: function "
		.. "'f' never comes to a return: on every way it runs into what is undefined (__builtin_unreachable)")
end
says("128-bit division", program("return (unsigned __int128)m * m / (m + 1) >> 64;"),
	"text.c:3:30: error: function 'f': "
	.. "128-bit multiplication or division, which BPF does not have\ntext.c:3:34: error: function 'f': 128-bit "
	.. "multiplication or division, which BPF does not have")
says("variadic", NOINLINE .. "int g(int n, ...)\n{\n\t__builtin_va_list a;\n\t__builtin_va_start(a, n);\n\tn = "
	.. "__builtin_va_arg(a, int);\n\t__builtin_va_end(a);\n\treturn n;\n}\n" .. program("return g(1, n);"),
	"text.c:1: error: function 'g' takes any number of arguments (...), which BPF cannot; give it the largest number, or "
	.. "a macro's __VA_ARGS__")
-- the table's name and the place in the line are not the same in each LLVM
local no_addresses = "text.c:4:%d: error: %s holds addresses, which data of BPF cannot; for strings take an array of "
	.. "arrays (const char names[][16]), else choose in a switch"
says("table of strings", 'static const char *names[] = { "alpha", "beta" };\n'
	.. program('bpf_trace_printk("%s", names[n & 1]);\n\treturn 0;'), no_addresses:format(2, "'names'"), nil,
	{ no_addresses:format(25, "'names'"), no_addresses:format(2, "'a table here'") })
says("foreign assembly", program('asm volatile("mov %%rax, %%rbx" ::);\n\treturn 0;'),
	"text.c:3:2: error: inline assembly that is not BPF's (invalid register/token name)")
says("constructor", "static int x;\n__attribute__((constructor)) static void init(void) { x = 3; }\n"
	.. program("return x;"),
	"text.c:2: error: function 'init' is a constructor or destructor, and nothing runs those; set variables from Lua "
	.. "before the programs are attached")
says("large variable", "static int a[300000000] = { 1 };\n" .. program("return a[n & 255];"),
	"text.c:1: error: variable 'a' has "
	.. "1200000000 bytes; a text's variables may have 67108864 at most: keep the data in a map")
says("large local", program("char b[100000000] = {};\n\treturn b[n & 255];"),
	"text.c:1: error: function 'f' has a local variable "
	.. "of more than 1 MB; keep the data in a map")

-- what the dialect forbids
local RETURN = "runs when the function returns, and the registers of its arguments hold other things by then; "
	.. "PT_REGS_RC(ctx) is the return value, and arguments are kept in a map by a program at its entry"
says("kretprobe with arguments", "int kretprobe__vfs_read(struct pt_regs *ctx, struct file *file)\n{ return "
	.. "file->f_flags; }\n",
	"text.c:1: error: program 'kretprobe__vfs_read' " .. RETURN)
says("and by --type", program("return n;"), "text.c:1: error: program 'f' " .. RETURN, "--type f=uretprobe")
t.eq(cc("int kretprobe__vfs_read(struct pt_regs *ctx, struct file *file) { return PT_REGS_RC(ctx); }"), 0,
	"one that is not used is none")
says("helper that is not static", "int helper(struct sock *sk) { return sk->__sk_common.skc_num; }\n"
	.. "int f(struct pt_regs *ctx, struct sock *sk)\n{\n\treturn helper(sk);\n}\n",
	"text.c:4:9: error: function 'helper' is not "
	.. "static, so it is a program, whose first parameter is its context; this call passes something else: make 'helper' "
	.. "static")
do
	local status, _, said = cc('int f(struct pt_regs *ctx) {\n\tbpf_trace_printk("100%% %d %s\\n", 3, "x");\n'
		.. '\tbpf_trace_printk("%0.2f\\n", 5);\n\tbpf_trace_printk("%-5llx %p\\n", 5ull, ctx);\n\treturn 0;\n}\n')
	t.eq(status, 0, "a format that nothing is printed of: it compiles")
	t.eq((said:gsub(path:gsub("%p", "%%%0"), "text.c")), "text.c:3:2: warning: bpf_trace_printk: the kernel does not know "
		.. "'%0.2f' and will print nothing of this line; it knows d, i, u, x, p, s and c, with l and ll\n", "and says so")
end
says("helper without parameters that is not static", "int helper(void) { return 7; }\nint f(struct pt_regs *ctx)\n{\n"
	.. "\treturn helper();\n}\n", "text.c:4:9: error: function 'helper' is not static, so it is a program, and programs "
	.. "are not called without a context: make 'helper' static")
t.eq(cc("int g(struct pt_regs *ctx, int a) { return a; }\nstatic int h(int a, struct pt_regs *c) { return g(c, a); }\n"
	.. "int f(struct pt_regs *ctx, int a) { return g(ctx, a) + h(a, ctx); }"), 0,
	"a program may call another with its context")

-- what works, though compilers for BPF often say no
for _, text in ipairs { "return n / (long)m;", "return n % 10;", "long double x = 3; return x > 2;",
	"switch (n) { case 0: return 5; case 1: return 17; case 2: return 3; case 3: return 99; case 4: return 23; "
	.. "}\n\treturn 0;",
	'asm goto("goto %l0" :::: out);\n\treturn 1;\nout:\n\treturn 2;' } do
	local status, _, messages = cc(program(text))
	t.eq(status .. messages, "0", text)
end

-- colours, on a terminal that has them; control characters of the text never
local ESC = "\27"
local TEXT = "#error red " .. ESC .. "[31m bell \7\nint f(void *ctx) { return 0; }\n"
local function on_terminal(settings)
	return select(2, cc(TEXT, "", settings .. " script -qec '%s' /dev/null"))
end
local out = on_terminal("env -u NO_COLOR TERM=xterm")
t.like(out, "\27%[0;1m[^\27\n]*text%.c:1:2: \27%[0;1;31merror: \27%[0;1mred ", "a terminal: place, severity, words")
t.like(out, "\n[ |]-\27%[0;1;32m *%^\27%[0m\r?\n", "and the caret")
t.ok(not out:find("\27[31m", 1, true) and not out:find("\7", 1, true), "but no control character of the text's")
t.ok(not on_terminal("NO_COLOR=1 TERM=xterm"):find("\27", 1, true), "NO_COLOR")
t.ok(not on_terminal("env -u NO_COLOR TERM=dumb"):find("\27", 1, true), "TERM=dumb")
t.ok(not select(3, cc(TEXT)):find("\27", 1, true), "a pipe")
t.done()
