"""The program beside a small operator and a store: what is read, what is kept, and whether the results are right."""

from __future__ import annotations

import random
import re
from pathlib import Path

from telco_process import Telco, tree

HEAD = "subscriber_id,start_time,service,direction,counterpart,duration_s\n"


class Stored(Telco):
    """Calls `features` over the folder `data`, with the store beside the result unless told otherwise."""

    def add_month(self, month: str, rows: int = 120) -> Path:
        """Usage of a month (two rows of it rejected) and a bill of it for everybody."""
        chance = random.Random(month)
        calls = [
            f"{chance.randrange(20):04d},{month}-{chance.randrange(1, 29):02d} {chance.randrange(24):02d}:15:00,"
            f"{chance.choice(['voice', 'sms'])},{chance.choice(['out', 'in'])},{chance.randrange(9)},"
            f"{chance.randrange(600)}\n"
            for _ in range(rows)
        ]
        calls[10:10] = [f"0001,{month}-99,sms,in,2,\n", "0001,too few\n"]
        bills = "subscriber_id,month,total\n" + "".join(f"{i:04d},{month},{i + 5}\n" for i in range(20))
        self.write(f"data/bills_{month}.csv", bills)
        return self.write(f"data/usage_{month}.csv", HEAD + "".join(calls))

    def features(self, *options: object, name: str = "f.csv") -> bytes:
        """The feature table, made with the store."""
        self.said = self.good("features", "data", "-o", name, *options).err
        return (self.folder / name).read_bytes()

    def fresh(self, *options: object) -> bytes:
        """The feature table, made without any store."""
        self.good("features", "data", "-o", "fresh.csv", "--no-store", "-q", *options)
        return (self.folder / "fresh.csv").read_bytes()

    @property
    def kept(self) -> list[str]:
        """Months whose usage the last call of `features` took from the store."""
        return re.findall(r"usage_(\S+)\.csv +CSV, \S+ comma; kept in the store", self.said)

    @property
    def store(self) -> Path:
        """The store at its default place."""
        return self.folder / ".telco-crm-store"

    def parts(self, kind: str) -> dict[str, int]:
        """The folders of the store that are whole or not, by the time of their last change."""
        return {p.name: p.stat().st_mtime_ns for p in (self.store / kind).iterdir()}

    def clean(self) -> None:
        """The store is whole and has nothing left over."""
        assert self.good("store", "verify").out == ".telco-crm-store: whole\n"
        left = [name for name in tree(self.store) if "/." in name or name.startswith((".new", ".work"))]
        assert left == []
