#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Drawings as files: each is XML, stands alone, says what it shows, and keeps what it draws within its frame. Usage:
# drawing_test.py SVG...
import re
import sys
import xml.etree.ElementTree as xml

SVG = '{http://www.w3.org/2000/svg}'
ALLOWED = {'svg', 'title', 'desc', 'style', 'rect', 'path', 'text', 'g'}


def look(name):
    root = xml.parse(name).getroot()
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= ALLOWED, tags - ALLOWED
    assert root.find(SVG + 'title').text and root.find(SVG + 'desc').text
    style = root.find(SVG + 'style').text
    assert 'prefers-color-scheme: dark' in style and 'url(' not in style and '@import' not in style
    left, top, width, height = map(float, root.attrib['viewBox'].split())
    for element in root.iter():
        for attribute in element.attrib:
            assert not attribute.startswith('on') and 'href' not in attribute, attribute
        x, y = (float(element.attrib.get(name, 0)) for name in ('x', 'y'))
        assert 0 <= x <= width and 0 <= y <= height, (element.tag, element.attrib)
        classes = set(element.attrib.get('class', '').split())
        for known in classes:
            assert known in ('step', 'ladder', 'ladders', 'drawing', 'none', 'open', 'opening', 'closing') or \
                re.search(r'\.%s\b' % known, style), 'no style for ' + known
        assert element.tag != SVG + 'rect' or float(element.attrib['height']) > 0


for file in sys.argv[1:]:
    look(file)
