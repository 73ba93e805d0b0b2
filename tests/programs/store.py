# SPDX-License-Identifier: MIT
#
# An HTTP/1.1 server with keep-alive. GET /made/SIZE has SIZE bytes, always the same; after /once/SIZE it closes. What PUT
# brings is answered with its size and SHA-256. store.py PORT
import hashlib
import http.server
import random
import socket
import sys

PIECE = (1 << 20) + 7  # no multiple of anything: a piece that is lost or comes twice is noticed
BYTES = random.Random(1712).randbytes(PIECE)


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def head(self, size):
        self.send_response(200)
        self.send_header('Content-Length', str(size))
        if self.path.startswith('/once/'):
            self.send_header('Connection', 'close')  # and so it does
        self.end_headers()

    def do_GET(self):
        left = int(self.path.rsplit('/', 1)[1])
        self.head(left)
        while left > 0:
            left -= self.wfile.write(BYTES[:left])

    def do_PUT(self):
        size = left = int(self.headers['Content-Length'])
        if self.headers.get('Expect') == '100-continue':
            self.send_response_only(100)
            self.end_headers()
        digest = hashlib.sha256()
        while left > 0:
            piece = self.rfile.read(min(left, PIECE))
            digest.update(piece)
            left -= len(piece)
        words = f'{size} bytes, {digest.hexdigest()}\n'.encode()
        self.head(len(words))
        self.wfile.write(words)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family, request_queue_size = socket.AF_INET6, 128

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


Server(('::', int(sys.argv[1])), Store).serve_forever()
