#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Take the BPF C text out of bcc's tools and examples, as Debian's bpfcc-tools has them.
  extract.py [--root DIR] FOLDER [SCRIPT...]
Each script is run under a stand-in for bcc's Python module, with the command lines that its documentation shows and
those in `commands`, and with either answer to each question that it asks about the kernel. Each distinct text is
written as FOLDER/NAME.c, with NAME.flags (a flag a line), NAME.attach (FUNCTION KIND [TARGET] a line) and
NAME.command (how it was got). Texts that differ in numbers only count as one."""
import argparse
import ctypes
import glob
import gzip
import json
import os
import re
import resource
import runpy
import shlex
import signal
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SHARE = '/usr/share/doc/bpfcc-tools/examples'
SECONDS = 5
NOBODY = 65534
CLONE_NEWNET = 0x40000000
PR_SET_NAME = 15
LANGUAGES = b'java', b'node', b'perl', b'php', b'python', b'ruby', b'tclsh'

sys.path.insert(0, os.path.join(HERE, 'stand-in'))
sys.dont_write_bytecode = True
import bcc    # noqa: E402
import pretend    # noqa: E402
from bcc import answers    # noqa: E402


def scripts(root):
    found = glob.glob(root + '/usr/sbin/*')
    found += glob.glob(root + SHARE + '/**/*.py', recursive=True)
    for path in sorted(found):
        if not os.access(path, os.X_OK) or os.path.isdir(path):
            continue
        with open(path, encoding='utf-8', errors='replace') as script:
            text = script.read()
        if os.path.basename(path) != 'main.py' and re.search(r'^\s*(from bcc|import bcc)\b', text, re.M):
            yield path, text


def tool_name(path):
    name = os.path.basename(path)
    name = name[:-3] if name.endswith('.py') else name
    name = name[:-6] if name.endswith('-bpfcc') else name
    return name if os.path.dirname(path).endswith('/usr/sbin') else 'example-' + name


def documentation(name, root):
    for path in glob.glob('%s/doc/**/%s_example.txt*' % (root + SHARE, name), recursive=True):
        with (gzip.open if path.endswith('.gz') else open)(path, 'rt', errors='replace') as text:
            yield text.read()


def shown(name, text, target):
    """Command lines in a usage text: `./NAME ARGUMENTS   # what it does`, up to a pipe or a redirection. Where they
    look for a process, it is the sleeping one."""
    for m in re.finditer(r'^[ \t#$]*(?:\./|/usr/share/bcc/tools/)%s(?:\.py)?([ \t][^\n]*)?$' % re.escape(name), text, re.M):
        try:
            line = re.sub(r'`[^`]*`|\$\([^)]*\)', str(target), m.group(1) or '')
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        for stop, word in enumerate(words):
            if word in ('|', '>', '&', '&&', ';', '>>', '2>'):
                words = words[:stop]
                break
        yield words


def commands(name, text, target, root):
    """Distinct argument lists, the plain one first."""
    found, wrong = [[]], []
    with open(os.path.join(HERE, 'commands'), encoding='utf-8') as own:
        for line in own:
            words = shlex.split(line, comments=True)
            if words and words[0] in (name, '!' + name):
                (wrong if words[0][0] == '!' else found).append([word.replace('@PID', str(target)).replace('@DIR', '/tmp') for word in words[1:]])
    for shown_in in [text, *documentation(name, root)]:
        found += shown(name[8:] if name.startswith('example-') else name, shown_in, target)
    return [words for i, words in enumerate(found) if words not in found[:i] and words not in wrong]


def confine(scratch):
    """A script does what it likes as nobody, without network, in a folder of its own, for a few seconds."""
    os.setsid()
    os.chdir(scratch)
    ctypes.CDLL(None).unshare(CLONE_NEWNET)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, 1 << 24))
    null = os.open('/dev/null', os.O_RDONLY)
    log = os.open('log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for fd, to in ((null, 0), (log, 1), (log, 2)):
        os.dup2(fd, to)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def sleeper(scratch, name):
    """A process for scripts to look at, with a language's name."""
    pid = os.fork()
    if pid == 0:
        confine(scratch)
        ctypes.CDLL(None).prctl(PR_SET_NAME, name)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pause()
    return pid


def run_here(path, words, denied, deny_all, result):
    answers.denied, answers.deny_all[0] = set(denied), deny_all

    def finish():
        found = [(r.text, r.cflags, r.attached) for r in bcc.records]
        data = json.dumps({'texts': found, 'asked': answers.asked}).encode()
        while data:
            data = data[os.write(result, data):]
        os._exit(0)

    bcc.ended[0] = finish
    time.sleep = signal.pause = threading.Event.wait = bcc.end
    sys.argv = [path, *words]
    sys.path.insert(1, os.path.dirname(path))
    pretend.machine()
    try:
        runpy.run_path(path, run_name='__main__')
    except BaseException as problem:
        sys.stderr.write('%r: %r\n' % (words, problem))
    finish()


def run(path, words, denied, deny_all, scratch):
    """The texts of one run, and the questions it asked."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        confine(scratch)
        run_here(path, words, denied, deny_all, theirs)
    os.close(theirs)
    signal.signal(signal.SIGALRM, lambda *args: os.killpg(child, signal.SIGKILL))
    signal.alarm(SECONDS)
    with os.fdopen(ours, 'rb') as result:
        data = result.read()
    signal.alarm(0)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)
    return json.loads(data) if data else {'texts': [], 'asked': []}


def runs(path, words, scratch):
    """Every question answered yes, then each of them no, then all no."""
    first = run(path, words, (), False, scratch)
    yield first, ''
    asked = first['asked']
    for question in asked if len(asked) > 1 else ():
        yield run(path, words, (question,), False, scratch), 'without ' + question
    if asked:
        yield run(path, words, (), True, scratch), 'without ' + ', '.join(asked)


def alike(text):
    return re.sub(r'\b(0[xX][0-9a-fA-F]+|\d+)', '0', text)


def main():
    options = argparse.ArgumentParser(description='Take the BPF C text out of scripts for bcc.')
    options.add_argument('--root', default='', help='where bpfcc-tools is unpacked')
    options.add_argument('folder')
    options.add_argument('script', nargs='*')
    options = options.parse_args()
    bcc.borrow(options.root)
    folder, only = options.folder, options.script
    os.makedirs(folder, exist_ok=True)
    seen, total = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o777)
        sleeping = [sleeper(scratch, name) for name in LANGUAGES]
        target = sleeping[0]
        try:
            for path, text in scripts(options.root):
                name = tool_name(path)
                if only and name not in only:
                    continue
                total[name] = 0
                for words in commands(name, text, target, options.root):
                    for result, how in runs(path, words, scratch):
                        # An empty text only asks bcc about the machine
                        for entry in (text for text in result['texts'] if text[0].strip()):
                            keep(folder, name, seen, total, entry, words, how)
            os.rename(os.path.join(scratch, 'log'), os.path.join(folder, 'log'))
        finally:
            for pid in sleeping:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
    for name, count in sorted(total.items()):
        if not count:
            print('no text: ' + name)
    print('%d texts of %d scripts' % (sum(total.values()), len(total)))
    if not any(total.values()):
        sys.exit('%s gave no text; %s says what the scripts said (can "nobody" read %s and its modules?)' % (
            ', '.join(only) or 'all scripts', os.path.join(folder, 'log'), sys.executable))


def keep(folder, name, seen, total, entry, words, how):
    text, cflags, attached = entry
    key = (name, alike(text), tuple(cflags))
    attach = {'%s %s %s' % tuple(a) for a in attached}
    if key not in seen:
        total[name] += 1
        seen[key] = (name if total[name] == 1 else '%s-%d' % (name, total[name]), attach)
        path = os.path.join(folder, seen[key][0])
        write(path + '.c', text)
        write(path + '.flags', ''.join(flag + '\n' for flag in cflags))
        write(path + '.command', ' '.join(map(shlex.quote, words)) + (' # ' + how if how else '') + '\n')
    known = seen[key][1]
    known |= attach
    write(os.path.join(folder, seen[key][0] + '.attach'), ''.join(line.rstrip() + '\n' for line in sorted(known)))


def write(path, text):
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as out:
        out.write(text)


main()
