"""Not part of the card.  Writes rows until the power goes, and says which ones are committed.

Usage: writer.py FULL|OFF.  Prints first what is there, KEPT and a JSON object, then ROW and a
number for each row that SQLite has committed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys

FOLDER = "/var/lib/bedside-test"


def body_of(number: int) -> bytes:
    """Return what stands in a row: some bytes more than a record of an encounter has."""
    return hashlib.sha256(str(number).encode()).digest() * 10


def kept(database: sqlite3.Connection) -> dict[str, object]:
    """Return whether the database is whole, and its rows' numbers and contents right."""
    whole = database.execute("PRAGMA integrity_check").fetchone()[0]
    rows = database.execute("SELECT number, body FROM rows ORDER BY number").fetchall()
    right = all(body == body_of(number) for number, body in rows)
    numbers = [number for number, _ in rows]
    return {
        "whole": whole,
        "right": right and numbers == list(range(1, len(numbers) + 1)),
        "last": numbers[-1] if numbers else 0,
    }


def main() -> None:
    """Write until the end."""
    os.makedirs(FOLDER, exist_ok=True)
    try:
        database = sqlite3.connect(f"{FOLDER}/rows.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"PRAGMA synchronous={sys.argv[1]}")
        # Cuts shall also hit the moving of rows from the log into the database.
        database.execute("PRAGMA wal_autocheckpoint=40")
        database.execute("CREATE TABLE IF NOT EXISTS rows(number INTEGER PRIMARY KEY, body BLOB)")
        facts = kept(database)
    except sqlite3.DatabaseError as error:
        print("KEPT", json.dumps({"whole": str(error), "right": False, "last": 0}), flush=True)
        return
    print("KEPT", json.dumps(facts), flush=True)
    number = int(str(facts["last"]))
    while True:
        number += 1
        database.execute("INSERT INTO rows VALUES(?, ?)", (number, body_of(number)))
        print("ROW", number, flush=True)


if __name__ == "__main__":
    main()
