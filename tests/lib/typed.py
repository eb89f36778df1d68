#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# What an interactive shell makes of lines, with its completion:
#   typed.py SETUP LINE... -- SHELL...
# SETUP is typed, then each LINE, in which a tab asks for completion. What words came of it is said in a line, with "|"
# between them.
import os, pty, re, select, sys, time

ESCAPE = re.compile(rb"\x1b(\[[0-9;?]*[@-~]|[=>])")
SECONDS = 20


class Shell:
    def __init__(self, command):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", PS1="", COLUMNS="200", HISTFILE="")
            os.execvp(command[0], command)
        self.seen = b""

    def enter(self, text):
        """Types a line; what a command in it says between ⟨ and ⟩."""
        self.seen = b""
        os.write(self.fd, text.encode() + b"\r")
        until = time.monotonic() + SECONDS
        while True:
            match = re.search("⟨(.*?)⟩".encode(), ESCAPE.sub(b"", self.seen), re.S)
            if match:
                return match[1].decode()
            if not select.select([self.fd], [], [], max(0, until - time.monotonic()))[0]:
                sys.exit("%s: nothing but %r" % (text, self.seen))
            self.seen += os.read(self.fd, 65536)


split = sys.argv.index("--")
setup, *lines = sys.argv[1:split]
shell = Shell(sys.argv[split + 1:])
# Written so that what is echoed of it is no answer.
shell.enter(setup + "; said() { local IFS='|'; printf '\\xe2\\x9f\\xa8%s\\xe2\\x9f\\xa9\\n' \"$*\"; }; said ready")
for line in lines:
    print(shell.enter(line + "\x01said "))
