# SPDX-License-Identifier: MIT
# `make help` lists what there is to make.

VERSION := $(shell sed -n 's/^\tversion = "\(.*\)",$$/\1/p' scripts/collection.lua)
PREFIX ?= /usr/local
# for zsh, below it
ZSH_FUNCTIONS ?= share/zsh/site-functions
BUILD ?= build
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
LUAJIT ?= luajit

# Debian 12's default first, then the newest; a plain llvm-config may be an older one
LLVM_VERSIONS := 19 22 21 20 18 17 16
ifndef LLVM_CONFIG
LLVM_CONFIG := $(firstword $(foreach v,$(LLVM_VERSIONS),$(shell command -v llvm-config-$(v))) \
	$(shell v=$$(llvm-config --version 2>/dev/null) && [ $${v%%.*} -ge 16 ] && [ $${v%%.*} -le 22 ] && command -v llvm-config))
endif
LLVM_VERSION := $(if $(LLVM_CONFIG),$(firstword $(subst ., ,$(shell $(LLVM_CONFIG) --version))))
CLANG ?= $(if $(LLVM_CONFIG),$(realpath $(shell $(LLVM_CONFIG) --bindir)/clang))
HELPER_DEFS := $(firstword $(wildcard $(shell pkg-config --variable=includedir libbpf 2>/dev/null)/bpf/bpf_helper_defs.h))

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
OPTIMISE ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -fvisibility=hidden $(WARNINGS) $(OPTIMISE) -MMD -MP -Ihost -I$(BUILD) $(CFLAGS)
HOST_CFLAGS = $(ALL_CFLAGS) -DLT_VERSION='"$(VERSION)"' -DLT_CC_LIBRARIES='"$(CC_LIBRARIES)"' $(shell pkg-config --cflags libbpf luajit libelf)
# Each library is a millisecond of every start. So all but the C library, which a script's ffi.load needs, are linked in
# where their archives are there; HOST_LINK=shared takes the libraries. LuaJIT whole, for Lua modules in C.
HOST_LINK ?= $(shell echo 'int main(void) { return 0; }' | $(CC) -x c -o /dev/null - $(HOST_LIBS_static) 2>/dev/null && echo static || echo shared)
HOST_LIBS_static = -static-libgcc -Wl,-Bstatic -Wl,--whole-archive -lluajit-5.1 -Wl,--no-whole-archive -lbpf -lelf -lminizip -lz -lsodium -ledit -ltinfo -lbsd -lmd -Wl,-Bdynamic -ldl -lm
HOST_LIBS_shared = $(shell pkg-config --libs libbpf luajit libelf libedit minizip libsodium) -lz -ldl -lm
HOST_LIBS = $(HOST_LIBS_$(HOST_LINK))
# See host/cli/lua_heap.c.
HOST_WRAP = -Wl,--wrap=mmap -Wl,--wrap=mmap64
CC_CFLAGS = $(ALL_CFLAGS) -Ihost/cc -isystem $(shell $(LLVM_CONFIG) --includedir) -DLT_LLVM_VERSION='"$(LLVM_VERSION)"'
# clang's interface is C++, of two files. LLVM's archives do not know when its headers mark memory for the address
# sanitizer, so that they must not.
CXX_CFLAGS = -std=c++17 -U__SANITIZE_ADDRESS__ -fno-rtti -fno-exceptions -fvisibility=hidden -Wall -Wextra -Werror -Wno-unused-parameter $(OPTIMISE) -MMD -MP -Ihost/cc \
	-isystem $(shell $(LLVM_CONFIG) --includedir) $(filter -D%,$(shell $(LLVM_CONFIG) --cppflags)) $(CFLAGS)
# The relocations of clang's and LLVM's libraries cost each compile more than half of its time. So what is used of
# them is linked in, at fixed addresses, where their archives are there; LLVM_LINK=shared takes the libraries.
LLVM_LIBDIR := $(if $(LLVM_CONFIG),$(shell $(LLVM_CONFIG) --libdir))
LLVM_LINK ?= $(if $(wildcard $(LLVM_LIBDIR)/libclangFrontend.a),static,shared)
# of what the kernel's JIT makes of programs
NATIVE_DISASSEMBLER := $(if $(filter aarch64%,$(shell $(CC) -dumpmachine)),aarch64,x86)
LLVM_COMPONENTS := bpf $(NATIVE_DISASSEMBLER)disassembler $(NATIVE_DISASSEMBLER)desc passes coverage option windowsdriver $(if $(LLVM_CONFIG),$(filter frontend%,$(shell $(LLVM_CONFIG) --components)))
CLANG_ARCHIVES := $(wildcard $(addprefix $(LLVM_LIBDIR)/libclang,$(addsuffix .a,Frontend CodeGen Driver Serialization \
	Parse Sema Edit Analysis ASTMatchers APINotes AnalysisLifetimeSafety Support AST Options Lex Basic)))
CC_LIBS_static = -no-pie -Wl,--gc-sections -Wl,--as-needed -Wl,--start-group $(CLANG_ARCHIVES) -Wl,--end-group \
	$(shell $(LLVM_CONFIG) --link-static --ldflags --libs $(LLVM_COMPONENTS) --system-libs | tr '\n' ' ') -lstdc++
# Without a dynamic linker either, where all that it uses is there as archives and no sanitizer is asked for.
CC_STATIC = $(if $(filter static,$(LLVM_LINK)),$(shell echo 'int main(void) { return 0; }' | $(CC) $(OPTIMISE) $(STATIC_FLAGS) $(LDFLAGS) \
	-x c -o /dev/null - -lbpf -lelf -lz -lzstd -lm -lstdc++ 2>/dev/null && echo $(STATIC_FLAGS)))
STATIC_FLAGS = -static
SHARED_LIBRARIES = $(foreach library,libclang-cpp libLLVM,$(firstword $(wildcard $(LLVM_LIBDIR)/$(library).so*)))
CC_LIBS_shared = $(SHARED_LIBRARIES) -lstdc++
# what luatrace-cc's build id says nothing about: a compile is taken for the same as another if they are
CC_LIBRARIES = $(if $(filter shared,$(LLVM_LINK)),$(SHARED_LIBRARIES))
CC_LIBS = $(CC_LIBS_$(LLVM_LINK)) -lbpf -lelf -lz
CC_LINK = $(if $(CC_STATIC),$(CC_STATIC) $(filter-out -no-pie %.so,$(CC_LIBS)),$(CC_LIBS))

HOST_SOURCES := $(wildcard host/*.c host/bundle/*.c host/cli/*.c host/http/*.c host/kernel/*.c host/relocate/*.c host/repl/*.c host/trace/*.c host/symbols/*.c)
CC_SOURCES := $(filter-out host/cc/order/%,$(wildcard host/cc/*.c host/cc/*/*.c))
CXX_SOURCES := $(wildcard host/cc/*.cpp)
# bcc-lua's scripts parse their arguments with it
ARGPARSE := $(shell $(LUAJIT) -e 'print(package.searchpath("argparse", package.path) or "")' 2>/dev/null)
LUA_SOURCES := $(sort $(shell find lua -name '*.lua'))
BPF_HEADERS := $(sort $(shell find bpf -name '*.h' -not -path 'bpf/kernel/*'))
HOST_OBJECTS := $(HOST_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/lua_modules.o
KERNEL_HEADERS := $(sort $(wildcard bpf/kernel/*.h))
# of both programs
CC_SHARED := $(patsubst %.c,$(BUILD)/%.o,$(wildcard host/kernel/*.c)) $(BUILD)/host/symbols/similar.o
CC_OBJECTS := $(CC_SOURCES:%.c=$(BUILD)/%.o) $(CXX_SOURCES:%.cpp=$(BUILD)/%.o) $(BUILD)/headers.o $(BUILD)/kernel_table.o \
	$(CC_SHARED)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%.t,$(wildcard tests/unit/*.c))

# What is fuzzed is built apart, by the clang beside LLVM
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CFLAGS = -O1 -g -fno-omit-frame-pointer $(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link
FUZZ_CC_OBJECTS := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out host/cc/main.c host/cc/heap.c,$(CC_SOURCES)) $(wildcard tests/fuzz/lib/*.c)) \
	$(patsubst %.c,$(BUILD)/fuzz/cc/%.o,$(wildcard host/kernel/*.c))
FUZZ_HOST_OBJECTS := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out host/cli/%,$(HOST_SOURCES)))

BUILD_PACKAGES := gcc g++ libc6-dev linux-libc-dev pkg-config libbpf-dev libelf-dev libedit-dev zlib1g-dev libminizip-dev libsodium-dev libluajit-5.1-dev luajit lua-argparse libzstd-dev \
	$(if $(LLVM_CONFIG),,llvm-19-dev) $(if $(CLANG),,clang-19) libclang-$(or $(LLVM_VERSION),19)-dev
TEST_PACKAGES := perl libcmocka-dev openssl python3 tmux lua-cjson qemu-system-x86 qemu-system-common busybox-static cpio \
	xz-utils zstd binutils iproute2 luarocks minisign zsh groff-base
FUZZ_PACKAGES := perl clang-$(or $(LLVM_VERSION),19) libclang-rt-$(or $(LLVM_VERSION),19)-dev
LINT_PACKAGES := lua-check cppcheck clang-19
PACKAGING_PACKAGES := mmdebstrap git
COMPAT_PACKAGES := python3 bpfcc-tools python3-bpfcc
PEER_PACKAGES := libbpf-tools bpftrace python3 python3-bpfcc bpfcc-tools
BENCH_PACKAGES := $(PEER_PACKAGES) python3-matplotlib

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all run test test-all test-peers test-programs lint asan fuzz fuzz-targets bench bench-plots install deps deps-test deps-fuzz deps-lint deps-compat deps-packaging deps-peers deps-bench print-clang check-tools clean help

all: check-tools $(BUILD)/luatrace $(BUILD)/luatrace-cc $(BUILD)/bcc-lua ## build luatrace and luatrace-cc

# One clear sentence instead of a hundred compiler errors
check-tools:
	@command -v $(CC) >/dev/null || { echo "luatrace: no C compiler ($(CC)); run 'make deps'" >&2; exit 1; }
	@command -v pkg-config >/dev/null || { echo "luatrace: pkg-config is missing; run 'make deps'" >&2; exit 1; }
	@for lib in libbpf luajit libelf libedit minizip libsodium; do pkg-config --exists $$lib || \
		{ echo "luatrace: the development files of $$lib are missing; run 'make deps'" >&2; exit 1; }; done
	@command -v $(LUAJIT) >/dev/null || { echo "luatrace: luajit is missing; run 'make deps'" >&2; exit 1; }
	@test -n "$(ARGPARSE)" || { echo "luatrace: Lua's argparse is missing; run 'make deps' (it installs lua-argparse)" >&2; exit 1; }
	@test -n "$(LLVM_CONFIG)" || { echo "luatrace: no llvm-config of LLVM 16 to 22; run 'make deps' (it installs llvm-19-dev), or set LLVM_CONFIG" >&2; exit 1; }
	@test "$(LLVM_VERSION)" -ge 16 -a "$(LLVM_VERSION)" -le 22 || { echo "luatrace: $(LLVM_CONFIG) is LLVM $(LLVM_VERSION); 16 to 22 will do" >&2; exit 1; }
	@command -v $(CXX) >/dev/null || { echo "luatrace: no C++ compiler ($(CXX)); run 'make deps'" >&2; exit 1; }
	@test -e "$(shell $(LLVM_CONFIG) --includedir)/clang/Frontend/CompilerInstance.h" || { echo "luatrace: the development files of clang $(LLVM_VERSION) are missing; run 'make deps' (it installs libclang-$(LLVM_VERSION)-dev)" >&2; exit 1; }
	@test -x "$(CLANG)" || { echo "luatrace: no clang beside $(LLVM_CONFIG); install clang-$(LLVM_VERSION), or set CLANG" >&2; exit 1; }
	@test -n "$(HELPER_DEFS)" || { echo "luatrace: libbpf's bpf_helper_defs.h is missing; run 'make deps'" >&2; exit 1; }

# A rename, so that a run beside the build has the old program or the new one.
$(BUILD)/luatrace: $(HOST_OBJECTS)
	$(CC) $(OPTIMISE) $(LDFLAGS) -rdynamic $(HOST_WRAP) -o $@.new $^ $(HOST_LIBS)
	mv $@.new $@

# The same program; called by this name it is bcc-lua.
$(BUILD)/bcc-lua: $(BUILD)/luatrace
	ln -sf luatrace $@

# What a compile enters is linked to lie together. To know what that is takes a luatrace-cc; it is looked at once, and
# not again for each change: names that are no longer there do no harm.
CC_ORDER := $(if $(and $(filter static,$(LLVM_LINK)),$(if $(findstring sanitize,$(OPTIMISE)$(CFLAGS)),,yes)),$(BUILD)/order/entered.ld)
# What ld says is shown when it fails: it warns of dlopen and getpwnam in LLVM, which luatrace-cc never calls, and with
# --no-warnings it would make calls of functions that are nowhere calls of 0, without a word.
LINK_CC = link() { $(CC) $(OPTIMISE) -Wl,--build-id=sha1 $(LDFLAGS) "$$@" 2>$(BUILD)/link.log || { cat $(BUILD)/link.log >&2; exit 1; }; }; link
$(BUILD)/luatrace-cc: $(CC_OBJECTS) $(CC_ORDER)
	$(LINK_CC) -o $@.new $(CC_OBJECTS) $(CC_ORDER:%=-Wl,-T,%) $(CC_LINK)
	mv $@.new $@

$(BUILD)/order/entered: host/cc/order/entered.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -o $@ $< -lelf

$(BUILD)/order/entered.ld: $(BUILD)/order/entered host/cc/order/usual.bpf.c | $(CC_OBJECTS) $(BUILD)/luatrace
	cp $(BUILD)/luatrace $(@D)
	$(LINK_CC) -o $(@D)/luatrace-cc $(CC_OBJECTS) $(CC_LINK)
	$< $(@D)/luatrace-cc '$(@D)/luatrace cc host/cc/order/usual.bpf.c -o $(@D)/usual.o --type on_call=uprobe' >$@ || \
		{ echo "luatrace: a process can't be traced here, so luatrace-cc compiles more slowly than it might" >&2; \
		echo 'SECTIONS { .text.entered : { } } INSERT BEFORE .text;' >$@; }
	rm $(@D)/luatrace $(@D)/luatrace-cc

$(BUILD)/host/cc/%.o: host/cc/%.c
	@mkdir -p $(@D)
	$(CC) $(CC_CFLAGS) -c -o $@ $<

$(CXX_SOURCES:%.cpp=$(BUILD)/%.o): $(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(CXX_CFLAGS) -c -o $@ $<

$(BUILD)/host/%.o: host/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/headers.c: host/cc/embed/embed_headers.lua $(BPF_HEADERS) $(HELPER_DEFS) docs/reference.md
	@mkdir -p $(@D)
	$(LUAJIT) $< $@ $(HELPER_DEFS) docs/reference.md bpf $(BPF_HEADERS)

$(BUILD)/headers.o: $(BUILD)/headers.c
	$(CC) $(CC_CFLAGS) -c -o $@ $<

# Made of the machine's UAPI headers as well, which its package manager may change
$(BUILD)/kernel_table.c: host/cc/embed/embed_kernel.lua host/cc/embed/embed_c.lua host/cc/embed/embed_table.lua $(KERNEL_HEADERS) $(wildcard /usr/include/linux/version.h)
	@mkdir -p $(@D)
	$(LUAJIT) $< $@ "$(CC)" $(KERNEL_HEADERS)

$(BUILD)/kernel_table.o: $(BUILD)/kernel_table.c
	$(CC) $(CC_CFLAGS) -c -o $@ $<

# Programs of luatrace's own that run in the kernel
# where the distribution keeps <asm/types.h> by architecture
ASM_INCLUDE = $(patsubst %/asm/types.h,-idirafter %,$(firstword $(wildcard /usr/include/asm/types.h /usr/include/*/asm/types.h)))
$(BUILD)/hash_walk.bpf.o: host/bpf/hash_walk.c host/bpf/hash_walk.h
	@mkdir -p $(@D)
	$(CLANG) -target bpf -mcpu=v2 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror \
		$(shell pkg-config --cflags-only-I libbpf) $(ASM_INCLUDE) -c -o $@ $<

$(BUILD)/host/trace/hash_walk.o $(BUILD)/fuzz/host/trace/hash_walk.o: $(BUILD)/hash_walk.bpf.o
$(BUILD)/host/trace/hash_walk.o $(BUILD)/fuzz/host/trace/hash_walk.o: HOST_CFLAGS += -DLT_HASH_WALK_OBJECT='"$(BUILD)/hash_walk.bpf.o"'

# "{ NAME, NUMBER }," of each system call that the machine's headers have
$(BUILD)/syscalls.inc: $(wildcard /usr/include/linux/version.h)
	@mkdir -p $(@D)
	echo '#include <sys/syscall.h>' | $(CC) -E -dM - | sed -n 's/^#define SYS_\([a-z0-9_]*\) .*/{ "\1", SYS_\1 },/p' | sort >$@

$(BUILD)/host/symbols/syscalls.o $(BUILD)/fuzz/host/symbols/syscalls.o: $(BUILD)/syscalls.inc
$(BUILD)/host/symbols/syscalls.o $(BUILD)/fuzz/host/symbols/syscalls.o: HOST_CFLAGS += -I$(BUILD)

$(BUILD)/luatrace.cdef: $(wildcard host/luatrace*.h)
	@mkdir -p $(@D)
	$(CC) -E -P -DLT_CDEF -o $@ host/luatrace.h

$(BUILD)/lua_modules.c: host/embed.lua $(BUILD)/luatrace.cdef $(LUA_SOURCES) $(ARGPARSE)
	$(LUAJIT) $< $@ $(BUILD)/luatrace.cdef lua $(LUA_SOURCES) luatrace.argparse=$(ARGPARSE)

$(BUILD)/lua_modules.o: $(BUILD)/lua_modules.c
	$(CC) $(HOST_CFLAGS) -Ihost/cli -c -o $@ $<

# Unit tests see luatrace-cc and the host without their main().
$(BUILD)/tests/unit/cc_%.t: tests/unit/cc_%.c $(filter-out %/cc/main.o,$(CC_OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(CC_CFLAGS) $(LDFLAGS) -o $@ $^ $(CC_LIBS) -lcmocka

$(filter $(BUILD)/tests/unit/symbols_%,$(UNIT_TESTS)): tests/unit/symbols_fixture.h
$(BUILD)/tests/unit/%.t: tests/unit/%.c $(filter-out %/cli/main.o,$(HOST_OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(LDFLAGS) -rdynamic $(HOST_WRAP) -o $@ $(filter-out %.h,$^) $(HOST_LIBS) -lcmocka

# Time passes there as the test says.
$(BUILD)/tests/unit/http_%.t: HOST_WRAP += -Wl,--wrap=lt_now

$(BUILD)/tests/workload: tests/lib/workload.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARNINGS) -O2 -g -rdynamic -pthread -o $@ $<

# A luatrace without a compiler beside it, and bundles that it is to run: made of this machine's kernel, for the guests'
# too. Tracepoints are described to root alone, and tests that trace are root's anyway.
ALONE := $(addprefix $(BUILD)/tests/alone/,luatrace tools.ltb portable.ltb $(if $(shell command -v minisign),acme.ltb))
ROOT := $(filter 0,$(shell id -u))
$(BUILD)/tests/alone/luatrace: $(BUILD)/luatrace
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/tests/alone/tools.ltb: $(BUILD)/luatrace $(BUILD)/luatrace-cc $(wildcard scripts/*.lua) tests/lib/bundled
	@mkdir -p $(@D)
	sed 's/^/--with\n/' tests/lib/bundled | tr '\n' '\0' | xargs -0 $(BUILD)/luatrace bundle scripts -o $@

$(BUILD)/tests/alone/portable.ltb: tests/lib/portable.lua $(BUILD)/luatrace $(BUILD)/luatrace-cc
	@mkdir -p $(@D)
	$(BUILD)/luatrace bundle $< -o $@

# A collection as `luatrace new` begins one, signed.
$(BUILD)/tests/alone/acme.ltb: $(BUILD)/luatrace $(BUILD)/luatrace-cc
	@mkdir -p $(@D)
	rm -rf $(@D)/acme
	cd $(@D) && $(abspath $(BUILD))/luatrace new --collection acme
	minisign -G -W -f -p $(@D)/acme.pub -s $(@D)/acme.sec
	$(BUILD)/luatrace bundle $(@D)/acme/acme -o $@ --sign $(@D)/acme.sec

$(BUILD)/tests/relay: tests/vm/relay.c host/compile_protocol.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARNINGS) -O2 -g -D_GNU_SOURCE -Ihost -static -o $@ $<

$(BUILD)/fuzz/host/cc/%.o: host/cc/%.c
	@mkdir -p $(@D)
	$(CLANG) $(CC_CFLAGS) $(FUZZ_CFLAGS) -include tests/fuzz/lib/seam.h -c -o $@ $<

$(BUILD)/fuzz/cc/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(CC_CFLAGS) $(FUZZ_CFLAGS) -include tests/fuzz/lib/seam.h -c -o $@ $<

$(BUILD)/fuzz/host/%.o: host/%.c
	@mkdir -p $(@D)
	$(CLANG) $(HOST_CFLAGS) $(FUZZ_CFLAGS) -c -o $@ $<

$(BUILD)/fuzz/tests/fuzz/lib/%.o: tests/fuzz/lib/%.c
	@mkdir -p $(@D)
	$(CLANG) $(CC_CFLAGS) $(FUZZ_CFLAGS) -c -o $@ $<

# Archives: a target takes what it uses, and may have another in its place.
$(BUILD)/fuzz/cc.a: $(FUZZ_CC_OBJECTS)
$(BUILD)/fuzz/host.a: $(FUZZ_HOST_OBJECTS)
$(BUILD)/fuzz/cc.a $(BUILD)/fuzz/host.a:
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/fuzz/cc_%: tests/fuzz/cc_%.c $(BUILD)/fuzz/cc.a $(BUILD)/kernel_table.o $(BUILD)/host/symbols/similar.o $(BUILD)/host/cc/access_types.o
	$(CLANG) $(CC_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer -Itests/fuzz $(LDFLAGS) -o $@ $< $(filter %.a %.o,$^) $(CC_LIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/host.a
	$(CLANG) $(HOST_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer -Itests/fuzz $(LDFLAGS) -o $@ $< $(filter %.a,$^) $(HOST_LIBS)

fuzz-targets: $(FUZZ_TARGETS)

# USDT probes: PIE and not, optimised and not, in a library.
USDT_PROGRAMS := $(addprefix $(BUILD)/tests/,usdt usdt-fixed usdt-library probed probed-one probed-mysql probed-mariadb)
USDT_COMPILE = $(CC) -std=gnu11 $(WARNINGS) -g

$(BUILD)/tests/usdt: tests/lib/usdt.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O2 -fPIE -pie -o $@ $<

$(BUILD)/tests/usdt-fixed: tests/lib/usdt.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O0 -fno-pie -no-pie -o $@ $<

$(BUILD)/tests/libltusdt.so: tests/lib/usdt.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O1 -fPIC -shared -DUSDT_PROBES -o $@ $<

$(BUILD)/tests/usdt-library: tests/lib/usdt.c $(BUILD)/tests/libltusdt.so
	$(USDT_COMPILE) -O2 -DUSDT_MAIN -o $@ $< -L$(@D) -lltusdt '-Wl,-rpath,$$ORIGIN'

$(BUILD)/tests/probed: tests/lib/probed.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O2 -o $@ $<

$(BUILD)/tests/probed-one: tests/lib/probed.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O2 -DONE_DATABASE -o $@ $<

$(BUILD)/tests/probed-mysql: tests/lib/probed.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O2 -DMYSQL -o $@ $<

$(BUILD)/tests/probed-mariadb: tests/lib/probed.c
	@mkdir -p $(@D)
	$(USDT_COMPILE) -O2 -DMARIADB -o $@ $<

# One stack of functions that C++, Rust and a JIT made: PIE and not, and, as Go's programs are, static and stripped.
STACK_PROGRAMS := $(addprefix $(BUILD)/tests/,stacks stacks-fixed stacks-static)
STACK_COMPILE = $(CC) -std=gnu11 $(WARNINGS) -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -fcf-protection=none

$(BUILD)/tests/stacks: tests/lib/stacks.c
	@mkdir -p $(@D)
	$(STACK_COMPILE) -fPIE -pie -o $@ $<

$(BUILD)/tests/stacks-fixed: tests/lib/stacks.c
	@mkdir -p $(@D)
	$(STACK_COMPILE) -fno-pie -no-pie -o $@ $<

$(BUILD)/tests/stacks-static: tests/lib/stacks.c
	@mkdir -p $(@D)
	$(STACK_COMPILE) -fno-pie -static -s -o $@ $<

# On as many CPUs as there are, unless `make -jN` says on how many.
AT_ONCE = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

run: deps ## install what is missing, build, trace this machine for a few seconds
	@$(MAKE) $(AT_ONCE) --no-print-directory -s all
	@(sleep 1; ls host bpf >/dev/null; sleep 1; cat README.md >/dev/null) & # something to see on an idle machine
	$(BUILD)/luatrace opensnoop --duration 3

test-programs: $(UNIT_TESTS) $(BUILD)/tests/workload $(BUILD)/tests/relay $(if $(ROOT),$(ALONE)) $(USDT_PROGRAMS) $(STACK_PROGRAMS)

test: deps deps-test ## install what is missing, build, run all tests
	@$(MAKE) $(AT_ONCE) --no-print-directory -s all test-programs
	@tests/vm/fetch-kernels || true
	tests/run

# Longer: the other live cases in guests, new inputs for the fuzz targets, bcc's own tools on three kernels, Debian's
# packages in a clean root, Prometheus
test-all: test deps-fuzz deps-compat deps-packaging ## the tests, and what takes longer
	@$(MAKE) $(AT_ONCE) --no-print-directory -s fuzz-targets
	@tests/lib/fetch-prometheus || true
	GUEST_CASES=rest tests/run --limit 3360 tests/vm tests/fuzz tests/compat tests/packaging tests/tools/prometheus_server.lua

# Not among the others: what it compares with is as good as the versions that can be installed.
test-peers: deps deps-test deps-peers ## the tools beside bcc's, libbpf's and bpftrace's of their names
	@$(MAKE) $(AT_ONCE) --no-print-directory -s all test-programs
	@tests/bench/fetch-headers || true
	tests/run --limit 300 tests/peers

lint: deps-lint ## gcc, clang, cppcheck and luacheck have nothing to say
	@$(MAKE) --no-print-directory all BUILD=build/clang CC=clang-19
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr --std=c11 \
		--suppress=missingIncludeSystem -Ihost -D__x86_64__ -DLT_LLVM_VERSION='""' -DLT_VERSION='""' -DLT_HASH_WALK_OBJECT='""' -DLT_CC_LIBRARIES='""' \
		'-DLIBBPF_OPTS(T,N,...)=struct T N={__VA_ARGS__}' \
		'-Dbpf_object__for_each_program(p,o)=while((p=bpf_object__next_program(o,p)))' \
		'-Dbpf_object__for_each_map(p,o)=while((p=bpf_object__next_map(o,p)))' -i host/bpf -i host/cc/order/usual.bpf.c host
	luacheck --quiet host lua scripts tests
	@! git grep -nE '[ 	]+$$' -- host bpf lua scripts tests docs Makefile '*.md' ':!tests/fuzz/seeds' || { echo "luatrace: blanks at line ends" >&2; exit 1; }
	@! git grep -nE '^.{121,}' -- 'host/*.[ch]' 'bpf/*.h' || { echo "luatrace: lines over 120 columns" >&2; exit 1; }

asan: deps deps-test ## build with address and undefined-behaviour sanitizers and run the tests on it
	@$(MAKE) --no-print-directory all test-programs BUILD=build/asan OPTIMISE="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -Wno-format-truncation"
	ASAN_OPTIONS=detect_leaks=0 LUATRACE=build/asan/luatrace tests/run tests/unit tests/live

fuzz: deps deps-fuzz ## TARGET= SECONDS=60: look for inputs that break what reads untrusted ones
	@$(MAKE) --no-print-directory -s fuzz-targets
	FUZZ_TARGET=$(TARGET) FUZZ_SECONDS=$(or $(SECONDS),60) tests/run -v --limit 86400 tests/fuzz

# for tests/bench
print-clang:
	@echo $(CLANG)

bench: deps deps-bench all ## measure, beside the peers, and print ratios
	tests/bench/run

bench-plots: deps deps-bench all ## measure what grows, and draw docs/plots
	tests/bench/run grow-probes grow-map grow-record grow-outputs
	tests/bench/plots

# Pages of tools are what the tools say of themselves.
$(BUILD)/man/made: $(BUILD)/luatrace docs/man/make.lua $(wildcard scripts/*.lua)
	@mkdir -p $(@D)
	rm -f $(@D)/*.1
	$(BUILD)/luatrace docs/man/make.lua $(VERSION) $(@D) $(filter scripts/%,$^)
	touch $@

install: all $(BUILD)/man/made ## PREFIX=/usr/local DESTDIR=
	install -D -m 755 $(BUILD)/luatrace $(DESTDIR)$(PREFIX)/bin/luatrace
	ln -sf luatrace $(DESTDIR)$(PREFIX)/bin/bcc-lua
	install -D -m 755 $(BUILD)/luatrace-cc $(DESTDIR)$(PREFIX)/libexec/luatrace/luatrace-cc
	install -d $(DESTDIR)$(PREFIX)/share/luatrace/scripts $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 scripts/*.lua $(DESTDIR)$(PREFIX)/share/luatrace/scripts
	for file in $(LUA_SOURCES); do install -D -m 644 $$file $(DESTDIR)$(PREFIX)/share/luatrace/$$file || exit 1; done
	install -m 644 docs/man/*.1 $(BUILD)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -D -m 644 host/cli/completion/luatrace.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/luatrace
	install -D -m 644 host/cli/completion/_luatrace $(DESTDIR)$(PREFIX)/$(ZSH_FUNCTIONS)/_luatrace

# Installs only what is missing, so that a machine that has it all needs neither root nor network.
define install_missing
	@missing=; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null || \
	{ echo "luatrace: could not install$$missing; install them by other means" >&2; exit 1; }; fi
endef

deps: ## install what the build needs (Debian)
	$(call install_missing,$(BUILD_PACKAGES))

deps-test:
	$(call install_missing,$(TEST_PACKAGES))

deps-fuzz:
	$(call install_missing,$(FUZZ_PACKAGES))

deps-lint:
	$(call install_missing,$(LINT_PACKAGES))

deps-packaging: ## what tests/packaging needs
	$(call install_missing,$(PACKAGING_PACKAGES))

deps-compat:
	$(call install_missing,$(COMPAT_PACKAGES))

deps-peers:
	$(call install_missing,$(PEER_PACKAGES))

deps-bench:
	$(call install_missing,$(BENCH_PACKAGES))

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

-include $(FUZZ_CC_OBJECTS:.o=.d) $(FUZZ_HOST_OBJECTS:.o=.d) $(FUZZ_TARGETS:=.d)
-include $(HOST_OBJECTS:.o=.d) $(CC_OBJECTS:.o=.d)
