# SPDX-License-Identifier: MIT
"""Attaching one program to many kernel functions, in a guest: this machine's own kernel may have no kprobes."""
import contextlib

from frame import child
from frame.kit import TOP, Peer, make
from frame.workload import Contender, Goal, Metric, Workload

KERNEL, PATTERN, LIST = "6.12", "n*", "/tmp/addresses"
# Of one boot, so that the link is to the very places that the pattern meant.
_boot = {}


def contenders(kit):
    status, _, why = make("attach")
    peer = Peer("libbpf C", kit.peers["libbpf"].version, why if status else kit.peers["libbpf"].reason)
    return [Contender(ours, [ours.program], variant) for ours in kit.ours for variant in ("again", "first")] + [
        Contender(peer, [kit.build / "attach_many"], "one kprobe.multi link of those places")]


def boot(kit, program):
    """One guest: luatrace, then the bare link."""
    guest = child.Child([TOP / "tests/vm/guest", KERNEL, "--", "sh", "-c",
                         '"$0" "$1" "$2" "$3" && "$4" "$3"', program, kit.programs / "attach_many.lua", PATTERN, LIST,
                         kit.build / "attach_many"])
    guest.finish(240)
    ours, bare = guest.output().decode().strip().splitlines()[-2:]
    first, again, _ = ours.split()
    return {"first": float(first), "again": float(again), "bare": float(bare)}


def measure(kit, contender):
    program = contender.peer.program or kit.ours[0].program
    key = contender.variant if contender.peer.program else "bare"
    taken = _boot.setdefault(program, {})
    if key not in taken:
        taken.update(boot(kit, program))
    return {"attach": taken.pop(key)}


WORKLOADS = [
    Workload(
        name="attach-many", about="one program to the thousand functions of '%s', in a guest with %s" % (PATTERN, KERNEL),
        metrics=[Metric("attach", "attaching", "ms", 1)], contenders=contenders, measure=measure,
        setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("attach", 1.2, "libbpf C, one kprobe.multi link of those places")]),
]
