# SPDX-License-Identifier: MIT
# Bundles that nobody made by `luatrace bundle`: FILE.ltb (a good one) FOLDER. Each is a zip archive with a digest that is
# right, and one thing that is not as it has to be.
import hashlib
import io
import struct
import sys
import warnings
import zipfile

source, folder = sys.argv[1:3]
good = {i.filename: zipfile.ZipFile(source).read(i) for i in zipfile.ZipFile(source).infolist()}


def finish(name, body, mark=b"luatrace bundle 1 "):
    """The comment with the digest of all that is ahead of it."""
    size = len(mark) + 65
    end = body.rindex(b"PK\5\6")
    body = body[:end + 20] + struct.pack("<H", size)
    digest = hashlib.blake2b(body, digest_size=32).hexdigest().encode()
    with open(f"{folder}/{name}.ltb", "wb") as file:
        file.write(body + mark + digest + b"\n")


def archive(entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zip:
        for name, data, mode in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.create_system = 3
            info.external_attr = mode << 16
            zip.writestr(info, data)
    return out.getvalue()


def with_more(*more, without=()):
    return [(n, d, 0o100644) for n, d in good.items() if n not in without] + list(more)


finish("good", archive(with_more()))
finish("climbs", archive(with_more(("lib/../../out.lua", b"", 0o100644))))
finish("dotdot", archive(with_more(("..", b"", 0o100644))))
finish("absolute", archive(with_more(("/tmp/out.lua", b"", 0o100644))))
finish("link", archive(with_more(("lib/link.lua", b"/etc/passwd", 0o120777))))
finish("device", archive(with_more(("lib/device.lua", b"", 0o020666))))
finish("folder", archive(with_more(("lib/", b"", 0o040755))))
finish("strange", archive(with_more(("a\nb.lua", b"", 0o100644))))
finish("nul", archive(with_more(("lib/abcde.lua", b"", 0o100644))).replace(b"lib/abcde.lua", b"lib/ab\0de.lua"))
finish("long", archive(with_more(("a" * 300, b"", 0o100644))))
finish("bomb", archive(with_more(("lib/bomb.lua", bytes(40 << 20), 0o100644))))
finish("bombs", archive(with_more(*((f"lib/bomb{i}.lua", bytes(30 << 20), 0o100644) for i in range(10)))))
finish("many", archive(with_more(*((f"lib/m{i}.lua", b"", 0o100644) for i in range(5000)))))
warnings.simplefilter("ignore")
finish("twice", archive(with_more((next(iter(good)), b"other", 0o100644))))

encrypted = bytearray(archive(with_more()))
central = encrypted.index(b"PK\1\2")
encrypted[central + 8] |= 1
finish("encrypted", bytes(encrypted))

method = bytearray(archive(with_more()))
method[method.index(b"PK\1\2") + 10] = 12
finish("method", bytes(method))

# the sum of a file's bytes is another: of all files, so that the one that is read first is among them
wrong = bytearray(archive(with_more(), zipfile.ZIP_STORED))
for name, data in good.items():
    at = wrong.index(data)
    wrong[at + len(data) // 2] ^= 0x20
finish("sum", bytes(wrong))

# a file whose list entry leads to another's bytes; and one that begins within another
names = [("lib/a.lua", b"return 1" * 4000, 0o100644), ("lib/b.lua", b"return 1" * 4000, 0o100644)]
moved = bytearray(archive(with_more(*names), zipfile.ZIP_STORED))
places = [at for at in range(len(moved)) if moved[at:at + 4] == b"PK\1\2"]
moved[places[-1] + 42:places[-1] + 46] = moved[places[-2] + 42:places[-2] + 46]
finish("moved", bytes(moved))
inner = archive([("lib/b.lua", b"return 2", 0o100644)], zipfile.ZIP_STORED)
nested = bytearray(archive(with_more(("lib/a.lua", inner, 0o100644), ("lib/b.lua", b"return 2", 0o100644)), zipfile.ZIP_STORED))
places = [at for at in range(len(nested)) if nested[at:at + 4] == b"PK\1\2" and nested[at + 28:at + 30] == b"\x09\0"]
nested[places[-1] + 42:places[-1] + 46] = struct.pack("<I", nested.index(inner))
finish("overlap", bytes(nested))

finish("later", archive(with_more()), b"luatrace bundle 2 ")


def manifest(name, old, new):
    text = good["bundle.lua"].decode()
    assert old in text, text
    finish(name, archive(with_more(("bundle.lua", text.replace(old, new).encode(), 0o100644), without=["bundle.lua"])))


manifest("format", "format = 1", "format = 2")
manifest("object", "object = ", "object = 77")
manifest("machine", 'machine = "x64"' if 'machine = "x64"' in good["bundle.lua"].decode() else 'machine = "arm64"',
         'machine = "z80"')
manifest("endless", "return {", "while true do end return {")
manifest("calls", "return {", 'os.execute("touch /tmp/luatrace-was-run") return {')
script = next(n for n in good if n.endswith(".lua") and n != "bundle.lua")
finish("bytecode", archive(with_more((script, b"\x1bLJ\2\2", 0o100644), without=[script])))
finish("nothing", archive([]))
finish("no-manifest", archive(with_more(without=["bundle.lua"])))
