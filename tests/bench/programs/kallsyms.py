# SPDX-License-Identifier: MIT
# kallsyms.lua for bcc's Python.
import os
import re
import time

from bcc import BPF


def read_alone():
    start, fd = time.monotonic(), os.open("/proc/kallsyms", os.O_RDONLY)
    while os.read(fd, 65536):
        pass
    os.close(fd)
    return 1e3 * (time.monotonic() - start)


def resident():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\s*(\d+)", status.read())[1])


read_alone()
alone = min(read_alone() for _ in range(3))
before, start = resident(), time.monotonic()
BPF.ksym(0xffffffff81000000)
load = 1e3 * (time.monotonic() - start)
print(load, alone, resident() - before)
