"""Reading files that may be anything; writing files so that nobody ever finds half of one."""

import contextlib
import json
import math
import os
import pathlib
import secrets


def opened(path):
    """The file at `path`, opened to read its bytes.

    ValueError if it is no file: to open a pipe would wait for ever. OSError if it cannot be opened.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"expected {path} to be a file, got a folder or device")
    return open(path, "rb")


def read_json(path, most=10_000_000):
    """What the JSON file at `path` holds, of at most so many bytes.

    ValueError if it is damaged, or holds NaN or an infinity, which JSON does not have; OSError if
    it cannot be opened.
    """
    with opened(path) as file:
        content = file.read(most + 1)
    try:
        if len(content) > most:
            raise ValueError(f"more than {most} bytes")
        return json.loads(content, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected {path} to be a JSON file, got a damaged one "
                         f"({error})") from error


def _finite(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"expected finite numbers, got {text}")
    return value


@contextlib.contextmanager
def replacing(path):
    """A path to write to, which becomes `path` when the block ends well and vanishes otherwise.

    The temporary file stands in the same folder (made if missing) and keeps the suffix, from which
    some writers tell the format.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
