# SPDX-License-Identifier: MIT
"""libbcc, as far as scripts and python3-bpfcc's utils call it."""
import ctypes

from .anything import Anything


class bcc_symbol(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('demangle_name', ctypes.c_char_p), ('module', ctypes.POINTER(ctypes.c_char)),
                ('offset', ctypes.c_ulonglong)]


class bcc_symbol_option(ctypes.Structure):
    _fields_ = [('use_debug_file', ctypes.c_int), ('check_debug_file_crc', ctypes.c_int), ('lazy_symbolize', ctypes.c_int),
                ('use_symbol_type', ctypes.c_uint)]


class _Library(Anything):
    def bcc_resolve_symname(self, module, symname, addr, pid, option, symbol):
        symbol._obj.module = ctypes.cast(ctypes.c_char_p(module), ctypes.POINTER(ctypes.c_char))
        symbol._obj.offset = 4096
        return 0

    def bcc_procutils_language(self, pid):
        return ctypes.c_char_p(b'python')


lib = _Library()
