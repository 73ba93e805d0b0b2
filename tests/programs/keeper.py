# SPDX-License-Identifier: MIT
#
# A client of store.py that asks three times on one connection. keeper.py PORT
import hashlib
import http.client
import sys

client = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
sockets, digests = set(), []
for size in 1, 1000, 100000:
    client.request('GET', f'/made/{size}')
    sockets.add(client.sock.getsockname())
    digests.append(hashlib.sha256(client.getresponse().read()).hexdigest())
print(len(sockets), 'connection,', len(digests), 'answers:', *digests)
