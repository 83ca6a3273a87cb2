"""Work on pieces that stay in the cache, on every core. Nothing here knows what a layer is.

An operation on a large array is slow where it waits for memory: a copy that is written to memory
and read again by the next operation costs more than the arithmetic. So a large batch is cut into
chunks, all of an operation's passes are made over one chunk while it is in the cache, and the
chunks are shared among threads. NumPy lets go of Python's lock while it computes; its matrix
products, which would use all cores by themselves, are held to one thread each meanwhile.

How an array is cut depends on its shape alone, and sums are taken in the order of the chunks: the
result has the same bits on one core and on many.
"""

import concurrent.futures
import functools

import numpy as np

ELEMENTWISE_BYTES = 1 << 19  # of an array in a chunk of `chunkwise`: some of them fit in a cache
PRODUCT_BYTES = 3 << 20  # of the operands in a chunk that is multiplied
SERIAL_BYTES = 1 << 21  # below this, waking another thread costs more than it saves


def each_chunk(work, count, item_bytes, chunk_bytes=PRODUCT_BYTES):
    """[work(slice), ...] for slices that cover range(count) in order.

    work : function of a slice; what it writes must not overlap between slices
    item_bytes : memory that work touches for each item; a slice has about `chunk_bytes`
    """
    size = max(1, min(-(-count // 2), chunk_bytes // item_bytes))
    slices = [slice(start, min(start + size, count)) for start in range(0, count, size)]
    blas, pool, threads = _threads()
    threads = min(threads, len(slices))
    if threads == 1 or count * item_bytes < SERIAL_BYTES:
        return [work(part) for part in slices]
    cuts = [len(slices) * i // threads for i in range(threads + 1)]
    with blas.limit(limits=1, user_api="blas"):
        others = [pool.submit(_run, work, slices[a:b]) for a, b in zip(cuts[1:], cuts[2:])]
        try:
            results = _run(work, slices[:cuts[1]])
        finally:
            concurrent.futures.wait(others)  # never leave threads behind that write to our arrays
    return results + [result for other in others for result in other.result()]


def chunkwise(f, *arrays):
    """f(*arrays) for an elementwise f, computed chunk by chunk along the first axis.

    The arrays have one shape and dtype, which the result has too. Small ones are given to f whole.
    """
    first = arrays[0]
    if first.nbytes < SERIAL_BYTES:
        return f(*arrays)
    result = np.empty(first.shape, first.dtype)

    def work(part):
        result[part] = f(*(array[part] for array in arrays))

    each_chunk(work, len(first), first.nbytes // len(first), ELEMENTWISE_BYTES)
    return result


def chunkwise_sum(f, *arrays):
    """Σ over the rows of f(*arrays), for an elementwise f of arrays (M, features): (features,).

    The sum is a product with a row of ones, which is faster than a sum along the first axis.
    """
    first = arrays[0]
    if first.nbytes < SERIAL_BYTES:
        return np.ones(len(first), first.dtype) @ f(*arrays)

    def work(part):
        rows = f(*(array[part] for array in arrays))
        return np.ones(len(rows), rows.dtype) @ rows

    return sum(each_chunk(work, len(first), first.nbytes // len(first), ELEMENTWISE_BYTES))


def _run(work, slices):
    return [work(part) for part in slices]


@functools.cache
def _threads():
    """(controller of the BLAS, pool of the other threads, number of threads in all).

    There are as many threads as the BLAS would use, so OPENBLAS_NUM_THREADS and its like hold.
    """
    import threadpoolctl  # which scikit-learn installs

    blas = threadpoolctl.ThreadpoolController().select(user_api="blas")
    threads = max((library["num_threads"] for library in blas.info()), default=1)
    return blas, concurrent.futures.ThreadPoolExecutor(max(1, threads - 1)), threads
