#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds lines of JSON against docs/events.schema.json, with nothing but python3.

    check.py SCHEMA [FILE...]            every line must be valid (standard input without FILE)
    check.py --mutate SCHEMA FILE...     every line must be valid, and no longer so with any one thing about it wrong

It knows the part of JSON Schema that the schema uses, and refuses one that uses more: a keyword that is not looked at
would allow everything.
"""
import copy
import json
import re
import sys

KNOWN = {"$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
         "items", "enum", "oneOf", "minimum", "maximum", "minLength", "pattern"}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return {"object": isinstance(value, dict), "array": isinstance(value, list), "string": isinstance(value, str),
            "boolean": isinstance(value, bool), "null": value is None}[name]


def same(a, b):
    return type(a) is type(b) and a == b


def scan(schema):
    """Refuses keywords that check() does not look at, and objects that allow keys nobody has named."""
    for keyword in schema.keys() - KNOWN:
        sys.exit(f"check.py: the schema uses '{keyword}', which is not looked at")
    if "properties" in schema and schema.get("additionalProperties") is not False:
        sys.exit("check.py: an object of the schema allows keys that it does not name")
    for part in ("properties", "$defs"):
        for sub in schema.get(part, {}).values():
            scan(sub)
    for sub in schema.get("oneOf", []) + [schema[k] for k in ("items",) if k in schema]:
        scan(sub)


def check_object(root, schema, value, where):
    for key in schema.get("required", []):
        if key not in value:
            return f"{where}: '{key}' is missing"
    for key, sub in value.items():
        if key not in schema["properties"]:
            return f"{where}: nobody knows '{key}'"
        error = check(root, schema["properties"][key], sub, f"{where}.{key}")
        if error:
            return error
    return None


def check_one_of(root, choices, value, where):
    errors = [check(root, choice, value, where) for choice in choices]
    if errors.count(None) == 1:
        return None
    if errors.count(None) > 1:
        return f"{where}: fits more than one description"
    # The one that came furthest says most: its complaint is not about which kind of event it is.
    best = [e for e in errors if not re.match(re.escape(where) + r"\.(event|version): ", e)]
    return best[0] if best else errors[0]


def check_value(schema, value, where):
    types = schema.get("type")
    if types and not any(is_type(value, t) for t in ([types] if isinstance(types, str) else types)):
        return f"{where}: {value!r:.60} is not {types}"
    if "enum" in schema and not any(same(value, e) for e in schema["enum"]):
        return f"{where}: {value!r:.60} is none of {schema['enum']}"
    if is_type(value, "integer"):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            return f"{where}: {value} is out of bounds"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0) or not re.search(schema.get("pattern", "").replace("$", r"\Z"), value):
            return f"{where}: {value!r:.60} has not the form that it should have"
    return None


def check(root, schema, value, where="line"):
    """None, or what is wrong with the value."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "oneOf" in schema:
        return check_one_of(root, schema["oneOf"], value, where)
    error = check_value(schema, value, where)
    if not error and isinstance(value, dict) and "properties" in schema:
        error = check_object(root, schema, value, where)
    if not error and isinstance(value, list) and "items" in schema:
        for i, sub in enumerate(value):
            error = error or check(root, schema["items"], sub, f"{where}[{i}]")
    return error


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def no_float(text):
    raise ValueError(f"{text} is not a whole number")


def unique_keys(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f"a key stands there twice: {keys}")
    return dict(pairs)


def parse(line):
    return json.loads(line, parse_constant=no_constant, parse_float=no_float, object_pairs_hook=unique_keys)


def places(value, path=()):
    """The path to every value in a line."""
    yield path
    if isinstance(value, (dict, list)):
        for key, sub in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(sub, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def wrong_for(value):
    """A value of another type, where no field of ours takes both."""
    if value is None:
        return []
    return 1 if isinstance(value, (str, list)) else "1"


def mutations(event):
    """Copies of a good line, each with one thing wrong about it, and what that is."""
    for path in places(event):
        if isinstance(at(event, path), dict):
            changed = copy.deepcopy(event)
            at(changed, path)["surplus"] = 1
            yield changed, f"a surplus key in {path}"
        if path:
            changed = copy.deepcopy(event)
            at(changed, path[:-1])[path[-1]] = wrong_for(at(event, path))
            yield changed, f"another type at {path}"
        if is_type(at(event, path), "integer"):
            changed = copy.deepcopy(event)
            at(changed, path[:-1])[path[-1]] = -1
            yield changed, f"a negative number at {path}"
    for key in event:
        # These belong to some of the events of their kind alone.
        if key in ("message", "more", "taken_bytes") or (event["event"] == "server" and key in ("client", "data")):
            continue
        if event["event"] == "ignored" and key in ("flags", "seq", "seq_relative", "ack", "ack_relative", "ip", "tcp",
                                                   "window_shift", "window_bytes", "checksum", "checksum_doubted",
                                                   "options", "options_malformed", "data", "hex"):
            continue
        yield {k: v for k, v in event.items() if k != key}, f"'{key}' missing"


def main(arguments):
    mutate = arguments[:1] == ["--mutate"]
    arguments = arguments[mutate:]
    with open(arguments[0], encoding="utf-8") as file:
        schema = json.load(file)
    scan(schema)
    lines, kinds, wrong = 0, set(), 0
    for name in arguments[1:] or ["/dev/stdin"]:
        with open(name, "rb") as file:
            for number, line in enumerate(file, 1):
                lines += 1
                try:
                    event = parse(line.decode("utf-8"))
                    error = None if line.endswith(b"\n") else "the line has no end"
                    error = error or check(schema, schema, event)
                except ValueError as problem:
                    error = str(problem)
                if error:
                    sys.exit(f"{name}:{number}: {error}")
                kinds.add(event["event"])
                for changed, what in mutations(event) if mutate else []:
                    wrong += 1
                    if not check(schema, schema, changed):
                        sys.exit(f"{name}:{number}: valid in spite of {what}")
    if lines == 0:
        sys.exit("check.py: nothing was there to be checked")
    print(f"{lines} lines are valid, of {len(kinds)} kinds" + (f"; {wrong} changes were noticed" if mutate else ""))


if __name__ == "__main__":
    main(sys.argv[1:])
