"""Pseudonyms: one to one, turned back with the key, refused when changed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telco_crm.errors import InputError
from telco_crm.output.writers import FORMATS, OutputStyle, write_table
from telco_crm.retain.pseudonym import Pseudonyms
from telco_crm.retain.reveal import reveal_file
from telco_crm.schema import load_schema

NAMES = Pseudonyms(bytes(range(32)))


@given(st.text(min_size=1, max_size=40))
def test_back_is_the_inverse(identifier: str) -> None:
    assert NAMES.back(NAMES.of(identifier)) == identifier
    assert NAMES.of(identifier) == NAMES.of(identifier)


@given(st.sets(st.text(max_size=20), min_size=2, max_size=20))
def test_different_identifiers_have_different_pseudonyms(identifiers: set[str]) -> None:
    assert len({NAMES.of(i) for i in identifiers}) == len(identifiers)


def test_the_length_does_not_tell_that_of_a_number() -> None:
    assert len(NAMES.of("1")) == len(NAMES.of("861390000000001"))


def test_a_changed_pseudonym_is_refused() -> None:
    name = NAMES.of("13900000001")
    for changed in (name[1:], name[:-1] + ("0" if name[-1] != "0" else "1"), "p", "pzz", "13900000001"):
        with pytest.raises(ValueError, match=r".+"):
            NAMES.back(changed)
    assert Pseudonyms(bytes(32)).of("13900000001") != name


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_lists_of_every_format_are_turned_back(tmp_path: Path, form: str, lang: str) -> None:
    file, plain = listed(tmp_path, form, lang), tmp_path / "plain"
    assert reveal_file(file, plain, NAMES) == 2
    assert identifiers(plain, form) == ["13900000001", "a<b>&c"]
    with pytest.raises(InputError, match="made with another key"):
        reveal_file(file, tmp_path / "other", Pseudonyms(bytes(32)))


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"PAR1rest", b"\xff\xfe\x00", b'{"a": 1}', b"a,b\n1,2\n", b""])
def test_what_is_no_list_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(InputError, match=r"odd.*: (is damaged|there is no)"):
        reveal_file(tmp_path / "odd", tmp_path / "plain", NAMES)


def listed(folder: Path, form: str, lang: str) -> Path:
    """A list of contacts that a campaign might write."""
    from telco_crm.engine.duck import DuckEngine

    hidden = [NAMES.of(name) for name in ("13900000001", "a<b>&c")]
    schema = load_schema("contacts")
    values = {name: [None, None] for name in schema.columns} | {"subscriber_id": hidden, "arm": ["treated", "control"]}
    file = folder / f"list{FORMATS[form]}"
    with DuckEngine(1, "1GB", folder) as engine:
        engine.register("made", pd.DataFrame(values))
        write_table(engine, "FROM made", file, schema, OutputStyle(form, lang=lang))  # type: ignore[arg-type]
    return file


def identifiers(file: Path, form: str) -> list[str]:
    if form == "jsonl":
        return [json.loads(line)["subscriber_id"] for line in file.read_text("utf-8").splitlines()]
    if form == "parquet":
        return list(pd.read_parquet(file)["subscriber_id"])
    if form == "xlsx":
        with file.open("rb") as stream:
            header, *rows = openpyxl.load_workbook(stream).active.iter_rows(values_only=True)
    else:
        with file.open(newline="", encoding="utf-8") as text:
            header, *rows = csv.reader(text)
    at = next(place for place, name in enumerate(header) if name in ("subscriber_id", "用户号码"))
    return [row[at] for row in rows]
