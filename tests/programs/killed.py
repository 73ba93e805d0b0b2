# SPDX-License-Identifier: MIT
"""kill -9 of the program, of `rawshake run`, and of both, in the middle of a handshake and after it: nobody is left, and no
network. And programs that nobody answers: they give up as without us. Prints TAP.

    killed.py WORK
"""
import collections
import contextlib
import glob
import os
import shlex
import signal
import subprocess
import sys
import time

import stage

MARK = f'mark-of-{os.getpid()}'  # a word on each command line
PATIENCE_S = 60
# One that connects and stays, with a child of its own; "full" is a server that takes one connection and no more.
STAYS = '''import os, socket, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", sys.argv[2]])
kept = [socket.create_connection(("127.0.0.1", 1716))]
print(os.getpid(), flush=True)
while sys.argv[1] == "middle": kept.append(socket.create_connection(("127.0.0.1", 1716)))
time.sleep(1000)'''
FULL = '''import socket, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 1716))
s.listen(0)
time.sleep(1000)'''
Run = collections.namedtuple('Run', 'process program network told')


class Wrong(Exception):
    pass


def until(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise Wrong(f'in vain waited until {what}: {marked()}')
        time.sleep(0.01)


def marked():
    """All processes with our mark; one that has ended and is not waited for has no command line."""
    found = []
    for name in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(name, 'rb') as file:
                words = file.read()
        except OSError:
            continue
        if MARK.encode() in words and int(name.split('/')[2]) != os.getpid():
            found.append(words.replace(b'\0', b' ')[:60])
    return found


def networks():
    found = set()
    for name in glob.glob('/proc/[0-9]*/ns/net'):
        try:
            found.add(os.readlink(name))
        except OSError:
            pass
    return found


def events(told):
    """Connections begun, and ended."""
    with open(told) as file:
        text = file.read()
    return text.count('"event":"begin"'), text.count('"event":"end"')


def start(work, when):
    """Waits until the program is where it is to be."""
    told = os.path.join(work, f'told-{when}')
    server = f'python3 -c {shlex.quote(FULL)} {MARK}'
    words = [*stage.UNPRIVILEGED.split(), stage.RAWSHAKE, 'run', '-q', '--log', '/dev/null', f'--json={told}', '--with',
             server, '--', 'python3', '-c', STAYS, when, MARK]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    program = int(process.stdout.readline() or 0)
    if when == 'middle':
        until('a handshake is in progress', lambda: events(told)[0] > events(told)[1] > 0)
    return Run(process, program, os.readlink(f'/proc/{program}/ns/net'), told)


def kill(work, when, *whom):
    run = start(work, when)
    if run.network == os.readlink('/proc/self/ns/net') or len(marked()) < 4:
        raise Wrong(f'there should be more: {marked()}')
    for who in whom:
        with contextlib.suppress(ProcessLookupError):  # the first one's death may have ended the other
            os.kill(run.program if who == 'the program' else run.process.pid, signal.SIGKILL)
    status = run.process.wait(PATIENCE_S)
    run.process.stdout.close()
    if status not in ([-signal.SIGKILL] * ('rawshake' in whom) + [128 + signal.SIGKILL] * (whom[0] == 'the program')):
        raise Wrong(f'exit status {status}')
    until('nobody is left', lambda: not marked())
    until('the network has gone', lambda: run.network not in networks())


def give_up(work, command, hold=''):
    native, ours = (stage.run(command, prefix, work) for prefix in ('', f'{shlex.quote(stage.RAWSHAKE)} run -q {hold} --'))
    if native['status'] != ours['status'] or native['status'] == 0:
        raise Wrong(f'{native} and {ours}')


KILLED = [(when, whom) for when in ('middle', 'after')
          for whom in (['the program'], ['rawshake'], ['the program', 'rawshake'], ['rawshake', 'the program'])]
# A route that leads nowhere. What does not wait by itself is held as long as --hold says.
GIVE_UP = [('wget', 'CLIENT wget -q -T 0.5 -t 1 http://10.99.0.2/', ''),
           ('curl', 'CLIENT curl -s --connect-timeout 1 http://10.99.0.2/', '--hold 1'),
           ('nc', 'CLIENT nc -w 1 10.99.0.2 80', '--hold 1')]


def main():
    work, status = sys.argv[-1], 0
    stage.make(work, programs=False)
    subprocess.run('ip route add 10.99.0.0/24 dev lo', shell=True, check=True)
    cases = [(f'kill -9 of {", then ".join(whom)}, {"in the middle of a handshake" if when == "middle" else "after it"}', 'python3',
              lambda when=when, whom=whom: kill(work, when, *whom)) for when, whom in KILLED]
    cases += [(f'{name} gives up', name, lambda command=command, hold=hold: give_up(work, command, hold))
              for name, command, hold in GIVE_UP]
    print(f'1..{len(cases)}')
    for number, (name, tool, case) in enumerate(cases, 1):
        if not stage.is_here(tool):
            print(f'ok {number} - {name} # SKIP no {tool} here')
            continue
        try:
            case()
            print(f'ok {number} - {name}', flush=True)
        except Wrong as e:
            print(f'# {e}\nnot ok {number} - {name}', flush=True)
            status = 1
    sys.exit(status)


main()
