"""Pictures from a user's files, as demos.pix2pix and demos.inpainting read them."""

import numpy as np
import pytest
from PIL import Image

from demos import applying
from demos.inpainting import __main__ as inpainting
from demos.inpainting import holes
from demos.pix2pix import __main__ as pix2pix
from demos.pix2pix import files, worlds


def saved(values, mode, path):
    Image.fromarray(np.array(values, mode)).save(path)
    return path


def pixels(path):
    return np.asarray(files.image_of(path))


def touch(folder, *names, size=(8, 8)):
    """Pictures of these names, each of another grey; names as they were given."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, name in enumerate(names):
        Image.new("RGB", size, (10 * n,) * 3).save(folder / name)
    return folder


# -- what is in one --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_photo_is_turned_as_its_exif_data_say(tmp_path, suffix):
    lying = np.random.default_rng(0).integers(256, size=(3, 5, 3), dtype=np.uint8)
    upright = [lying, lying[:, ::-1], lying[::-1, ::-1], lying[::-1], lying.transpose(1, 0, 2),
               np.rot90(lying, -1), lying[::-1, ::-1].transpose(1, 0, 2), np.rot90(lying)]
    for orientation, wanted in enumerate(upright, 1):
        exif, path = Image.Exif(), tmp_path / f"a.{suffix}"
        exif[0x0112] = orientation
        Image.fromarray(lying).save(path, exif=exif, **{"webp": {"lossless": True}}.get(suffix, {}))
        np.testing.assert_array_equal(pixels(path), wanted)


@pytest.mark.parametrize("name, mode", [("a.png", np.uint16), ("a.tif", ">u2"),
                                        ("a.tif", np.int32)])
def test_sixteen_bits_become_eight(tmp_path, name, mode):
    values = [[0, 257, 256 * 128], [40000, 65535, 300]]
    found = pixels(saved(values, mode, tmp_path / name))
    assert found[..., 0].tolist() == [[0, 1, 128], [156, 255, 1]]
    assert (found == found[..., :1]).all()


@pytest.mark.parametrize("values, mode, message", [
    ([[0, 65536]], np.int32, "got: values from 0 to 65536, which are not of 8 or 16 bits"),
    ([[-1, 5]], np.int32, "got: values from -1 to 5"),
    ([[0, 0.5]], np.float32, "got: pixels that are no integers")])
def test_values_of_an_unknown_range_are_refused(tmp_path, values, mode, message):
    with pytest.raises(ValueError, match=message) as raised:
        files.picture(saved(values, mode, tmp_path / "a.tif"), 8)
    assert str(tmp_path / "a.tif") in str(raised.value)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(tmp_path, mode):
    image, path = Image.new("RGBA", (3, 1), (100, 100, 100, 255)), tmp_path / "a.png"
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 0 if mode == "P" else 102))
    if mode == "P":
        palette = Image.new("P", image.size)
        palette.putpalette([100, 100, 100, 0, 0, 0])
        palette.putdata([0, 1, 1])
        palette.save(path, transparency=1)
        assert Image.open(path).mode == "P"
    else:
        image.convert(mode).save(path)
    assert pixels(path).tolist() == [[[100] * 3, [255] * 3, [255 if mode == "P" else 153] * 3]]


@pytest.mark.parametrize("demo", [pix2pix, inpainting])
def test_the_help_says_what_becomes_of_transparency_and_of_the_rest(demo, capsys):
    with pytest.raises(SystemExit):
        demo.parse(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for option, end in ("--folder DIR ", " --no-verify"), ("--apply FILE ", " Into DIR/applied/"):
        said = text[text.rindex(option):].partition(end)[0]
        assert "the square in the middle is taken" in said and files.TRANSPARENT in said


def test_halves_are_cut_to_squares_as_a_picture_is(tmp_path):
    """And are not squeezed into them: G is applied to pictures of which the middle is cut out."""
    both = np.random.default_rng(0).integers(256, size=(8, 41, 3), dtype=np.uint8)
    Image.fromarray(both).save(tmp_path / "both.png")
    for side, half in zip(files.halves(tmp_path / "both.png", 8), (both[:, :20], both[:, 21:])):
        np.testing.assert_array_equal(side, half[:, 6:14].astype(np.float32) / 127.5 - 1)
        Image.fromarray(half).save(tmp_path / "half.png")
        np.testing.assert_array_equal(side, files.picture(tmp_path / "half.png", 8))


@pytest.mark.parametrize("kept, message", [(0, "a file of no known format"), (4000, "truncated")])
def test_a_damaged_file_is_one_error_with_its_path(tmp_path, kept, message):
    noise = np.random.default_rng(0).integers(256, size=(40, 80, 3))  # 9 kB
    path = saved(noise, np.uint8, tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=message) as raised:
        worlds.of_folder(tmp_path, 32)
    assert str(raised.value).startswith(f"expected {path} to be a picture, got: ")
    assert "BufferedReader" not in str(raised.value)


def test_damaged_exif_data_are_one_error(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", exif=b"Exif\0\0MM\0*\0\0")
    with pytest.raises(ValueError, match="a.png to be a picture, got: "):
        files.image_of(tmp_path / "a.png")


# -- which there are -------------------------------------------------------------------------------


def test_all_pictures_are_found_and_no_hidden_file(tmp_path):
    touch(tmp_path, "b.TIFF", "b.tif", "a.png", "a-1.jpg")
    for name in "._a.jpg", ".hidden.png", "notes.txt":
        (tmp_path / name).write_text("no picture")
    assert [path.name for path in files.list_of(tmp_path)] == ["a.png", "a-1.jpg", "b.TIFF",
                                                               "b.tif"]


def test_pictures_of_one_name_are_different_pictures(tmp_path):
    touch(tmp_path / "both", "cat.jpg", "cat.png", "dog.png", size=(16, 8))
    pairs = worlds.of_folder(tmp_path / "both", 32)
    assert len(pairs.train) + len(pairs.held) == 3
    touch(tmp_path / "many", *(f"{n}.{suffix}" for n in range(10) for suffix in ("jpg", "png")))
    one = holes.of_folder(tmp_path / "many")
    assert len(one.train) + len(one.held) == 20


def test_results_of_one_name_get_numbers_and_leave_the_sheet_alone(tmp_path):
    touch(tmp_path / "mine", "cat.jpg", "cat.png", "sheet.png", "Sheet.jpg", "CAT.tif")
    named = applying.pictures([tmp_path / "mine", tmp_path / "mine/cat.png"],
                              lambda path: path.name)
    assert named == {"CAT": "CAT.tif", "Sheet_2": "Sheet.jpg", "cat_2": "cat.jpg",
                     "cat_3": "cat.png", "sheet_3": "sheet.png", "cat_4": "cat.png"}


@pytest.mark.parametrize("count, said", [(1, "1 picture into"), (2, "2 pictures into")])
def test_each_result_is_written_and_counted(tmp_path, capsys, count, said):
    images = {f"{n}": np.zeros((4, 4, 1)) for n in range(count)}
    applying.write_each(None, tmp_path, images, lambda path: path.write_text("the sheet"))
    assert f"Written: {said} {tmp_path}\n" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {*(f"{n}.png" for n in images),
                                                          "sheet.png"}


def test_what_has_no_partner_is_counted_and_named(tmp_path):
    touch(tmp_path / "input", *(f"a{n}.png" for n in range(7)))
    touch(tmp_path / "target", "a1.jpg", "a2.jpg", "b.png")
    pairs = worlds.of_folder(tmp_path, 32)
    assert len(pairs.train) + len(pairs.held) == 2
    assert pairs.note == ("Left out, without a partner of the same name: "
                          "5 in input/ (a0.png, a3.png, a4.png, ...), 1 in target/ (b.png)")
    for n in 1, 2:
        (tmp_path / f"target/a{n}.jpg").unlink()
    with pytest.raises(ValueError, match=r"got 0; without a partner of the same name: 7 in input/ "
                                         r"\(a0.png, a1.png, a2.png, ...\), 1 in target/ \(b.png"):
        worlds.of_folder(tmp_path, 32)


def test_two_partners_of_one_name_are_an_error_with_both(tmp_path):
    touch(tmp_path / "input", "a.png", "b.png")
    touch(tmp_path / "target", "a.jpg", "a.png", "b.png")
    with pytest.raises(ValueError, match="target, got a.jpg and a.png"):
        worlds.of_folder(tmp_path, 32)
