# SPDX-License-Identifier: MIT
"""The pages of the lab's course, docs/lab.md and docs/lab/*.md, and the program: one text.

    lab.py write    fills in what comes from the program (make lab-doc)
    lab.py words    are questions, choices and answers on the pages those of the program? Sends nothing
    lab.py runs     does what the pages show still happen? Plays every experiment

What a person has written stands between marks, and stays. What a mark asks for stands behind it, up to "end":

    <!-- course -->                       a table of all experiments
    <!-- questions: NAME NAME ... -->     the sheet to hand out
    <!-- answers: NAME NAME ... -->       what came out, and why; each with a run of its own
    <!-- run: lab closed-port -->         what this command prints; with `from: WORDS`, from the line that has them on
    <!-- end -->

Of a run that is shown, ports and times mean nothing. Compared are the evidence that was expected, and which segments
went which way. A run on a page that still agrees is left as it is.
"""
import concurrent.futures
import fcntl
import functools
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RAWSHAKE = os.environ.get("RAWSHAKE", os.path.join(ROOT, "rawshake"))
PAGES = ["docs/lab.md", "docs/lab/opening.md", "docs/lab/talking.md", "docs/lab/closing.md"]
MARK = re.compile(r"(<!-- (course|questions|answers|run)(?:: ([^>]*))? -->\n)(.*?)(<!-- end -->\n)", re.S)
COLUMNS, WRAP, PATIENCE_S, AT_ONCE = 80, 118, 60, 6
# Where the table of evidence has its columns, on a screen of 80 (src/view/narrator_lab.c).
PLACE, EXPECTED, SEEN = 1, 22, 49


# ---- the program

@functools.lru_cache(maxsize=None)
def course():
    lines = subprocess.run([RAWSHAKE, "lab", "--json"], check=True, stdout=subprocess.PIPE, timeout=PATIENCE_S).stdout
    return {e["name"]: e for e in map(json.loads, lines.decode("ascii").splitlines())}


def on_a_terminal(words):
    """What a command prints on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    child = subprocess.Popen([RAWSHAKE, *words, "--color", "never"], stdin=subprocess.DEVNULL, stdout=theirs,
                             stderr=subprocess.STDOUT, env=dict(os.environ, LC_ALL="C.UTF-8"))
    os.close(theirs)
    out = b""
    try:
        while piece := os.read(ours, 65536):
            out += piece
    except OSError:  # EIO: the last who had the other side has gone
        pass
    os.close(ours)
    child.wait(PATIENCE_S)
    return out.decode().replace("\r\n", "\n")


@functools.lru_cache(maxsize=None)
def play(name):
    """An experiment's run: what was printed, and as its record has them the evidence and its author's sentences."""
    with tempfile.NamedTemporaryFile() as record:
        printed = on_a_terminal(["lab", name, "--json=" + record.name])
        events = [json.loads(line) for line in record.read().decode().splitlines()]
    sentences = [e["text"] for e in events if e["event"] == "note"] + [e["purpose"] for e in events if e.get("purpose")]
    return printed, [e for e in events if e["event"] == "evidence"], sentences


def play_all(names):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(play, names))


# ---- what is made of it

def markdown(text):
    return re.sub(r"([*<`\[\]]|(?<!\w)_|_(?!\w))", r"\\\1", text)


def prose(text, first="", then=None):
    return textwrap.fill(text, WRAP, initial_indent=first, subsequent_indent=first if then is None else then,
                         break_long_words=False, break_on_hyphens=False) + "\n"


def page_of(e):
    return f"lab/{e['chapter'].lower()}.md"


def anchor(e):
    heading = f"{e['number']}. {e['question']}".lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def course_table():
    rows = "".join(f"| {e['number']} | [{e['name']}]({page_of(e)}#{anchor(e)}) | {markdown(e['question'])} |\n"
                   for e in course().values())
    return "\n| | name | question |\n|---|---|---|\n" + rows + "\n"


def question(e):
    out = f"\n### {e['number']}. {markdown(e['question'])}\n\n"
    out += prose(markdown(e["situation"]))
    out += "\n" + prose(f"*Done differently:* {markdown(e['deviation'])}.")
    out += "\n" + "".join(prose(markdown(choice), f"- {letter}) ", "  ") for letter, choice in zip("abcd", e["choices"]))
    return out + f"\n`rawshake lab {e['name']}`\n"


def answer_before(e):
    right = e["choices"]["abcd".index(e["right"])]
    stop = "" if right[-1] in "?!." else "."
    out = f"\n### {e['number']}. {e['name']}\n\n" + prose(f"**{e['right']}) {markdown(right)}{stop}**")
    for s in e["settings"]:  # not beside the question: it would give the answer away
        out += "\n" + prose(f"*In this network* `{s['name']}` *is {s['value']}:* {markdown(s['effect'])}.")
    return out + "\n"


def answer_after(e):
    differs = "\n" + prose(f"*Linux does otherwise:* {markdown(e['differs'])}") if e["differs"] else ""
    return "\n" + prose(markdown(e["answer"])) + differs + "\n" + prose(f"*{e['section']}*")


# What stands above nearly every ladder: shown once, on the front page.
USUAL = [r"A private network of our own .*", r"it is touched\.", r"server  127\.0\.0\.1:1712    ordinary sockets, listen\(1\)",
         r"client  127\.0\.0\.1:\d+   by hand: our own IP and TCP headers, over a raw socket",
         r"guard   a silent listener holds port \d+, so that our own kernel does not", r" +answer with RST"]


def is_usual(line):
    return any(re.fullmatch(pattern, line) for pattern in USUAL)


def shown_run(printed):
    """The ladder and the evidence, and of the lines above them those that are not always so."""
    lines = printed.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("A private network"))
    ladder = next(i for i, line in enumerate(lines) if re.match(r" .*on the wire .*(since SYN|time)$", line))
    evidence = next(i for i, line in enumerate(lines) if line.startswith(" Evidence"))
    end = evidence + lines[evidence:].index("")
    above = [line for line in lines[begin:ladder] if line and not is_usual(line)]
    return "\n".join(above + [""] * bool(above) + lines[ladder:end]) + "\n"


def block(text):
    return "```\n" + text + "```\n"


def answer(e):
    return answer_before(e) + block(shown_run(play(e["name"])[0])) + answer_after(e)


def run_of(words):
    command, _, start = words.partition(" from: ")
    printed = on_a_terminal(shlex.split(command))
    if start:
        lines = printed.splitlines(True)
        printed = "".join(lines[next(i for i, line in enumerate(lines) if start in line):])
    return "\n" + block(printed.rstrip("\n") + "\n") + "\n"


# ---- what is compared

def joined(words):
    return re.sub(r"\s", "", words)  # where a line was broken tells nothing


def expected_on_page(shown):
    """[place, expected] of each row of the table of evidence."""
    rows = []
    for line in re.split(r"^ +expected +seen\n", shown, flags=re.M)[-1].splitlines():
        if line[PLACE:EXPECTED].strip():
            rows.append([line[PLACE:EXPECTED].strip(), ""])
        rows[-1][1] += joined(line[EXPECTED:SEEN])
    return rows


PLACES = {"on_the_wire": "on the wire", "in_the_kernel": "the server's kernel", "in_the_counters": "its counters",
          "in_the_program": "the server's program", "at_our_end": "our end"}


def expected_in_record(evidence):
    return [[PLACES[e["place"]], joined(e["expected"] + (" (as Linux does)" if e["of_linux"] else ""))] for e in evidence]


def segments(shown):
    """Which flags went which way, and whether they came through. How often depends on time; so it does not count."""
    arrows = re.findall(r"(◀|─|✗)─+ ([A-Z,]+|no flags)\b.*(▶|✗|─) ", shown)
    return {(head, flags, tail) for head, flags, tail in arrows}


def missing(sentences, shown):
    """The first of them that does not stand there, whatever its numbers are."""
    there = joined(re.sub(r"\d", "", shown))
    return next((s for s in sentences if joined(re.sub(r"\d", "", s)) not in there), None)


def difference(name, shown):
    printed, evidence, sentences = play(name)
    if not evidence or not all(e["holds"] for e in evidence):
        return f"{name}: not all of its evidence holds here:\n{printed}"
    if expected_on_page(shown) != expected_in_record(evidence):
        return f"{name}: other evidence:\n{expected_on_page(shown)}\n{expected_in_record(evidence)}"
    if segments(shown) != segments(shown_run(printed)):
        return f"{name}: other segments:\n{segments(shown)}\n{segments(shown_run(printed))}"
    if missing(sentences, shown):
        return f"{name}: another sentence:\n{missing(sentences, shown)}"
    return None


def plain(shown):
    """Without what differs each time, and without the line that tells root from others."""
    kept = [line for line in shown.splitlines() if not re.match(r"A private network|it is touched\.", line)]
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)? (us|ms|s)\b|\b\d{4,5}\b", "0", "\n".join(kept)))


# ---- the pages

def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def blocks_of(kind):
    return [found for page in PAGES for found in MARK.finditer(read(page)) if found[2] == kind]


def names_of(kind):
    return [name for found in blocks_of(kind) for name in found[3].split()]


def refuse_another_course():
    for kind in ("questions", "answers"):
        named, there = names_of(kind), list(course())
        for name in [n for n in named if n not in there]:
            sys.exit(f"docs/lab: the {kind} have '{name}', which is no experiment")
        for name in [n for n in there if n not in named]:
            sys.exit(f"docs/lab: '{name}' is new: put its name where it belongs in the lists of questions and of "
                     f"answers in docs/{page_of(course()[name])}, then 'make lab-doc'")
        if named != there:
            sys.exit(f"docs/lab: the {kind} are not in the course's order:\n{there}")


def answers_on(text):
    """Of a block of answers: name -> the run that it shows."""
    return {name: shown for name, shown in re.findall(r"^### \d+\. (\S+)\n.*?^```\n(.*?)^```$", text, re.S | re.M)}


def still_true(kind, words, old):
    if kind == "run":
        return plain(old) == plain(run_of(words))
    return not difference(words, old)


def filled(found):
    kind, words, old = found[2], found[3] or "", found[4]
    if kind == "course":
        return course_table()
    if kind == "questions":
        return "".join(question(course()[n]) for n in words.split()) + "\n"
    if kind == "run":
        return old if old and still_true(kind, words, old) else run_of(words)
    kept = answers_on(old)
    out = ""
    for name in words.split():
        e, shown = course()[name], kept.get(name)
        agrees = shown and not difference(name, shown)
        out += answer_before(e) + block(shown) + answer_after(e) if agrees else answer(e)
    return out + "\n"


def write():
    refuse_another_course()
    play_all(course())
    texts = {page: MARK.sub(lambda found: found[1] + filled(found) + found[5], read(page)) for page in PAGES}
    for page, text in texts.items():
        with open(os.path.join(ROOT, page), "w", encoding="utf-8") as out:
            out.write(text)


def without_runs(text):
    return re.sub(r"^```\n.*?^```$", "", text, flags=re.S | re.M)


def refuse_other_words(wanted, there, what):
    wanted, there = (re.sub(r"\n{2,}", "\n\n", text) for text in (wanted, there))
    if wanted != there:
        first = next((pair for pair in zip(wanted.splitlines(), there.splitlines()) if pair[0] != pair[1]), ("", ""))
        sys.exit(f"{what}: the program says\n{first[0]}\nthe page\n{first[1]}\n'make lab-doc' writes it anew")


def refuse_unknown_keys():
    page = read("docs/json.md")
    told = set(re.findall(r"`(\w+)`", page[page.index("## The course of the lab"):]))
    for e in course().values():
        for key in {*e, *(key for s in e["settings"] for key in s)} - told:
            sys.exit(f"docs/json.md does not name '{key}' of 'lab --json'")


def words():
    refuse_another_course()
    for found in blocks_of("course") + blocks_of("questions"):
        refuse_other_words(filled(found), found[4], found[2])
    for found in blocks_of("answers"):
        wanted = "".join(answer_before(course()[n]) + answer_after(course()[n]) for n in found[3].split()) + "\n"
        refuse_other_words(wanted, without_runs(found[4]), "answers")
    refuse_unknown_keys()
    print(f"{len(course())} experiments: the pages have the program's words")


def runs():
    play_all(course())
    shown = {name: run for found in blocks_of("answers") for name, run in answers_on(found[4]).items()}
    wrong = [difference(name, shown.get(name, "")) for name in course()]
    for found in blocks_of("run"):
        new = run_of(found[3])
        if plain(new) != plain(found[4]):
            wrong.append(f"{found[3]} prints something else now:\n{new}")
    wrong = [w for w in wrong if w]
    if wrong:
        sys.exit("\n".join(wrong) + "\n'make lab-doc' writes the pages anew")
    print(f"{len(shown)} runs are as the pages show them")


if __name__ == "__main__":
    {"write": write, "words": words, "runs": runs}[sys.argv[1]]()
