# SPDX-License-Identifier: MIT
"""What the workloads run with: paths, CPUs, and the peers, each with the reason if it cannot run here."""
import contextlib
import os
import pathlib
import platform
import shutil
import subprocess

from .child import Child, WITH_US

HERE = pathlib.Path(__file__).resolve().parent.parent
TOP = HERE.parent.parent
PYTHON = "/usr/bin/python3"  # bcc's module belongs to Debian's own


class CannotRun(Exception):
    """Not even luatrace can be measured."""


class Peer:
    """One tracer: `reason` is why it cannot run, or None."""

    def __init__(self, name, version="", reason=None, env=None, program=None):
        self.name, self.version, self.reason, self.env, self.program = name, version, reason, env, program


class Kit:
    def __init__(self):
        self.build = TOP / "build" / "bench"
        self.programs = HERE / "programs"
        cpus = sorted(os.sched_getaffinity(0))
        self.reader_cpu, self.producer_cpu = cpus[0], cpus[-1]
        self.ours = []  # this build first, then others to compare it with
        self.peers = {}

    @contextlib.contextmanager
    def ticker(self):
        """A file is opened each millisecond while this lasts."""
        ticking = Child(WITH_US + [self.build / "ticker", 36000], cpu=self.producer_cpu)
        try:
            yield
        finally:
            ticking.end()


def output_of(*command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=600)
    lines = (done.stderr or done.stdout).strip().splitlines()
    return done.returncode, done.stdout.strip(), lines[-1] if lines else "exit status %d" % done.returncode


def make(target):
    return output_of("make", "-s", "-C", TOP, "-f", HERE / "Makefile", target)


def luatrace(name, program):
    if not program.exists():
        raise CannotRun("%s is missing; run make" % program)
    status, version, why = output_of(program, "--version")
    if status:
        raise CannotRun("%s --version: %s" % (program, why))
    return Peer(name, version.replace("\n", ", "), program=program)


def bcc(kit):
    env = dict(os.environ, BCC_KERNEL_SOURCE=str(kit.build / "headers"))
    if not os.path.exists(PYTHON):
        return Peer("bcc Python", reason=PYTHON + " is missing")
    status, version, why = output_of(PYTHON, "-c", "import bcc; print(bcc.__version__)")
    if status:
        return Peer("bcc Python", reason="%s; run make deps-bench" % why)
    status, _, why = output_of(HERE / "fetch-headers")
    return Peer("bcc Python", version, why if status else None, env)


def bpftrace(kit):
    if not shutil.which("bpftrace"):
        return Peer("bpftrace", reason="it is not installed; run make deps-bench")
    status, version, why = output_of("bpftrace", "--version")
    return Peer("bpftrace", version, why if status else None)


def libbpf(kit):
    status, _, why = make("peers")
    _, version, _ = output_of("pkg-config", "--modversion", "libbpf")
    return Peer("libbpf C", "libbpf " + version, why if status else None)


def libbpf_tools(kit):
    """Those of bcc's repository, of which opensnoop is one."""
    if not shutil.which("opensnoop"):
        return Peer("libbpf-tools' opensnoop", reason="it is not installed; run make deps-bench")
    status, version, why = output_of("opensnoop", "--version")
    return Peer("libbpf-tools' opensnoop", version, why if status else None)


def mount_tracefs():
    """libbpf's C programs look for it and do not mount it."""
    if not os.path.exists("/sys/kernel/tracing/events"):
        output_of("mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing")


def prepare(against):
    # what luatrace compiled before is a workload of its own
    os.environ["LUATRACE_CACHE"] = "off"
    kit = Kit()
    mount_tracefs()
    status, _, why = make("tools")
    if status:
        raise CannotRun("its own tools cannot be built: " + why)
    kit.ours.append(luatrace("luatrace", TOP / "build" / "luatrace"))
    for program in against:
        kit.ours.append(luatrace(str(program), program.resolve()))
    for find in (bcc, bpftrace, libbpf, libbpf_tools):
        kit.peers[find.__name__] = find(kit)
    return kit


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    return {"kernel": platform.release(), "cpu": model, "cpus": os.cpu_count(), "load": os.getloadavg()[0]}


def commit():
    try:
        status, commit_id, _ = output_of("git", "-C", TOP, "describe", "--always", "--dirty")
    except OSError:
        return ""
    return "" if status else commit_id
