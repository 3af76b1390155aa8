# SPDX-License-Identifier: BSD-2-Clause
"""The confusion matrix as an SVG: rows are true, columns were said, the right cells are framed."""

from xml.sax.saxutils import escape

CELL_WIDTH, CELL_HEIGHT, LEFT, TOP = 46, 30, 190, 190
SIDES = ("external", "infra", "internal", "unknown", "none")


def _order(name):
    side = name.split("/")[0]
    return (SIDES.index(side) if side in SIDES else len(SIDES), name)


def _shade(share, right, verdict):
    """From white to full colour: green where it is right, grey where nothing was claimed, red where
    it is wrong."""
    full = (200, 60, 50) if verdict not in ("unknown", "none") else (110, 110, 120)
    full = (46, 139, 87) if right else full
    red, green, blue = (round(255 + (channel - 255) * share ** 0.7) for channel in full)
    return f"#{red:02x}{green:02x}{blue:02x}", "white" if share > 0.6 else "#222"


def _is_right(truth, verdict):
    return verdict == "none" if truth == "nothing" else verdict == truth


def _text(x, y, words, more=""):
    return f'<text x="{x}" y="{y}" {more}>{escape(str(words))}</text>'


def _cell(row, column, count, total, right, verdict):
    x, y = LEFT + column * CELL_WIDTH, TOP + row * CELL_HEIGHT
    frame = ' stroke="#2e8b57" stroke-width="2"' if right else ' stroke="#ddd"'
    fill, ink = _shade(count / total, right, verdict) if count else ("#fff", "#222")
    box = (f'<rect x="{x + 1}" y="{y + 1}" width="{CELL_WIDTH - 2}" height="{CELL_HEIGHT - 2}" '
           f'fill="{fill}"{frame}/>')
    if not count:
        return box
    return box + _text(x + CELL_WIDTH / 2, y + 20, count, f'text-anchor="middle" fill="{ink}"')


def matrix_svg(matrix, title):
    """The drawing, as a text. matrix: truth → verdict → count."""
    truths = sorted(matrix, key=_order)
    said = {verdict for row in matrix.values() for verdict in row}
    verdicts = sorted(said | {name for name in truths if name != "nothing"} | {"none"}, key=_order)
    width = LEFT + len(verdicts) * CELL_WIDTH + 90
    height = TOP + len(truths) * CELL_HEIGHT + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" '
             'fill="#222">', f'<rect width="{width}" height="{height}" fill="#fff"/>',
             _text(16, 28, title, 'font-size="17" font-weight="bold"'),
             _text(LEFT - 10, TOP - 10, "true ↓   said →",
                   'fill="#666" font-size="12" text-anchor="end"')]
    for column, verdict in enumerate(verdicts):
        x = LEFT + column * CELL_WIDTH + CELL_WIDTH / 2 + 4
        parts.append(_text(x, TOP - 8, verdict, f'transform="rotate(-45 {x} {TOP - 8})"'))
    for row, truth in enumerate(truths):
        total = sum(matrix[truth].values())
        parts.append(_text(LEFT - 10, TOP + row * CELL_HEIGHT + 20, truth, 'text-anchor="end"'))
        for column, verdict in enumerate(verdicts):
            parts.append(_cell(row, column, matrix[truth].get(verdict, 0), total,
                               _is_right(truth, verdict), verdict))
        parts.append(_text(LEFT + len(verdicts) * CELL_WIDTH + 10, TOP + row * CELL_HEIGHT + 20,
                           f"of {total}", 'fill="#666" font-size="12"'))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
