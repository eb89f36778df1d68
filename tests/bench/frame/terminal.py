# SPDX-License-Identifier: MIT
"""A process on a terminal of its own: what is typed there, and when which text is there to be read."""
import contextlib
import fcntl
import os
import re
import select
import struct
import termios
import time

from . import child

ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[@-~]")
ROWS, COLUMNS = 24, 80
CARRIED = 256  # bytes looked at again with those that come next: a text comes in pieces


class Terminal(child.Child):
    """It is hung up when we end."""
    own_session = True  # whose first terminal is its controlling one

    def open_streams(self):
        self.near, far = os.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        name = os.ttyname(far)
        os.close(far)
        self.seen = b""
        return [(os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]

    def type(self, text):
        """When it was typed. What was shown before is not looked at any more."""
        self.seen = b""
        now = time.monotonic()
        os.write(self.near, text)
        return now

    def read(self, until):
        """Once, if something comes in time."""
        if not select.select([self.near], [], [], max(0, until - time.monotonic()))[0]:
            return False
        try:
            self.seen = self.seen[-CARRIED:] + os.read(self.near, 1 << 16)
        except OSError:  # EIO: nobody has it open
            self.wait(1)
            raise child.Failed(self.complaint()) from None
        return True

    def await_text(self, pattern, seconds):
        """The match in what is shown, without colours and the like, and when it could be read."""
        until = time.monotonic() + seconds
        while self.read(until):
            now = time.monotonic()
            match = re.search(pattern, ESCAPE.sub(b"", self.seen))
            if match:
                return match, now
        raise child.Failed("it did not show %s within %d s, but %s" % (pattern.decode(), seconds, self.complaint()))

    def pass_time(self, seconds):
        """Reads meanwhile: who writes is not to wait for us."""
        until = time.monotonic() + seconds
        while self.read(until):
            pass

    def complaint(self):
        lines = ESCAPE.sub(b"", self.seen).decode(errors="replace").split("\n")
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "nothing")

    def end(self):
        super().end()
        if self.near is not None:
            os.close(self.near)
            self.near = None


@contextlib.contextmanager
def ahead_of_others():
    """What we measure takes whole CPUs; that we wait for one is not to count."""
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
