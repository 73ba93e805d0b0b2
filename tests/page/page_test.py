#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The illustrated connection in a real browser. Prints TAP. Usage: page_test.py PAGE...
#
# Every page that is named is a run's; the tests hold for each. They look at what a person meets: nothing on the console,
# nothing loaded; each segment opens; a byte and its field light each other, by pointer, focus and keyboard; a narrow
# screen scrolls one way only; light and dark can be read; without the script it is still a page; it prints.
import base64
import os
import re
import sys
import traceback
from html.parser import HTMLParser

from browser import DOWN, ENTER, RIGHT, TAB, UP, Browser

VOID = {'meta', 'br', 'hr', 'img', 'input', 'link'}


class Structure(HTMLParser):
    """Every element that is opened is closed, in order; ids are there once; links within the page lead somewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.scripts = [], [], [], 0
        self.feed(text)
        self.close()
        assert not self.open, 'left open: %s' % self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        self.scripts += tag == 'script'
        if 'id' in attributes:
            self.ids.append(attributes['id'])
        if attributes.get('href', '').startswith('#'):
            self.links.append(attributes['href'][1:])
        for name in attributes:
            assert not name.startswith('on') and name not in ('src', 'style'), '%s in %s' % (name, tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, '%s closes %s, in line %d' % (tag, self.open[-1:], self.getpos()[0])
        self.open.pop()


def is_well_formed(browser, page):
    with open(page, encoding='utf-8') as file:
        text = file.read()
    s = Structure(text)
    assert s.scripts == 1, s.scripts
    assert len(set(s.ids)) == len(s.ids), 'an id stands there twice'
    assert s.links and set(s.links) <= set(s.ids), set(s.links) - set(s.ids)


def opens_without_a_message(browser, page):
    browser.console()
    browser.open(page)
    browser.run("document.querySelectorAll('.seg').forEach(s => { s.open = true; })")
    assert browser.console() == []
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.run("return document.documentElement.className") == 'js', 'the script did not run'
    assert browser.run("return document.querySelectorAll('.seg').length") > 0


def each_segment_opens(browser, page):
    browser.open(page)
    browser.click('button[data-do=close]')
    count = browser.run("return document.querySelectorAll('.seg').length")
    for at in range(count):
        shown = "return document.querySelectorAll('.seg')[%d].querySelector('.body').checkVisibility()" % at
        assert not browser.run(shown)
        browser.run("const s = document.querySelectorAll('.seg > summary')[arguments[0]];"
                    "s.scrollIntoView({block: 'center', behavior: 'instant'}); s.id = 'here'", at)
        browser.click('#here')
        assert browser.run(shown), 'segment %d stays closed' % (at + 1)
        browser.run("document.getElementById('here').removeAttribute('id')")
    browser.click('button[data-do=close]')
    assert browser.run("return document.querySelectorAll('.seg[open]').length") == 0
    browser.click('button[data-do=open]')
    assert browser.run("return document.querySelectorAll('.seg[open]').length") == count


def all_bytes_have_fields(browser, page):
    browser.open(page)
    wrong = browser.run("""
        const wrong = [];
        for (const segment of document.querySelectorAll('.seg')) {
            const rows = new Set([...segment.querySelectorAll('.fields tr[data-f]')].map(row => row.dataset.f));
            const cells = new Set([...segment.querySelectorAll('.cell')].map(cell => cell.dataset.f));
            const tied = new Set();
            for (const byte of segment.querySelectorAll('.hex b')) {
                const tokens = (byte.dataset.f || '').split(' ');
                tokens.forEach(token => tied.add(token));
                if (!tokens.every(token => rows.has(token) && cells.has(token))) wrong.push(byte.title);
            }
            for (const row of rows) if (!tied.has(row)) wrong.push(`no byte has ${row}`);
        }
        return wrong;""")
    assert wrong == [], wrong[:5]


# What is lit now: the bytes' places, and the names of rows.
LIT = """return {
    bytes: [...document.querySelectorAll('.seg[open] .hex b')].flatMap((b, at) => b.matches('.lit') ? [at] : []),
    rows: [...document.querySelectorAll('.fields tr.lit th')].map(th => th.textContent),
    cells: [...document.querySelectorAll('.cell.lit')].length,
    told: document.querySelector('.seg[open] .readout').textContent }"""


def only_first_open(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('.seg').forEach((s, at) => { s.open = at === 0; })")
    browser.run("document.querySelectorAll('.seg[open] .more').forEach(more => { more.open = true; })")
    browser.run("""document.querySelectorAll('.seg[open] .hex b').forEach((b, at) => { b.id = `byte${at}`; });
        document.querySelectorAll('.seg[open] .fields tr[data-f]').forEach(row => {
            row.id = row.cells[0].textContent.replaceAll(' ', '-'); });""")
    return browser.run("return document.querySelector('.seg[open] .hex b').textContent") == '60'


def pointing_lights_both_ways(browser, page):
    tcp = 40 if only_first_open(browser, page) else 20
    browser.hover('#byte%d' % (tcp + 5))
    lit = browser.run(LIT)
    assert lit['bytes'] == [tcp + 4, tcp + 5, tcp + 6, tcp + 7] and lit['rows'] == ['Sequence Number'], lit
    assert lit['cells'] == 1 and lit['told'].startswith('Sequence Number'), lit
    browser.hover('#Checksum')
    lit = browser.run(LIT)
    assert lit['bytes'] == [tcp + 16, tcp + 17] and lit['rows'] == ['Checksum'], lit
    browser.hover('#byte%d' % (tcp + 13))
    assert browser.run(LIT)['rows'] == ['CWR', 'ECE', 'URG', 'ACK', 'PSH', 'RST', 'SYN', 'FIN']
    browser.hover('h1')
    assert browser.run(LIT)['bytes'] == []


def focus_and_tap_light_both_ways(browser, page):
    tcp = 40 if only_first_open(browser, page) else 20
    browser.run("document.getElementById('Window').focus()")
    lit = browser.run(LIT)
    assert lit['bytes'] == [tcp + 14, tcp + 15] and lit['rows'] == ['Window'], lit
    browser.click('#byte%d' % (tcp + 2))
    lit = browser.run(LIT)
    assert lit['bytes'] == [tcp + 2, tcp + 3] and lit['rows'] == ['Destination Port'], lit


def keyboard_alone_is_enough(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('.seg').forEach(s => { s.open = false; })")
    where = "return document.activeElement.matches(arguments[0])"
    for _ in range(200):
        browser.press(TAB)
        if browser.run(where, '.seg > summary'):
            break
    assert browser.run(where, '.seg:first-of-type > summary'), 'Tab does not reach the segments'
    browser.press(DOWN)
    assert browser.run("return document.activeElement.parentElement.dataset.step") == '2'
    browser.press(UP, ENTER)
    assert browser.run("return document.querySelector('.seg').open")
    for _ in range(60):
        browser.press(TAB)
        if browser.run(where, '.hex b'):
            break
    browser.press(*[RIGHT] * 8)
    assert browser.run("return document.activeElement.title").startswith('byte 8:')
    browser.press(DOWN)
    assert browser.run("return document.activeElement.title").startswith('byte 24:')
    lit = browser.run(LIT)
    assert lit['bytes'] and lit['cells'] and lit['rows'], lit
    browser.press('n')
    assert browser.run("return document.activeElement.parentElement.dataset.step") == '2'


def code_and_segments_go_together(browser, page):
    browser.open(page)
    first = '.connection .code li[data-f] a'
    if browser.run("return document.querySelector(arguments[0]) === null", first):
        assert os.path.basename(page) == 'lab.html', 'no line leads to a segment' # an experiment's script is not Python
        return
    step = browser.run("return document.querySelector(arguments[0]).textContent", first)
    browser.click('button[data-do=close]')
    browser.click(first)
    assert browser.becomes("return document.querySelector('.seg[data-step=\"%s\"]').open" % step)
    assert browser.becomes("return document.querySelectorAll('.connection .code li.now').length > 0")
    assert browser.becomes("return document.querySelectorAll('.connection:first-of-type .machine g.now').length == 2")


def a_phone_scrolls_one_way(browser, page):
    for width in (390, 320):
        browser.size(width, 800)
        browser.open(page)
        browser.run("document.querySelectorAll('details').forEach(s => { s.open = true; })")
        wide = browser.run("return document.documentElement.scrollWidth")
        assert wide <= width, '%d wide on a screen of %d' % (wide, width)
    browser.size(1440, 1000)


CONTRAST = """
    const number = text => text.match(/[\\d.]+/g).map(Number);
    const bright = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
    const behind = e => { for (; e; e = e.parentElement) {
        const colour = number(getComputedStyle(e).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour; } return [255, 255, 255]; };
    const poor = new Map();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const e = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || e.closest('svg, script') || !e.checkVisibility()) continue;
        const style = getComputedStyle(e), opacity = Number(style.opacity), back = behind(e);
        const front = number(style.color).slice(0, 3).map((v, at) => v * opacity + back[at] * (1 - opacity));
        const [light, dark] = [bright(front), bright(back)].sort((a, b) => b - a);
        const ratio = (light + .05) / (dark + .05);
        if (ratio < 4.5) poor.set(`${e.tagName}.${e.className}`, ratio.toFixed(2));
    }
    return [...poor];"""


def light_and_dark_can_be_read(browser, page):
    backgrounds = []
    for scheme in ('light', 'dark'):
        browser.scheme(scheme)
        browser.open(page)
        browser.run("document.querySelectorAll('details').forEach(s => { s.open = true; })")
        poor = browser.run(CONTRAST)
        assert poor == [], (scheme, poor)
        backgrounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    browser.scheme('light')
    assert backgrounds[0] != backgrounds[1]


def reads_without_a_script(browser, page):
    browser.devtools('Emulation.setScriptExecutionDisabled', value=True)
    try:
        browser.open(page)
        html = browser.devtools('Runtime.evaluate', returnByValue=True,
                                expression="document.documentElement.className")['result']['value']
        assert html == '', html
        evaluate = lambda what: browser.devtools('Runtime.evaluate', returnByValue=True, expression=what)['result']['value']
        assert not evaluate("document.querySelector('button').checkVisibility()"), 'a button that does nothing'
        box = evaluate("(() => { const s = document.querySelectorAll('.seg > summary')[1]; s.scrollIntoView("
                       "{block: 'center', behavior: 'instant'}); const r = s.getBoundingClientRect();"
                       "return [r.x + 20, r.y + r.height / 2]; })()")
        for kind in ('mousePressed', 'mouseReleased'):
            browser.devtools('Input.dispatchMouseEvent', type=kind, x=box[0], y=box[1], button='left', clickCount=1)
        assert evaluate("document.querySelectorAll('.seg')[1].open")
        assert evaluate("document.querySelectorAll('.seg')[1].querySelector('.fields').checkVisibility()")
    finally:
        browser.devtools('Emulation.setScriptExecutionDisabled', value=False)


def prints(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('.seg').forEach(s => { s.open = false; })")
    pdf = base64.b64decode(browser.devtools('Page.printToPDF', printBackground=True)['data'])
    pages = len(re.findall(rb'/Type\s*/Page\b', pdf))
    count = browser.run("return document.querySelectorAll('.seg').length")
    assert pages > count, '%d pages for %d segments: they were not opened on paper' % (pages, count)


def strange_text_is_text(browser, page):
    browser.open(page)
    text = browser.run("return document.body.textContent")
    assert '<script>alert(1)</script>' in text
    assert browser.run("return document.scripts.length") == 1


TESTS = [is_well_formed, opens_without_a_message, each_segment_opens, all_bytes_have_fields, pointing_lights_both_ways,
         focus_and_tap_light_both_ways, keyboard_alone_is_enough, code_and_segments_go_together, a_phone_scrolls_one_way,
         light_and_dark_can_be_read, reads_without_a_script, prints]


def main():
    pages = sys.argv[1:]
    status, count = 0, 0
    print('1..%d' % (len(TESTS) * len(pages) + 1))
    with Browser() as browser:
        browser.size(1440, 1000)
        browser.scheme('light')
        for page in pages:
            tests = TESTS + ([strange_text_is_text] if page == pages[0] else [])
            for test in tests:
                count += 1
                name = '%s (%s)' % (test.__name__, os.path.basename(page))
                try:
                    test(browser, page)
                    print('ok %d - %s' % (count, name), flush=True)
                except Exception:
                    print(''.join('# %s\n' % line for line in traceback.format_exc().splitlines()), end='')
                    print('not ok %d - %s' % (count, name), flush=True)
                    status = 1
    return status


if __name__ == '__main__':
    sys.exit(main())
