"""Numbers on the command line: types for argparse, which say what was expected."""

import argparse
import math


def positive(text):
    """An integer of at least 1, for argparse; beyond a billion it is a typing error, and arrays of
    that many overflow."""
    return integer(text, 1, 10 ** 9)


def natural(text):
    """An integer of at least 0, for argparse."""
    return integer(text, 0)


def batch(text):
    """The size of a batch, for argparse: beyond, the memory of an ordinary computer ends."""
    return integer(text, 1, 10 ** 5)


def integer(text, least, most=math.inf):
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        limit = f" and at most {most:,}" if value > most else ""
        raise argparse.ArgumentTypeError(
            f"expected an integer of at least {least}{limit}, got {text:.100}")
    return value


def number(kind, minimum):
    """An argparse type: an int >= minimum, or a float > minimum. A count, which has a minimum of 1
    or more, ends at a billion: beyond it is a typing error, and arrays of that many overflow."""
    most = 10 ** 9 if kind is int and minimum else float("inf")

    def read(text):
        value = kind(text)
        if not minimum <= value < float("inf") or (kind is float and value == minimum):
            raise argparse.ArgumentTypeError(
                f"must be {'a number >' if kind is float else 'an integer >='} {minimum}, "
                f"got {text:.100}")
        if value > most:
            raise argparse.ArgumentTypeError(f"must be at most {most:,}, got {text:.100}")
        return value
    read.__name__ = kind.__name__  # argparse says "invalid int value" by this name
    return read


def step_size(text):
    """A positive finite number, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value
