#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the views of one run against each other, to the last number.

    agree.py LADDER RUN.jsonl RUN.pcapng PAGE.html

LADDER is the narration, 100 columns wide and drawn with --ascii. The lines of JSON are taken for what happened; the
ladder, what tshark reads in the capture, and the page must say the same of every segment. Exits with 1 and tells each
difference. Called by test_agree.sh.
"""
import html.parser
import json
import re
import subprocess
import sys

ORDER = ["SYN", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "ACK"]  # as the ladder names flags
BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
SHOWN = ("sent", "received", "seen", "unsent", "untaken")
CAUGHT = ("sent", "received", "seen", "untaken")  # what a capture has: it was on the wire
differences = []


def differ(view, number, what, wanted, got):
    differences.append(f"{view}, segment {number}: {what}: JSON has {wanted!r}, there is {got!r}")


def same(view, number, what, wanted, got):
    if wanted != got:
        differ(view, number, what, wanted, got)


def span(us, narrow=False):
    """A span of time as the ladder writes it: whole units, cut off and not rounded. Side by side it has less room."""
    if narrow and 100000 <= us < 1000000:
        return f"{us // 1000} ms"
    if us < 1000:
        return f"{us} us"
    if us < 1000000:
        return f"{us // 1000} ms" if us % 1000 == 0 else f"{us // 1000}.{us % 1000 // 100} ms"
    if us % 1000000 == 0 or us >= 100000000:
        return f"{us // 1000000} s"
    return f"{us // 1000000}.{us % 1000000 // 10000:02d} s"


def read_events(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


ROW = re.compile(r"^(?P<left>.*?) (?:<-*|-+) (?P<label>[A-Z,]+(?: (?:seq|ack|len)=\d+)*) -+[>x]? +(?P<right>.*?) *"
                 r"\+(?P<time>[\d.]+ (?:us|ms|s))$")


def read_ladder(path):
    """A list of ladders, one for each connection, of rows. Two may stand side by side."""
    ladders, beside = [], []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if "on the wire  " in line:  # the title; prose has one blank
                ladders.append([])
            if line.startswith("the kernel's connect() ") and "by hand" in line:
                ladders, beside = [[], []], [0, 1]
            halves = line.rstrip("\n").split(" | ") if beside else [line.rstrip("\n")]
            for at, half in enumerate(halves):
                row = ROW.match(half)
                if row and ladders:
                    ladders[beside[at] if beside else -1].append(row.groupdict() | {"narrow": bool(beside)})
    return ladders


def state_text(event, end):
    state = event[end + "_state"]
    return state if event[end + "_state_proved"] else f"({state})"


def check_label(number, event, label):
    words = label.split(" ")
    same("ladder", number, "flags", ",".join(flag for flag in ORDER if flag in event["flags"]), words[0])
    # Where no SYN has said from where to count, as in a RST that refuses, the ladder has the number itself.
    seq = event["seq"] if event["seq_relative"] is None else event["seq_relative"]
    wanted = {"seq": seq, "ack": event["ack_relative"], "len": event["data"]["bytes"]}
    for word in words[1:]:
        name, value = word.split("=")
        same("ladder", number, name, wanted[name], int(value))


def check_ladder(segments, ladders):
    numbers = sorted({event["connection"] for event in segments})
    same("ladder", "-", "connections", len(numbers), len(ladders))
    for number, rows in zip(numbers, ladders):
        mine = [event for event in segments if event["connection"] == number]
        same("ladder", "-", f"segments of connection {number}", len(mine), len(rows))
        for at, (event, row) in enumerate(zip(mine, rows), 1):
            check_label(at, event, row["label"])
            same("ladder", at, "time", span(event["at_us"] - mine[0]["at_us"], row["narrow"]), row["time"])
            if event["client_state"]:
                same("ladder", at, "client", state_text(event, "client"), (row["left"].split() or [""])[-1])
            if event["event"] == "seen" and row["right"]:
                same("ladder", at, "server", state_text(event, "server"), row["right"])


def read_capture(path):
    names = ["frame.time_epoch", "frame.len", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len",
             "tcp.flags", "tcp.window_size_value", "tcp.checksum", "tcp.options", "frame.comment"]
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-Y", "tcp && !icmp && !icmpv6"]
    for name in names:
        command += ["-e", name]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [dict(zip(names, line.split("\t"))) for line in out.splitlines()]


def check_capture(segments, packets):
    same("capture", "-", "packets", len(segments), len(packets))
    for at, (event, packet) in enumerate(zip(segments, packets), 1):
        wanted = {
            "frame.time_epoch": f"{event['time']['s']}.{event['time']['ns']:09d}",
            "frame.len": str(event["wire_bytes"]),
            "tcp.srcport": str(event["tcp"]["source_port"]),
            "tcp.dstport": str(event["tcp"]["destination_port"]),
            "tcp.seq_raw": str(event["seq"]),
            "tcp.ack_raw": str(event["tcp"]["acknowledgment_number"]),
            "tcp.len": str(event["data"]["bytes"]),
            "tcp.flags": f"0x{sum(BITS[flag] for flag in event['flags']):04x}",
            "tcp.window_size_value": str(event["tcp"]["window"]),
            "tcp.checksum": f"0x{event['tcp']['checksum']:04x}",
            "tcp.options": "".join(option["hex"] for option in event["options"]),
        }
        for name, value in wanted.items():
            same("capture", at, name, value, packet[name])
        if not event["sentence"] or event["sentence"] not in packet["frame.comment"]:
            differ("capture", at, "comment", event["sentence"], packet["frame.comment"])


class Page(html.parser.HTMLParser):
    """The data-* attributes of whatever has data-number: the segments; and all cells of tables."""

    def __init__(self):
        super().__init__()
        self.segments = []
        self.rows = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "data-number" in attributes:
            self.segments.append(attributes)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def check_page(segments, path):
    page = Page()
    with open(path, encoding="utf-8") as text:
        page.feed(text.read())
    same("page", "-", "segments", len(segments), len(page.segments))
    for at, (event, shown) in enumerate(zip(segments, page.segments), 1):
        wanted = {
            "data-seq": str(event["seq"]),
            "data-ack": str(event["tcp"]["acknowledgment_number"]),
            "data-len": str(event["data"]["bytes"]),
            "data-flags": str(sum(BITS[flag] for flag in event["flags"])),
            "data-window": str(event["tcp"]["window"]),
            "data-checksum": str(event["tcp"]["checksum"]),
            "data-wall-ns": f"{event['time']['s']}{event['time']['ns']:09d}",
            "data-at-us": str(event["at_us"]),
            "data-number": str(event["number"]),
        }
        for name, value in wanted.items():
            same("page", at, name, value, shown.get(name))


SOCKET_ROW = re.compile(r"^ (\w+)" + 3 * r" +(\S+(?: [um]?s)?)" + r"[* ] (.*)$")


def joined(cells):
    return " ".join("".join(text.split()).rstrip("*") for text in cells)


def cell(name, value):
    """A value of the kernel's socket as a table writes it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return span(value) if name in ("rtt", "rto") else str(value)


def check_sockets(events, ladder, page):
    """The ladder has the first table, the page all of them."""
    sockets = [event["rows"] for event in events if event["event"] == "socket"]
    shown = Page()
    with open(page, encoding="utf-8") as text:
        shown.feed(text.read())
    with open(ladder, encoding="utf-8") as text:
        lines = [found.groups() for found in map(SOCKET_ROW.match, text) if found]
    for at, rows in enumerate(sockets):
        for row in rows:
            name = row["name"]
            wanted = [name] + [cell(name, row[column]) for column in ("by_hand", "before", "after")]
            found = [line[:4] for line in lines if line[0] == name and line[4] == row["meaning"]]
            if at == 0:
                same("ladder", "-", "socket", [joined(wanted)], [joined(line) for line in found])
            tables = [joined(cells[:4]) for cells in shown.rows if len(cells) > 3 and cells[0].strip() == name]
            same("page", "-", f"socket {at + 1}", joined(wanted), tables[at] if at < len(tables) else None)


def main():
    ladder, lines, capture, page = sys.argv[1:]
    events = read_events(lines)
    segments = [event for event in events if event["event"] in SHOWN]
    if not segments:
        sys.exit("agree: there is no segment")
    check_ladder(segments, read_ladder(ladder))
    check_capture([event for event in segments if event["event"] in CAUGHT], read_capture(capture))
    check_page(segments, page)
    check_sockets(events, ladder, page)
    for difference in differences:
        print(difference)
    print(f"agree: {len(segments)} segments, {len(differences)} differences")
    sys.exit(1 if differences else 0)


main()
