# SPDX-License-Identifier: MIT
"""Sequences of socket calls that chance has made (calls.py): by the kernel alone and under `rawshake run`, each in a network
of its own. Every call must return the same. Prints TAP.

    differential.py WORK       with CALLS_SEED and CALLS_COUNT in the environment: others, or more
"""
import concurrent.futures
import os
import shlex
import subprocess
import sys

import stage
from catalogue import HERE

SEED, COUNT = os.environ.get('CALLS_SEED', '1'), int(os.environ.get('CALLS_COUNT', '100'))
AT_ONCE, PIECE, ATTEMPTS = 4, 25, 3  # a busy machine makes a kernel decide otherwise now and then
NETWORK = 'exec unshare --net sh -c \'ip link set lo mtu 1500 up && exec "$@"\' sh'
HAND = f'{shlex.quote(stage.RAWSHAKE)} run -q --'


def play(first, prefix):
    done = subprocess.run(f'{NETWORK} {prefix} python3 {HERE}/calls.py {shlex.quote(SEED)} {first} {PIECE}', shell=True,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=stage.PATIENCE_S)
    return done.stdout.splitlines() + [f'status {done.returncode}', *done.stderr.splitlines()]


def difference(first):
    for _ in range(ATTEMPTS):
        native, ours = play(first, stage.UNPRIVILEGED), play(first, HAND)
        if native == ours and native[-1] == 'status 0' and len(native) > PIECE:
            return []
    return [f'# natively {a}, under run {b}' for a, b in zip(native, ours) if a != b] or [f'# {native[-5:]} {len(ours)}']


def main():
    status, pieces = 0, range(0, COUNT, PIECE)
    print(f'1..{len(pieces)}')
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for number, (first, lines) in enumerate(zip(pieces, pool.map(difference, pieces)), 1):
            print(*lines, f'{"not ok" if lines else "ok"} {number} - sequences {first} to {first + PIECE - 1} of seed {SEED}', sep='\n',
                  flush=True)
            status |= bool(lines)
    sys.exit(status)


main()
