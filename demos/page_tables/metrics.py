"""The table of what each metric says of a generator that is known to be good, or not."""

from .writing import load, markdown, notes, number

BESIDE = "a second real sample"
FILES = {"metrics_digits": "GAN", "metrics_conditional": "conditional GAN",
         "metrics_conditional_early": "conditional GAN"}


def metrics_measured():
    """`metrics.report` of generators of 8x8 digits, as the demos of digits wrote it; files with the
    same second real sample share one column for it."""
    found, columns = [load(name) for name in FILES], []
    for one, title in zip(found, FILES.values()):
        ceiling, samples = sides(one)
        if (BESIDE, ceiling) not in columns:
            columns.append((BESIDE, ceiling))
        columns.append((f"{title}, {steps(one):,} steps", samples))
    names = max((column for _, column in columns), key=len)
    return markdown(["", *(title for title, _ in columns)],
                    [[name, *(figure(column.get(name)) for _, column in columns)]
                     for name in names]) + notes(*found)


def sides(one):
    """(of the second real sample, of the samples): {metric: [value, error]} of a file."""
    runs = one["runs"]
    if "images" in runs[0]:
        by_name = {run["images"]: run["metrics"] for run in runs}
        return by_name["real"], by_name["samples"]
    return one["settings"]["real"]["metrics"], runs[0]["metrics"]


def steps(one):
    return one["settings"].get("steps") or one["runs"][0]["steps"]


def figure(found):
    """Value ± standard error, to the first digit of the error; "–" for none."""
    if not found:
        return "–"
    value, error = found
    if not error:
        return number(value, 2)
    digits = next((n for n in range(6) if error * 10 ** n >= 1), 6)
    return f"{number(value, digits)} ± {number(error, digits)}".replace("-", "−")
