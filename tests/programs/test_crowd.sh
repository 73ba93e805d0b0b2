#!/bin/sh
# A thousand connections under one `rawshake run`, and ports that come round again (crowd.py). Prints TAP for tests/run.
exec tests/programs/inside.sh tests/programs/crowd.py
