# SPDX-License-Identifier: MIT
"""What scripts look for on the machine before they make their text, pretended to be there."""
import builtins
import curses
import io
import os
import subprocess
import sys
import types

import bcc
from bcc.anything import Anything

SYMBOLS = ('btrfs_file_operations', 'ext4_file_operations', 'xfs_file_operations', 'vm_stat', 'vm_zone_stat',
           'vm_node_stat')
# Packages that scripts use beside bcc
MODULES = ('pyroute2', 'netaddr', 'dnslib', 'cachetools', 'systemd', 'simulation')


class _Module(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return Anything


def _open(real):
    def opened(path, *args, **kwargs):
        if path == '/proc/kallsyms':
            return io.StringIO(''.join('ffffffff81000000 D %s\n' % name for name in SYMBOLS) + real(path).read())
        return real(path, *args, **kwargs)
    return opened


def _output(real):
    def output(command, *args, **kwargs):
        words = command if isinstance(command, str) else ' '.join(map(str, command))
        if 'cpuinfo' in words:
            return b'vendor_id\t: GenuineIntel\n'
        if words.startswith(('pidof', 'pgrep')):
            return b'%d\n' % os.getpid()
        return real(command, *args, **kwargs)
    return output


def _exists(real):
    return lambda path: b'/tracing/events/' in os.fsencode(path) or real(path)


def _stat(real):
    """A block device that is not there is the first that is, or what /dev/null is."""
    def status(path, *args, **kwargs):
        try:
            return real(path, *args, **kwargs)
        except FileNotFoundError:
            if not os.fsdecode(path).startswith('/dev/'):
                raise
            return real('/dev/null')
    return status


def machine():
    builtins.open = _open(builtins.open)
    subprocess.check_output = _output(subprocess.check_output)
    os.path.exists, os.stat = _exists(os.path.exists), _stat(os.stat)
    os.access = lambda *args, **kwargs: True
    os.getuid = os.geteuid = lambda: 0
    curses.wrapper = lambda function, *args, **kwargs: function(Anything(), *args, **kwargs)
    curses.curs_set = curses.start_color = curses.use_default_colors = curses.init_pair = lambda *args: 0
    builtins.input = bcc.end
    for name in MODULES:
        sys.modules[name] = _Module(name)
    for name in ('pyroute2.netns', 'pyroute2.ipdb', 'systemd.journal'):
        sys.modules[name] = _Module(name)
