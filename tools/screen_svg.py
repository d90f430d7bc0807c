#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A screen as an SVG: what `tmux capture-pane -e -p` prints, on standard input.

usage: screen_svg.py COLUMNS [CURSOR_ROW CURSOR_COLUMN] > picture.svg
"""
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

CELL, LINE, SIZE, MARGIN = 8.4, 18, 14, 10
BACK, FORE, DIM = "#1b1e24", "#d5d8de", "#7d838f"
COLOURS = {31: "#f07178", 33: "#ffcb6b", 36: "#7fd1e0"}


def width(c):
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.bold = self.dim = self.reverse = self.underline = False
        self.colour = None

    def take(self, numbers):
        for n in numbers or [0]:
            if n == 0:
                self.reset()
            elif n == 1:
                self.bold = True
            elif n == 2:
                self.dim = True
            elif n == 4:
                self.underline = True
            elif n == 7:
                self.reverse = True
            elif n == 22:
                self.bold = self.dim = False
            elif n == 24:
                self.underline = False
            elif n == 27:
                self.reverse = False
            elif n == 39:
                self.colour = None
            elif n in COLOURS:
                self.colour = COLOURS[n]

    def fill(self):
        if self.reverse:
            return BACK
        return self.colour or (DIM if self.dim else FORE)


def cells(line, style):
    """(column, columns, text, fill, bold, box) of each run of one look."""
    runs, column = [], 0
    for code, char in re.findall(r"\x1b\[([0-9;]*)m|(.)", line):
        if not char:
            style.take([int(n) for n in code.split(";") if n])
            continue
        w = width(char)
        look = (style.fill(), style.bold, style.reverse, style.underline)
        last = runs[-1] if runs else None
        # A wide one stands alone: fonts differ in how wide they make it.
        if last and w < 2 and last[3] == look and not last[4]:
            last[1] += w
            last[2] += char
        elif w or last:
            runs.append([column, w, char, look, w == 2])
        column += w
    return runs


def main():
    columns = int(sys.argv[1])
    cursor = tuple(map(int, sys.argv[2:4])) if len(sys.argv) > 3 else None
    lines = sys.stdin.read().rstrip("\n").split("\n")
    wide = columns * CELL + 2 * MARGIN
    high = len(lines) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" '
        f'height="{high}" viewBox="0 0 {wide:.0f} {high}" '
        f"font-family=\"'DejaVu Sans Mono', 'Liberation Mono', Menlo, "
        f'Consolas, monospace" font-size="{SIZE}">',
        f'<rect width="100%" height="100%" rx="6" fill="{BACK}"/>',
    ]
    style = Style()
    for row, line in enumerate(lines):
        for column, w, text, look, _ in cells(line, style):
            fill, bold, reverse, underline = look
            x, y = MARGIN + column * CELL, MARGIN + row * LINE
            if reverse:
                out.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{w * CELL:.1f}" '
                    f'height="{LINE}" fill="{FORE}"/>')
            if not text.strip():
                continue
            extra = ' font-weight="bold"' if bold else ""
            extra += ' text-decoration="underline"' if underline else ""
            out.append(
                f'<text x="{x:.1f}" y="{y + LINE - 5}" fill="{fill}"{extra} '
                f'textLength="{w * CELL:.1f}" lengthAdjust="spacingAndGlyphs" '
                f'xml:space="preserve">{escape(text)}</text>')
    if cursor:
        x, y = MARGIN + cursor[1] * CELL, MARGIN + cursor[0] * LINE
        out.append(f'<rect x="{x:.1f}" y="{y}" width="{CELL}" height="{LINE}" '
                   f'fill="{FORE}"/>')
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
