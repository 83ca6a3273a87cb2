"""The table of metrics on demos/pages/metrics.md."""

import pytest

from demos import results
from demos.page_tables import metrics as table
from numgan.metrics.comparison import BETTER, Report, Row


def test_every_metric_of_a_report_has_a_row_and_every_generator_a_column():
    header, _, *rows = [line.strip("| ").split(" | ") for line in
                        table.metrics_measured().split("\n\n")[0].split("\n")]
    assert [row[0] for row in rows] == list(BETTER)
    assert header == [table.BESIDE, "GAN, 300 steps", table.BESIDE,  # without the empty cell
                      "conditional GAN, 1,000 steps", "conditional GAN, 60 steps"]
    for row in rows:
        needs_labels = row[0].startswith("GAN-")
        assert [cell == "–" for cell in row[1:]] == [needs_labels] * 2 + [False] * 3


@pytest.mark.parametrize("found, text", [
    ([0.93891, 0.0287], "0.94 ± 0.03"), ([16.3, 4.94], "16 ± 5"),
    ([-0.00095, 0.0011], "−0.001 ± 0.001"), ([0.5, 0.0], "0.50"), ([0.5, None], "0.50"),
    (None, "–"), ([8.499, 0.77], "8.5 ± 0.8"), ([3.1, 0.00000001], "3.100000 ± 0.000000")])
def test_a_figure_has_the_digits_that_its_error_leaves(found, text):
    assert table.figure(found) == text


def test_both_kinds_of_files_are_read_as_they_are_written(tmp_path):
    from demos.judging import rows_of
    mine, ceiling = rows_of(Report((Row("recall", "higher", 0.5, 0.1, 0.75, 0.25),), 9, "points"))
    one = {"runs": [{"images": "real", "metrics": ceiling}, {"images": "samples", "metrics": mine}],
           "settings": {"steps": 7}}
    other = {"runs": [{"metrics": mine, "steps": 8}], "settings": {"real": {"metrics": ceiling}}}
    for n, found in enumerate((one, other)):
        results.write(tmp_path / "x.json", "x", found["settings"], found["runs"])
        read = results.read(tmp_path / "x.json")
        assert table.sides(read) == ({"recall": [0.75, 0.25]}, {"recall": [0.5, 0.1]})
        assert table.steps(read) == 7 + n
