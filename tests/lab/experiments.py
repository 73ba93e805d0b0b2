# SPDX-License-Identifier: MIT
#
# Every experiment of the lab twice, and all of them at once. As it is, every piece of its evidence must be there; in
# the control run, in which its one deviation is left out, every piece that depends on it must be missing: evidence that
# is there either way would prove nothing. Prints TAP, a test for each run. Most of a run is waiting, so several go on at
# the same time. Called by test_experiments.sh.
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

RAWSHAKE = os.environ.get('RAWSHAKE', './rawshake')
AT_ONCE = 8
PATIENCE = 120 # seconds, on a machine that does a lot besides
LONGEST_ALL = 60 # half of it on a quiet machine
DECISIVE_LEAST = 2


def run(*words):
    return subprocess.run([RAWSHAKE, 'lab', *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE, encoding='utf-8')


def names():
    return re.findall(r'^  ([a-z0-9][a-z0-9-]*)  +\S', run().stdout, re.M)


def claims_of(done):
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(e['event'] == 'end' for e in events), 'the record has no end'
    return [e for e in events if e['event'] == 'evidence']


def told(claims):
    return '\n'.join(e['sentence'] for e in claims)


def as_it_is(name):
    done = run(name, '--json')
    claims = claims_of(done)
    failed = [e for e in claims if not e['holds']]
    assert not failed, 'not seen:\n' + told(failed)
    assert done.returncode == 0, 'status %d: %s' % (done.returncode, done.stderr)
    assert 'Verdict: as expected' in done.stderr, done.stderr
    assert sum(not e['either_way'] for e in claims) >= DECISIVE_LEAST, 'too little evidence:\n' + told(claims)


def control(name):
    done = run(name, '--control', '--json')
    claims = claims_of(done)
    still = [e for e in claims if e['holds'] and not e['either_way']]
    gone = [e for e in claims if not e['holds'] and e['either_way']]
    assert not still, 'there without the deviation too:\n' + told(still)
    assert not gone, 'said to be there either way, and is not:\n' + told(gone)
    assert done.returncode == 1, 'status %d: %s' % (done.returncode, done.stderr)
    assert claims and 'Control:' in done.stderr, done.stderr


# name, the rest
def rows(table):
    return re.findall(r'^(\S+) {2,}(.*)$', table, re.M)


def all_at_once(course):
    before = time.monotonic()
    done = run('--all')
    took = time.monotonic() - before
    shown = rows(done.stdout)
    assert [name for name, _ in shown] == ['name'] + course, done.stdout
    bad = [row for row in shown[1:] if not re.search(r" (as expected|other Linux|Linux's way)$", row[1])]
    assert not bad, done.stdout
    linux = sum(row[1].endswith("Linux's way") for row in shown)
    assert '%d of %d experiments' % (len(course) - linux, len(course)) in done.stdout, done.stdout
    assert done.returncode == 0 and done.stderr == '', (done.returncode, done.stderr)
    assert took < LONGEST_ALL or os.environ.get('SANITIZE'), 'took %.1f s' % took
    assert max(map(len, done.stdout.splitlines())) <= 100, done.stdout


def all_controls(course):
    done = run('--all', '--control')
    shown = rows(done.stdout)
    assert [name for name, _ in shown] == ['name'] + course, done.stdout
    bad = [row for row in shown[1:] if not row[1].endswith(' otherwise')]
    assert not bad, done.stdout
    assert '%d of %d experiments lose' % (len(course), len(course)) in ' '.join(done.stdout.split()), done.stdout
    assert done.returncode == 1 and done.stderr == '', (done.returncode, done.stderr)


def outcome(test, argument):
    try:
        test(argument)
    except (AssertionError, subprocess.TimeoutExpired, ValueError, KeyError) as failure:
        return str(failure) or repr(failure)
    return None


def main():
    course = names()
    assert course, 'the lab lists nothing'
    tests = [(name + suffix, test, name) for name in course for suffix, test in (('', as_it_is), (' --control', control))]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda t: outcome(t[1], t[2]), tests))
    for test in (all_at_once, all_controls): # nothing else runs then
        tests.append((test.__name__, test, course))
        results.append(outcome(test, course))
    for number, ((name, _, _), result) in enumerate(zip(tests, results), 1):
        if result:
            bad += 1
            print(re.sub('^', '# ', result, flags=re.M))
        print('%sok %d - %s' % ('not ' if result else '', number, name))
    print('1..%d' % len(tests))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
