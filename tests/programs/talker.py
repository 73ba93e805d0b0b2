# SPDX-License-Identifier: MIT
#
# A client of speaker.py. talker.py HOST PORT [COUNT [THREADS]]: so many connections, one after the other in each thread,
# and each must get the banner. Without threads (0) the server closes first.
import errno
import socket
import sys
import threading

host, port, count, threads = sys.argv[1], *(int(number) for number in (sys.argv[2:] + ['1', '1'])[:3])
right = []


def talk(number):
    with socket.create_connection((host, port), timeout=60) as talk, talk.makefile('rb') as words:
        banner = words.readline()
        talk.sendall(b'number %d\n' % number)
        assert words.readline() == b'you said number %d\n' % number
        if threads:
            talk.shutdown(socket.SHUT_WR)
        else:
            talk.sendall(b'bye\n')
            assert words.readline() == b'you said bye\n'
        assert words.read() == b''
        right.append(banner)


def talk_often(first):
    for number in range(first, count, threads or 1):
        talk(number)


try:
    if threads < 2:
        talk_often(0)
    else:
        running = [threading.Thread(target=talk_often, args=(i,)) for i in range(threads)]
        [t.start() for t in running]
        [t.join() for t in running]
except OSError as e:
    sys.exit(f'{errno.errorcode.get(e.errno, e.errno)}: {e}')
print(len(right), *sorted({b.decode().strip() for b in right}))
sys.exit(len(right) != count)
