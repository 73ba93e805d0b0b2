# SPDX-License-Identifier: MIT
#
# A server that speaks first: a banner that names the client's address, then "you said" and what came, until the client
# has no more, or says "bye". speaker.py PORT
import os
import socket
import socketserver
import sys


class Speaker(socketserver.StreamRequestHandler):
    def handle(self):
        host, port = self.client_address[:2]
        self.wfile.write(f'you are {host.removeprefix("::ffff:")}\n'.encode())
        for line in self.rfile:
            self.wfile.write(b'you said ' + line)
            if line == b'bye\n':
                return


class Server(socketserver.ThreadingTCPServer):
    address_family, allow_reuse_address, daemon_threads, request_queue_size = socket.AF_INET6, True, True, 128

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


Server(('::', int(sys.argv[1])), Speaker).serve_forever()
