"""The encoding of a text file: UTF-8 (with or without BOM), or GB18030 with GBK and GB2312 inside it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from telco_crm.errors import InputError

AUTO = "utf-8/gb18030"


@dataclass(frozen=True)
class Encoding:
    """A named encoding. AUTO means: only ASCII was seen so far, so each later block decides for itself."""

    name: str

    def settled(self, block: bytes) -> Encoding:
        """The encoding of this block: itself, or what explains the block if only ASCII was seen so far."""
        return Encoding(_guess(block) or "utf-8") if self.name == AUTO else self

    def decode(self, block: bytes) -> str:
        """The text of `block`; raises UnicodeDecodeError where bytes are no text."""
        return block.decode(self.name)

    def decodes(self, block: bytes) -> bool:
        """Whether all of `block` is text."""
        return _decodes(block, self.name)

    def decode_sample(self, block: bytes) -> str:
        """The text of `block`, with replacement characters for damaged bytes, BOM removed."""
        name = "utf-8" if self.name == AUTO else self.name
        return block.decode(name, "replace").removeprefix("\ufeff")


def detect_encoding(head: bytes, named: str | None, file: str) -> Encoding:
    """The encoding of a file that begins with `head`; `named` is what the mapping says, if it says so.

    Raises:
        InputError: neither UTF-8 nor GB18030, or an encoding Python does not know.
    """
    if named:
        try:
            found = codecs.lookup(named).name
        except LookupError:
            found = ""
        if not found or found.startswith(("utf-16", "utf-32")):
            raise InputError(f'{file}: cannot read the encoding "{named}" that the mapping names; use utf-8 or gb18030')
        return Encoding(found)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4000].count(0) > len(head[:4000]) // 4:
        raise InputError(
            f"{file} is not UTF-8 or GB18030 text (it looks like UTF-16 or a binary file); save it as UTF-8 CSV"
        )
    if head.isascii():
        return Encoding(AUTO)
    name = _guess(head)
    if name is None:
        raise InputError(
            f"{file}: its encoding is neither UTF-8 nor GB18030; save it as UTF-8, or name it in the mapping: "
            'encoding = "…"'
        )
    return Encoding(name)


def _guess(block: bytes) -> str | None:
    """The encoding that explains most of the lines with non-ASCII bytes; None if hardly any is explained.

    A few damaged lines do not change the verdict: they are rejected one by one later.
    """
    lines = [line for line in block.split(b"\n") if not line.isascii()][:20000]
    if not lines:
        return "utf-8"
    utf8 = sum(_decodes(line, "utf-8") for line in lines)
    chinese = sum(_chinese(line) for line in lines) if utf8 < len(lines) else 0
    if utf8 >= chinese and (utf8 * 2 >= len(lines) or _mostly_ascii(block, lines)):
        return "utf-8"
    return "gb18030" if chinese * 2 >= len(lines) else "utf-8" if _mostly_ascii(block, lines) else None


def _mostly_ascii(block: bytes, odd: list[bytes]) -> bool:
    return len(odd) * 2 < block.count(b"\n")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _chinese(line: bytes) -> bool:
    """Whether a line is GB18030 and its non-ASCII characters are what Chinese text is made of."""
    try:
        odd = [c for c in line.decode("gb18030") if c > "\x7f"]
    except UnicodeDecodeError:
        return False
    usual = sum(
        "\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" or c in "￥·—…“”‘’"
        for c in odd
    )
    return usual * 10 >= len(odd) * 9
