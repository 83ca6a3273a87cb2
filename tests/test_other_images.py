"""Other images in the format of MNIST's files, such as Fashion-MNIST: every command that reads
MNIST takes them with --no-verify, and says so without."""

import importlib

import numpy as np
import pytest

from demos import conditional_digits, digits, infogan, labelled, latent_walks
from numgan import metrics
from numgan.data.idx import header

COMMANDS = {
    "digits": ["--data", "mnist", "--steps", "2", "--width", "2", "--latent", "3"],
    "conditional_digits": ["--data", "mnist"],
    "infogan": ["--data", "mnist"],
    "latent_walks": ["--data", "mnist"],
    "variants": ["--dataset", "mnist", "--only", "lsgan", "--steps", "2"],
}


class Judge:
    """Stands for the classifier, whose training takes seconds; keeps what it was trained on."""

    classes = np.arange(10)

    def predict_proba(self, images):
        return np.eye(10)[np.arange(len(images)) % 10] * 0.95

    def accuracy(self, images, labels):
        return 1.0


def write_files(folder, images=None, labels=None):
    folder.mkdir()
    images = np.random.default_rng(0).integers(256, size=(120, 28, 28), dtype=np.uint8) \
        if images is None else images
    labels = np.arange(len(images), dtype=np.uint8) % 10 if labels is None else labels
    for name in "train", "t10k":
        (folder / f"{name}-images-idx3-ubyte").write_bytes(header(images.shape) + images.tobytes())
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(header(labels.shape) + labels.tobytes())
    return folder, images


@pytest.fixture
def seen(monkeypatch, tmp_path):
    """A folder of one's own to be in, short trainings, and what the classifiers were trained on."""
    seen = []
    monkeypatch.setattr(metrics, "digit_classifier",
                        lambda images, labels, rng: seen.append(images) or Judge())
    for demo in labelled, infogan:
        monkeypatch.setitem(demo.RECIPES, "mnist", dict(steps=2, width=2, hidden=4,
                                                        latent=3, rate=1e-3, weight=1.0))
    for demo in conditional_digits, infogan:
        monkeypatch.setattr(demo, "JUDGED", 50)
    monkeypatch.setattr(digits, "JUDGED", 100)
    for demo in digits, conditional_digits:
        monkeypatch.setattr(demo, "LENET_STEPS", 2)
        monkeypatch.setattr(demo, "RESAMPLES", 2)
    for name, value in ("STOPS", 2), ("WALKS", 20), ("MEASURED", 50):
        monkeypatch.setattr(latent_walks, name, value)
    monkeypatch.chdir(tmp_path)
    return seen


def run(name, folder, *more):
    return importlib.import_module(f"demos.{name}").main(
        [*COMMANDS[name], "--folder", str(folder), *more])


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_they_train_with_no_verify(seen, tmp_path, name):
    folder, images = write_files(tmp_path / "files")
    assert run(name, folder, "--no-verify") == 0
    np.testing.assert_allclose(seen[0][..., 0], images / 127.5 - 1, atol=1e-6)
    kinds = {path.name for path in (tmp_path / "out").iterdir()}
    assert kinds and all(kind.endswith("other") for kind in kinds)  # not among MNIST's


@pytest.mark.parametrize("name", COMMANDS)
def test_without_it_the_error_names_it(seen, tmp_path, capsys, name):
    folder, _ = write_files(tmp_path / "files")
    with pytest.raises(SystemExit) as ended:
        run(name, folder)
    error = capsys.readouterr().err
    assert ended.value.code == 2 and "SHA-256" in error and "--no-verify) accepts other" in error
    assert not seen and not (tmp_path / "out").exists()


@pytest.mark.parametrize("shape, labels, message", [
    ((120, 32, 28), None, "got 120 of 32x28 with the labels 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
    ((90, 28, 28), None, "got 90 of 28x28"),
    ((120, 28, 28), np.arange(120, dtype=np.uint8) % 9, "labels 0, 1, 2, 3, 4, 5, 6, 7, 8"),
    ((120, 28, 28), np.arange(120, dtype=np.uint8), "15, 16, 17, 18, 19"),
])
@pytest.mark.parametrize("name", ["digits", "variants", "infogan"])
def test_what_these_networks_do_not_take_is_refused(seen, tmp_path, capsys, name, shape, labels,
                                                    message):
    folder, _ = write_files(tmp_path / "files", np.zeros(shape, np.uint8), labels)
    with pytest.raises(SystemExit) as ended:
        run(name, folder, "--no-verify")
    error = capsys.readouterr().err
    assert ended.value.code == 2 and message in error
    assert "expected 100 images of 28x28 or more, with all labels from 0 to 9" in error
