#!/usr/bin/python3
"""Draws docs/architecture.svg: the folders as boxes, an arrow from each folder to those it includes.

    docs/draw-architecture.py          writes docs/architecture.svg; needs graphviz's dot

The arrows come from the #include lines, the texts from the table in docs/architecture.md. An arrow that follows
from two others is left out. tests/style checks that the picture is up to date.
"""
import html
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
sys.path.insert(0, str(ROOT / "tests" / "style"))

import layers  # noqa: E402
from check import Tree  # noqa: E402

ROW = re.compile(r"^\| `(?:src/)?(\w+)/(?:tenantfs/)?` \| (.+?) \| (.+?) \|$", re.M)
WIDTH = 30  # characters of a line in a box


def includes(root):
    """{folder: the folders whose headers it includes}"""
    found = {}
    for path, source in Tree(root).c_files():
        layer = layers.layer_of(path)
        if layer is None:
            continue
        used = found.setdefault(layer, set())
        for _, _, name in source.includes():
            folder, _, header = name.partition("/")
            owner = layers.OWNER.get(header) if folder == "tenantfs" else folder
            if owner in layers.ALLOWED and owner != layer:
                used.add(owner)
    return found


def reach(graph, start):
    seen, waiting = set(), list(graph.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(graph.get(node, ()))
    return seen


def arrows(graph):
    """The transitive reduction of the graph, sorted: (user, used)."""
    return sorted((user, used) for user, all_used in graph.items() for used in all_used
                  if not any(used in reach(graph, other) for other in all_used - {used}))


def texts():
    """{folder: (what it does, the foreign library it sees)} from the table of docs/architecture.md."""
    table = (ROOT / "docs" / "architecture.md").read_text()
    return {folder: (role, "" if library == "–" else library) for folder, role, library in ROW.findall(table)}


def wrap(text):
    lines = [""]
    for word in text.replace("`", "").split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def box(folder, role, library):
    lines = "".join(f'{html.escape(line)}<br align="left"/>' for line in wrap(role))
    below = f'<tr><td align="left"><font color="#8a5a00">{html.escape(library)}</font></td></tr>' if library else ""
    return (f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="2">'
            f'<tr><td align="left"><b>{folder}</b></td></tr>'
            f'<tr><td align="left" balign="left">{lines}</td></tr>{below}</table>>')


def dot(graph, described):
    lines = ["digraph architecture {", "rankdir=TB; nodesep=0.25; ranksep=0.45; bgcolor=white;",
             'node [shape=box, style="rounded,filled", fillcolor="#f4f7fb", color="#5b6b7f", '
             'fontname="Helvetica", fontsize=11];', 'edge [color="#5b6b7f", arrowsize=0.7];']
    for folder in sorted(graph):
        lines.append(f"{folder} [label={box(folder, *described[folder])}];")
    lines += [f"{user} -> {used};" for user, used in arrows(graph)]
    return "\n".join([*lines, "}"])


def drawn():
    """(boxes, arrows) of the picture as it is: graphviz names each in a <title>."""
    titles = [html.unescape(title) for title in re.findall(r"<title>(.*?)</title>", PICTURE.read_text())]
    pairs = sorted(tuple(title.split("->")) for title in titles if "->" in title)
    return sorted(title for title in titles if "->" not in title and title != "architecture"), pairs


def main():
    graph = includes(ROOT)
    picture = subprocess.run(["dot", "-Tsvg"], input=dot(graph, texts()), check=True, capture_output=True, text=True)
    PICTURE.write_text(picture.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
