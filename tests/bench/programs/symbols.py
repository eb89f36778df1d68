# SPDX-License-Identifier: MIT
# symbols.lua for bcc's Python.
import ctypes
import os
import re
import sys
import time

from bcc import BPF

path, offsets = sys.argv[1:3]
library = ctypes.CDLL(path)
pid = os.getpid()
with open("/proc/self/maps") as maps:
    base = next(int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(path))
with open(offsets) as file:
    addresses = [base + int(line) for line in file]


def resident():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\s*(\d+)", status.read())[1])


def names():
    start, unknown = time.monotonic(), 0
    for address in addresses:
        unknown += BPF.sym(address, pid) == b"[unknown]"
    return 1e9 * (time.monotonic() - start) / len(addresses), unknown


before, start = resident(), time.monotonic()
BPF.sym(addresses[0], pid)
load = 1e3 * (time.monotonic() - start)
kilobytes = resident() - before
first, unknown = names()
print(load, first, names()[0], kilobytes, unknown)
