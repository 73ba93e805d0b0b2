# SPDX-License-Identifier: MIT
#
# A client of speaker.py that prints all that its kernel says of its socket after connect(), and again after a word each
# way: every option there is, by number, tcp_info field by field, descriptor flags, both names, and what poll, select and
# epoll say. described.py CASE HOST PORT; the cases are in CASES. What a clock, a port or chance makes is left out.
import errno
import fcntl
import select
import socket
import struct
import sys

SO_COOKIE, SO_INCOMING_CPU, SO_INCOMING_NAPI_ID, SO_MEMINFO, SO_PEERPIDFD = 57, 49, 56, 55, 77
TCP_INFO, TCP_TIMESTAMP, TCP_CC_INFO, TCP_ZEROCOPY_RECEIVE = 11, 24, 26, 35
IP_PROTOCOL = 52  # of a TCP socket: its port
OF_CHANCE = {(socket.SOL_SOCKET, n) for n in (SO_COOKIE, SO_INCOMING_CPU, SO_INCOMING_NAPI_ID, SO_PEERPIDFD)} | {
    (socket.IPPROTO_IP, IP_PROTOCOL)} | {(socket.IPPROTO_TCP, n) for n in (TCP_INFO, TCP_TIMESTAMP, TCP_CC_INFO, TCP_ZEROCOPY_RECEIVE)}
LEVELS = {'SOL_SOCKET': socket.SOL_SOCKET, 'IP': socket.IPPROTO_IP, 'IPV6': socket.IPPROTO_IPV6, 'TCP': socket.IPPROTO_TCP}
MOST = 100

# struct tcp_info of <linux/tcp.h>, Linux 6.12, up to where what it says is of interest here.
BYTES = 'state ca_state retransmits probes backoff options scales limited'.split()
WORDS = ('rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv '
         'last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space '
         'total_retrans').split()
LONGS = 'pacing_rate max_pacing_rate bytes_acked bytes_received'.split()
THEN = 'segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out'.split()
AFTER = 'delivery_rate busy_time rwnd_limited sndbuf_limited'.split()
LAST = 'delivered delivered_ce'.split()
END = 'bytes_sent bytes_retrans'.split()
ENDING = 'dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash'.split()
TIMES = {'rto', 'ato', 'last_data_sent', 'last_ack_sent', 'last_data_recv', 'last_ack_recv', 'rtt', 'rttvar', 'rcv_rtt',
         'pacing_rate', 'min_rtt', 'delivery_rate', 'busy_time', 'limited'}


def info(s):
    data = s.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 512)
    form = f'={len(BYTES)}B{len(WORDS)}I{len(LONGS)}Q{len(THEN)}I{len(AFTER)}Q{len(LAST)}I{len(END)}Q{len(ENDING)}I'
    names = BYTES + WORDS + LONGS + THEN + AFTER + LAST + END + ENDING
    size = struct.calcsize(form)
    values = struct.unpack(form, data[:size].ljust(size, b'\0'))
    return [f'tcp_info {name} {value}' for name, value in zip(names, values) if name not in TIMES]


def options(s):
    for level_name, level in LEVELS.items():
        for name in range(1, MOST):
            if (level, name) in OF_CHANCE:
                continue
            try:
                value = s.getsockopt(level, name, 256)
            except OSError as e:
                value = errno.errorcode.get(e.errno, '').encode()
                if value in (b'ENOPROTOOPT', b'EOPNOTSUPP'):
                    continue
                yield f'{level_name} {name} {value.decode()}'
                continue
            yield f'{level_name} {name} {value.hex()}'


def readiness(s):
    watch, poll = select.epoll(), select.poll()
    everything = select.POLLIN | select.POLLOUT | select.POLLPRI | 0x2000
    watch.register(s, everything)
    poll.register(s, everything)
    yield f'poll {[events for _, events in poll.poll(0)]}'
    yield f'epoll {[events for _, events in watch.poll(0)]}'
    yield f'select {[len(ready) for ready in select.select([s], [s], [s], 0)]}'


def settle(s):
    """Until something has come, and all that was sent is acknowledged: then nothing is on its way."""
    select.select([s], [], [])
    unacked = 8 + 4 * WORDS.index('unacked')
    while any(s.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 512)[unacked:unacked + 4]):
        select.select([], [], [], 0.001)


def describe(s, when):
    settle(s)
    name, peer = s.getsockname(), s.getpeername()
    lines = [f'name {name[:1] + name[2:]} peer {peer}', f'flags {fcntl.fcntl(s, fcntl.F_GETFL):#x}',
             f'close on exec {fcntl.fcntl(s, fcntl.F_GETFD)}', *readiness(s), *options(s), *info(s)]
    print('\n'.join(f'{when}: {line}' for line in lines))


# ---- cases: what is chosen before connect(), and how it is called

def choose(*list_):
    def chosen(s):
        for level, name, value in list_:
            s.setsockopt(level, name, value)
    return chosen


def timeout(s):
    s.settimeout(60)


def bind_port(s):
    s.bind((sys.argv[2], 0))


def bind_address_alone(s):
    s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    s.bind((sys.argv[2], 0))


SOCKET, TCP, IP = socket.SOL_SOCKET, socket.IPPROTO_TCP, socket.IPPROTO_IP
CASES = {
    'plain': choose(),
    'timeout': timeout,
    'bound': bind_port,
    'bound to an address': bind_address_alone,
    'reuse': choose((SOCKET, socket.SO_REUSEADDR, 1), (SOCKET, socket.SO_REUSEPORT, 1)),
    'reuse port': choose((SOCKET, socket.SO_REUSEPORT, 1)),
    'buffers': choose((SOCKET, socket.SO_RCVBUF, 20000), (SOCKET, socket.SO_SNDBUF, 30000)),
    'service': choose((IP, socket.IP_TOS, 0x10), (IP, socket.IP_TTL, 33)),
    'keepalive': choose((SOCKET, socket.SO_KEEPALIVE, 1), (TCP, socket.TCP_KEEPIDLE, 70), (TCP, socket.TCP_KEEPINTVL, 7),
                        (TCP, socket.TCP_KEEPCNT, 3)),
    'no delay': choose((TCP, socket.TCP_NODELAY, 1), (TCP, socket.TCP_USER_TIMEOUT, 12345), (TCP, socket.TCP_SYNCNT, 4)),
    'linger': choose((SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 5)), (SOCKET, socket.SO_OOBINLINE, 1)),
    'small segments': choose((TCP, socket.TCP_MAXSEG, 700)),
    'low water': choose((SOCKET, socket.SO_RCVLOWAT, 5), (TCP, socket.TCP_NOTSENT_LOWAT, 4000), (SOCKET, socket.SO_PRIORITY, 3)),
    'corked': choose((TCP, socket.TCP_CORK, 1)),
    'times out': choose((SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 30, 0)), (SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 31, 0))),
}


def main():
    case, host, port = sys.argv[1:]
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    CASES[case](s)
    s.connect((host, int(port)))
    describe(s, 'connected')
    s.recv(100)
    s.sendall(b'a word\n')
    describe(s, 'used')


if __name__ == '__main__':
    main()
