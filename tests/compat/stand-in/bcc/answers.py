# SPDX-License-Identifier: MIT
"""Answers to what scripts ask about the machine. Whether it has a feature is answered as the run demands: every
question yes but those in `denied`; what was asked is in `asked`, so that more runs can give the other answers."""
import os
import re
import shutil
import sys
import time

asked = []
denied = set()
deny_all = [False]


def answer(question):
    if question not in asked:
        asked.append(question)
    return not (deny_all[0] or question in denied)


def asker(name):
    return lambda *args: answer(name)


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def kernel_struct_has_field(struct_name, field_name):
    return 1 if answer('%s.%s' % (_text(struct_name), _text(field_name))) else 0


def tracepoint_exists(category, event):
    return answer('%s:%s' % (_text(category), _text(event)))


def ksymname(name):
    return 4096 if answer(_text(name)) else -1


_names = []


def kprobe_functions(event_re):
    """A plain name is a question; a pattern gets what this kernel has."""
    pattern = _text(event_re)
    plain = pattern.strip('^$')
    if re.fullmatch(r'\w+', plain):
        return [plain.encode()] if answer(plain) else []
    if not _names:
        with open('/proc/kallsyms') as symbols:
            _names.extend(line.split()[2] for line in symbols if line.split()[1] in 'tT')
    try:
        found = [name.encode() for name in _names if re.fullmatch(pattern, name)]
    except re.error:
        found = []
    return found if answer(pattern) else []


def tracepoints(tp_re):
    root, found = '/sys/kernel/tracing/events', []
    try:
        for category in os.listdir(root):
            if os.path.isdir(os.path.join(root, category)):
                found += ['%s:%s' % (category, event) for event in os.listdir(os.path.join(root, category))]
    except OSError:
        pass
    return [name.encode() for name in sorted(found) if re.fullmatch(_text(tp_re), name)] or [b'sched:sched_switch']


def find_exe(path):
    found = shutil.which(_text(path))
    return found.encode() if found else b'/bin/' + os.path.basename(_text(path)).encode()


def find_library(name):
    return b'/usr/lib/x86_64-linux-gnu/lib%s.so' % (name if isinstance(name, bytes) else name.encode())


def find_file(name):
    """A text beside the script, as bcc looks for it."""
    for folder in ('', os.path.dirname(os.path.abspath(sys.argv[0])), '/usr/share/bpfcc-tools'):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    raise FileNotFoundError(name)


def user_functions_and_addresses(name, sym_re):
    return [(b'malloc', 4096)]


def user_functions(name, sym_re):
    return {b'malloc'}


def user_addresses(name, sym_re):
    return {4096}


def monotonic_time():
    return time.monotonic_ns()
