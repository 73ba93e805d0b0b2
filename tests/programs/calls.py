# SPDX-License-Identifier: MIT
#
# A program that does to a socket whatever chance says: options, bind, connect, shutdown, poll, epoll, dup, fork ... It
# tells what each call has returned, and nothing that depends on when. calls.py SEED FIRST COUNT plays so many
# sequences. Where the kernel must say something else to a program under `rawshake run` (docs/design.md, "What cannot be
# the same"), it does not ask.
import contextlib
import ctypes
import errno
import fcntl
import os
import random
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time

SOCKET, TCP, IP, IPV6 = socket.SOL_SOCKET, socket.IPPROTO_TCP, socket.IPPROTO_IP, socket.IPPROTO_IPV6
V4, V6 = socket.AF_INET, socket.AF_INET6
ECHO, GREET, HANG_UP, CLOSED, RESET = 1712, 1713, 1714, 1715, 1717
ELSEWHERE = -1  # connected in a child: to where, is not known
CHOSEN_BY_KERNEL = 32768  # and above
STATE_ESTABLISHED, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, STATE_CLOSE, STATE_LAST_ACK, STATE_CLOSING = 1, 4, 5, 7, 9, 11
PATIENCE_S = 10
NOBODY = bytes(16)  # AF_UNSPEC
libc = ctypes.CDLL(None, use_errno=True)


# ---- servers

def echo(client, greeting=b''):
    with contextlib.suppress(OSError):
        client.sendall(greeting)
        while data := client.recv(1000):
            client.sendall(data)
    client.close()


def reset(client):
    client.setsockopt(SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.close()


def serve(port, handle):
    listener = socket.socket(V6)
    listener.setsockopt(IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(('::', port))
    listener.listen(64)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=handle, args=[client], daemon=True).start()


SERVERS = {ECHO: echo, GREET: lambda client: echo(client, b'hello'), HANG_UP: socket.socket.close, RESET: reset}


def start_servers():
    """In a process of their own. Returns when all listen."""
    pid = os.fork()
    if pid == 0:
        for server in SERVERS.items():
            threading.Thread(target=serve, args=server, daemon=True).start()
        signal.pause()
    while True:
        with open('/proc/self/net/tcp6') as lines:
            if sum(line.split()[3] == '0A' for line in lines) == len(SERVERS):
                return pid
        time.sleep(0.01)


# ---- what is said of a call

def name(number):
    return errno.errorcode.get(number, number)


def said(call):
    try:
        return call()
    except OSError as e:
        return name(e.errno)


def returned(result):
    return 0 if result == 0 else name(ctypes.get_errno())


def told(address):
    """Without a port that the kernel has chosen."""
    if not isinstance(address, tuple):
        return address
    host, port, *rest = address
    return host, port if port < CHOSEN_BY_KERNEL else 'a port', *rest


def sockaddr(family, host, port):
    if family == V4:
        return struct.pack('=H', V4) + struct.pack('!H', port) + socket.inet_aton(host) + bytes(8)
    if family == V6:
        return struct.pack('=H', V6) + struct.pack('!HI', port, 0) + socket.inet_pton(V6, host) + bytes(4)
    return NOBODY


# ---- what there is to choose

def pair(form, *numbers):
    return struct.pack(form, *numbers)


# By number, where Python has no name: IP_RECVERR 11, IP_MTU_DISCOVER 10, IP_FREEBIND 15, IP_MINTTL 21,
# IP_BIND_ADDRESS_NO_PORT 24; IPV6_MTU_DISCOVER 23, IPV6_RECVERR 25, IPV6_RECVPKTINFO 49, IPV6_AUTOFLOWLABEL 70;
# TCP_CONGESTION 13, TCP_NOTSENT_LOWAT 25, TCP_FASTOPEN_CONNECT 30, TCP_ULP 31.
OPTIONS = [
    (SOCKET, socket.SO_REUSEADDR, (0, 1)), (SOCKET, socket.SO_REUSEPORT, (0, 1)), (SOCKET, socket.SO_KEEPALIVE, (0, 1)),
    (SOCKET, socket.SO_RCVBUF, (3000, 20000, 100000, 150000)), (SOCKET, socket.SO_SNDBUF, (5000, 100000)),
    (SOCKET, socket.SO_OOBINLINE, (0, 1)), (SOCKET, socket.SO_RCVLOWAT, (1, 3)), (SOCKET, socket.SO_PRIORITY, (0, 3)),
    (SOCKET, socket.SO_DONTROUTE, (0, 1)), (SOCKET, socket.SO_MARK, (0, 5)),
    (SOCKET, socket.SO_LINGER, (pair('ii', 0, 0), pair('ii', 1, 0), pair('ii', 1, 2))),
    (SOCKET, socket.SO_SNDTIMEO, (pair('ll', 0, 0), pair('ll', 70, 0))),
    (SOCKET, socket.SO_RCVTIMEO, (pair('ll', 0, 0), pair('ll', 80, 0))),
    (SOCKET, socket.SO_BINDTODEVICE, (b'lo\0', b'', b'none\0')),
    (TCP, socket.TCP_NODELAY, (0, 1)), (TCP, socket.TCP_MAXSEG, (0, 50, 100, 700, 1400, 32767, 40000)),
    (TCP, socket.TCP_USER_TIMEOUT, (0, 50000)), (TCP, socket.TCP_SYNCNT, (0, 3, 200)),
    (TCP, socket.TCP_WINDOW_CLAMP, (0, 3000, 50000)), (TCP, socket.TCP_DEFER_ACCEPT, (0, 3)),
    (TCP, socket.TCP_KEEPIDLE, (1, 100)), (TCP, socket.TCP_KEEPCNT, (1, 100)), (TCP, socket.TCP_LINGER2, (-1, 0, 10)),
    (TCP, 13, (b'reno', b'cubic', b'none')), (TCP, 25, (0, 1000)), (TCP, 30, (0, 1)), (TCP, 31, (b'none',)),
    (IP, socket.IP_TTL, (0, 1, 5, 255)), (IP, socket.IP_TOS, (0, 0x10, 0x03)), (IP, 10, (0, 1, 2, 3)), (IP, 11, (0, 1)),
    (IP, 15, (0, 1)), (IP, 21, (0, 1, 64)), (IP, 24, (0, 1)),
    (IPV6, socket.IPV6_V6ONLY, (0, 1)), (IPV6, socket.IPV6_UNICAST_HOPS, (-1, 1, 5)), (IPV6, socket.IPV6_TCLASS, (0, 0x20)),
    (IPV6, 23, (0, 1, 3)), (IPV6, 25, (0, 1)), (IPV6, 49, (0, 1)), (IPV6, 70, (0, 1))]
# Besides, SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_BUF_LOCK, SO_ACCEPTCONN. Not TCP_MAXSEG: after a failure it may be 524.
READ = [option[:2] for option in OPTIONS if option[:2] != (TCP, socket.TCP_MAXSEG)] + [(SOCKET, n) for n in (3, 38, 39, 72, 30)]
PLACES = {V4: [(V4, '127.0.0.1', ECHO)] * 6 + [
    (V4, '127.0.0.1', GREET), (V4, '127.3.4.5', ECHO), (V4, '127.0.0.1', HANG_UP), (V4, '127.0.0.1', RESET),
    (V4, '127.0.0.1', CLOSED), (V4, '127.0.0.1', CLOSED), (V4, '0.0.0.0', ECHO), (V4, '0.0.0.0', CLOSED), (V4, '127.0.0.1', 0),
    (V4, '224.0.0.1', ECHO), (V4, '255.255.255.255', ECHO), (V4, '127.255.255.255', ECHO), (V4, '203.0.113.9', ECHO),
    (V6, '::1', ECHO), (0, '', 0), (0, '', 0)],
    V6: [(V6, '::1', ECHO)] * 4 + [
    (V6, '::1', GREET), (V6, '::1', HANG_UP), (V6, '::1', RESET), (V6, '::1', CLOSED), (V6, '::', ECHO), (V6, '2001:db8::1', ECHO),
    (V6, 'ff02::1', ECHO), (V6, 'fe80::1', ECHO), (V4, '127.0.0.1', ECHO), (0, '', 0)],
    'mapped': [(V6, '::ffff:127.0.0.1', ECHO)] * 4 + [
    (V6, '::ffff:127.0.0.1', GREET), (V6, '::ffff:127.0.0.1', CLOSED), (V6, '::ffff:0.0.0.0', ECHO), (0, '', 0)]}
OWN = {V4: ['127.0.0.1', '127.0.0.2', '0.0.0.0', '203.0.113.1'], V6: ['::1', '::', '::ffff:127.0.0.1', '2001:db8::2']}
SIZES = [None] * 12 + [0, 1, 2, 8, 15, 16, 24, 28, 128, 129]


class Player:
    def __init__(self, seed, number):
        self.chance, self.label = random.Random(f'{seed} {number}'), str(number)
        self.fixed_port = 5000 + number % 20000
        self.family = self.chance.choice([V4, V4, V6])
        # On a socket that has tried one of the two, Linux 6.18 has no luck with the other.
        self.places = PLACES[self.family if self.family == V4 else self.chance.choice([V6, 'mapped'])]
        self.blocks = self.chance.random() < 0.6
        self.socket = socket.socket(self.family, socket.SOCK_STREAM)
        self.others = []
        self.reached, self.greeting = None, 0
        self.bound, self.has_been_used, self.shut = False, False, False
        self.socket.setblocking(self.blocks)
        self.say('socket', f'{self.family.name}{"" if self.blocks else " nonblocking"}')

    def say(self, what, result):
        print(f'{self.label}: {what}: {result}')

    def address_of(self, raw):
        size = self.chance.choice(SIZES)
        return raw if size is None else (raw + bytes(200))[:size]

    def is_ready(self, events):
        poll = select.poll()
        poll.register(self.socket, events)
        return poll.poll(PATIENCE_S * 1000)

    def state(self):
        return self.socket.getsockopt(TCP, socket.TCP_INFO, 1)[0]

    def wait_while(self, *states):
        until = time.monotonic() + PATIENCE_S
        while self.state() in states and time.monotonic() < until:
            time.sleep(0.002)

    # -- the socket

    def set(self):
        level, number, values = self.chance.choice(OPTIONS)
        value = self.chance.choice(values)
        if (level, number) == (IPV6, socket.IPV6_V6ONLY) and self.has_been_used:
            return
        self.say(f'setsockopt {level} {number} {value}', said(lambda: self.socket.setsockopt(level, number, value)))

    def get(self, count=6):
        for level, number in self.chance.sample(READ, count):
            value = said(lambda: self.socket.getsockopt(level, number, 64))
            self.say(f'getsockopt {level} {number}', value.hex() if isinstance(value, bytes) else value)

    def get_all(self):
        self.get(len(READ))

    def error(self):
        self.say('SO_ERROR', name(self.socket.getsockopt(SOCKET, socket.SO_ERROR)))

    def info(self):
        data = self.socket.getsockopt(TCP, socket.TCP_INFO, 256)
        numbers = [data[5], data[6], *(struct.unpack_from('=I', data, at)[0] for at in (16, 60, 84))]
        self.say('tcp_info', 'closed' if data[0] == STATE_CLOSE else f'state {data[0]}, {numbers}')

    def names(self):
        own, peer = told(self.socket.getsockname()), told(said(self.socket.getpeername))
        self.say('names', f'{own if isinstance(peer, tuple) or self.bound else "not asked"} {peer}')

    def flags(self):
        self.say('flags', f'{fcntl.fcntl(self.socket, fcntl.F_GETFL):#x} {fcntl.fcntl(self.socket, fcntl.F_GETFD)}')
        if self.reached is None:
            self.say('FIONREAD', said(lambda: fcntl.ioctl(self.socket, termios.FIONREAD, bytes(4))))

    def readiness(self):
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLOUT | select.POLLPRI | 0x2000)
        self.say('poll', [events for _, events in poll.poll(0)])
        self.say('select', [len(ready) for ready in select.select([self.socket], [self.socket], [self.socket], 0)])

    def dup(self):
        self.others.append(self.socket)
        self.socket = self.socket.dup()
        if self.chance.random() < 0.5:
            self.others.pop().close()
        self.say('dup', len(self.others))

    # -- its ends

    def bind(self):
        family = self.family if self.chance.random() < 0.9 else self.chance.choice([V4, V6])
        host, port = self.chance.choice(OWN[family]), self.chance.choice([0, 0, self.fixed_port, ECHO])
        if self.has_been_used:
            return
        raw = sockaddr(family, host, port)
        result = returned(libc.bind(self.socket.fileno(), raw, len(raw)))
        self.bound |= result == 0
        self.say(f'bind {host} {port}', result)

    def connect(self):
        family, host, port = self.chance.choice([p for p in self.places if self.blocks or p[2] not in (HANG_UP, RESET)])
        raw = self.address_of(sockaddr(family, host, port))
        result = returned(libc.connect(self.socket.fileno(), raw, len(raw)))
        if result == 'EINPROGRESS':
            self.is_ready(select.POLLOUT)
            result = name(self.socket.getsockopt(SOCKET, socket.SO_ERROR))
        if not self.blocks and result != 'EISCONN' and raw[:2] != NOBODY[:2]:
            again = raw if result == 0 else NOBODY  # what the kernel has still to say it says now
            libc.connect(self.socket.fileno(), again, len(again))
        self.say(f'connect {host} {port}, {len(raw)} bytes', result)
        self.has_been_used |= self.bound
        if raw[:2] == NOBODY[:2]:
            self.reached = None
        elif result == 0:
            self.reached, self.has_been_used, self.greeting = port, True, 5 if port == GREET else 0
            self.settle()

    def settle(self):
        """What the server does at once has come."""
        if self.reached == GREET:
            self.is_ready(select.POLLIN)
        if self.reached in (HANG_UP, RESET):
            self.wait_while(STATE_ESTABLISHED)

    def connect_twice(self):
        self.connect()
        self.connect()

    def connect_watched(self):
        """An epoll is there before, and is asked for edges or levels."""
        epoll, edge = select.epoll(), self.chance.choice([0, select.EPOLLET])
        epoll.register(self.socket, select.EPOLLIN | select.EPOLLOUT | edge)
        self.say('epoll', [events for _, events in epoll.poll(0)])
        before = self.reached
        self.connect()
        if before is None and self.reached is not None:
            ready = any(events & select.EPOLLOUT for _, events in epoll.poll(PATIENCE_S))
            self.say('epoll', 'ready' if ready else 'not ready')

    def connect_in_a_child(self):
        pid = os.fork()
        if pid == 0:
            self.label += ' child'
            self.connect()
            self.info()
            os._exit(0)
        os.waitpid(pid, 0)
        self.reached, self.has_been_used = self.reached or ELSEWHERE, True

    def shutdown(self):
        how = self.chance.choice([0, 1, 2, 5])
        self.shut = True
        self.say(f'shutdown {how}', said(lambda: self.socket.shutdown(how)))
        self.wait_while(STATE_FIN_WAIT_1, STATE_LAST_ACK, STATE_CLOSING)
        if how in (1, 2) and self.reached in (ECHO, GREET):
            self.wait_while(STATE_FIN_WAIT_2)
        if how in (1, 2) and self.reached == ELSEWHERE:
            self.wait_while(STATE_FIN_WAIT_2, STATE_ESTABLISHED)

    def listen(self):
        if not self.has_been_used:
            self.say('listen', said(lambda: self.socket.listen(5)))

    def accept(self):
        if not self.blocks:
            self.say('accept', said(lambda: bool(self.socket.accept())))

    # -- what passes

    def exchange(self):
        size = self.chance.choice([1, 5, 3000])
        if self.reached not in (ECHO, GREET) or self.shut:
            return
        sent = said(lambda: self.socket.send(b'w' * size, socket.MSG_NOSIGNAL))
        self.say(f'send {size}', sent)
        got = -self.greeting
        self.greeting = 0
        while isinstance(sent, int) and got < sent and self.is_ready(select.POLLIN):
            data = self.socket.recv(100000)
            got += len(data) or sent
        self.say('came back', got >= size)

    def send_unconnected(self):
        if self.reached is None:
            self.say('send', said(lambda: self.socket.send(b'x', socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)))

    def receive_unconnected(self):
        flags = self.chance.choice([0, socket.MSG_PEEK, socket.MSG_OOB])
        if self.reached in (None, HANG_UP, RESET):
            self.say(f'recv {flags}', said(lambda: self.socket.recv(10, flags | socket.MSG_DONTWAIT)))

    def play(self):
        calls = [self.set] * 6 + [self.get] * 2 + [self.connect] * 6 + [self.bind] * 2 + [self.names] * 2 + [self.exchange] * 2 + [
            self.connect_watched] * 2 + [self.error, self.info, self.connect_twice, self.connect_in_a_child, self.shutdown, self.listen,
                                         self.accept, self.readiness, self.flags, self.dup, self.send_unconnected,
                                         self.receive_unconnected, self.get_all]
        for _ in range(self.chance.randint(2, 9)):
            self.chance.choice(calls)()
        for call in self.info, self.names, self.readiness, self.error:
            call()
        for each in *self.others, self.socket:
            each.close()


def main():
    seed, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.reconfigure(line_buffering=True)
    servers = start_servers()
    for number in range(first, first + count):
        Player(seed, number).play()
    os.kill(servers, signal.SIGKILL)


main()
