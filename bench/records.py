"""Reads records of `poolbench bench --json` (fields: results/README.md) and judges rows by targets.
Imports only Python's own library: .ci/gpu_summary.py runs where nothing else is installed."""

import dataclasses
import gzip
import json
import statistics
import tarfile
import zlib

from problem_text import BadInput


SCHEMA = 1  # the newest that is read; results/record.schema.json


def read_records(paths):
    """Yields (name, record) for every file, .json or .json.gz, and for every .json in an archive.
    Throws BadInput, which names the file."""
    for path in paths:
        name = path
        try:
            for name, text in texts_of(path):
                record = json.loads(text)
                if not is_record(record):
                    raise ValueError("is no record of `poolbench bench --json`")
                if schema(record) > SCHEMA:
                    raise ValueError(f"has schema {schema(record)}: this poolbench knows {SCHEMA}")
                yield name, record
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror or error}") from None
        except (EOFError, ValueError, tarfile.TarError, zlib.error) as error:
            raise BadInput(f"{name}: {error}") from None


def is_record(value):
    if not isinstance(value, dict) or not isinstance(value.get("context", {}), dict):
        return False
    rows = value.get("benchmarks")
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def schema(record):
    """Returns the record's schema; Google Benchmark's own records have none."""
    ours = record.get("context", {}).get("poolbench")
    return ours.get("schema", 0) if isinstance(ours, dict) else 0


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
