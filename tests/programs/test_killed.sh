#!/bin/sh
# `rawshake run` and its program killed, in all orders; and programs that nobody answers (killed.py). Prints TAP for
# tests/run.
exec tests/programs/inside.sh tests/programs/killed.py
