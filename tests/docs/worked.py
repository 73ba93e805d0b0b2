# SPDX-License-Identifier: MIT
"""Does what docs/lab.md says of adding an experiment: its file, its two lines, then each version of its script.

    worked.py WORK    compiles every version in the directory WORK, links it with the objects that stand, and plays the
                      last one, as it is and as a control
"""
import json
import os
import re
import shutil
import subprocess
import sys

BUILD, WORK = os.environ.get("BUILD", "build"), sys.argv[1]


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def write(name, text):
    with open(os.path.join(WORK, name), "w", encoding="utf-8") as out:
        out.write(text)


def blocks():
    """(what the block is for, its code): "" for the experiment's own file."""
    page = read("docs/lab.md")
    return re.findall(r"^```c ?([a-z.]*)\n(.*?)^```$", page[page.index("# How to add an experiment"):], re.S | re.M)


def add_two_lines(found):
    lines = {name: code for name, code in found if name}
    write("src/lab/experiments.h", read("src/lab/experiments.h").replace("\n#endif", "\n" + lines["experiments.h"] + "\n#endif"))
    write("src/lab/course.c", re.sub(r"(?=    // Closing)", lines["course.c"], read("src/lab/course.c"), count=1))
    for name in ("experiments.h", "course.c"):
        if "lab_keep_alive" not in read(os.path.join(WORK, "src/lab", name)):
            sys.exit(f"src/lab/{name} has no place for it any more")


def compiled(name):
    """With the flags that everything was built with, but this directory's files of the lab."""
    flags = read(os.path.join(BUILD, "flags")).split()
    at = flags.index("-iquote")
    out = os.path.join(WORK, name + ".o")
    subprocess.run([*flags[:at], "-iquote", WORK + "/src", *flags[at:], "-c", "-o", out, f"{WORK}/src/lab/{name}.c"], check=True)
    return out


def objects():
    for folder, _, files in os.walk("src"):
        library = os.path.basename(folder) in ("wire", "tcp")
        for file in files:
            if file.endswith(".c") and file != "course.c" and not library:
                yield os.path.join(BUILD, folder, file[:-2] + ".o")


def link(others):
    program = os.path.join(WORK, "rawshake")
    flags = [word for word in read(os.path.join(BUILD, "flags")).split() if word not in ("-MMD", "-MP")]
    subprocess.run([*flags, "-o", program, *objects(), *others, os.path.join(BUILD, "librawshake.a")], check=True)
    return program


def claims(program, *words):
    done = subprocess.run([program, "lab", "keep-alive", *words, "--json"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return done.returncode, [e for e in events if e["event"] == "evidence"]


def main():
    os.makedirs(os.path.join(WORK, "src"), exist_ok=True)
    shutil.copytree("src/lab", os.path.join(WORK, "src/lab"))
    found = blocks()
    add_two_lines(found)
    course = compiled("course")
    first, *later = [code for name, code in found if not name]
    for script in [None, *later]:
        text = first if script is None else re.sub(r"^static void .*?^}\n", lambda _: script, first, flags=re.S | re.M)
        write("src/lab/keepalive.c", text)
        experiment = compiled("keepalive")
    program = link([course, experiment])
    status, evidence = claims(program)
    if status != 0 or len(evidence) < 4 or not all(e["holds"] for e in evidence):
        sys.exit(f"as it is: status {status}\n{evidence}")
    status, evidence = claims(program, "--control")
    if status != 1 or any(e["holds"] != e["either_way"] for e in evidence):
        sys.exit(f"the control: status {status}\n{evidence}")
    print(f"{1 + len(later)} versions compile, and the last one holds")


main()
