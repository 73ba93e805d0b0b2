#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The page and the lines of JSON of one run agree to the last number, segment by segment. Usage: agrees.py PAGE JSON
import json
import sys
from html.parser import HTMLParser

FLAGS = {'FIN': 1, 'SYN': 2, 'RST': 4, 'PSH': 8, 'ACK': 16, 'URG': 32, 'ECE': 64, 'CWR': 128}
SEGMENTS = ('sent', 'received', 'seen', 'unsent', 'untaken')


class Segments(HTMLParser):
    """What stands in the data- attributes of each segment, and its bytes."""

    def __init__(self, text):
        super().__init__()
        self.found, self.in_byte = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if 'data-number' in attributes:
            self.found.append({name[5:]: value for name, value in attributes.items() if name.startswith('data-')})
            self.found[-1]['hex'] = ''
        self.in_byte = tag == 'b' and 'title' in attributes

    def handle_data(self, data):
        if self.in_byte:
            self.found[-1]['hex'] += data

    def handle_endtag(self, tag):
        self.in_byte = False


def as_page(event):
    """A segment of the JSON as the page has it."""
    tcp = event['tcp']
    page = {
        'number': event['number'], 'connection': event['connection'], 'kind': event['event'], 'from': event['from'],
        'seq': event['seq'], 'ack': tcp['acknowledgment_number'], 'len': event['data']['bytes'],
        'flags': sum(FLAGS[name] for name in event['flags']), 'window': tcp['window'], 'checksum': tcp['checksum'],
        'urgent': tcp['urgent_pointer'], 'at-us': event['at_us'], 'size': event['captured_bytes'],
        'wall-ns': event['time']['s'] * 10**9 + event['time']['ns'], 'frame': event['frame'] or 0,
        'client': event['client_state'], 'hex': event['ip']['hex'] + tcp['hex'] + event['data']['hex'],
    }
    if event['server_state']:
        page['server'] = event['server_state']
    return {name: str(value) for name, value in page.items()}


with open(sys.argv[1], encoding='utf-8') as page_file, open(sys.argv[2], encoding='utf-8') as json_file:
    ours = Segments(page_file.read()).found
    theirs = [as_page(event) for event in map(json.loads, json_file) if event['event'] in SEGMENTS]
assert len(ours) == len(theirs) > 0, '%d segments in the page, %d in the JSON' % (len(ours), len(theirs))
for one, other in zip(ours, theirs):
    for name, value in other.items():
        assert one[name] == value, 'segment %s: %s is %s in the page, %s in the JSON' % (one['step'], name, one[name], value)
