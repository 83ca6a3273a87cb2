"""Writing files so that nobody ever finds half of one."""

import contextlib
import os
import pathlib
import secrets


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
