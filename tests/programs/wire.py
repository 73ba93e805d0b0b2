# SPDX-License-Identifier: MIT
#
# What passes the loopback interface, taken apart without any of rawshake's code: which connections there were, and of
# each segment what does not depend on ports, sequence numbers, identifications and clocks. Used by programs.py.
import collections
import select
import socket
import struct
import threading

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86dd
SO_RCVBUFFORCE, SO_ATTACH_FILTER, SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 33, 26, 263, 6, 23
LARGEST, HEADERS, BUFFER = 4096, 256, 64 << 20

FIN, SYN, RST, ACK = 1, 2, 4, 16
OPTION_NAMES = {0: 'end', 1: 'nop', 2: 'mss', 3: 'scale', 4: 'sack-ok', 5: 'sack', 8: 'stamps'}

Packet = collections.namedtuple('Packet', 'source target flags seq ack size common')


def options_of(data):
    """In their order, each with its value; of timestamps, which mean a clock, only whether the echo is 0 where it must be."""
    told = []
    while data:
        kind = data[0]
        size = data[1] if kind > 1 else 1
        value = data[2:size]
        name = OPTION_NAMES.get(kind, str(kind))
        told.append(f'{name}={value.hex()}' if kind in (2, 3) else name)
        if kind == 8:
            told[-1] += '' if any(value[4:]) else ' without echo'
        if kind == 0:
            break
        data = data[size:]
    return ' '.join(told)


def packet_of(data):
    """None if it is not TCP. `common` is what two captures must agree on, besides flags, lengths and relative numbers."""
    version = data[0] >> 4
    if version == 4:
        head, total, ttl, protocol = (data[0] & 15) * 4, struct.unpack_from('>H', data, 2)[0], data[8], data[9]
        addresses = data[12:16], data[16:20]
        around = f'ttl {ttl} tos {data[1]:#x} fragments {struct.unpack_from(">H", data, 6)[0]:#06x} ip options {head - 20}'
    else:
        head, total, protocol, hops = 40, 40 + struct.unpack_from('>H', data, 4)[0], data[6], data[7]
        first = struct.unpack_from('>I', data)[0]
        addresses = data[8:24], data[24:40]
        around = f'hops {hops} class {first >> 20 & 255:#x} label {"yes" if first & 0xfffff else "no"}'
    if protocol != 6:
        return None
    source, target, seq, ack, offset, flags, window, _, urgent = struct.unpack_from('>HHIIBBHHH', data, head)
    options = data[head + 20:head + (offset >> 4) * 4]
    common = f'window {window} urgent {urgent} options [{options_of(options)}] {around}'
    return Packet((addresses[0], source), (addresses[1], target), flags, seq, ack, total - head - (offset >> 4) * 4, common)


def letters(flags):
    return ''.join(letter for bit, letter in enumerate('FSRPAUEC') if flags >> bit & 1)


class Connection:
    """The packets of one connection, as they passed; its client is who sent the first SYN."""

    def __init__(self, first):
        self.client, self.server, self.packets = first.source, first.target, []
        self.start = {first.source: first.seq}

    def add(self, packet):
        if packet.flags & SYN:
            self.start.setdefault(packet.source, packet.seq)
        self.packets.append(packet)

    def told(self, count):
        """A line for each of the first packets, with numbers that count from the connection's start."""
        return [self.tell(p) for p in self.packets[:count]]

    def told_after(self, count):
        """And for each of the others. TCP_REPAIR cannot say which timestamp came last: until the next one comes, the
        kernel echoes 0 (docs/programs.md)."""
        return [self.tell(p).replace(' without echo', '') for p in self.packets[count:]]

    def tell(self, p):
        seq = (p.seq - self.start.get(p.source, 0)) % 2**32
        ack = (p.ack - self.start.get(p.target, 0)) % 2**32 if p.flags & ACK else p.ack
        way = '>' if p.source == self.client else '<'
        return f'{way} {letters(p.flags)} seq {seq} ack {ack} data {p.size} {p.common}'

    def shape(self):
        """The flags of all that belongs to no connection yet, or ends one by force, and of what follows the SYN-ACK."""
        opening = [p for i, p in enumerate(self.packets) if i < 3 or p.flags & (SYN | RST)]
        return ' '.join(letters(p.flags) for p in opening)

    def syns_again(self):
        """Our own are not among the kernel's counters."""
        return sum(p.flags & (SYN | ACK) == SYN for p in self.packets) - 1

    def resets(self):
        return sum(bool(p.flags & RST) for p in self.packets)


def connections_of(packets):
    """In the order of their SYNs. A port that is used again begins a connection of its own."""
    found, current = [], {}
    for p in packets:
        key = frozenset((p.source, p.target))
        known = current.get(key)
        if p.flags & (SYN | ACK) == SYN and (known is None or known.start[known.client] != p.seq):
            known = current[key] = Connection(p)
            found.append(known)
        if known:
            known.add(p)
    return found


class Capture:
    """Listens on the loopback interface from here to close(). Large packets are left out: openings have none."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)  # nothing before it is set up
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)  # what passes lo goes out and comes in
        program = struct.pack('HBBI' * 4, 0x80, 0, 0, 0, 0x25, 0, 1, LARGEST, 0x06, 0, 0, 0, 0x06, 0, 0, HEADERS)
        self.code = program
        import ctypes
        self.room = ctypes.create_string_buffer(program)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack('HL', 4, ctypes.addressof(self.room)))
        for option in SO_RCVBUFFORCE, socket.SO_RCVBUF:
            try:
                self.socket.setsockopt(socket.SOL_SOCKET, option, BUFFER)
                break
            except PermissionError:
                continue
        self.socket.setblocking(False)
        self.socket.bind(('lo', ETH_P_ALL))
        self.raw, self.ends = [], False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            if not select.select([self.socket], [], [], 0.02)[0]:
                if self.ends:
                    return
                continue
            data, (_, protocol, *_) = self.socket.recvfrom(HEADERS)
            if protocol in (ETH_P_IP, ETH_P_IPV6):
                self.raw.append(data)

    def close(self):
        """The connections that were seen, and how many packets there was no room for."""
        self.ends = True
        self.thread.join()
        _, lost = struct.unpack('II', self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self.socket.close()
        return connections_of([p for p in map(packet_of, self.raw) if p]), lost


def counters():
    """The kernel's own, of this network."""
    values = {}
    for file in '/proc/self/net/snmp', '/proc/self/net/netstat':
        with open(file) as lines:
            for names in lines:
                kind, *names = names.split()
                _, *numbers = next(lines).split()
                values.update((kind[:-1] + name, int(number)) for name, number in zip(names, numbers))
    return values


def resends(before, after):
    """Without probes for a lost tail, which leave when a busy machine is late by a millisecond (RFC 8985, section 7)."""
    moved = {name: after[name] - before[name] for name in ('TcpRetransSegs', 'TcpExtTCPLossProbes')}
    return max(0, moved['TcpRetransSegs'] - moved['TcpExtTCPLossProbes'])
