"""Pseudonyms that the holder of the key, and nobody else, can turn back.

The construction is that of a synthetic initialisation vector (RFC 5297): a keyed hash of the identifier serves as its
tag, and the identifier is masked by a keystream made from key and tag. Equal identifiers have equal pseudonyms; a
pseudonym that was changed, or made with another key, is noticed.
"""

from __future__ import annotations

import os
import secrets
from hashlib import blake2b, shake_256
from pathlib import Path

from telco_crm.errors import InputError, OutputError

TAG, BLOCK = 12, 16
PREFIX = "p"  # keeps spreadsheet programs from taking a pseudonym for a number


class Pseudonyms:
    """Both directions, with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, identifier: str) -> str:
        """The pseudonym: "p" and hexadecimal digits, its length in steps of 16 characters of the identifier."""
        plain = identifier.encode()
        padded = plain + b"\x80" + b"\x00" * (-(len(plain) + 1) % BLOCK)
        tag = self._tag(padded)
        return PREFIX + (tag + self._masked(tag, padded)).hex()

    def back(self, pseudonym: str) -> str:
        """The identifier.

        Raises:
            ValueError: it is no pseudonym of this key.
        """
        if not pseudonym.startswith(PREFIX):
            raise ValueError("not a pseudonym")
        raw = bytes.fromhex(pseudonym.removeprefix(PREFIX))
        tag, padded = raw[:TAG], self._masked(raw[:TAG], raw[TAG:])
        if not secrets.compare_digest(tag, self._tag(padded)):
            raise ValueError("made with another key, or changed")
        return padded.rstrip(b"\x00")[:-1].decode()

    def _tag(self, padded: bytes) -> bytes:
        return blake2b(padded, key=self._key, digest_size=TAG, person=b"telco-crm tag").digest()

    def _masked(self, tag: bytes, text: bytes) -> bytes:
        stream = shake_256(self._key + b"mask" + tag).digest(len(text))
        return bytes(a ^ b for a, b in zip(text, stream, strict=True))


def read_key(path: Path, make: bool = False) -> bytes:
    """The key in a file of 64 hexadecimal digits; with `make`, a file that is missing is made, readable by its owner
    only.

    Raises:
        InputError: there is no such file, or no key in it. OutputError: it cannot be made.
    """
    if make and not path.exists():
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise OutputError(f"{path}: the key file cannot be made ({error.strerror}); name another place") from None
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    try:
        key = bytes.fromhex(path.read_text("utf-8").strip())
    except OSError as error:
        raise InputError(f"{path}: the key file cannot be read ({error.strerror}); name it with --key-file") from None
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InputError(f"{path} is no key file: it must hold 64 hexadecimal digits")
    return key
