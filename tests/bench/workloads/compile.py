# SPDX-License-Identifier: MIT
"""Compiling alone: each of bcc's tools' texts, beside clang with the same dialect over all types of the kernel."""
import contextlib
import re

from frame import child, kit as frame_kit, report, stages
from frame.comparison import Comparison
from frame.workload import Contender, Goal, Metric

CLANG = "clang over vmlinux.h"
# Of the compiler, in order; the rest of its life is starting, asking and ending.
STAGES = {
    "confine": "confine", "source_scan": "scan", "btf_index": "kernel BTF", "source_generate": "slice",
    "clang_run": "clang", "lowering_run": "passes", "lowering_emit": "emit", "finish_object": "finish",
}
STAGE_RUNS = 11
# Flags that clang needs for kernel code, as luatrace-cc gives them.
FLAGS = ["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-xc", "-std=gnu11", "-nostdinc", "-fno-strict-aliasing", "-fwrapv",
         "-fno-delete-null-pointer-checks", "-fno-stack-protector", "-fms-extensions", "-w", "-D__BPF_TRACING__",
         "-D__KERNEL__", "-Wno-error=incompatible-pointer-types", "-Wno-error=int-conversion"]


def folder(kit):
    return kit.build / "compile"


def texts(kit):
    """The first text of each tool: others of it differ by options."""
    found = sorted(path.stem for path in corpus(kit).glob("*.c"))
    return [name for name in found if not re.search(r"-\d+$", name) and not name.startswith("example-")]


def corpus(kit):
    """Taken out of Debian's bpfcc-tools once; remove the folder for a new one."""
    target = kit.build / "corpus"
    if not any(target.glob("*.c")):
        status, _, why = frame_kit.output_of(frame_kit.PYTHON, frame_kit.TOP / "tests/compat/extract.py", target)
        if status or not any(target.glob("*.c")):
            raise frame_kit.CannotRun("no texts to compile: %s; run make deps-bench" % why)
    return target


def flags_of(kit, text):
    lines = (corpus(kit) / (text + ".flags")).read_text().splitlines()
    return [line for line in lines if line[:2] in ("-D", "-U", "-I")]


def prelude():
    """The dialect as luatrace-cc includes it, for all types instead of a slice: without what those have too."""
    bpf = frame_kit.TOP / "bpf"
    types = (bpf / "types.h").read_text().replace("enum { false = 0, true = 1 };", "")
    helpers = re.search(r"\S*/bpf_helper_defs.h", frame_kit.output_of(
        "sh", "-c", "echo $(pkg-config --variable=includedir libbpf)/bpf/bpf_helper_defs.h")[1])[0]
    with open(helpers) as file:
        declared = file.read().replace("(*", "(* const ")
    dialect = [path.read_text() for path in sorted((bpf / "dialect").glob("*.h"))]
    # a pass of luatrace-cc adds the 1 that a call of increment leaves out; clang by itself needs to be told
    forms = "#undef __LT_ONE\n#define __LT_ONE(VERB, ...) VERB##_by(__VA_ARGS__, 1)\n"
    return "\n".join(part.replace("#pragma once", "") for part in [types, declared, *dialect, forms])


def own_part(kit, ours, text):
    """What luatrace-cc writes for a text beside types and helpers: configuration and tracepoints."""
    process = child.Child([ours, "cc", "--emit=slice", *flags_of(kit, text), corpus(kit) / (text + ".c")])
    process.wait(60)
    slice_text = process.output(1 << 22).decode(errors="replace")
    kept = re.findall(r"^#define [^\n]*|^struct tracepoint__\w+ \{.*?^\}[^\n]*;", slice_text, re.M | re.S)
    (folder(kit) / (text + ".h")).write_text("\n".join(kept) + "\n")


def empty_headers(kit, names):
    """Kernel headers that have no shim: empty, as for luatrace-cc."""
    shims = frame_kit.TOP / "bpf/include"
    for source in [corpus(kit) / (name + ".c") for name in names] + list(shims.rglob("*.h")):
        for include in re.findall(r"^\s*#\s*include\s*[<\"]([\w./+-]+)[>\"]", source.read_text(errors="replace"), re.M):
            path = folder(kit) / "include" / include
            if ".." not in include and not (shims / include).exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()


def prepare(kit):
    names = texts(kit)
    folder(kit).mkdir(exist_ok=True)
    (folder(kit) / "prelude.h").write_text(prelude())
    empty_headers(kit, names)
    for name in names:
        own_part(kit, kit.ours[0].program, name)
    return frame_kit.make("types")


def clang(kit):
    """The one that luatrace-cc runs."""
    status, path, why = frame_kit.output_of("make", "-s", "-C", frame_kit.TOP, "print-clang")
    _, version, _ = frame_kit.output_of(path, "--version") if not status else (0, "", "")
    return frame_kit.Peer(CLANG, version.splitlines()[0] if version else "", why if status else None), path


def contenders(kit):
    status, _, why = prepare(kit)
    peer, path = clang(kit)
    peer.reason = peer.reason or (why if status else None)
    shims = ["-isystem", frame_kit.TOP / "bpf/include", "-isystem", folder(kit) / "include"]
    arch = "-D__TARGET_ARCH_" + ("x86" if frame_kit.platform.machine() == "x86_64" else "arm64")
    return [Contender(ours, [ours.program, "cc"]) for ours in kit.ours] + [
        Contender(peer, [path, *FLAGS, arch, *shims, "-include", kit.build / "vmlinux.h", "-include",
                         folder(kit) / "prelude.h", "-c"])]


def measure(kit, contender, text):
    own = [] if contender.peer.program else ["-include", folder(kit) / (text + ".h")]
    process = child.Child(contender.command + own + flags_of(kit, text) +
                          ["-o", folder(kit) / "out.o", corpus(kit) / (text + ".c")])
    process.finish(60)
    return {"wall": 1e3 * (process.ended - process.started),
            "cpu": 1e3 * (process.usage.ru_utime + process.usage.ru_stime)}


def stage_times(kit, text):
    ours = kit.ours[0]
    return stages.times(kit, ours.program.parent / "luatrace-cc", STAGES, STAGE_RUNS,
                        lambda: measure(kit, Contender(ours, [ours.program, "cc"]), text))


def stage_line(kit, result):
    ours = result.rows[0]
    order = sorted(ours.items(), key=lambda text: ours.of_item(text, "wall"))
    if not order:
        return "stages: nothing compiled"
    text = order[len(order) // 2]
    try:
        times = stage_times(kit, text)
    except child.Failed as error:
        return "stages of %s: %s" % (text, error)
    parts = ["%s %.1f" % (title, times[stage]) for stage, title in STAGES.items() if stage in times]
    rest = times.get("exec", 0) - sum(times.get(stage, 0) for stage in STAGES)
    return "stages of %s, ms: %s, rest %.1f; luatrace-cc %.1f, all of it %.1f" % (
        text, ", ".join(parts), rest, times.get("exec", 0), ours.of_item(text, "wall"))


def more(kit, result):
    rows = kit.build / "compile.txt"
    rows.write_text("\n".join(report.item_lines(result)) + "\n")
    lines = ["%s compiles %d of %d" % (row.contender.name, len(row.items()), len(result.items))
             for row in result.rows if not row.reason]
    return lines + ["each text, and why some do not compile: %s" % rows.relative_to(frame_kit.TOP),
                    stage_line(kit, result)]


WORKLOADS = [
    Comparison(
        name="compile", about="the texts of bcc's tools, from text to object, nothing cached",
        metrics=[Metric("wall", "wall", "ms", 0), Metric("cpu", "CPU", "ms", 0)],
        contenders=contenders, measure=measure, setting=lambda kit: contextlib.nullcontext(),
        goals=[Goal("wall", 45), Goal("wall", 0.3, CLANG), Goal("cpu", 0.3, CLANG)],
        items=texts, noun="texts", more=more),
]
