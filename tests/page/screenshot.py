#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# A picture of a page, for the README: its beginning, and below it a segment whose bytes are looked at. Usage:
# screenshot.py PAGE PNG [dark]
import base64
import sys

from browser import Browser

WIDTH, BEGINNING, SEGMENT, SCALE = 1400, 976, 690, 0.61


def shoot(browser, height, scale):
    browser.size(WIDTH, height, scale)
    return browser.devtools('Page.captureScreenshot', format='png')['data']


page, png = sys.argv[1:3]
with Browser() as browser:
    browser.size(WIDTH, BEGINNING)
    browser.scheme('dark' if sys.argv[3:] == ['dark'] else 'light')
    browser.open(page)
    browser.run("document.querySelectorAll('.seg').forEach((s, at) => { s.open = at === 3; })")
    browser.run("document.querySelector('.connection').scrollIntoView(); scrollBy(0, -24)")
    pictures = [shoot(browser, BEGINNING, SCALE)]
    browser.size(WIDTH, SEGMENT)
    browser.run("document.querySelectorAll('.seg[open] .rfc')[1].scrollIntoView(); scrollBy(0, -60);"
                "document.querySelector('.seg[open] .hex b[title^=\"byte 25:\"]').focus({preventScroll: true})")
    pictures.append(shoot(browser, SEGMENT, SCALE))
    browser.ask('/url', {'url': 'about:blank'})
    browser.size(int(WIDTH * SCALE), int(BEGINNING * SCALE) + int(SEGMENT * SCALE) + 6)
    browser.run("""document.body.style = 'margin: 0; display: grid; gap: 6px; background: #8b94a1';
        for (const data of arguments[0]) {
            const picture = document.createElement('img');
            picture.src = 'data:image/png;base64,' + data;
            document.body.append(picture); }
        return Promise.all([...document.images].map(picture => picture.decode()))""", pictures)
    shot = browser.devtools('Page.captureScreenshot', format='png')
with open(png, 'wb') as file:
    file.write(base64.b64decode(shot['data']))
