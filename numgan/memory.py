"""Keep freed memory in the process, because a training step asks for the same arrays again.

By default glibc returns large freed arrays to the kernel, and every page of the next array costs a
fault and is cleared: a convolutional step took up to twice as long. Allocations up to 32 MB now
come from the heap, and the heap keeps up to 1 GB that is free. Only glibc is told, and only if
nobody set the MALLOC_ environment variables that say the same.
"""

import ctypes
import os
import platform

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h


def keep_freed_memory():
    """Returns True if glibc was told."""
    if platform.libc_ver()[0] != "glibc" or any(
            name in os.environ for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(MMAP_THRESHOLD, 32 << 20) and mallopt(TRIM_THRESHOLD, 1 << 30))
