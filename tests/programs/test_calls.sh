#!/bin/sh
# Socket calls made by chance, by the kernel alone and under `rawshake run` (differential.py). Prints TAP for tests/run.
exec tests/programs/inside.sh tests/programs/differential.py
