"""Reads records of `poolbench bench --json` (fields: results/README.md) and judges rows by targets.
Imports only Python's own library: .ci/gpu_summary.py runs where nothing else is installed."""

import dataclasses
import gzip
import hashlib
import json
import re
import statistics
import sys
import tarfile
import zlib

SCHEMA = 1  # the newest that is read; results/record.schema.json
SEALED_SINCE = (1, 2)  # schema and minor version

BLANK_SEAL = "sha256:" + 64 * "0"
SEAL = re.compile(rb'"seal": ?"(sha256:[0-9a-f]{64})"')


class BadInput(ValueError):
    """What a user gave is wrong."""


def read_records(paths):
    """Yields (name, record) for every file, .json or .json.gz, and for every .json in an archive.
    Throws BadInput, which names the file. Says on standard error which ones have no seal."""
    for path in paths:
        name = path
        try:
            for name, text in texts_of(path):
                record = parse(text)
                if not is_record(record):
                    raise ValueError("is no record of `poolbench bench --json`")
                if schema(record)[0] > SCHEMA:
                    raise ValueError(
                        f"has schema {schema(record)[0]}: this poolbench knows {SCHEMA}")
                check_seal(name, record, text)
                yield name, record
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror or error}") from None
        except (EOFError, ValueError, tarfile.TarError, zlib.error) as error:
            raise BadInput(f"{name}: {error}") from None


def parse(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"is no JSON, or not all of it: {error}") from None


def is_record(value):
    if not isinstance(value, dict) or not isinstance(value.get("context", {}), dict):
        return False
    rows = value.get("benchmarks")
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def schema(record):
    """Returns the record's schema and its minor version; Google Benchmark's own have neither."""
    ours = own_context(record)
    return ours.get("schema", 0), ours.get("schema_minor", 0)


def own_context(record):
    ours = record.get("context", {}).get("poolbench")
    return ours if isinstance(ours, dict) else {}


def sealed(record, compact=False):
    """Returns the record as text with its seal: the SHA-256 of the text's bytes, in which the 64
    digits of the seal are zeros. Whoever changes a record on purpose writes it by this. `compact`:
    without blanks, as poolbench writes it."""
    ours = {**own_context(record), "seal": BLANK_SEAL}
    record = {**record, "context": {**record.get("context", {}), "poolbench": ours}}
    form = {"separators": (",", ":")} if compact else {"indent": 1}
    text = (json.dumps(record, allow_nan=False, **form) + "\n").encode()
    place = SEAL.search(text)
    return text[:place.start(1)] + right_seal(text).encode() + text[place.end(1):]


def right_seal(text):
    """Returns what the seal of a text must be: nothing where it has no place for one."""
    place = SEAL.search(text)
    if place is None:
        return ""
    blank = text[:place.start(1)] + BLANK_SEAL.encode() + text[place.end(1):]
    return "sha256:" + hashlib.sha256(blank).hexdigest()


def check_seal(name, record, text):
    """Throws ValueError for a record that was changed after it was written. Those of an older
    schema and of other programs have no seal, so that nobody can tell."""
    seal, right = own_context(record).get("seal"), right_seal(text)
    if seal is None and schema(record) < SEALED_SINCE:
        print(f"{name}: has no seal, so nothing shows whether it was changed since it was written",
              file=sys.stderr)
    elif seal is None:
        raise ValueError("has no seal, and every record of schema "
                         f"{'.'.join(map(str, SEALED_SINCE))} or newer is written with one: it was "
                         "changed since")
    elif seal != right:
        raise ValueError(f"was changed after it was written: its seal is {seal}, its content gives "
                         f"{right or 'none'}")


def texts_of(path):
    if path.endswith((".tar.gz", ".tgz", ".tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".json"):
                    yield member.name, archive.extractfile(member).read()
    else:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            yield path, file.read()


def median_rows(record):
    """Returns the "poolbench" objects of a record: those of the medians and of the untimed rows."""
    return [row["poolbench"] for row in record["benchmarks"] if row.get("poolbench")]


def moved(row):
    """Returns the compulsory bytes of a timed row."""
    return row["bytes_read"] + row["bytes_written"]


def end(interval, which):
    """Returns the "low" or "high" end of an interval, or the median where there were fewer than six
    samples."""
    return interval["median"] if interval[which] is None else interval[which]


def geometric_mean(values):
    """Returns None without values, and where one of them is not positive."""
    return statistics.geometric_mean(values) if values and min(values) > 0 else None


@dataclasses.dataclass
class Verdict:
    """How a target was met or missed."""

    rows: int
    mean: float  # geometric; None where there is none
    worst: float  # None without rows
    missed: list  # (key, value), worst first
    met: bool  # a target without rows is not


def judge(values, limit, at_most=False, by_mean=False):
    """Judges `values` (by key) by a limit: each of them, or with `by_mean` their geometric mean.
    Larger is better unless `at_most`."""
    def meets(value):
        return value <= limit if at_most else value >= limit

    worst_first = sorted(values.items(), key=lambda item: item[1], reverse=at_most)
    mean = geometric_mean(values.values())
    if by_mean:
        missed, met = [], mean is not None and meets(mean)
    else:
        missed = [(key, value) for key, value in worst_first if not meets(value)]
        met = bool(values) and not missed
    return Verdict(len(values), mean, worst_first[0][1] if worst_first else None, missed, met)
