# SPDX-License-Identifier: MIT
# A process of hostile names, which does all that tools show under each of them: hostile.py FOLDER
import ctypes, os, socket, sys

NAMES = [b"\x1b[2J\x1b]0;x\x07", b"two\nrows", b'"quo\'ted",b', b"=cmd|' /C x'!A0", b"@SUM(1)", b"-rf", b"\xff\xfe\x80",
         b"\xed\xa0\x80", b"\xef\xbf\xbe\xef\xbf\xbf", b"\xc2\x9b31m\x9b", b"over\rwritten", b"$(touch lt-ran)`id`", b"exactly16bytes!!",
         b"</script>", b"]]><!--&amp;", b"a;b c\td", b"\xe2\x80\xaertl\xe2\x80\xa8", b"%s%n{le=\"1\"} 9", b"\\x41\\", b"*[x]?"]


def attempt(fn, *args):
    try:
        return fn(*args)
    except OSError:
        pass


def work(libc, name):
    libc.prctl(15, ctypes.c_char_p(name))
    path = name.replace(b"/", b"_")
    long = b"/".join([path] + [b"d" * 200] * 19)
    for each in (path, long, path + b"-none"):
        attempt(os.stat, each)
        attempt(os.open, each, os.O_RDONLY)
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o755)
    os.write(fd, b"#!/bin/sh\nexit 3\n")
    os.pread(fd, 9, 0)
    os.fsync(fd)
    os.close(fd)
    pid = os.fork()
    if pid == 0:
        attempt(os.execv, os.path.abspath(path), [path, name, name * 200])
        os._exit(1)
    os.waitpid(pid, 0)
    attempt(os.kill, os.getpid(), 0)
    libc.mount(path, path, b"lt-none", 0, ctypes.c_char_p(name))
    libc.umount2(path, 0)
    libc.getaddrinfo(ctypes.c_char_p(name), None, HINTS, ctypes.byref(ctypes.c_void_p()))
    os.unlink(path)
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    listener.accept()[0].close()
    client.close()
    listener.close()


# struct addrinfo that has no server asked: AI_NUMERICHOST
HINTS = (ctypes.c_int * 16)(4)
if __name__ == "__main__":
    os.chdir(sys.argv[1])
    for name in NAMES:
        work(ctypes.CDLL(None, use_errno=True), name)
