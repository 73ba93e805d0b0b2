# SPDX-License-Identifier: MIT
#
# A headless Chromium, driven by the WebDriver protocol of its chromedriver (https://www.w3.org/TR/webdriver2/) with
# nothing but python3's own library. Used by page_test.py and by screenshot.py.
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'  # the key that WebDriver has for a reference to an element


def is_here():
    return bool(shutil.which('chromedriver') and (shutil.which('chromium') or shutil.which('google-chrome')))


class Browser:
    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix='rawshake-page-')
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True, env=dict(os.environ, HOME=self.profile))
        try:
            for line in self.driver.stdout:
                port = re.search(r'successfully on port (\d+)', line)
                if port:
                    break
            self.base = 'http://127.0.0.1:%s' % port.group(1)
            # Its own sandbox needs what containers do not give; the only page that it will see is ours.
            options = {'args': ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                                '--hide-scrollbars', '--window-size=1440,1000', '--user-data-dir=' + self.profile],
                       'binary': shutil.which('chromium') or shutil.which('google-chrome')}
            wanted = {'alwaysMatch': {'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}
            self.base += '/session/' + self.ask('/session', {'capabilities': wanted})['sessionId']
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.ask('', method='DELETE')
        except Exception:
            pass
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {'Content-Type': 'application/json'},
                                         method=method or ('POST' if data else 'GET'))
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)['value']['message'].split('\n')[0]) from None

    def open(self, path):
        self.ask('/url', {'url': 'file://' + os.path.abspath(path)})

    def run(self, script, *arguments):
        """What a script returns: "return document.title"."""
        return self.ask('/execute/sync', {'script': script, 'args': list(arguments)})

    def becomes(self, script, *arguments):
        """True as soon as the script returns something true: what a click brings about may come a moment later."""
        for _ in range(200):
            if self.run(script, *arguments):
                return True
            time.sleep(.05)
        return False

    def devtools(self, command, **parameters):
        return self.ask('/goog/cdp/execute', {'cmd': command, 'params': parameters})

    def find(self, selector):
        return self.ask('/element', {'using': 'css selector', 'value': selector})

    def click(self, selector):
        self.ask('/element/%s/click' % self.find(selector)[ELEMENT], {})

    def hover(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
        move = {'type': 'pointerMove', 'duration': 0, 'x': 0, 'y': 0, 'origin': self.find(selector)}
        self.ask('/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'actions': [move]}]})

    def press(self, *keys):
        """Keys as WebDriver names them: a character each."""
        actions = [{'type': way, 'value': key} for key in keys for way in ('keyDown', 'keyUp')]
        self.ask('/actions', {'actions': [{'type': 'key', 'id': 'keyboard', 'actions': actions}]})

    def console(self):
        return [entry['message'] for entry in self.ask('/se/log', {'type': 'browser'})]

    def size(self, width, height, scale=1):
        self.devtools('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=scale,
                      mobile=width < 600)

    def scheme(self, name):
        """Light or dark; and nothing moves slowly, so that no test has to wait."""
        self.devtools('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': name},
                                                              {'name': 'prefers-reduced-motion', 'value': 'reduce'}])


TAB, ENTER, RIGHT, LEFT, DOWN, UP = '\ue004', '\ue007', '\ue014', '\ue012', '\ue015', '\ue013'
