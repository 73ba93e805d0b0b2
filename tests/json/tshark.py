#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets tshark read a capture of ours, and holds what it finds against our own lines of JSON of the same run.

    tshark.py [--fixed] [--calm] [--interface NAME] EVENTS CAPTURE

Every packet of the file is one event, in the same order: the same time, direction, addresses, numbers, flags, options,
window and checksum, and a comment. --fixed: --fix-checksums was given. --calm: the network is not bent, so nothing
gives Wireshark a reason for a warning either.
"""
import argparse
import json
import subprocess
import sys

ON_THE_WIRE = {"sent", "received", "seen", "ignored", "untaken", "icmp"}
FIELDS = """frame.time_epoch frame.cap_len frame.len frame.interface_name frame.packet_flags_direction frame.comment
ip.version ip.hdr_len ip.dsfield.dscp ip.dsfield.ecn ip.len ip.id ip.flags.rb ip.flags.df ip.flags.mf ip.frag_offset ip.ttl
ip.proto ip.checksum ip.checksum.status ip.src ip.dst
ipv6.version ipv6.tclass.dscp ipv6.tclass.ecn ipv6.flow ipv6.plen ipv6.nxt ipv6.hlim ipv6.src ipv6.dst
tcp.srcport tcp.dstport tcp.seq_raw tcp.seq tcp.ack_raw tcp.ack tcp.hdr_len tcp.flags tcp.window_size_value tcp.window_size
tcp.checksum tcp.checksum.status tcp.urgent_pointer tcp.len tcp.payload
tcp.option_kind tcp.options.mss_val tcp.options.wscale.shift tcp.options.timestamp.tsval tcp.options.timestamp.tsecr
tcp.options.sack_le tcp.options.sack_re
icmp.type icmp.code icmpv6.type icmpv6.code icmp.checksum.status icmpv6.checksum.status
_ws.malformed _ws.expert.severity""".split()
WARNING = 0x600000
FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
# Lists of numbers, which stand in tshark's answer one behind the other.
LISTS = {"tcp.option_kind", "tcp.options.sack_le", "tcp.options.sack_re", "_ws.expert.severity"}


def run(*command):
    """Standard output of a program that has nothing to complain about."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]
    if done.returncode != 0 or told:
        sys.exit(f"{command[0]}: status {done.returncode}: {told}")
    return done.stdout


def read_packets(capture):
    command = ["tshark", "-n", "-r", capture, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
               "-o", "tcp.try_heuristic_first:FALSE", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
               "-E", "aggregator=\x1f"]
    for field in FIELDS:
        command += ["-e", field]
    for line in run(*command).splitlines():
        yield dict(zip(FIELDS, line.split("\t")))


def number(text):
    return None if text == "" else 1 if text == "True" else 0 if text == "False" else int(text, 0)


class Difference(Exception):
    pass


class Packet:
    """What tshark found in one packet, and comparisons with it."""

    def __init__(self, fields):
        self.fields = fields

    def text(self, name):
        return self.fields[name]

    def numbers(self, name):
        return [number(part) for part in self.fields[name].split("\x1f") if part]

    def is_number(self, name, ours):
        theirs = number(self.fields[name])
        if theirs != ours:
            raise Difference(f"{name}: tshark {theirs}, our JSON {ours}")

    def is_list(self, name, ours):
        if self.numbers(name) != ours:
            raise Difference(f"{name}: tshark {self.numbers(name)}, our JSON {ours}")

    def is_text(self, name, ours):
        if self.fields[name] != ours:
            raise Difference(f"{name}: tshark {self.fields[name]!r}, our JSON {ours!r}")


def check_frame(packet, event, arguments):
    time = event["time"]
    packet.is_text("frame.time_epoch", f"{time['s']}.{time['ns']:09}")
    packet.is_text("frame.interface_name", arguments.interface)
    if event["event"] == "icmp":
        way, size = "inbound", len(event["hex"]) // 2
    else:
        way, size = event["direction"], event["captured_bytes"]
    packet.is_number("frame.cap_len", size)
    packet.is_number("frame.len", event.get("wire_bytes", size))
    packet.is_number("frame.packet_flags_direction", {"inbound": 1, "outbound": 2, "unknown": None}[way])
    comment = packet.text("frame.comment")
    if not comment.endswith((".", "!")) or (event["sentence"] and event["sentence"] not in comment):
        raise Difference(f"the comment is {comment!r}, our sentence {event['sentence']!r}")
    if "\x1f" in comment:
        raise Difference("there is more than one comment")
    if packet.text("_ws.malformed"):
        raise Difference("malformed")


def check_ipv4(packet, ip):
    for field, key in (("ip.version", "version"), ("ip.dsfield.dscp", "dscp"), ("ip.dsfield.ecn", "ecn"),
                       ("ip.len", "total_length"), ("ip.id", "identification"), ("ip.flags.rb", "reserved"),
                       ("ip.flags.df", "dont_fragment"), ("ip.flags.mf", "more_fragments"), ("ip.ttl", "time_to_live"),
                       ("ip.frag_offset", "fragment_offset"), ("ip.proto", "protocol"), ("ip.checksum", "header_checksum")):
        packet.is_number(field, ip[key])
    packet.is_number("ip.hdr_len", 4 * ip["header_length"])
    packet.is_number("ip.checksum.status", 1)
    packet.is_text("ip.src", ip["source_address"])
    packet.is_text("ip.dst", ip["destination_address"])


def check_ipv6(packet, ip):
    for field, key in (("ipv6.version", "version"), ("ipv6.tclass.dscp", "dscp"), ("ipv6.tclass.ecn", "ecn"),
                       ("ipv6.flow", "flow_label"), ("ipv6.plen", "payload_length"), ("ipv6.nxt", "next_header"),
                       ("ipv6.hlim", "hop_limit")):
        packet.is_number(field, ip[key])
    packet.is_text("ipv6.src", ip["source_address"])
    packet.is_text("ipv6.dst", ip["destination_address"])


def check_options(packet, options):
    packet.is_list("tcp.option_kind", [option["kind"] for option in options])
    values = {}
    for option in options:
        values.update({k: v for k, v in option.items() if k in ("mss", "shift", "value", "echo", "blocks")})
    packet.is_number("tcp.options.mss_val", values.get("mss"))
    packet.is_number("tcp.options.wscale.shift", values.get("shift"))
    packet.is_number("tcp.options.timestamp.tsval", values.get("value"))
    packet.is_number("tcp.options.timestamp.tsecr", values.get("echo"))
    # tshark tells them as it tells all numbers: counted from the beginning of their direction.
    packet.is_list("tcp.options.sack_le", [block["left_relative"] for block in values.get("blocks", [])])
    packet.is_list("tcp.options.sack_re", [block["right_relative"] for block in values.get("blocks", [])])


def check_checksum(packet, event, fixed):
    finished = fixed and event["checksum"] == "unfinished"
    good = event["checksum"] == "good" or finished
    packet.is_number("tcp.checksum.status", 1 if good else 0)
    if not finished:
        packet.is_number("tcp.checksum", event["tcp"]["checksum"])
    comment = packet.text("frame.comment")
    if ("is finished in this file" in comment) != finished:
        raise Difference(f"finished or not: the comment is {comment!r}")
    if "unfinished" in comment and event["checksum"] != "unfinished":  # it is said on the first of them
        raise Difference(f"unfinished or not: the comment is {comment!r}")
    if event["event"] == "sent" and "corrupted" not in event["bent"] and event["checksum"] != "good":
        raise Difference("we have built a wrong checksum")


def check_tcp(packet, event, arguments):
    tcp = event["tcp"]
    for field, key in (("tcp.srcport", "source_port"), ("tcp.dstport", "destination_port"),
                       ("tcp.seq_raw", "sequence_number"), ("tcp.ack_raw", "acknowledgment_number"),
                       ("tcp.window_size_value", "window"), ("tcp.urgent_pointer", "urgent_pointer")):
        packet.is_number(field, tcp[key])
    packet.is_number("tcp.seq_raw", event["seq"])
    packet.is_number("tcp.hdr_len", 4 * tcp["data_offset"])
    packet.is_number("tcp.flags", sum(FLAGS[name] for name in event["flags"]) | tcp["reserved"] << 8)
    packet.is_number("tcp.len", event["data"]["bytes"])
    packet.is_text("tcp.payload", event["data"]["hex"])
    check_options(packet, event["options"])
    check_checksum(packet, event, arguments.fixed)
    if event["seq_relative"] is not None:
        packet.is_number("tcp.seq", event["seq_relative"])
    if event["ack_relative"] is not None:
        packet.is_number("tcp.ack", event["ack_relative"])
    # After RST tshark no longer counts windows in units.
    if event["window_bytes"] is not None and "RST" not in event["flags"]:
        packet.is_number("tcp.window_size", event["window_bytes"])


def check_icmp(packet, event):
    ipv6 = event["reporter"]["family"] == "ipv6"
    packet.is_number("icmpv6.type" if ipv6 else "icmp.type", event["type"])
    packet.is_number("icmpv6.code" if ipv6 else "icmp.code", event["code"])
    packet.is_number("icmpv6.checksum.status" if ipv6 else "icmp.checksum.status", 1)


def check_packet(packet, event, arguments):
    check_frame(packet, event, arguments)
    if event["event"] == "icmp":
        check_icmp(packet, event)
    elif "tcp" in event:
        (check_ipv6 if event["ip"]["version"] == 6 else check_ipv4)(packet, event["ip"])
        check_tcp(packet, event, arguments)
    refused = event["event"] == "icmp" or "RST" in event.get("flags", [])
    if arguments.calm and not refused and event.get("checksum") != "unfinished" or arguments.fixed and arguments.calm:
        if not refused and any(level >= WARNING for level in packet.numbers("_ws.expert.severity")):
            raise Difference(f"tshark warns: {packet.text('_ws.expert.severity')}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--calm", action="store_true")
    parser.add_argument("--interface", default="rawshake")
    parser.add_argument("events")
    parser.add_argument("capture")
    arguments = parser.parse_args()
    with open(arguments.events, encoding="utf-8") as file:
        events = [event for event in map(json.loads, file) if event["event"] in ON_THE_WIRE]
    packets = [Packet(fields) for fields in read_packets(arguments.capture)]
    run("capinfos", arguments.capture)
    if len(events) != len(packets) or not packets:
        sys.exit(f"{arguments.capture}: {len(packets)} packets, but {len(events)} such events")
    for at, (packet, event) in enumerate(zip(packets, events), 1):
        try:
            check_packet(packet, event, arguments)
        except Difference as difference:
            sys.exit(f"{arguments.capture}: packet {at}, event {event['number']}: {difference}")
    print(f"{len(packets)} packets are the same to tshark and in our JSON")


if __name__ == "__main__":
    main()
