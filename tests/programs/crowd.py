# SPDX-License-Identifier: MIT
"""Very many connections under one `rawshake run`: to a server that speaks first, and to one that closes first, so that it
keeps each port in TIME-WAIT. None is wrong, none is answered with RST, nothing is sent again. Prints TAP.

    crowd.py WORK
"""
import collections
import contextlib
import shlex
import sys

import stage
import wire
from catalogue import SPEAKER

RUN = f'{shlex.quote(stage.RAWSHAKE)} run -q --'
MANY, THREADS, PORTS = 1000, 8, 16
ATTEMPTS = 3  # a machine that stands still for a second makes a timer run out; a mistake is made each time
PORT_RANGE = '/proc/sys/net/ipv4/ip_local_port_range'
NEVER = 'TcpOutRsts', 'TcpExtTCPTimeouts', 'TcpExtTCPAbortOnData', 'TcpExtPAWSTimewait'


class Wrong(Exception):
    pass


def quietly(work, command, count):
    """Runs it, and tells what happened that never should. Our own segments are seen on the wire alone."""
    before, capture = wire.counters(), wire.Capture()
    seen = stage.run(command, RUN, work)
    (connections, lost), after = capture.close(), wire.counters()
    if seen['status'] != 0 or not seen['output'].startswith(f'{count} you are ') or seen['errors']:
        raise Wrong(f'{seen}')
    odd = {name: after[name] - before[name] for name in NEVER if after[name] != before[name]}
    shapes = collections.Counter(c.shape() for c in connections)
    again = wire.resends(before, after)
    return None if not odd and not again and not lost and shapes == {'S SA A': count} else (odd, again, lost, shapes)


def never_again(work, server, port, command, count):
    odd = None
    for _ in range(ATTEMPTS):
        with stage.Server(server, port, work):
            odd = quietly(work, command, count)
        if not odd:
            return
    raise Wrong(f'{odd}')


def a_thousand_one_after_the_other(work):
    never_again(work, SPEAKER, 1714, f'CLIENT python3 {{here}}/talker.py 127.0.0.1 1714 {MANY}', MANY)


def a_thousand_in_eight_threads(work):
    never_again(work, SPEAKER, 1714, f'CLIENT python3 {{here}}/talker.py ::1 1714 {MANY} {THREADS}', MANY)


@contextlib.contextmanager
def few_ports(first):
    with open(PORT_RANGE) as file:
        usual = file.read()
    try:
        with open(PORT_RANGE, 'w') as file:
            file.write(f'{first} {first + PORTS - 1}')
        yield
    finally:
        with open(PORT_RANGE, 'w') as file:
            file.write(usual)


def ports_that_the_server_still_remembers_are_left_alone(work):
    def client_ports(count):
        capture = wire.Capture()
        stage.run(f'CLIENT python3 {{here}}/talker.py 127.0.0.1 1714 {count} 0', RUN, work)
        return {c.client[1] for c in capture.close()[0]}

    with few_ports(30000), stage.Server(SPEAKER, 1714, work):
        # The kernel gives the odd half of them first.
        before, after = client_ports(PORTS // 4), client_ports(PORTS // 4)
    if before & after or not before or not after:
        raise Wrong(f'{before} and {after}')


def where_all_are_remembered_our_numbers_go_on(work):
    for attempt in range(ATTEMPTS):
        with few_ports(31000 + attempt * PORTS), stage.Server(SPEAKER, 1714, work):
            odd = quietly(work, f'CLIENT python3 {{here}}/talker.py 127.0.0.1 1714 {3 * PORTS} 0', 3 * PORTS)
        if not odd:
            return
    raise Wrong(f'{odd}')


def main():
    work, status = sys.argv[-1], 0
    cases = (a_thousand_one_after_the_other, a_thousand_in_eight_threads,
             ports_that_the_server_still_remembers_are_left_alone, where_all_are_remembered_our_numbers_go_on)
    stage.make(work, programs=False)
    print(f'1..{len(cases)}')
    for number, case in enumerate(cases, 1):
        name = case.__name__.replace('_', ' ')
        try:
            case(work)
            print(f'ok {number} - {name}', flush=True)
        except Wrong as e:
            print(f'# {e}\nnot ok {number} - {name}', flush=True)
            status = 1
    sys.exit(status)


main()
