# SPDX-License-Identifier: MIT
"""The programs that programs.py runs without rawshake and under it, as data. A program that is added here has a row in
docs/programs.md after `make programs-doc`.

    what         the row's first word; a test has its name
    does         what it does, for the table
    needs        programs that must be here
    server       the server's command; "" for none. Words in braces are directories: {work} of this test, {here} this one
    port         where it listens
    client       what is run, by a shell, in a directory of its own; `CLIENT` stands before the program under test
    connections  how many it makes; None: as many as natively
    prints       a piece of its output
    status       its exit status
    whole        its exchange is compared to the last segment, not the opening alone
    held         its socket does not block: connect() natively says EINPROGRESS
"""
import os

HERE = os.path.dirname(os.path.abspath(__file__))
BIG = 100 << 20

HTTP = 'python3 -m http.server 8000 --bind :: --directory {work}'
STORE = 'python3 {here}/store.py 8001'
SPEAKER = 'python3 {here}/speaker.py 1714'
SSHD = '/usr/sbin/sshd -D -e -f {work}/sshd_config'
SSH_OPTIONS = ('-F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null '
               '-o LogLevel=ERROR -o ControlPath=none')
REDIS = 'redis-server --port 6390 --save "" --appendonly no --dir {work} --bind 127.0.0.1'
GIT = 'git daemon --reuseaddr --listen=127.0.0.1 --port=9419 --base-path={work}/served --export-all'


def program(what, does, client, port, server='', needs=(), connections=1, prints='', status=0, whole=False,
            held=True):
    return dict(what=what, does=does, client=client, port=port, server=server, needs=['python3', *needs],
                connections=connections, prints=prints, status=status, whole=whole, held=held)


# Where a name alone does not tell.
PROBES = {'nc': 'nc -h 2>&1 | grep OpenBSD', 'git daemon': 'test -x "$(git --exec-path)/git-daemon"'}

PROGRAMS = [
    program('the tutorial', 'client.py of [the tutorial](tutorial.md), and its server.py',
            'CLIENT python3 {work}/client.py', 1712, 'python3 -u {work}/server.py', whole=True, held=False),
    program('python3 socket', 'a client that waits for a banner, with a timeout',
            'CLIENT python3 {here}/talker.py localhost 1714', 1714, SPEAKER, prints='you are 127.0.0.1'),
    program('python3 http.client', 'three requests on one connection (keep-alive)',
            'CLIENT python3 {here}/keeper.py 8001', 8001, STORE, prints='1 connection, 3 answers', held=False),
    program('curl, download', '100 MiB, byte for byte',
            'CLIENT curl -sS http://127.0.0.1:8001/made/%d | sha256sum' % BIG, 8001, STORE, ['curl']),
    program('curl, upload', '100 MiB, byte for byte',
            'CLIENT curl -sS -T {work}/big http://127.0.0.1:8001/', 8001, STORE, ['curl'], prints='bytes'),
    program('curl, keep-alive', 'HTTP/1.1: three requests on one connection, over IPv6',
            'CLIENT curl -sS http://[::1]:8001/made/[1-3]', 8001, STORE, ['curl']),
    program('curl, --parallel', 'forty requests, up to twenty at once, each a connection of its own',
            "CLIENT curl -s --no-progress-meter --parallel --parallel-max 20 'http://127.0.0.1:8001/once/[1-40]' -o '#1'", 8001, STORE,
            ['curl'], connections=40),
    program('wget', 'a file, by name', 'CLIENT wget -q http://localhost:8000/page', 8000, HTTP, ['wget'], held=False),
    program('nc', 'a conversation in both directions', 'echo Hello | CLIENT nc -N 127.0.0.1 1714', 1714, SPEAKER, ['nc'],
            prints='you said Hello'),
    program('nc -6, with a port of its own', 'the same over IPv6, from a port that it has bound',
            'echo Hello | CLIENT nc -6 -N -p $((20000 + $$ % 10000)) ::1 1714', 1714, SPEAKER, ['nc'], prints='you said Hello'),
    program('ssh', 'the exchange of banners, the keys, and the refusal',
            f'CLIENT ssh {SSH_OPTIONS} -p 2222 nobody@127.0.0.1 true', 2222, SSHD,
            ['ssh', '/usr/sbin/sshd', 'ssh-keygen'], prints='Permission denied', status=255, held=False),
    program('redis-cli', 'a thousand commands on one connection',
            "printf 'INCR count\\n%.0s' $(seq 1000) | CLIENT redis-cli -p 6390 | tail -n 1", 6390, REDIS,
            ['redis-cli', 'redis-server'], prints='1000'),
    program('git clone, git://', 'a repository from git daemon',
            'CLIENT git clone -q git://127.0.0.1:9419/repository.git copy', 9419, GIT, ['git', 'git daemon'], held=False),
    program('git clone, http', 'the same over HTTP, by libcurl',
            'CLIENT git clone -q http://127.0.0.1:8000/served/repository.git copy', 8000, HTTP, ['git'],
            connections=None),
    program('a static program', 'built with musl: no libc of the system in it, nothing could be preloaded',
            'CLIENT {work}/static 127.0.0.1 1714', 1714, SPEAKER, ['musl-gcc'], prints='you said Hello', held=False),
    program('curl, refused', 'nobody listens', 'CLIENT curl -sS http://127.0.0.1:1799/', 1799, needs=['curl'],
            prints="Couldn't connect to server", status=7),
    program('nc, refused', 'nobody listens', 'CLIENT nc -v 127.0.0.1 1799', 1799, needs=['nc'],
            prints='Connection refused', status=1),
    program('python3, refused', 'nobody listens', 'CLIENT python3 {here}/talker.py 127.0.0.1 1799', 1799,
            prints='ECONNREFUSED', status=1),
]
