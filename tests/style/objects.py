"""What the compiled files of a build define and use: circles between files, and names that leave a file."""
import pathlib
import subprocess

import layers

# Kinds of nm for symbols that other files can see. Weak and local symbols do not count.
EXPORTED = "TDBRC"


class Object:
    """One object file: the symbols it exports and those it takes from elsewhere."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.name.removesuffix(".o")
        self.defined, self.undefined = set(), set()
        for line in subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout.splitlines():
            words = line.split()
            if words[-2] == "U":
                self.undefined.add(words[-1])
            elif words[-2] in EXPORTED:
                self.defined.add(words[-1])


def folders(build):
    """{folder of sources: its objects} for the libraries and programs below src/ and mountd/ of a build."""
    found = {}
    for target in sorted([*pathlib.Path(build, "src").glob("**/*.p"), *pathlib.Path(build, "mountd").glob("*.p")]):
        folder = target.parent.name
        found.setdefault(folder, []).extend(Object(path) for path in sorted(target.glob("*.o")))
    return found


def uses(objects):
    """{file: {file it takes symbols from: the symbols}} within one folder."""
    owner = {symbol: each.name for each in objects for symbol in each.defined}
    graph = {each.name: {} for each in objects}
    for each in objects:
        for symbol in sorted(each.undefined):
            if owner.get(symbol, each.name) != each.name:
                graph[each.name].setdefault(owner[symbol], []).append(symbol)
    return graph


def reached(graph, start):
    """All nodes that a walk from `start` along the arrows comes to."""
    seen, waiting = set(), list(graph[start])
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(graph[node])
    return seen


def circles(graph):
    """The sets of nodes that reach each other, sorted; nothing when the graph has no circle."""
    reach = {node: reached(graph, node) for node in graph}
    found = {tuple(sorted(other for other in graph if other in reach[node] and node in reach[other]))
             for node in graph if node in reach[node]}
    return sorted(found)


def circle_texts(objects):
    """One line for each arrow of each circle."""
    graph = uses(objects)
    for circle in circles(graph):
        for user in circle:
            for owner, symbols in sorted(graph[user].items()):
                if owner in circle:
                    yield f"{user} -> {owner}: {' '.join(symbols)}"


def unprefixed(folder, objects):
    """Exported symbols that show neither the project nor the folder they come from."""
    allowed = ("tfs_", layers.prefix_of(folder))
    for each in objects:
        for symbol in sorted(each.defined):
            if not symbol.startswith(allowed) and symbol != "main" and not symbol.startswith("_"):
                yield f"{each.name}: {symbol}"
