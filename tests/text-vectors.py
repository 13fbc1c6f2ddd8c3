# SPDX-License-Identifier: MIT
# text-vectors.py - what Python's text layer makes of random texts and bytes.
#
# usage: text-vectors.py SEED CASES >FILE
#
# A line is: W or R, encoding, errors, newline, and two or three fields in hex,
# each of them between marks so that it may be empty.
#	W: the text, as UTF-8 with surrogates; the file that Python writes; and
#	   after ! what was written before an error
#	R: the file; the text that Python reads, after ! if an error follows
import os
import random
import re
import sys
import tempfile

random.seed(int(sys.argv[1]))
cases = int(sys.argv[2])
path = os.path.join(tempfile.gettempdir(), "vector")

UNICODE = ["utf-8", "utf8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be",
           "utf-32", "utf-32-le", "utf-32-be"]
SINGLE = ["latin-1", "cp1252", "ascii", "iso8859_15", "koi8-r"]
DOUBLE = ["shift_jis", "euc_jp", "gb18030", "iso2022_jp", "gbk", "euc_kr",
          "big5"]
HANDLERS = ["strict", "ignore", "replace", "backslashreplace",
            "xmlcharrefreplace", "surrogateescape"]
NEWLINES = [None, "", "\n", "\r", "\r\n"]

ascii_letters = [chr(i) for i in range(32, 127)] + ["\t"]
accents = [chr(i) for i in range(0xa1, 0x180)]
kana = [chr(i) for i in range(0x3041, 0x3094)] + \
       [chr(i) for i in range(0x30a1, 0x30f7)]
han = [chr(i) for i in range(0x4e00, 0x9fa6)]
hangul = [chr(i) for i in range(0xac00, 0xd7a4)]
cyrillic = [chr(i) for i in range(0x410, 0x450)]
high = [chr(i) for i in list(range(0x10000, 0x10080)) +
        list(range(0x1f600, 0x1f640)) + list(range(0x20000, 0x20080))]
odd = ["\u20ac", "\u00ff", "\ufffd", "\ufeff", "\U0010ffff", "\ue000",
       "\U000e0041", "\u0301"]
ends = ["\n", "\n", "\r", "\r\n", "\n\n"]


# Tables of Python and iconv differ in a few signs, never in these. Hangul
# that EUC-KR lacks is spelt out in jamo by Python alone.
def repertoire(encoding):
    def has(letter):
        try:
            data = letter.encode(encoding)
            return data.decode(encoding) == letter and \
                (encoding != "euc_kr" or len(data) < 3)
        except UnicodeError:
            return False
    groups = [kana, han, hangul, cyrillic, high]
    if encoding == "big5":
        groups = [han]
    if encoding not in DOUBLE:
        groups += [accents, odd]
    return [[c for c in random.sample(group, min(400, len(group))) if has(c)]
            for group in groups] + [ascii_letters]


def some_text(groups, foreign):
    groups = [group for group in groups if group]
    text = ""
    for _ in range(random.randrange(0, 12)):
        group = random.choice(groups)
        text += "".join(random.choice(group)
                        for _ in range(random.randrange(1, 9)))
        if random.random() < 0.5:
            text += random.choice(ends)
        if foreign and random.random() < 0.3:
            text += random.choice(foreign)
    return text


def as_hex(data):
    return "<" + data.hex() + ">"


def shown(newline):
    return {None: "none", "": "empty", "\n": "lf", "\r": "cr",
            "\r\n": "crlf"}[newline]


def emit(kind, encoding, errors, newline, *fields):
    print(kind, encoding, errors, shown(newline), *fields)


def utf8(text):
    return text.encode("utf-8", "surrogatepass")


def python_writes(text, encoding, errors, newline):
    with open(path, "w", encoding=encoding, errors=errors,
              newline=newline) as file:
        file.write(text)
    with open(path, "rb") as file:
        return file.read()


def written(encoding, errors, newline, text):
    if not text:
        return
    try:
        data = python_writes(text, encoding, errors, newline)
        emit("W", encoding, errors, newline, as_hex(utf8(text)), as_hex(data))
    except UnicodeError:
        good = 0
        while True:
            try:
                text[:good + 1].encode(encoding, errors)
            except UnicodeError:
                break
            good += 1
        data = python_writes(text[:good], encoding, errors, newline)
        if not good:
            data = b""
        emit("W", encoding, errors, newline, as_hex(utf8(text)),
             "!" + as_hex(data))


def encode_mark(encoding, size):
    return [b""] if not size else [
        "\ufeff".encode(encoding + order) for order in ("-le", "-be")]


def before_error(data, encoding, errors):
    if encoding == "utf-8-sig" and data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        encoding = "utf-8"
    try:
        return data.decode(encoding, errors)
    except UnicodeDecodeError as problem:
        return data[:problem.start].decode(encoding, errors)


def read(encoding, errors, newline, data):
    # Half a mark is dropped in silence by Python, which is not copied.
    if encoding == "utf-8-sig" and data in (b"\xef", b"\xef\xbb"):
        return
    def ended(text):
        return re.sub("\r\n?", "\n", text) if newline is None else text
    with open(path, "wb") as file:
        file.write(data)
    mark = ""
    try:
        with open(path, encoding=encoding, errors=errors,
                  newline=newline) as file:
            text = file.read()
    except (UnicodeError, TypeError) as problem:
        mark = "!"
        text = ""
        # A handler that cannot read makes a TypeError of the first error.
        handler = "strict" if isinstance(problem, TypeError) else errors
        mark_size = {"utf-16": 2, "utf-32": 4}.get(encoding, 0)
        marked = encode_mark(encoding, mark_size)
        if len(data) < mark_size or data[:mark_size] in marked:
            text = ended(before_error(data, encoding, handler))
    emit("R", encoding, errors, newline, as_hex(data), mark + as_hex(utf8(text)))


def spoiled(data):
    data = bytearray(data)
    for _ in range(random.randrange(1, 4)):
        where = random.randrange(len(data) + 1)
        kind = random.randrange(4)
        if kind == 0:
            data[where:where] = bytes([random.randrange(256)])
        elif kind == 1:
            del data[where:where + 1]
        elif kind == 2:
            data[where:where + 1] = bytes([random.randrange(128, 256)])
        else:
            del data[where:]
    return bytes(data)


for encoding in UNICODE + SINGLE + DOUBLE:
    groups = repertoire(encoding)
    foreign = ["\udc80", "\udcff", "\U0001f600", "\U000e0041", "\udcc3\udca9"]
    if encoding in UNICODE:
        foreign = ["\udc80", "\ud800", "\udfff"]
    elif encoding in SINGLE:
        foreign += ["\u4e00", "\u0416"]
    foreign = [c for c in foreign if encoding != "gb18030" or len(c) > 1 or
               0xd800 <= ord(c) < 0xe000]
    for _ in range(cases):
        newline = random.choice(NEWLINES)
        text = some_text(groups, [])
        written(encoding, "strict", newline, text)
        read(encoding, "strict", random.choice(NEWLINES),
             text.encode(encoding))
        for errors in HANDLERS:
            newline = random.choice(NEWLINES)
            written(encoding, errors, newline, some_text(groups, foreign))
            if encoding not in DOUBLE:
                read(encoding, errors, newline,
                     spoiled(some_text(groups, []).encode(encoding)))
os.unlink(path)
