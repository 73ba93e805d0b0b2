# SPDX-License-Identifier: MIT
"""Where programs.py, crowd.py and killed.py happen: a directory with what their programs need, servers that are waited
for, and programs that are run and looked at. In a network of its own (inside.sh)."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from catalogue import HERE, PROBES

PATIENCE_S = 120
RAWSHAKE = os.path.realpath(os.environ['RAWSHAKE'])
# Without the capabilities of this network: as a user would.
UNPRIVILEGED = 'setpriv --ambient-caps=-all --inh-caps=-all'


def is_here(tool):
    if tool in PROBES:
        return subprocess.run(['sh', '-c', PROBES[tool]], capture_output=True).returncode == 0
    return shutil.which(tool, path=os.environ['PATH'] + ':/usr/sbin:/sbin')


# ---- the directory

def tutorials_programs(work):
    """Client and server are the first two programs of the tutorial."""
    with open(os.path.join(HERE, '../../docs/tutorial.md')) as text:
        client, server = re.findall(r'```python\n(.*?)```', text.read(), re.S)[:2]
    for name, program in ('client.py', client), ('server.py', server):
        with open(os.path.join(work, name), 'w') as file:
            file.write(program)


def page(work):
    with open(os.path.join(work, 'page'), 'w') as file:
        file.write('a page\n')


def files(work):
    served = os.path.join(work, 'served')
    os.mkdir(served)
    with open(os.path.join(work, 'eight'), 'wb') as file:
        file.write(os.urandom(8 << 20))
    with open(os.path.join(work, 'big'), 'wb') as file:
        piece = os.urandom((1 << 20) + 7)
        while file.tell() < 100 << 20:
            file.write(piece)
        file.truncate(100 << 20)
    return served


def repository(work, served):
    os.environ.update({'GIT_CONFIG_GLOBAL': '/dev/null', 'GIT_CONFIG_SYSTEM': '/dev/null',
                       **{f'GIT_{who}_{what}': 'nobody' for who in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}})
    bare, tree = os.path.join(served, 'repository.git'), os.path.join(work, 'tree')
    for command in (['init', '-q', '-b', 'main', tree], ['-C', tree, 'add', '.'], ['-C', tree, 'commit', '-q', '-m', 'all'],
                    ['clone', '-q', '--bare', tree, bare], ['-C', bare, 'update-server-info']):
        subprocess.run(['git', *command], check=True)
        if command[0] == 'init':
            shutil.copy(os.path.join(work, 'eight'), tree)
            shutil.copy(os.path.join(work, 'page'), tree)


SSHD_CONFIG = '''Port 2222
ListenAddress 127.0.0.1
HostKey {work}/host
PidFile none
UsePAM no
'''


def keys(work):
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', os.path.join(work, 'host')], check=True)
    with open(os.path.join(work, 'sshd_config'), 'w') as file:
        file.write(SSHD_CONFIG.format(work=work))


def make(work, programs=True):
    """What clients and servers find there; without what takes long, if it is for some of them only."""
    os.environ.update(HOME=work, LC_ALL='C', PYTHONDONTWRITEBYTECODE='1')
    page(work)
    if not programs:
        return
    tutorials_programs(work)
    served = files(work)
    if is_here('git'):
        repository(work, served)
    if is_here('ssh-keygen'):
        keys(work)
    if is_here('musl-gcc'):
        subprocess.run(['musl-gcc', '-static', '-O2', '-o', os.path.join(work, 'static'), os.path.join(HERE, 'static.c')],
                       check=True)


# ---- servers

def listens(port):
    for name in '/proc/self/net/tcp', '/proc/self/net/tcp6':
        with open(name) as lines:
            next(lines)
            for line in lines:
                _, local, _, state, *_ = line.split()
                if state == '0A' and int(local.rsplit(':', 1)[1], 16) == port:
                    return True
    return False


class Server:
    """Runs from `with` to its end, with all that it has started."""

    def __init__(self, command, port, work):
        self.command, self.port, self.work = command.format(work=work, here=HERE), port, work

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = self.command and subprocess.Popen(
            ['sh', '-c', 'exec ' + self.command], cwd=self.work, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, start_new_session=True)
        until = time.monotonic() + PATIENCE_S
        while self.process and not listens(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f'{self.command}: does not listen on {self.port}: {self.said()}')
            time.sleep(0.01)
        return self

    def said(self):
        return os.pread(self.log.fileno(), 4000, 0).decode(errors='replace')

    def __exit__(self, *_):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
            self.process.wait()
        self.log.close()


# ---- programs

def sum_of(name):
    digest = hashlib.sha256()
    with open(name, 'rb') as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def files_in(directory):
    """What a program has left behind; git's bookkeeping has times in it."""
    found = {}
    for where, directories, names in os.walk(directory):
        if '.git' in directories:
            directories.remove('.git')
        found.update((os.path.relpath(os.path.join(where, n), directory), sum_of(os.path.join(where, n))) for n in names)
    return found


def run(command, prefix, work):
    """Status, output, errors and files of a client."""
    text = command.replace('CLIENT', prefix).format(work=work, here=HERE)
    with tempfile.TemporaryDirectory(dir=work) as directory:
        done = subprocess.run(['bash', '-o', 'pipefail', '-c', text], cwd=directory, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=PATIENCE_S)
        errors = re.sub(r'after \d+ ms', 'after some ms', done.stderr.decode(errors='replace'))  # curl's
        return dict(status=done.returncode, output=done.stdout.decode(errors='replace'), errors=errors,
                    files=files_in(directory))
