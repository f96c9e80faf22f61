#!/usr/bin/env python3
"""Reads the golden QR codes in core/tests/vectors/qr/ as a camera's software would.

PNG is read by Pillow, the code by ZXing, Base45 by the package `base45`, zlib by Python. SVG and the
terminal's letters are painted here. What must come out is the envelope that went in.
"""

import json
import random
import re
import sys
import zlib
from pathlib import Path

import base45
import zxingcpp
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "core" / "tests" / "vectors"
# How an envelope begins in a text, and what then stands before it in memory: a CBOR tag or nothing.
TAGS = {0x84: b"\xd2", 0x83: b"\xd0", 0x82: b"", 0x50: b""}
MARGIN = 4
INFLATED = 8 * 1024

passed = failed = 0


def check(what, holds):
    """Counts one check."""
    global passed, failed
    if holds:
        passed += 1
        print(f"ok     {what}")
    else:
        failed += 1
        print(f"FAILED {what}")


def read(picture):
    """Returns text and level of the only code in a picture, dark on light; None when there is none."""
    found = zxingcpp.read_barcodes(picture, try_invert=False)
    if len(found) != 1 or found[0].format != zxingcpp.BarcodeFormat.QRCode:
        return None
    return found[0].text, found[0].ec_level


def envelope(text):
    """Returns the envelope in a text, by docs/formats.md."""
    if not text.startswith("PMW1:"):
        raise ValueError("another prefix")
    sent = base45.b45decode(text[5:])
    if sent[0] == 0x78:
        stream = zlib.decompressobj()
        sent = stream.decompress(sent, INFLATED)
        if not stream.eof or stream.unused_data:
            raise ValueError("not one stream of at most 8 kB")
    return TAGS[sent[0]] + sent


def stained(picture, code):
    """Returns the picture with a stain on 3 % of the modules; `code` is what of a side is no margin."""
    grey, middle, edge = picture.convert("L"), picture.width // 2, round(picture.width * code * 0.03 ** 0.5)
    grey.paste(255, (middle, middle, middle + edge, middle + edge))
    return grey


def noisy(picture, seed):
    """Returns the picture as a cheap camera sees it: enlarged, turned a little, blurred by scaling, grey."""
    random.seed(seed)
    grey = picture.convert("L").resize((picture.width * 3, picture.height * 3), Image.Resampling.BILINEAR)
    grey = grey.rotate(random.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return grey.point([40 + level * 3 // 5 for level in range(256)])


def png(code):
    name, side = code["name"], 17 + 4 * code["version"] + 2 * MARGIN
    with Image.open(VECTORS / "qr" / f"{name}.png") as picture:
        picture.load()
    check(f"{name}: one bit a pixel, {side} modules a side",
          picture.mode == "1" and picture.size == (side * code["scale"], side * code["scale"]))
    check(f"{name}: ZXing reads its text, level M", read(picture) == (code["text"], "M"))
    check(f"{name}: the text is the envelope", envelope(code["text"]).hex() == code["envelope"])
    check(f"{name}: read with a stain", read(stained(picture, 1 - 2 * MARGIN / side)) == (code["text"], "M"))
    check(f"{name}: read turned, blurred and pale", read(noisy(picture, name)) == (code["text"], "M"))


def paint(modules):
    """Returns a picture of rows of booleans, true where it is dark, eight pixels each."""
    picture = Image.new("L", (len(modules[0]), len(modules)))
    picture.putdata([0 if dark else 255 for row in modules for dark in row])
    return picture.resize((picture.width * 8, picture.height * 8), Image.Resampling.NEAREST)


def svg(code):
    text = (VECTORS / "qr" / f"{code['name']}.svg").read_text("utf-8")
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', text)[1])
    modules = [[False] * side for _ in range(side)]
    white, black = re.findall(r'<path(?: fill="#(?:fff)")? d="([^"]*)"/>', text)
    for x, y, run, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", black):
        for column in range(int(x), int(x) + int(run)):
            modules[int(y)][column] = run == back
    check(f"{code['name']}: white ground under the SVG", white == f"M0 0h{side}v{side}H0z")
    check(f"{code['name']}: its SVG is read", read(paint(modules)) == (code["text"], "M"))


def terminal(code, theme, letter_is_dark):
    lines = (VECTORS / "qr" / f"{code['name']}.{theme}.txt").read_text("utf-8").splitlines()
    halves = {" ": (False, False), "▀": (True, False), "▄": (False, True), "█": (True, True)}
    rows = [[halves[letter][half] == letter_is_dark for letter in line] for line in lines for half in (0, 1)]
    check(f"{code['name']}: on a {theme} terminal it is read", read(paint(rows)) == (code["text"], "M"))


def main():
    codes = json.loads((VECTORS / "qr.json").read_text("utf-8"))["codes"]
    check("ten codes, and a picture of each",
          len(codes) == 10 and len(list((VECTORS / "qr").glob("*.png"))) == len(codes))
    for code in codes:
        png(code)
        if (VECTORS / "qr" / f"{code['name']}.svg").exists():
            svg(code)
            terminal(code, "light", True)
            terminal(code, "dark", False)
    check("each way of sending is there",
          {code["envelope"][:2] for code in codes} == {"d2", "d0", "82", "50"}
          and any(base45.b45decode(code["text"][5:])[0] == 0x78 for code in codes))
    check("the largest is version 25", max(code["version"] for code in codes) == 25)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
