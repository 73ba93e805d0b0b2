# SPDX-License-Identifier: MIT
"""Real programs, without rawshake and under `rawshake run`, on one loopback interface: what they print and leave is the
same, and so is the opening of each of their connections on the wire. Then once more without any privilege, in a private
network of rawshake's own. Prints TAP.

    programs.py [--write] WORK   looks, and compares docs/programs.md with what it sees; or writes it (make programs-doc)

ONLY=WORD in the environment looks at those programs alone that have this word in their name.
"""
import json
import os
import shlex
import sys

import stage
import table
import wire
from catalogue import HERE, PROGRAMS

OPENING = 3    # segments: SYN, SYN-ACK, ACK
ATTEMPTS = 10  # a clock that ran out on a busy machine makes an exchange another; it is run again
RUN = f'{shlex.quote(stage.RAWSHAKE)} run -q --log /dev/null --json={{work}}/told'


class Differs(Exception):
    pass


def expect(holds, *words):
    if not holds:
        raise Differs(' '.join(str(w) for w in words))


# ---- one program

def observe(program, prefix, work):
    """A run of it, and what passed the wire meanwhile."""
    with stage.Server(program['server'], program['port'], work) as server:
        before, capture = wire.counters(), wire.Capture()
        seen = stage.run(program['client'], prefix, work)
        connections, seen['lost'] = capture.close()
        seen['server'] = server.said()
    after = wire.counters()
    seen['connections'] = [c for c in connections if c.server[1] == program['port']]
    seen['resends'] = wire.resends(before, after) + sum(c.syns_again() for c in connections)
    return seen


def is_right(program, seen):
    said = seen['output'] + seen['errors']
    expect(seen['status'] == program['status'], 'status', seen['status'], said, seen['server'])
    expect(program['prints'] in said, 'it printed:', said)


def is_same(what, native, ours):
    for key in 'status', 'output', 'errors', 'files':
        expect(native[key] == ours[key], what, key, 'natively', repr(native[key]), 'and', repr(ours[key]))


def exchanges(program, seen):
    """Several connections may have begun in another order."""
    return sorted('\n'.join(c.told(OPENING) + c.told_after(OPENING) * program['whole']) for c in seen['connections'])


def is_same_on_the_wire(program, native, ours):
    a, b = exchanges(program, native), exchanges(program, ours)
    expect(len(a) == len(b), len(a), 'connections natively, and', len(b))
    for x, y in zip(a, b):
        expect(x == y, 'natively:\n' + x + '\nunder run:\n' + y)
    resets = [sum(c.resets() for c in seen['connections']) for seen in (native, ours)]
    expect(resets[1] <= resets[0], 'RST:', resets[0], 'natively, and', resets[1])


def made_by_hand(program, work):
    """How many connections rawshake tells of."""
    begun = 0
    with open(os.path.join(work, 'told')) as lines:
        for event in map(json.loads, lines):
            begun += event['event'] == 'begin' and event['server']['port'] == program['port']
    return begun


def compare(program, work):
    """Returns how many connections there were."""
    for attempt in range(ATTEMPTS):
        native, ours = observe(program, '', work), observe(program, RUN + ' --', work)
        for seen in native, ours:
            is_right(program, seen)
        is_same('under run:', native, ours)
        try:
            expect(ours['resends'] + ours['lost'] + native['lost'] == 0, 'sent again:', ours['resends'])
            is_same_on_the_wire(program, native, ours)
            break
        except Differs:
            if attempt + 1 == ATTEMPTS or not (program['whole'] or ours['resends'] or native['resends']):
                raise
    count = len(ours['connections'])
    expect(program['connections'] in (None, count), count, 'connections')
    expect(made_by_hand(program, work) == count, made_by_hand(program, work), 'of', count, 'connections made by hand')
    return native, count


def compare_private(program, work, native):
    server = program['server'].format(work=work, here=HERE)
    given = f'--with {shlex.quote(server)}' if server else ''
    ours = stage.run(program['client'], f'{stage.UNPRIVILEGED} {RUN} --private {given} --', work)
    is_same('in a private network:', native, ours)
    expect(made_by_hand(program, work) == len(native['connections']), 'in a private network',
           made_by_hand(program, work), 'connections made by hand')


def look(program, work):
    """A row of the table."""
    native, count = compare(program, work)
    compare_private(program, work, native)
    return table.row(program, count)


# ---- all of them

def tell(number, name, why=None):
    if why:
        print('# ' + why.replace('\n', '\n# '))
    print(f'{"not ok" if why else "ok"} {number} - {name}', flush=True)
    return why is None


def check(number, program, work, rows):
    missing = [tool for tool in program['needs'] if not stage.is_here(tool)]
    if missing:
        print(f'ok {number} - {program["what"]} # SKIP no {" and no ".join(missing)} here')
        return True
    try:
        rows.append(look(program, work))
        return tell(number, program['what'])
    except Differs as e:
        return tell(number, program['what'], str(e))


def main():
    work, only = sys.argv[-1], os.environ.get('ONLY', '')
    chosen = [p for p in PROGRAMS if only in p['what']]
    rows, right = [], True
    stage.make(work)
    print(f'1..{len(chosen) + 1}')
    for number, program in enumerate(chosen, 1):
        right &= check(number, program, work, rows)
    if '--write' in sys.argv and len(rows) == len(PROGRAMS):
        table.write(rows)
    if len(rows) < len(PROGRAMS):
        print(f'ok {len(chosen) + 1} - docs/programs.md # SKIP not all of the programs have run')
    else:
        right &= tell(len(chosen) + 1, 'docs/programs.md', table.difference(rows))
    sys.exit(not right)


main()
