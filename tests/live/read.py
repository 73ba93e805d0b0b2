# SPDX-License-Identifier: MIT
#
# rawshake read against tshark: every format, byte order and link layer, every segment, field by field. And what read
# says of files that it cannot read, and how much memory it takes. Called by test_read.sh; prints TAP.
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import captures

RAWSHAKE = os.environ['RAWSHAKE']
WORK = tempfile.mkdtemp()
FIELDS = ['frame.number', 'frame.time_epoch', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.srcport', 'tcp.dstport',
          'tcp.stream', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.len', 'tcp.flags', 'tcp.window_size_value', 'tcp.checksum',
          'tcp.urgent_pointer', 'tcp.options', 'tcp.checksum.status', 'tcp.seq']


def write(content, name='capture'):
    path = os.path.join(WORK, name)
    with open(path, 'wb') as out:
        out.write(content)
    return path


def run(*words, **more):
    return subprocess.run([RAWSHAKE, 'read', *words], capture_output=True, timeout=120, **more)


def tshark(path):
    command = ['tshark', '-n', '-r', path, '-Y', 'tcp', '-T', 'fields', '-E', 'separator=|', '-o',
               'tcp.check_checksum:TRUE', '-o', 'tcp.analyze_sequence_numbers:TRUE']
    for field in FIELDS:
        command += ['-e', field]
    out = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode()
    return {int(row['frame.number']): row for row in (dict(zip(FIELDS, line.split('|'))) for line in out.splitlines())}


def events(path, *more):
    done = run('-q', '--json', *more, path)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def bits(tcp):
    names = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']
    return sum(tcp[name] << i for i, name in enumerate(names)) | tcp['reserved'] << 8


def same(frame, row, event, timed):
    def check(what, theirs, ours):
        assert theirs == ours, 'packet %d: %s: tshark %r, rawshake %r' % (frame, what, theirs, ours)

    tcp = event['tcp']
    check('source', row['ip.src'] or row['ipv6.src'], event['source']['address'])
    check('destination', row['ip.dst'] or row['ipv6.dst'], event['destination']['address'])
    check('source port', int(row['tcp.srcport']), event['source']['port'])
    check('destination port', int(row['tcp.dstport']), event['destination']['port'])
    check('stream', int(row['tcp.stream']), event['connection'] - 1)
    check('seq', int(row['tcp.seq_raw']), event['seq'])
    check('ack', int(row['tcp.ack_raw']), tcp['acknowledgment_number'])
    check('len', int(row['tcp.len']), event['data']['bytes'])
    check('flags', int(row['tcp.flags'], 16), bits(tcp))
    check('window', int(row['tcp.window_size_value']), tcp['window'])
    check('checksum', int(row['tcp.checksum'], 16), tcp['checksum'])
    check('urgent pointer', int(row['tcp.urgent_pointer']), tcp['urgent_pointer'])
    check('options', row['tcp.options'].replace(':', ''), tcp['hex'][40:])
    if row['tcp.checksum.status'] in ('0', '1'):
        check('checksum verdict', {'0': 'bad', '1': 'good'}[row['tcp.checksum.status']], event['checksum'])
    if timed:
        s, ns = row['frame.time_epoch'].split('.')
        check('time', (int(s), int(ns.ljust(9, '0'))), (event['time']['s'], event['time']['ns']))


def segments(path):
    return {event['frame']: event for event in events(path) if event['event'] == 'seen'}


def agree(path, timed=True):
    theirs, ours = tshark(path), segments(path)
    assert len(theirs) > 0
    assert set(theirs) == set(ours), 'packets %s' % sorted(set(theirs) ^ set(ours))
    for frame, row in theirs.items():
        same(frame, row, ours[frame], timed)


# ---- the tests


def every_format_agrees_with_tshark():
    for name, form in captures.FORMATS.items():
        for order, link in (('<', 'ethernet'), ('>', 'linux cooked v2')):
            number, before = captures.LINKS[link]
            frames = captures.frames(captures.everything(order == '>'), before)
            try:
                agree(write(form(order, number, frames)), timed='simple' not in name)
            except AssertionError as error:
                raise AssertionError('%s %s, %s: %s' % (name, order, link, error))


def every_link_layer_agrees_with_tshark():
    for link, (number, before) in captures.LINKS.items():
        for v6 in (False, True):
            frames = captures.frames(captures.everything(v6), before)
            try:
                agree(write(captures.pcap('<', 0xa1b2c3d4, number(v6) if callable(number) else number, frames)))
            except AssertionError as error:
                raise AssertionError('%s, IPv%d: %s' % (link, 6 if v6 else 4, error))


def packets_that_were_cut_agree_with_tshark():
    number, before = captures.LINKS['ethernet']
    for keep in (14 + 20 + 20, 14 + 20 + 40, 100, 300):
        path = write(captures.pcapng('<', number, captures.frames(captures.everything(False), before, keep)))
        theirs = {n: row for n, row in tshark(path).items() if row['tcp.len']}
        ours = segments(path)
        for frame, event in ours.items():
            if frame not in theirs or len(event['tcp']['hex']) < 2 * 4 * event['tcp']['data_offset']:
                continue  # tshark tells no fields behind a header that was cut
            same(frame, dict(theirs[frame], **{'tcp.checksum.status': '2'}), event, True)
        assert len(ours) == 29, len(ours)


def blocks_that_wireshark_numbers_are_counted():
    number, before = captures.LINKS['raw']
    frames = captures.frames(captures.conversation(False, 40000), before)
    for kind in (4, 5, 0x0bad, 0x40000bad, 0x204, 0x777):
        path = write(captures.section('<', number) + captures.enhanced('<', frames[:3], 10**6) +
                     captures.block('<', kind, bytes(24)) + captures.enhanced('<', frames[3:], 10**6))
        agree(path)


def what_editcap_has_written_agrees_with_tshark():
    number, before = captures.LINKS['ethernet']
    path = write(captures.pcap('>', 0xa1b23c4d, number, captures.frames(captures.everything(True), before)))
    for form in ('pcap', 'nsecpcap', 'pcapng', 'modpcap'):
        other = os.path.join(WORK, form)
        subprocess.run(['editcap', '-F', form, path, other], check=True, capture_output=True)
        agree(other)


def standard_input_is_a_file_like_any_other():
    number, before = captures.LINKS['raw']
    content = captures.pcapng('<', number, captures.frames(captures.everything(False), before))
    from_file, from_pipe = run('--list', write(content)), run('--list', '-', input=content)
    assert from_file.returncode == 0 and b'\n      4 ' in from_file.stdout
    assert from_file.stdout == from_pipe.stdout


def ctrl_c_ends_reading_and_all_that_came_is_shown():
    number, before = captures.LINKS['raw']
    content = captures.pcapng('<', number, captures.frames(captures.conversation(False, 40000), before))
    page, lines = os.path.join(WORK, 'page.html'), os.path.join(WORK, 'lines')
    command = [RAWSHAKE, 'read', '--html', page, '--json=' + lines, '-']
    pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
    # Where the tests run in the background, SIGINT is ignored, and would stay so.
    child = subprocess.Popen(command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **pipes)
    child.stdin.write(content)
    child.stdin.flush()
    while not os.path.exists(lines) or open(lines, 'rb').read().count(b'"event":"seen"') < 12:
        assert child.poll() is None
    child.send_signal(signal.SIGINT)  # its input goes on: nothing else would end it
    shown, told = child.stdout.read(), child.stderr.read()
    assert child.wait(60) == -signal.SIGINT and told == b'', (child.returncode, told)
    child.stdin.close()
    assert b'The handshake took' in shown and open(page).read().count('data-number') == 12
    assert b'"event":"end"' in open(lines, 'rb').read()


def a_list_counts_what_the_events_tell():
    number, before = captures.LINKS['raw']
    packets = captures.everything(False)[:-1]  # a list does not look at the checksums of data
    path = write(captures.pcap('<', 0xa1b2c3d4, number, captures.frames(packets, before)))
    listed = {c['connection']: c for c in events(path, '--list')}
    ends = {e['connection']: e for e in events(path) if e['event'] == 'end'}
    assert set(listed) == set(ends) == {1, 2, 3, 4}, listed
    for number, end in ends.items():
        for name in ('opening', 'ending', 'segments', 'data_bytes', 'handshake_ns'):
            assert listed[number][name] == end['seen'][name], (number, name, listed[number], end)
    assert listed[1]['data_bytes'] == {'client': 14, 'server': 150}
    assert (listed[1]['opening'], listed[1]['ending']) == ('opened', 'closed')
    assert (listed[3]['opening'], listed[3]['ending']) == ('refused', 'refused')
    assert listed[4]['opening'] == 'not_seen'


def a_damaged_segment_begins_no_connection():
    number, before = captures.LINKS['linux cooked v2']  # which tells that they came in: so their sums were complete
    packets = [captures.tcp(False, ((5, 1), (6, 2)), captures.SYN, 1, 0, bad=1)] + captures.conversation(False, 40000)
    path = write(captures.pcap('<', 0xa1b2c3d4, number, captures.frames(packets, before)))
    assert [c['client']['port'] for c in events(path, '--list')] == [40000]
    assert {e['connection'] for e in events(path)} == {1}
    assert {e['connection'] for e in events(path, '--stream', '1')} == {1}
    assert b'  1 packet with a wrong TCP checksum\n' in run('--list', path).stdout


def what_is_besides_connections_is_told_where_there_is_something():
    number, before = captures.LINKS['raw']
    whole = captures.frames(captures.conversation(False, 40000), before)
    told = run(write(captures.pcap('<', 0xa1b2c3d4, number, whole))).stdout
    assert told.endswith(b'.\n') and b'packet' not in told.splitlines()[-1], told[-200:]
    cut = run(write(captures.pcap('<', 0xa1b2c3d4, number, [(s, ns, d[:40], size) for s, ns, d, size in whole]))).stdout
    assert cut.endswith(b'\n\n  8 packets of which the capture kept only the beginning\n'), cut[-200:]
    none = run(write(captures.pcap('<', 0xa1b2c3d4, number, captures.frames(captures.everything(True)[28:29], before))))
    assert none.stdout == b'1 packet, 0 TCP segments, 0 connections\n', none.stdout


def one_stream_is_that_connection_alone():
    number, before = captures.LINKS['raw']
    path = write(captures.pcap('<', 0xa1b2c3d4, number, captures.frames(captures.everything(False), before)))
    everything = events(path)
    for stream in ('1', '2', '4'):
        only = events(path, '--stream', stream)
        assert only and {e['connection'] for e in only} == {int(stream)}
        pick = [e['frame'] for e in everything if e['event'] == 'seen' and e['connection'] == int(stream)]
        assert [e['frame'] for e in only if e['event'] == 'seen'] == pick


def expect(words, status, error, **more):
    done = run(*words, **more)
    told = done.stderr.decode()
    assert done.returncode == status, (words, done)
    assert error in told and told.startswith('rawshake: ') and told.count('\n') == 1, (words, told)
    return done.stdout.decode()


def damage_is_told_once_and_what_came_before_is_shown():
    number, before = captures.LINKS['raw']
    frames = captures.frames(captures.conversation(False, 40000), before)
    for form, less in ((captures.FORMATS['pcap'], 3), (captures.pcapng, 31)):  # behind each packet stands a block of 28
        whole = form('<', number, frames)
        cut = expect(['--list', write(whole[:-less])], 1, 'the file ends in the middle of it')
        assert '11 packets, 11 TCP segments, 1 connection\n' in cut, cut
        rubbish = expect(['--list', write(whole + b'\xff' * 40)], 1, 'damaged: ')
        assert '12 packets, 12 TCP segments, 1 connection\n' in rubbish, rubbish


def a_capture_is_not_written_over():
    number, before = captures.LINKS['raw']
    whole = captures.pcap('<', 0xa1b2c3d4, number, captures.frames(captures.conversation(False, 40000), before))
    path = write(whole, 'precious')
    link = os.path.join(WORK, 'link')
    os.symlink(path, link)
    for view, name in (('--write', path), ('--json', path), ('--html', path), ('--diagram', link)):
        expect([f'{view}={name}', path], 1, f"{view} '{name}': it is the file that is read")
    expect(['--list', f'--json={path}', path], 1, 'it is the file that is read')
    with open(path, 'rb') as standard:
        expect(['-w', path, '-'], 1, 'it is the file that is read', stdin=standard)
    assert open(path, 'rb').read() == whole


def what_is_no_capture_is_told_in_one_sentence():
    number, before = captures.LINKS['raw']
    whole = captures.pcap('<', 0xa1b2c3d4, number, captures.frames(captures.conversation(False, 40000), before))
    expect([write(b'')], 1, 'it is empty')
    expect([write(b'GET / HTTP/1.0\r\n')], 1, 'neither pcap nor pcapng: it begins with 47 45 54')
    expect([write(gzip.compress(whole))], 1, 'decompress it: gzip -dc FILE | rawshake read -')
    expect(['-'], 1, 'decompress it: gzip -dc | rawshake read -', input=gzip.compress(whole))
    expect([WORK], 1, 'Is a directory (EISDIR)')
    expect([os.path.join(WORK, 'missing')], 1, 'No such file or directory (ENOENT)')
    expect(['--stream', '2', write(whole)], 1, '--stream 2: ')
    expect(['--list', '--stream', '2', write(whole)], 1, 'has 1 connection: ')
    expect([write(captures.pcap('<', 0xa1b2c3d4, 105, captures.frames([b'x'], lambda p: b'')))], 1, 'link layer')
    assert run().returncode == 2


def peak_kib(path, words):
    with open(os.devnull, 'w') as nowhere:
        child = subprocess.Popen([RAWSHAKE, 'read', *words, path], stdout=nowhere)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
    assert status == 0, (words, status)
    return usage.ru_maxrss


def memory_does_not_grow_with_the_file():
    number, before = captures.LINKS['ethernet']

    def many(times):
        packets = [p for i in range(times) for p in captures.conversation(False, 1024 + i % 60000, b'd' * 1000)]
        return captures.frames(packets, before)

    small, large = [write(captures.pcapng('<', number, many(n)), 'many%d' % n) for n in (500, 5000)]
    for words in (['--list'], ['-v'], ['-q', '--json']):
        peaks = peak_kib(small, words), peak_kib(large, words)
        assert peaks[1] < peaks[0] + 3072, (words, peaks)


TESTS = [every_format_agrees_with_tshark, every_link_layer_agrees_with_tshark, packets_that_were_cut_agree_with_tshark,
         blocks_that_wireshark_numbers_are_counted,
         what_editcap_has_written_agrees_with_tshark, standard_input_is_a_file_like_any_other,
         ctrl_c_ends_reading_and_all_that_came_is_shown,
         a_list_counts_what_the_events_tell, a_damaged_segment_begins_no_connection,
         what_is_besides_connections_is_told_where_there_is_something, one_stream_is_that_connection_alone,
         damage_is_told_once_and_what_came_before_is_shown, a_capture_is_not_written_over,
         what_is_no_capture_is_told_in_one_sentence]
if not os.environ.get('SANITIZE'):  # they keep what has been freed
    TESTS.append(memory_does_not_grow_with_the_file)


def main():
    only = sys.argv[1:]
    tests = [test for test in TESTS if not only or test.__name__ in only]
    for number, test in enumerate(tests, 1):
        try:
            test()
            print('ok %d - %s' % (number, test.__name__))
        except (AssertionError, subprocess.SubprocessError, KeyError, ValueError) as error:
            print('not ok %d - %s\n# %s' % (number, test.__name__, str(error).replace('\n', '\n# ')))
    print('1..%d' % len(tests))


try:
    main()
finally:
    shutil.rmtree(WORK)
