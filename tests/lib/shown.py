# SPDX-License-Identifier: MIT
# What a tool shows in each format, read by parsers that have nothing of luatrace:
#   shown.py TABLE FOLDER FORMAT,... COMMAND...
# COMMAND shows it, with the options that are put behind it; TABLE is what it was shown as, as a table; pictures are made
# in FOLDER. Says a line for each format: its name, and how many rows it has or "wrong:" and what.
import csv, io, json, math, os, pty, re, subprocess, sys, xml.etree.ElementTree as tree

TIME = re.compile(r"\d\d:\d\d:\d\d")
PICTURES = "flame", "svg", "heatmap-svg", "chrome"
# What luatrace itself says to a terminal: another screen and back, places in it, colours of a heat map.
SEQUENCES = {"top": r"\x1b\[(\?1049[hl]|\?25[hl]|H|K|J)", "heatmap-terminal": r"\x1b\[(48;5;\d+|49|0)m"}


def check(ok, *words):
    if not ok:
        raise ValueError(" ".join(map(ascii, words)))


def harmless(text):
    for c in text:
        check(c == "\n" or not (ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or 0x2028 <= ord(c) <= 0x202e
              or 0x2066 <= ord(c) <= 0x2069), "control character", c, "in", text[:200])
    text.encode("utf-8")
    return text


def whole(data):
    text = harmless(data.decode("utf-8"))
    check(not text or text.endswith("\n"), "a row without its end:", text[-80:])
    return text


def run(*words):
    done = subprocess.run(COMMAND + list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    check(done.returncode == 0 and not done.stderr, words, "status", done.returncode, done.stderr)
    return done.stdout


def on_terminal(*words):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(COMMAND[0], COMMAND + list(words))
    out = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(fd)
    check(os.waitpid(pid, 0)[1] == 0, words, "fails on a terminal:", out[-200:])
    return out.replace(b"\r\n", b"\n")


def once(pairs):
    check(len(dict(pairs)) == len(pairs), "a name twice in an object:", pairs)
    return dict(pairs)


def strict(text):
    def no(word):
        raise ValueError("no JSON: " + word)
    return json.loads(text, object_pairs_hook=once, parse_constant=no)


def texts_of(value):
    for each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts_of(each[1])
    if isinstance(value, str):
        yield value


# Rows of the tool's own, buckets of histograms, stacks.
def read_json(text):
    rows = buckets = stacks = 0
    for line in text.split("\n")[:-1]:
        row = strict(line)
        check(isinstance(row, dict) and row, "no object:", line)
        for value in texts_of(row):
            value.encode("utf-8")
        if "buckets" in row:
            buckets += len(row["buckets"])
        elif "stack" in row:
            stacks += 1
        else:
            rows += 1
    return rows, buckets, stacks


def read_csv(text):
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    check(len({len(row) for row in rows}) <= 1, "rows of several widths")
    check(len(rows) == text.count("\n"), "a row is no line")
    for field in (field for row in rows for field in row):
        check(not re.match(r"[=@\t\r]|[+-](?!\d+(\.\d+)?$)", field), "a formula:", field)
    return rows


LABEL = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(r"([a-zA-Z_]\w*)(?:\{(%s(?:,%s)*)\})? (\S+)" % (LABEL, LABEL), re.ASCII)


def read_prometheus(text):
    kinds, seen, current, buckets = {}, set(), None, {}
    for line in text.split("\n")[:-1]:
        if line.startswith("#"):
            _, what, name, rest = line.split(" ", 3)
            check(what in ("HELP", "TYPE"), "no such comment:", line)
            check(what == "TYPE" or name not in kinds, "a metric in two places:", name)
            current = name
            if what == "TYPE":
                check(rest in ("counter", "gauge", "histogram", "summary"), "no type:", line)
                kinds[name] = rest
            continue
        sample = SAMPLE.fullmatch(line)
        check(sample, "no sample:", line)
        name, labels, value = sample.groups()
        value = float(value)
        end = {"histogram": ("_bucket", "_count"), "summary": ("_sum", "_count")}.get(kinds.get(current), ("",))
        check(name in [current + e for e in end], "a sample elsewhere:", line)
        check((name, labels) not in seen, "a series twice:", line)
        seen.add((name, labels))
        names = [n for n, _ in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")]
        check(len(set(names)) == len(names), "a label twice:", line)
        check(math.isfinite(value) and (kinds[current] == "gauge" or value >= 0), "a figure:", line)
        if name.endswith("_bucket"):
            rest, _, le = labels.rpartition('le="')
            last = buckets.get((name, rest), (-math.inf, 0))
            check(float(le[:-1]) > last[0] and value >= last[1], "buckets:", line)
            buckets[name, rest] = float(le[:-1]), value
        elif kinds[current] == "histogram":
            check(buckets[current + "_bucket", labels + "," if labels else ""] == (math.inf, value), "a count:", line)
    return len(seen)


TAGS = {"svg", "style", "rect", "text", "g", "title", "script", "path"}


def read_svg(path, scripts):
    data = open(path, "rb").read()
    check(b"<!" not in data.replace(b"<![CDATA[", b""), "a declaration")
    elements = list(tree.fromstring(data).iter())
    tags = [e.tag.replace("{http://www.w3.org/2000/svg}", "") for e in elements]
    check(set(tags) <= TAGS, "foreign elements:", set(tags) - TAGS)
    check(tags.count("script") == scripts, "scripts:", tags.count("script"))
    for e in elements:
        check(not [a for a in e.attrib if a.startswith("on") or "href" in a], "what does something:", e.attrib)
        if e.tag.endswith(("}text", "}title")):
            harmless(e.text or "")
    return tags.count("rect")


def read_chrome(path):
    events = strict(open(path, encoding="utf-8").read())["traceEvents"]
    for text in texts_of(events):
        text.encode("utf-8")
    check(all(e["ph"] in "XM" and isinstance(e["name"], str) for e in events), "no such events")
    return sum(e["ph"] == "X" for e in events)


# Rows of a table, which are not its header, nor when an interval was.
def table_rows(text):
    lines = [line for line in text.split("\n")[:-1] if line and not TIME.fullmatch(line)
             and not re.fullmatch(r"\.\.\. and \d+ more", line)]
    return sum(line != lines[0] for line in lines)


# Of one interval, what was shown and what was recorded may have the one second and the next.
def same(one, other):
    return re.sub(TIME, "", one) == re.sub(TIME, "", other)


def show(kind):
    if kind == "terminal":
        text = whole(on_terminal())
        check(same(text, TABLE), "another table than was shown:", text[:300], TABLE[:300])
        if STACKS:
            check(text.count("\n\n") == STACKS, "blocks of stacks:", text.count("\n\n"), STACKS)
        elif ROWS:
            check(table_rows(text) == ROWS, "rows of the table:", table_rows(text), ROWS)
        return ROWS or STACKS or text.count("\n")
    if kind == "json":
        return sum(COUNTS)
    if kind == "csv":
        rows = read_csv(whole(run("--csv")))
        check(max(len(rows) - 1, 0) == sum(COUNTS), "rows of CSV:", len(rows) - 1, sum(COUNTS))
        return len(rows)
    if kind == "folded":
        lines = whole(run("--folded")).split("\n")[:-1]
        check(len(lines) == STACKS, "folded lines:", len(lines), STACKS)
        for line in lines:
            check(re.fullmatch(r"[^ ;]+(;[^ ;]+)* \d+(\.\d+)?", line), "no folded stack:", line)
        return len(lines)
    if kind == "top":
        text = whole(re.sub(SEQUENCES[kind].encode(), b"", on_terminal("--top")))
        check(text.count("\n") > 2 or not sum(COUNTS), "nothing in place:", text)
        check(same(whole(run("--top")), TABLE), "--top to a pipe")
        return text.count("\n")
    if kind == "heatmap":
        whole(re.sub(SEQUENCES["heatmap-terminal"].encode(), b"", on_terminal("--heatmap")))
        return whole(run("--heatmap")).count("\n")
    if kind == "prometheus":
        text = whole(run("--prometheus", ":0"))
        count = read_prometheus(text)
        events = re.findall(r"\nluatrace_\w+_events_total(?:\{.*\})? (\d+)", text)
        check(EVERY or sum(map(int, events)) == ROWS, "events:", events, ROWS)
        return count
    path = os.path.join(FOLDER, "picture." + kind)
    try:
        if kind == "chrome":
            check(read_chrome(path) <= ROWS, "spans")
            return ROWS
        return read_svg(path, kind == "flame")
    finally:
        os.remove(path)


TABLE, FOLDER, KINDS, EVERY, COMMAND = open(sys.argv[1], encoding="utf-8", newline="\n").read(), sys.argv[2], \
    sys.argv[3].split(","), sys.argv[4] == "every", sys.argv[5:]
drawn = [word for kind in KINDS if kind in PICTURES for word in ("--" + kind, os.path.join(FOLDER, "picture." + kind))]
try:
    COUNTS = read_json(whole(run("--json", *drawn)))
except ValueError as error:
    sys.exit("json wrong: " + ascii(str(error)))
ROWS, _, STACKS = COUNTS
for kind in KINDS:
    try:
        print(kind, show(kind))
    except (ValueError, OSError, KeyError, tree.ParseError, csv.Error, subprocess.TimeoutExpired) as error:
        print(kind, "wrong:", type(error).__name__, ascii(str(error)))
