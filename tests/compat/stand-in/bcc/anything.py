# SPDX-License-Identifier: MIT
"""Objects that take every call, for what a script does beside what is recorded."""


class Anything:
    value, leaf, key, fd = 0, 0, 0, 3

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return Anything()

    def __getattr__(self, name):
        if name.startswith('__') or name == '_as_parameter_':
            raise AttributeError(name)
        return Anything()

    def __getitem__(self, key):
        return Anything()

    def __setitem__(self, key, value):
        pass

    def __delitem__(self, key):
        pass

    def __contains__(self, key):
        return False

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __int__(self):
        return 0

    __index__ = __int__

    def __bool__(self):
        return True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


class Table(Anything):
    """A map without entries."""
    max_entries = ttype = map_fd = 1

    def __init__(self):
        self.Key = self.Leaf = _number

    def items(self, *args):
        return []

    keys = values = itervalues = iteritems = items_lookup_batch = items_lookup_and_delete_batch = items
    walk = getvalue = items


def _number(*args):
    import ctypes
    return ctypes.c_ulonglong(args[0] if args and isinstance(args[0], int) else 0)


class Function:
    """A loaded program."""
    fd, sock = 3, 0

    def __init__(self, bpf, name):
        self.bpf, self.name = bpf, name
