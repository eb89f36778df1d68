# SPDX-License-Identifier: MIT
"""A stand-in for bcc's Python module: it compiles and attaches nothing, but writes down what a script asks for.

Each BPF() becomes a Record: text, cflags, and a (function, kind, target) for each attach or load call (functions that
bcc attaches by their names are in the text). A script is ended where it would begin to read or to wait. `borrow` adds what needs no libbcc from the installed python3-bpfcc."""
import importlib
import re
import sys

from . import answers
from .anything import Anything, Function, Table

__version__ = '0.26.0'


class Record:
    def __init__(self, text, cflags):
        self.text, self.cflags, self.attached = text, cflags, []

    def attach(self, function, kind, target=''):
        entry = (plain(function), kind, plain(target))
        if entry not in self.attached:
            self.attached.append(entry)


records = []
# What ends a script is set by who runs it, for a script may catch every exception.
ended = [lambda: sys.exit(0)]


def end(*args, **kwargs):
    ended[0]()


def plain(text):
    return text.decode('utf-8', 'replace') if isinstance(text, bytes) else str(text)


class PerfType:
    HARDWARE, SOFTWARE, TRACEPOINT, HW_CACHE, RAW, BREAKPOINT = range(6)


class PerfHWConfig:
    (CPU_CYCLES, INSTRUCTIONS, CACHE_REFERENCES, CACHE_MISSES, BRANCH_INSTRUCTIONS, BRANCH_MISSES, BUS_CYCLES,
     STALLED_CYCLES_FRONTEND, STALLED_CYCLES_BACKEND, REF_CPU_CYCLES) = range(10)


class PerfSWConfig:
    (CPU_CLOCK, TASK_CLOCK, PAGE_FAULTS, CONTEXT_SWITCHES, CPU_MIGRATIONS, PAGE_FAULTS_MIN, PAGE_FAULTS_MAJ,
     ALIGNMENT_FAULTS, EMULATION_FAULTS, DUMMY, BPF_OUTPUT) = range(11)


class PerfEventSampleFormat(Anything):
    pass


class Perf(Anything):
    pass


# The kinds of program that load_func names, as luatrace calls them.
class BPFProgType:
    SOCKET_FILTER, KPROBE, SCHED_CLS, SCHED_ACT, TRACEPOINT, XDP = 'socket', 'kprobe', 'tc', 'tc', 'tracepoint', 'xdp'
    PERF_EVENT, CGROUP_SKB, CGROUP_SOCK, LWT_IN, LWT_OUT, LWT_XMIT = (
        'perf_event', 'cgroup_skb', 'cgroup_sock', 'lwt_in', 'lwt_out', 'lwt_xmit')
    SOCK_OPS, SK_SKB, CGROUP_DEVICE, SK_MSG = 'sock_ops', 'sk_skb', 'cgroup_device', 'sk_msg'
    RAW_TRACEPOINT, CGROUP_SOCK_ADDR, CGROUP_SOCKOPT = 'raw_tracepoint', 'cgroup_sock_addr', 'cgroup_sockopt'
    TRACING, LSM = 'fentry', 'lsm'


class BPFAttachType:
    CGROUP_INET_INGRESS, CGROUP_INET_EGRESS, CGROUP_INET_SOCK_CREATE, CGROUP_SOCK_OPS = range(4)
    SK_SKB_STREAM_PARSER, SK_SKB_STREAM_VERDICT, CGROUP_DEVICE, SK_MSG_VERDICT = 4, 5, 6, 7
    XDP, SK_SKB_VERDICT = 37, 38


class USDTException(Exception):
    pass


class USDTProbe:
    """The one probe that there is in every library and process."""
    provider, name, bin_path, num_locations, num_arguments = b'provider', b'probe', b'/bin/sh', 1, 6

    def short_name(self):
        return 'provider:probe'


class USDT:
    """The probes that a script enables; every one that it asks for is there."""

    def __init__(self, pid=None, path=None):
        if not (pid or path):
            raise USDTException('a pid or a path is needed')
        self.pid, self.path, self.enabled = pid, path, []

    def enable_probe(self, probe, fn_name):
        self.enabled.append((plain(fn_name), plain(probe)))

    enable_probe_or_bail = enable_probe

    def get_text(self):
        return ''

    def get_context(self):
        return self

    def get_probe_arg_ctype(self, probe_name, arg_index):
        return 'uint64_t'

    def enumerate_probes(self):
        return [USDTProbe()]

    def enumerate_active_probes(self):
        return []


class BPF:
    KPROBE, SOCKET_FILTER, SCHED_CLS, SCHED_ACT, TRACEPOINT, XDP, PERF_EVENT = (
        BPFProgType.KPROBE, BPFProgType.SOCKET_FILTER, BPFProgType.SCHED_CLS, BPFProgType.SCHED_ACT,
        BPFProgType.TRACEPOINT, BPFProgType.XDP, BPFProgType.PERF_EVENT)
    CGROUP_SKB, CGROUP_SOCK, LWT_IN, LWT_OUT, LWT_XMIT, SOCK_OPS, SK_SKB, CGROUP_DEVICE, SK_MSG = (
        BPFProgType.CGROUP_SKB, BPFProgType.CGROUP_SOCK, BPFProgType.LWT_IN, BPFProgType.LWT_OUT, BPFProgType.LWT_XMIT,
        BPFProgType.SOCK_OPS, BPFProgType.SK_SKB, BPFProgType.CGROUP_DEVICE, BPFProgType.SK_MSG)
    RAW_TRACEPOINT, CGROUP_SOCK_ADDR, TRACING, LSM = (
        BPFProgType.RAW_TRACEPOINT, BPFProgType.CGROUP_SOCK_ADDR, BPFProgType.TRACING, BPFProgType.LSM)
    XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT = range(5)
    XDP_FLAGS_UPDATE_IF_NOEXIST, XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE, XDP_FLAGS_HW_MODE, XDP_FLAGS_REPLACE = (
        1, 2, 4, 8, 16)

    def __init__(self, src_file=b'', hdr_file=b'', text=None, debug=0, cflags=(), usdt_contexts=(), **ignored):
        if text is None:
            with open(answers.find_file(plain(src_file)), encoding='utf-8') as source:
                text = source.read()
        self.record = Record(plain(text), [plain(flag) for flag in cflags])
        for context in usdt_contexts:
            for function, probe in context.enabled:
                self.record.attach(function, 'usdt', probe)
        self.tables, self.module = {}, Anything()
        self.kprobe_fds, self.uprobe_fds, self.tracepoint_fds, self.funcs = {}, {}, {}, {}
        records.append(self.record)

    # What attaches

    def attach_kprobe(self, event=b'', event_off=0, fn_name=b'', event_re=b''):
        self.record.attach(fn_name, 'kprobe', event or event_re)
        self.kprobe_fds[event] = {fn_name: 1}

    def attach_kretprobe(self, event=b'', fn_name=b'', event_re=b'', maxactive=0):
        self.record.attach(fn_name, 'kretprobe', event or event_re)
        self.kprobe_fds[event] = {fn_name: 1}

    def attach_tracepoint(self, tp=b'', tp_re=b'', fn_name=b''):
        self.record.attach(fn_name, 'tracepoint', tp or tp_re)
        self.tracepoint_fds[tp] = 1

    def attach_raw_tracepoint(self, tp=b'', fn_name=b''):
        self.record.attach(fn_name, 'raw_tracepoint', tp)

    def attach_uprobe(self, name=b'', sym=b'', sym_re=b'', addr=None, fn_name=b'', pid=-1, sym_off=0):
        self.record.attach(fn_name, 'uprobe', '%s:%s' % (plain(name), plain(sym or sym_re or hex(addr or 0))))
        self.uprobe_fds[name] = 1

    def attach_uretprobe(self, name=b'', sym=b'', sym_re=b'', addr=None, fn_name=b'', pid=-1):
        self.record.attach(fn_name, 'uretprobe', '%s:%s' % (plain(name), plain(sym or sym_re or hex(addr or 0))))
        self.uprobe_fds[name] = 1

    def attach_perf_event(self, ev_type=-1, ev_config=-1, fn_name=b'', **ignored):
        self.record.attach(fn_name, 'perf_event', '%s:%s' % (ev_type, ev_config))

    def attach_perf_event_raw(self, attr=-1, fn_name=b'', **ignored):
        self.record.attach(fn_name, 'perf_event')

    def attach_kfunc(self, fn_name=b''):
        self.record.attach(fn_name, 'fentry', plain(fn_name).split('__')[-1])

    def attach_kretfunc(self, fn_name=b''):
        self.record.attach(fn_name, 'fexit', plain(fn_name).split('__')[-1])

    def attach_fmod_ret(self, fn_name=b''):
        name = plain(fn_name)
        self.record.attach(name if name.startswith('kmod_ret__') else 'kmod_ret__' + name, 'fmod_ret', name.split('__')[-1])

    def attach_lsm(self, fn_name=b''):
        self.record.attach(fn_name, 'lsm', plain(fn_name).split('__')[-1])

    def load_func(self, func_name, prog_type, device=None, attach_type=-1):
        self.record.attach(func_name, prog_type)
        return self.funcs.setdefault(func_name, Function(self, func_name))

    def load_funcs(self, prog_type=KPROBE):
        return []

    @staticmethod
    def attach_raw_socket(fn, dev):
        fn.bpf.record.attach(fn.name, 'socket', dev)

    @staticmethod
    def attach_xdp(dev, fn, flags=0):
        fn.bpf.record.attach(fn.name, 'xdp', dev)

    # Questions about the machine

    monotonic_time = staticmethod(answers.monotonic_time)
    find_exe = staticmethod(answers.find_exe)
    find_library = staticmethod(answers.find_library)
    get_kprobe_functions = staticmethod(answers.kprobe_functions)
    get_tracepoints = staticmethod(answers.tracepoints)
    tracepoint_exists = staticmethod(answers.tracepoint_exists)
    support_kfunc = staticmethod(answers.asker('support_kfunc'))
    support_lsm = staticmethod(answers.asker('support_lsm'))
    support_fmod_ret = staticmethod(answers.asker('support_fmod_ret'))
    support_raw_tracepoint = staticmethod(answers.asker('support_raw_tracepoint'))
    support_raw_tracepoint_in_module = staticmethod(answers.asker('support_raw_tracepoint_in_module'))
    kernel_struct_has_field = staticmethod(answers.kernel_struct_has_field)
    ksymname = staticmethod(answers.ksymname)
    get_user_functions = staticmethod(answers.user_functions)
    get_user_addresses = staticmethod(answers.user_addresses)
    get_user_functions_and_addresses = staticmethod(answers.user_functions_and_addresses)
    get_syscall_prefix = staticmethod(lambda: b'__x64_sys_')

    @staticmethod
    def get_syscall_fnname(name):
        return b'__x64_sys_' + (name if isinstance(name, bytes) else name.encode())

    @staticmethod
    def fix_syscall_fnname(name):
        return re.sub(rb'^(__x64_|__ia32_|__arm64_)?sys_', b'__x64_sys_', name)

    @staticmethod
    def _check_path_symbol(module, symname, addr, pid, sym_off=0):
        return module, addr or 4096

    @staticmethod
    def get_probe_limit():
        return 1000

    @staticmethod
    def generate_auto_includes(program_words):
        return ''.join('#include <%s>\n' % header for header, words in (
            ('net/sock.h', ('sk_buff', 'sock', 'sk')), ('linux/fs.h', ('file', 'inode')))
            if any(word in program_words for word in words))

    @staticmethod
    def sym(addr, pid, show_module=False, show_offset=False, demangle=True):
        return b'[unknown]'

    @staticmethod
    def ksym(addr, show_module=False, show_offset=False):
        return b'[unknown]'

    @staticmethod
    def add_module(modname):
        pass

    # A number of attached probes that satisfies whoever asks whether there are any
    def num_open_kprobes(self):
        return max(1, len(self.kprobe_fds))

    def num_open_uprobes(self):
        return max(1, len(self.uprobe_fds))

    def num_open_tracepoints(self):
        return max(1, len(self.tracepoint_fds))

    # Tables

    def get_table(self, name, *types, **ignored):
        return self.tables.setdefault(plain(name), Table())

    __getitem__ = get_table

    def __setitem__(self, name, table):
        self.tables[plain(name)] = table

    def __iter__(self):
        return iter(list(self.tables))

    def __len__(self):
        return len(self.tables)

    # Reading: the end of a script

    perf_buffer_poll = perf_buffer_consume = ring_buffer_poll = ring_buffer_consume = kprobe_poll = end
    trace_open = trace_fields = trace_readline = trace_print = donothing = end

    def _nothing(*args, **kwargs):
        return 0

    cleanup = close = dump_func = disassemble_func = decode_table = free_bcc_memory = _trace_autoload = _nothing
    detach_kprobe = detach_kretprobe = detach_uprobe = detach_uretprobe = detach_tracepoint = _nothing
    detach_raw_tracepoint = detach_kfunc = detach_kretfunc = detach_lsm = detach_perf_event = _nothing
    attach_func = detach_func = remove_xdp = staticmethod(_nothing)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


from .libbcc import bcc_symbol, bcc_symbol_option, lib    # noqa: E402


def borrow(root):
    """Take what holds texts, or helps with strings, from the bcc installed below `root`."""
    __path__.append(root + '/usr/lib/python3/dist-packages/bcc')
    for name in ('utils', 'containers', 'syscall', 'tcp', 'exec'):
        try:
            module = importlib.import_module('bcc.' + name)
        except ModuleNotFoundError:
            continue
        for member in ('ArgString', 'StrcmpRewrite', 'printb'):
            if hasattr(module, member):
                globals()[member] = getattr(module, member)
