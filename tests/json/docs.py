#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/json.md against the schema and the program.

    docs.py lines     each example is a line that the schema allows, and the page names every key there is
    docs.py recipes   each recipe prints, in the current directory, what the page shows
"""
import json
import os
import re
import subprocess
import sys

import check

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Of these the page says that they are every field of the headers.
FIELD_OBJECTS = {"ipv4", "ipv6", "tcp"}


def read(name):
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as file:
        return file.read()


def keys(schema):
    for key, sub in schema.get("properties", {}).items():
        yield key
        yield from keys(sub)
    for sub in schema.get("oneOf", []) + [schema.get("items", {})]:
        if sub:
            yield from keys(sub)


def lines(page):
    schema = json.loads(read("events.schema.json"))
    shown = set()
    for block in re.findall(r"^```json\n(.*?)^```$", page, re.S | re.M):
        event = check.parse(block)
        error = check.check(schema, schema, event)
        if error:
            sys.exit(f"docs/json.md: {error}")
        shown.add(event["event"])
    kinds = {name for sub in schema["$defs"].values() for name in sub.get("properties", {}).get("event", {}).get("enum", [])}
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.S | re.M)
    words = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`[^`]+`", prose))))
    for name in kinds:
        if not re.search(rf"^### .*\b{name}\b", page, re.M):
            sys.exit(f"docs/json.md has no heading for '{name}'")
    for definition, sub in schema["$defs"].items():
        for key in set(keys(sub)) - words if definition not in FIELD_OBJECTS else []:
            sys.exit(f"docs/json.md does not name '{key}'")
    print(f"{len(shown)} of {len(kinds)} kinds have a line, which is valid")
    if len(shown) < 16:
        sys.exit("that is too few")


def recipes(page):
    count = 0
    for block in re.findall(r"^```\n(\$ jq .*?)^```$", page, re.S | re.M):
        command, _, expected = block.partition("\n")
        done = subprocess.run(["sh", "-c", command[2:]], capture_output=True, text=True, check=False)
        count += 1
        if done.stdout != expected or done.stderr:
            sys.exit(f"{command}\n--- the page shows\n{expected}--- it prints\n{done.stdout}{done.stderr}")
    if count == 0:
        sys.exit("docs/json.md has no recipes")
    print(f"{count} recipes print what docs/json.md shows")


if __name__ == "__main__":
    {"lines": lines, "recipes": recipes}[sys.argv[1]](read("json.md"))
