# SPDX-License-Identifier: MIT
#
# Runs what a reader of README.md, of the tutorial from its second part on and of the lab's first page would type, in
# this order and in one directory, since later commands read what earlier ones have written: every ```sh block, and
# every ./rawshake that stands in a line of its own or between backticks. And every sentence in the tutorial's blocks
# of output must be one that the program says today, numbers aside. Left out are those that need root, a second
# terminal, or words in the place of names. Called by test_commands.sh; prints TAP.
import os
import re
import shutil
import subprocess
import sys
import tempfile

FAILS_ON_PURPOSE = {'./rawshake demo --no-guard': 1, './rawshake compare --mss 1000': 1, './rawshake lab --all --control': 1,
                    './rawshake run -- python3 client.py': 1, './rawshake run --private -- curl -s http://10.0.0.1/': 7}
LEFT_OUT = re.compile(r'sudo|\b(COMMAND|HOST|PORT|FILE|NAME|PROGRAM)\b|[<>]|\.\.\.|keep-alive|run --step'
                      r'|\./rawshake (connect|serve|listen|watch|(?!read|demo|compare|lab|run))')
TOOLS = ('tshark', 'jq', 'curl', 'strace')


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def python_blocks(tutorial):
    return re.findall(r'```python\n(.*?)```', tutorial, re.S)


# A block is one script.
def commands_of_tutorial(second_part):
    for found in re.finditer(r'```sh\n(.*?)```|`(\./rawshake [^`]+)`', second_part, re.S):
        yield found[1] or ' '.join(found[2].split())


def commands_of_readme(readme):
    for found in re.finditer(r'^    (\./rawshake .*?)(?:  .*)?$|`(\./rawshake [^`]+)`', readme, re.M):
        yield found[1] or ' '.join(found[2].split())


def wanted(command):
    return command.startswith('unshare') or not LEFT_OUT.search(command)


# The capture that the tutorial has from tcpdump: several connections in one file, as pcapng allows it.
def other_capture(work):
    with open(os.path.join(work, 'web.pcap'), 'wb') as out:
        for _ in range(4):
            out.write(subprocess.run([os.environ['RAWSHAKE'], 'demo', '-q', '--kernel', '-w', '-'], check=True,
                                     stdout=subprocess.PIPE, timeout=120).stdout)


# A reader waits until a server stands; half a second may be too short where many tests run at once. And whoever tests as
# root is not to send anything into the machine's own network.
def careful(command):
    return re.sub(r'/rawshake run (?!--private)', '/rawshake run --private ', re.sub(r'sleep [0-9.]+', 'sleep 2', command))


def plain(text):
    return ' '.join(re.sub(r'[0-9a-f]*[0-9][0-9a-f]*', '0', text).split())


# Whole sentences of prose in blocks of output. A line with an arrow, a table's columns or a heading is none.
def sentences_of(second_part):
    no_prose = re.compile(r'.*(──|->>|^ *Note |\S   +\S|, (to|from) the server).*|\S.*\.\.\.')
    for language, block in re.findall(r'^```(\w*)\n(.*?)^```$', second_part, re.S | re.M):
        prose = '\n'.join('|' if no_prose.fullmatch(line) else line for line in block.splitlines() if not language)
        for part in prose.split('|'):
            for sentence in re.findall(r'(?:^| )([A-Z](?:(?!\. ).)*\.)(?= |$)', plain(part)):
                if len(sentence.split()) > 4:
                    yield sentence


# What depends on chance may not have been said in this run; then the program must know it.
def is_said(sentence, said, program):
    return sentence in said or sentence.split(': ', 1)[-1].encode() in program


def report_sentences(number, second_part, outputs):
    said = plain('\n'.join(outputs))
    with open(os.environ['RAWSHAKE'], 'rb') as file:
        program = file.read()
    stale = [s for s in dict.fromkeys(sentences_of(second_part)) if not is_said(s, said, program)]
    print(''.join(f'# nobody says: {sentence}\n' for sentence in stale), end='')
    print(f"{'not ok' if stale else 'ok'} {number} - the tutorial quotes what the program says")
    return not stale


def run(command, work):
    done = subprocess.run(['sh', '-c', 'set -e\n' + careful(command)], cwd=work, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    expected = FAILS_ON_PURPOSE.get(command.strip(), 0)
    return done.returncode == expected, f'status {done.returncode}\n' + done.stdout.decode(errors='replace')


def report(number, command, work, outputs):
    name = ' '.join(command.split())[:90].replace('#', '')
    missing = [tool for tool in TOOLS if re.search(rf'\b{tool}\b', command) and not shutil.which(tool)]
    if missing:
        print(f'ok {number} - {name} # SKIP no {missing[0]} here')
        return True
    good, output = run(command, work)
    outputs.append(output)
    if not good:
        print('\n'.join('# ' + line for line in output.splitlines()[-30:]))
    print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
    return good


def prepare(work, tutorial):
    os.symlink(os.environ['RAWSHAKE'], os.path.join(work, 'rawshake'))
    client, server = python_blocks(tutorial)[:2]
    others = re.findall(r'ave this as `(\w+\.py)`:\n\n```python\n(.*?)```', tutorial, re.S)
    for name, text in [*others, ('client.py', client), ('server.py', server)]:
        with open(os.path.join(work, name), 'w', encoding='utf-8') as out:
            out.write(text)
    other_capture(work)


def main():
    tutorial = text_of('docs/tutorial.md')
    second_part = tutorial[tutorial.index('\n# The second part'):]
    lab = text_of('docs/lab.md')
    commands = [*commands_of_tutorial(second_part), *commands_of_readme(text_of('README.md')), *commands_of_tutorial(lab),
                *commands_of_readme(lab)]
    commands = [c for c in commands if wanted(c)]
    commands = list(dict.fromkeys(commands))
    outputs = []
    print(f'1..{len(commands) + 1}', flush=True)
    with tempfile.TemporaryDirectory() as work:
        prepare(work, tutorial)
        results = [report(number, command, work, outputs) for number, command in enumerate(commands, 1)]
    results.append(report_sentences(len(commands) + 1, second_part, outputs))
    sys.exit(0 if all(results) else 1)


main()
