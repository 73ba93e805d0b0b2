# SPDX-License-Identifier: MIT
#
# The table of docs/programs.md: written from a run, and compared with it. Used by programs.py.
import os
import re

from catalogue import HERE

PAGE = os.path.join(HERE, '../../docs/programs.md')
MARKED = re.compile(r'(<!-- table -->\n)(.*?)(<!-- end -->\n)', re.S)
HEAD = ('| program | what it does | connections | the opening | output, files, status | its `connect()` |\n'
        '|---|---|---|---|---|---|\n')


def row(program, connections):
    """Of one that has been found the same in all that is compared."""
    cells = [program['what'], program['does'], str(connections if program['connections'] else 'several'),
             'the same, and all that follows, to the last segment' if program['whole'] else 'the same', 'the same',
             'does not block (1)' if program['held'] else 'blocks']
    return '| ' + ' | '.join(cells) + ' |\n'


def text():
    with open(PAGE) as page:
        return page.read()


def difference(rows):
    """None, or what is to be done."""
    found = MARKED.search(text())
    if found and found.group(2) == HEAD + ''.join(rows):
        return None
    return 'docs/programs.md has another table: make programs-doc\n' + HEAD + ''.join(rows)


def write(rows):
    whole = MARKED.sub(lambda m: m.group(1) + HEAD + ''.join(rows) + m.group(3), text())
    with open(PAGE, 'w') as page:
        page.write(whole)
