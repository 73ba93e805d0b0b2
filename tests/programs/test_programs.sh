#!/bin/sh
# Real programs, without rawshake and under `rawshake run` (programs.py). Prints TAP for tests/run.
exec tests/programs/inside.sh tests/programs/programs.py
