# SPDX-License-Identifier: MIT
#
# Captures written from scratch, without any of rawshake's code: one conversation, or many, in any format, byte order
# and link layer. Used by read.py.
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
MSS, SCALE, SACK_OK, NOP, END = b'\2\4\5\xb4', b'\3\3\7', b'\4\2', b'\1', b'\0'


def stamps(value, echo):
    return b'\1\1\x08\x0a' + struct.pack('>II', value, echo)


def total(data):
    data += b'\0' * (len(data) % 2)
    value = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while value > 0xffff:
        value = (value >> 16) + (value & 0xffff)
    return value


def addresses(v6, host):
    return bytes.fromhex('20010db8' + '00' * 11) + bytes([host]) if v6 else bytes([192, 0, 2, host])


def ip(v6, source, destination, protocol, body, fragment=0):
    if v6:
        return struct.pack('>IHBB', 6 << 28, len(body), protocol, 64) + source + destination + body
    head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(body), 7, fragment, 64, protocol, 0) + source + destination
    return head[:10] + struct.pack('>H', 0xffff - total(head)) + head[12:] + body


def tcp(v6, flow, flags, seq, ack, data=b'', options=b'', window=500, urgent=0, bad=0):
    (source, sport), (destination, dport) = flow
    options += END * (-len(options) % 4)
    body = struct.pack('>HHIIBBHHH', sport, dport, seq % 2**32, ack % 2**32, (20 + len(options)) * 4, flags, window, 0,
                       urgent) + options + data
    pseudo = addresses(v6, source) + addresses(v6, destination) + struct.pack('>IHH', len(body), 0, 6)
    check = 0xffff - total(pseudo + body) ^ bad
    body = body[:16] + struct.pack('>H', check) + body[18:]
    return ip(v6, addresses(v6, source), addresses(v6, destination), 6, body)


def conversation(v6, port, data=b'Hello server!'):
    """A handshake, data both ways, a retransmission, a gap that is filled, odd options, and the end."""
    out, back = ((1, port), (2, 80)), ((2, 80), (1, port))
    a, b = 4294967290, 1000
    rest = [
        tcp(v6, out, SYN, a, 0, options=MSS + SACK_OK + stamps(1, 0)[2:] + NOP + SCALE),
        tcp(v6, back, SYN | ACK | ECE, b, a + 1, options=MSS + NOP + NOP + SACK_OK),
        tcp(v6, out, ACK, a + 1, b + 1),
        tcp(v6, out, PSH | ACK, a + 1, b + 1, data, stamps(5, 6)),
        tcp(v6, out, PSH | ACK, a + 1, b + 1, data, stamps(9, 6)),  # once more
        tcp(v6, back, ACK, b + 1, a + 1 + len(data), options=NOP + NOP + b'\5\x0a' + struct.pack('>II', a + 1, a + 3)),
        tcp(v6, back, PSH | ACK, b + 101, a + 1 + len(data), b'y' * 50),  # 100 bytes are missing before it
        tcp(v6, back, ACK, b + 1, a + 1 + len(data), b'x' * 100),
        tcp(v6, out, ACK | URG, a + 1 + len(data), b + 151, b'u', b'\xfd\6\1\2\3\4', urgent=1),
        tcp(v6, out, FIN | ACK, a + 2 + len(data), b + 151),
        tcp(v6, back, FIN | ACK | CWR, b + 151, a + 3 + len(data)),
        tcp(v6, out, ACK, a + 3 + len(data), b + 152, window=0),
    ]
    return rest


def everything(v6):
    """Two conversations that overlap, a refused one, one that is joined midway and damaged, and what is no TCP."""
    one, two = conversation(v6, 40000), conversation(v6, 40002, b'z' * 700)
    mixed = [packet for pair in zip(one, two) for packet in pair]
    ask, answer = ((3, 50000), (2, 81)), ((2, 81), (3, 50000))
    mixed += [tcp(v6, ask, SYN, 77, 0), tcp(v6, answer, RST | ACK, 0, 78)]
    mixed += [tcp(v6, ((4, 50001), (2, 80)), ACK, 5000, 6000, b'q'), tcp(v6, ((2, 80), (4, 50001)), ACK, 6000, 5001)]
    mixed += [ip(v6, addresses(v6, 1), addresses(v6, 2), 17, struct.pack('>HHHH', 1, 2, 8, 0))]
    mixed += [tcp(v6, ((4, 50001), (2, 80)), PSH | ACK, 5001, 6000, b'damaged', bad=1)]
    return mixed


# ---- link layers: what stands before a packet

MAC = bytes(range(12))


def kind(packet):
    return b'\x86\xdd' if packet[0] >> 4 == 6 else b'\x08\0'


LINKS = {
    'ethernet': (1, lambda p: MAC + kind(p)),
    'vlan': (1, lambda p: MAC + b'\x81\0\0\5' + kind(p)),
    'two vlans': (1, lambda p: MAC + b'\x88\xa8\0\5\x81\0\0\6' + kind(p)),
    'linux cooked v1': (113, lambda p: b'\0\4\0\1\0\6' + bytes(8) + kind(p)),
    'linux cooked v2': (276, lambda p: kind(p) + b'\0\0\0\0\0\2\0\1\0\6' + bytes(8)),
    'raw': (101, lambda p: b''),
    'raw 12': (12, lambda p: b''),
    'raw 14': (14, lambda p: b''),
    'raw by family': (lambda v6: 229 if v6 else 228, lambda p: b''),
    'null, little-endian': (0, lambda p: struct.pack('<I', 24 if p[0] >> 4 == 6 else 2)),
    'null, big-endian': (0, lambda p: struct.pack('>I', 30 if p[0] >> 4 == 6 else 2)),
    'loop': (108, lambda p: struct.pack('>I', 24 if p[0] >> 4 == 6 else 2)),
}

# ---- formats: frames are (seconds, nanoseconds, bytes, size on the wire)


def pcap(order, magic, link, frames):
    long = magic == 0xa1b2cd34
    out = [struct.pack(order + 'IHHIIII', magic, 2, 4, 0, 0, 262144, link)]
    for s, ns, data, size in frames:
        out.append(struct.pack(order + 'IIII', s, ns if magic == 0xa1b23c4d else ns // 1000, len(data), size))
        out.append(struct.pack(order + 'IHBB', 1, 0x800, 0, 0) * long + data)
    return b''.join(out)


def block(order, number, body):
    body += b'\0' * (-len(body) % 4)
    size = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', number) + size + body + size


def option(order, code, value):
    return struct.pack(order + 'HH', code, len(value)) + value + b'\0' * (-len(value) % 4)


def section(order, link, resolution=None, offset=0, snap=0):
    options = b''
    if resolution is not None:
        options = option(order, 2, b'eth0') + option(order, 9, bytes([resolution]))
        options += option(order, 14, struct.pack(order + 'q', offset)) + option(order, 0, b'')
    return block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1)) + block(
        order, 1, struct.pack(order + 'HHI', link, 0, snap) + options)


def padded(data):
    return data + b'\0' * (-len(data) % 4)


def enhanced(order, frames, units, offset=0):
    out = []
    for s, ns, data, size in frames:
        time = (s - offset) * units + ns * units // 10**9
        head = struct.pack(order + 'IIIII', 0, time >> 32, time & 0xffffffff, len(data), size)
        options = option(order, 2, struct.pack(order + 'I', 1)) + option(order, 0, b'')
        out.append(block(order, 6, head + padded(data) + options) + block(order, 0x80000bad, b'nobody reads it'))
    return b''.join(out)


def pcapng(order, link, frames):
    return section(order, link, 9) + enhanced(order, frames, 10**9)


def pcapng_plain(order, link, frames):
    return section(order, link) + enhanced(order, frames, 10**6)


def pcapng_binary(order, link, frames):
    return section(order, link, 0x80 | 20, 1000) + enhanced(order, frames, 2**20, 1000)


def pcapng_simple(order, link, frames):
    return section(order, link, snap=200) + b''.join(
        block(order, 3, struct.pack(order + 'I', size) + padded(data[:200])) for s, ns, data, size in frames)


def pcapng_old(order, link, frames):
    return section(order, link) + b''.join(
        block(order, 2, struct.pack(order + 'HHIIII', 0, 0xffff, (s * 10**6 + ns // 1000) >> 32,
                                    (s * 10**6 + ns // 1000) & 0xffffffff, len(data), size) + padded(data))
        for s, ns, data, size in frames)


def pcapng_sections(order, link, frames):
    """Two sections, the second in the other order of bytes."""
    other, half = '<' if order == '>' else '>', len(frames) // 2
    return pcapng(order, link, frames[:half]) + pcapng_plain(other, link, frames[half:])


FORMATS = {
    'pcap': lambda order, link, frames: pcap(order, 0xa1b2c3d4, link, frames),
    'pcap with nanoseconds': lambda order, link, frames: pcap(order, 0xa1b23c4d, link, frames),
    'pcap with longer records': lambda order, link, frames: pcap(order, 0xa1b2cd34, link, frames),
    'pcapng': pcapng,
    'pcapng without options': pcapng_plain,
    'pcapng with a binary clock': pcapng_binary,
    'pcapng of simple packets': pcapng_simple,
    'pcapng of old packets': pcapng_old,
    'pcapng of two sections': pcapng_sections,
}


def frames(packets, before, keep=65535, began=1700000000):
    result = []
    for i, packet in enumerate(packets):
        data = before(packet) + packet
        result.append((began + i // 1000, i % 1000 * 1000000 + 1234, data[:keep], len(data)))
    return result
