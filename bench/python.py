# SPDX-License-Identifier: MIT
# python.py - the other side of bench/text.c and bench/spool.c: one command a
# line, answered with the seconds of CPU time that the work itself took.
#
#	load PATH			the text, UTF-8, to be used from now on
#	text ENCODING NEWLINE SHAPE DIR	write it to a temporary file, read it
#					back: two numbers. SHAPE: lines,
#					blocks, or utf-8: blocks that are
#					bytes of UTF-8 before and after
#	spool TIMES SIZE		open, write SIZE bytes, read back, close
import sys
import tempfile
import time

NEWLINES = {"universal": None, "lf": "\n", "crlf": "\r\n"}
BLOCK = 65536
text = ""
pieces = {}


def load(path):
    global text
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    pieces["lines"] = text.splitlines(keepends=True)
    pieces["blocks"] = [text[at:at + BLOCK]
                        for at in range(0, len(text), BLOCK)]
    pieces["utf-8"] = [piece.encode() for piece in pieces["blocks"]]
    return 0.0,


def write(file, shape):
    begin = time.process_time()
    if shape == "utf-8":
        for piece in pieces[shape]:
            file.write(piece.decode())
    else:
        for piece in pieces[shape]:
            file.write(piece)
    file.flush()
    return time.process_time() - begin


def read(file, shape):
    size = 0
    begin = time.process_time()
    file.seek(0)
    if shape == "lines":
        for piece in file:
            size += len(piece)
    elif shape == "utf-8":
        while piece := file.read(BLOCK).encode():
            size += len(piece)
    else:
        while piece := file.read(BLOCK):
            size += len(piece)
    return time.process_time() - begin, size


def work(encoding, newline, shape, directory):
    with tempfile.TemporaryFile("w+", encoding=encoding, dir=directory,
                                newline=NEWLINES[newline]) as file:
        written = write(file, shape)
        taken, size = read(file, shape)
    # \r\n may have become \n.
    if size < len(text) * 0.9:
        sys.exit("what was read is too short")
    return written, taken


def spool(times, size):
    data = b"x" * size
    begin = time.process_time()
    for _ in range(times):
        with tempfile.SpooledTemporaryFile(max_size=2 * size) as file:
            file.write(data)
            file.seek(0)
            if len(file.read(size)) != size:
                sys.exit("what was read is too short")
    return time.process_time() - begin,


for line in sys.stdin:
    words = line.split()
    if words[0] == "load":
        answer = load(words[1])
    elif words[0] == "text":
        answer = work(*words[1:])
    else:
        answer = spool(int(words[1]), int(words[2]))
    print(*answer, flush=True)
