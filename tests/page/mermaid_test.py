#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Diagrams for Mermaid: each line is one of the few forms of sequenceDiagram that we write, and no text in it has a sign
# that Mermaid would take for its own (https://mermaid.js.org/syntax/sequenceDiagram.html). Usage: mermaid_test.py MMD...
import re
import sys

TEXT = r"(?:[A-Za-z0-9 .,=()\-+'/:]|#[0-9]+;)+"
LINE = re.compile('    (?:participant [CS] as (?:client|server)|'
                  'Note (?:left of C|right of S|over C,S): ' + TEXT + '|'
                  '(?:C(?:->>|--x)S|S(?:->>|--x)C): ' + TEXT + ')')

for name in sys.argv[1:]:
    with open(name, encoding='ascii') as file:
        lines = file.read().split('\n')
    assert lines[0] == 'sequenceDiagram' and lines[-1] == '', name
    messages = 0
    for line in lines[1:-1]:
        assert LINE.fullmatch(line), (name, line)
        messages += line.startswith(('    C-', '    S-'))
    assert messages > 2, name
