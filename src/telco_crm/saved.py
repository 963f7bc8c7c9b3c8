"""A model in a file: readable JSON with a checksum, which comes back only as it was."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ValidationError

from telco_crm.errors import InputError
from telco_crm.rules import Model


class SavedModel(Model):
    """A model that goes into a file: `KIND` is what it is called, with its article, `MAKE` the command that makes one;
    the default of `format` is that name with a number that counts up with what the file holds.
    """

    KIND: ClassVar[str]
    MAKE: ClassVar[str]
    format: str

    @property
    def checksum(self) -> str:
        """Hash of everything the model says."""
        text = json.dumps(self.model_dump(by_alias=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Write the model as readable JSON."""
        data = {**self.model_dump(by_alias=True), "checksum": self.checksum}
        path.write_text(self.laid_out(data) + "\n", encoding="utf-8")

    def laid_out(self, data: dict[str, Any]) -> str:
        """The JSON of the file."""
        return json.dumps(data, indent=1, ensure_ascii=False)

    def check(self) -> None:
        """Raise a ValueError where the parts do not fit together."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """A saved model.

        Raises:
            InputError: the file is no such model, was changed by hand, or is of another version.
        """
        current = str(cls.model_fields["format"].default)
        try:
            data = json.loads(path.read_text("utf-8"))
            kind, claimed = str(data["format"]), data.pop("checksum", None)
            if kind != current and kind.startswith(current.rstrip("0123456789")):
                raise InputError(f"{path}: the model was made by another version of telco-crm ({kind}); fit it again")
            model = cls.model_validate_json(json.dumps(data))
            if model.checksum != claimed:
                raise InputError(f"{path}: the model was changed after it was fitted; fit it again")
            model.check()
        except OSError as error:
            raise InputError(f"{path}: the model cannot be read ({error.strerror}); check the path") from None
        except (ValueError, AttributeError, KeyError, TypeError, ValidationError):
            raise InputError(f"{path} is not {cls.KIND}; make one with: telco-crm {cls.MAKE} --model {path}") from None
        return model
