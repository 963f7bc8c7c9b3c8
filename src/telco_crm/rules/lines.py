"""Where in a TOML text a key is set, which the parser of the standard library does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|\n|[\[\]{}=,.]|[^\s\[\]{}=,.#\"']+",
    re.DOTALL,
)


def line_of(path: str, text: str) -> int | None:
    """The line on which `path` is set (a.b.c; the entries of arrays by number, from 0), or what it is part of."""
    best, line = "", None
    for place, at in key_lines(text):
        if (place == path or path.startswith(place + ".")) and len(place) > len(best):
            best, line = place, at
    return line


def key_lines(text: str) -> Iterator[tuple[str, int]]:
    """Every table, key and entry of an array in a TOML text that is well-formed: its path and line."""
    reading = _Reading()
    pieces, line = PIECE.findall(text), 1
    for at, piece in enumerate(pieces):
        if not piece.startswith("#") and (found := reading.take(piece, pieces[at + 1 : at + 2])):
            yield found, line
        line += piece.count("\n")


@dataclass
class _Open:
    """A table or array that was begun: its path, and for an array the number of the entry and whether one may begin."""

    path: str
    entry: int | None = None
    waits: bool = True


@dataclass
class _Reading:
    """What is known of a TOML text up to a piece."""

    stack: list[_Open] = field(default_factory=lambda: [_Open("")])
    counts: dict[str, int] = field(default_factory=dict)  # last entry of each array of tables
    key: list[str] = field(default_factory=list)
    header: list[str] | None = None  # pieces of the [header] that is being read
    is_value: bool = False
    named: str = ""  # what the next [ or { belongs to

    def take(self, piece: str, following: list[str]) -> str | None:
        """Go on by a piece; the path that it names, if it does."""
        inner = self.stack[-1]
        if self.header is not None:
            return self._header(piece, following)
        if piece in ("]", "}"):
            self.stack.pop()
        elif piece == "," or (piece == "\n" and len(self.stack) == 1):
            inner.waits, self.key, self.is_value = True, [], False
        elif piece != "\n":
            return self._entry(inner, piece) if inner.entry is not None else self._part(inner, piece)
        return None

    def _part(self, inner: _Open, piece: str) -> str | None:
        """A piece of a key, or of its value, in a table."""
        if self.is_value:
            self._open(piece)
        elif piece == "=":
            self.named = ".".join(filter(None, [inner.path, *self.key]))
            self.is_value = True
            return self.named
        elif piece == "[":
            self.header = []
        elif piece != ".":
            self.key.append(piece.strip("\"'"))
        return None

    def _entry(self, inner: _Open, piece: str) -> str | None:
        if not inner.waits or inner.entry is None:
            return None
        inner.entry, inner.waits = inner.entry + 1, False
        self.named = f"{inner.path}.{inner.entry}"
        self._open(piece)
        return self.named

    def _open(self, piece: str) -> None:
        if piece in ("[", "{"):
            self.stack.append(_Open(self.named, -1 if piece == "[" else None))
            self.key, self.is_value = [], False

    def _header(self, piece: str, following: list[str]) -> str | None:
        if piece != "]":
            self.header = [*(self.header or []), piece]
            return None
        if following == ["]"]:  # the first of two
            return None
        pieces, self.header = self.header or [], None
        path, names = "", [name.strip("\"'") for name in pieces if name not in "[."]
        for at, name in enumerate(names, 1):
            path = f"{path}.{name}" if path else name
            if at == len(names) and "[" in pieces:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = f"{path}.{self.counts[path]}"
        self.stack = [_Open(path)]
        return path
