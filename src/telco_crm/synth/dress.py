"""How a table looks in a file: headers and values in the sample's language, texts in the file's encoding."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from telco_crm.schema import Column, load_schema

_BOOL = {"en": ("false", "true"), "zh": ("否", "是")}


def headers(table: str, columns: Sequence[str], lang: str) -> list[str]:
    """Headers of a table's columns: canonical names in en, the schema's Chinese ones in zh."""
    known = load_schema(table).columns
    return [known[name].zh if lang == "zh" else name for name in columns]


def dressed(data: pa.Table, table: str, lang: str, file_format: str) -> pa.Table:
    """`data` with plain text columns in `lang`, ready to be written.

    For CSV in zh the texts hold GB18030 bytes (not valid UTF-8): only Arrow's CSV writer may see them.
    """
    known = load_schema(table).columns
    encoding = "gb18030" if lang == "zh" and file_format == "csv" else "utf-8"
    columns = [_column(data.column(name), known[name], lang, (encoding, file_format)) for name in data.column_names]
    return pa.table(columns, names=data.column_names)


def encoded(texts: Sequence[str], encoding: str) -> pa.Array:
    """Texts as an Arrow string array whose bytes are in `encoding`."""
    raw = pa.array([text.encode(encoding) for text in texts], pa.binary())
    return pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())


def _column(column: pa.ChunkedArray, schema: Column, lang: str, form: tuple[str, str]) -> pa.Array:
    encoding, file_format = form
    array = column.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    if pa.types.is_dictionary(array.type):
        words = [schema.value_label(value, lang) for value in array.dictionary.to_pylist()]
        return encoded(words, encoding).take(array.indices)
    if pa.types.is_boolean(array.type) and file_format == "csv":
        return encoded(_BOOL[lang], encoding).take(array.cast(pa.int8()))
    return array
