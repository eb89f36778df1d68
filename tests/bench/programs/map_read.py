# SPDX-License-Identifier: MIT
# map_read.lua for bcc's Python.
#   map_read.py ENTRIES TIMES items|batch
import sys
import time

from bcc import BPF

entries, times, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
counts = BPF(cflags=["-DENTRIES=%d" % entries], text="BPF_HASH(counts, u32, u64, ENTRIES);")["counts"]
keys, values = (counts.Key * entries)(), (counts.Leaf * entries)()
for i in range(entries):
    keys[i] = values[i] = i + 1
counts.items_update_batch(keys, values)

least = float("inf")
for _ in range(times):
    start = time.monotonic_ns()
    sum = 0
    if how == "batch":
        for key, value in counts.items_lookup_batch():
            sum += key + value  # plain numbers here
    else:
        for key, value in counts.items():
            sum += key.value + value.value
    least = min(least, time.monotonic_ns() - start)
print(least, sum)
