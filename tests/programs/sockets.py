# SPDX-License-Identifier: MIT
"""What the kernel says of a socket whose connect() was made by hand, beside one of its own: every option, tcp_info, flags,
names, and what poll, select and epoll say (described.py), for each way to prepare a socket. Prints TAP.

    sockets.py WORK

What a handover cannot say (is_expected) is told by docs/design.md.
"""
import concurrent.futures
import re
import shlex
import subprocess
import sys

import stage
from catalogue import HERE, SPEAKER
from described import CASES

HAND = f'{shlex.quote(stage.RAWSHAKE)} run -q -- '
HOSTS = '127.0.0.1', '::1', '::ffff:127.0.0.1'
AT_ONCE, ATTEMPTS, MTU = 4, 5, 1500  # of a loopback's own MTU the kernel cannot be told
COUNTED = re.compile(r'tcp_info (segs_out|segs_in|bytes_acked|delivered) ')  # from the handover on


def is_expected(line):
    return COUNTED.search(line)


def describe(case, host, by_hand):
    prefix = f'{stage.UNPRIVILEGED} ' if not by_hand else HAND
    done = subprocess.run(f'{prefix}python3 {HERE}/described.py {shlex.quote(case)} {host} 1714', shell=True,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=stage.PATIENCE_S)
    if done.returncode != 0 or done.stderr:
        return [f'status {done.returncode}', *done.stderr.splitlines()]
    return [line for line in done.stdout.splitlines() if not is_expected(line)]


def difference(case, host):
    """Of several attempts: a busy machine makes a kernel decide otherwise now and then."""
    for _ in range(ATTEMPTS):
        native, ours = describe(case, host, False), describe(case, host, True)
        if native == ours and len(native) > 100:
            return None
    return [f'# {host}: natively {a}, under run {b}' for a, b in zip(native, ours) if a != b] or [f'# {host}: {native}']


def main():
    status = 0
    subprocess.run(['ip', 'link', 'set', 'lo', 'mtu', str(MTU)], check=True)
    stage.make(sys.argv[-1], programs=False)
    print(f'1..{len(CASES)}')
    with stage.Server(SPEAKER, 1714, sys.argv[-1]), concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda case: [line for host in HOSTS for line in difference(case, host) or []], CASES)
        for number, (case, lines) in enumerate(zip(CASES, found), 1):
            print(*lines, f'{"not ok" if lines else "ok"} {number} - {case}', sep='\n', flush=True)
            status |= bool(lines)
    sys.exit(status)


main()
