#!/bin/sh
# A socket after a connect() made by hand, beside one after the kernel's own (sockets.py). Prints TAP for tests/run.
exec tests/programs/inside.sh tests/programs/sockets.py
