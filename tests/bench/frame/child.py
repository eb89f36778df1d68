# SPDX-License-Identifier: MIT
"""Child processes: started, timed, read from /proc and ended, each by its own pid."""
import os
import select
import signal
import tempfile
import time

# Before a command: it ends with us, whatever ends us. Costs an exec, so what is timed goes without.
WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]

_running = set()


class Failed(Exception):
    """A contender that did not do what it was started for."""


class Child:
    """A process with its output in files without a name. `cpu` pins it."""
    own_session = False

    def __init__(self, command, cpu=None, env=None):
        self.command = [str(word) for word in command]
        self.status = self.usage = self.ended = None
        actions = self.open_streams()
        allowed = os.sched_getaffinity(0)
        # inherited: no launcher stands between the clock and the program
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})
        try:
            self.started = time.monotonic()
            self.pid = os.posix_spawnp(self.command[0], self.command, env or os.environ, file_actions=actions,
                                       setsid=self.own_session, setsigdef=[signal.SIGINT, signal.SIGPIPE])
        except OSError as error:
            raise Failed("%s: %s" % (self.command[0], error.strerror)) from error
        finally:
            os.sched_setaffinity(0, allowed)
        _running.add(self)
        self.handle = os.pidfd_open(self.pid)

    def open_streams(self):
        """What posix_spawn is to do for its standard streams."""
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        return [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, self.out.fileno(), 1), (os.POSIX_SPAWN_DUP2, self.err.fileno(), 2)]

    def wait(self, seconds):
        """Whether it ended in time. Its usage is its own and that of the children it waited for."""
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        if self.status is None and poll.poll(seconds * 1000):
            self.ended = time.monotonic()
            _, self.status, self.usage = os.wait4(self.pid, 0)
            os.close(self.handle)
            _running.discard(self)
        return self.status is not None

    def finish(self, seconds):
        """Waits for a clean end."""
        if not self.wait(seconds):
            self.end()
            raise Failed("it did not end within %d s: %s" % (seconds, self.complaint()))
        if self.status != 0:
            raise Failed(self.complaint())

    def interrupt(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGINT)

    def end(self):
        """Whatever it is doing."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(10)

    def wait_for(self, text, seconds):
        """Until its output contains `text`; bytes, b"" for anything at all."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            output = self.output()
            if output and text in output:
                return
            if self.wait(0.005):
                raise Failed(self.complaint())
        raise Failed("no output after %d s: %s" % (seconds, self.complaint()))

    def output(self, most=1 << 16):
        return os.pread(self.out.fileno(), most, 0)

    def complaint(self):
        """Why it failed, as far as it says, in one line."""
        lines = os.pread(self.err.fileno(), 1 << 16, 0).decode(errors="replace").strip().splitlines()
        if lines:
            return next((line for line in lines if "error" in line.lower()), lines[-1]).strip()[:200]
        if self.status is None:
            return "it said nothing"
        code = os.waitstatus_to_exitcode(self.status)
        return "it was ended by signal %d" % -code if code < 0 else "exit status %d, without a word" % code

    def cpu_ns(self):
        """CPU time of all its threads so far, ended ones included, in nanoseconds."""
        # what clock_getcpuclockid(3) returns for a process
        return time.clock_gettime_ns((~self.pid << 3) | 2)


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(each) for each in file.read().split()]


def memory(pid):
    """Resident KiB of a process: all, the most it ever was, its own pages, and what its mapped rings hold."""
    status, rings, ring = {}, 0, False
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            name, _, value = line.partition(":")
            status[name] = value.split()
    with open("/proc/%d/smaps" % pid) as file:
        for line in file:
            word = line.split(None, 1)[0]
            if not word.endswith(":"):
                ring = "anon_inode:[perf_event]" in line or "anon_inode:bpf-map" in line
            elif ring and word == "Rss:":
                rings += int(line.split()[1])
    return {"resident": int(status["VmRSS"][0]), "peak": int(status["VmHWM"][0]),
            "own": int(status["RssAnon"][0]), "rings": rings}


def end_all():
    for child in list(_running):
        child.end()
