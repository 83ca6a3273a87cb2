"""numgan.data.captions: words that mean what is drawn, and pictures that are read as drawn."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from demos.text_to_image.reading import judge, read_scene
from numgan.data import CaptionData, captions
from numgan.data.captions import (BACKGROUND, COLOURS, GAP, LENGTH, OPPOSITE, RELATIONS, SHAPES,
                                  SIZES, SLOPE, SYNONYMS, VOCABULARY, Scene, Thing, all_scenes,
                                  caption, parse_caption, render, render_scenes, texts, tokens)


def rng(seed=0):
    return np.random.default_rng(seed)


RED = Thing("large", "red", "circle")
BLUE = Thing("small", "blue", "square")
PAIR = Scene(RED, "left of", BLUE)
SOME = all_scenes()[::7]  # every thing and relation, in a mixture


# -- words ----------------------------------------------------------------------------------------

def test_there_is_every_scene_once():
    things = len(SIZES) * len(COLOURS) * len(SHAPES)
    assert len(all_scenes()) == len(set(all_scenes())) == things + things**2 * len(RELATIONS)


def test_grammar_round_trip_of_every_scene():
    written = [caption(scene) for scene in all_scenes()]
    assert len(set(written)) == len(written)
    assert [parse_caption(text) for text in written] == list(all_scenes())
    assert texts(tokens(written)) == written


def test_grammar_of_captions_written_by_hand():
    assert caption(PAIR) == "a large red circle left of a small blue square"
    assert caption(Scene(Thing("small", "green", "triangle"))) == "a small green triangle"
    assert parse_caption("  A large RED circle\n above a small blue square ") == Scene(
        RED, "above", BLUE)


@pytest.mark.parametrize("text, meant", [
    ("small red circle over a big blue square", "a small red circle above a large blue square"),
    ("A Large RED circle, to the left of a tiny, yellow triangle.",
     "a large red circle left of a small yellow triangle"),
    ("Below a big blue box is a small red disc!", "a small red disc below a large blue box"),
    ("To the right of the huge white ball, a purple triangle that is little",
     "a small purple triangle right of a large white circle"),
    ("circle red and big on top of square little green",
     "a large red circle on a little green box"),
    ("red small circle", "a small red circle"),
])
def test_captions_as_one_would_type_them(text, meant):
    assert parse_caption(text) == parse_caption(meant)
    assert caption(parse_caption(text)) == meant or "disc" in meant or "box" in meant


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(all_scenes()), st.randoms(use_true_random=False), st.booleans())
def test_every_scene_in_free_words(scene, chance, leads):
    """In any order, with any synonym, the relation between the things or before both."""
    def said(name):
        return chance.choice([name, *SYNONYMS.get(name, ())])

    def thing(one):
        words = [said(one.size), said(one.colour), said(one.shape)]
        chance.shuffle(words)
        return chance.choice(["", "the ", "A "]) + chance.choice([" ", ", "]).join(words)

    if scene.second is None:
        text = thing(scene.first)
    elif leads:
        text = f"{said(scene.relation)} {thing(scene.second)} there is {thing(scene.first)}"
    else:
        text = f"{thing(scene.first)} {said(scene.relation)} {thing(scene.second)}"
    for typed in text, text.capitalize() + ".", text.upper():
        assert parse_caption(typed) == scene


def test_no_word_has_two_meanings():
    words = [*SIZES, *COLOURS, *SHAPES, *RELATIONS, *itertools.chain(*SYNONYMS.values())]
    assert len(words) == len(set(words)) and set(SYNONYMS) <= set(words)


@pytest.mark.parametrize("text, words", [
    ("a large rde circle", r"large \(or big.*triangle.*above \(or over.*got 'rde', word 3 of"),
    ("a large red circle beside a small blue square", "got 'beside', word 5"),
    ("", "a thing, with size, colour and shape, got ''"),
    ("a red circle", r"a size \(large, small\) of each thing, got 'red circle'"),
    ("a large circle", r"a colour \(red, green.*got 'large circle'"),
    ("a large red", r"a shape \(circle, square, triangle\).*got 'large red'"),
    ("a large red above a small blue square", "a shape .*got 'large red'"),
    ("a large large red circle", r"a relation \(left of.*one size, got 'large', word 3"),
    ("a large red circle and a small blue square", r"a relation \(left of.*got 'small', word 7"),
    ("a large red circle left a small blue square", "'of' after 'left', word 5"),
    ("a large red circle above", "a second thing, .*got 'a large red circle above'"),
    ("above a large red circle", "a second thing"),
    ("large red circle above below small red circle", "one relation, which.*'above', got 'below'"),
    (caption(PAIR) + " above a small red circle", "one relation.*got 'above', word 11"),
    (caption(PAIR) + " a small", "the end, got 'small', word 12"),
])
def test_parse_caption_names_the_word_and_what_was_expected(text, words):
    with pytest.raises(ValueError, match="parse_caption: expected.*" + words):
        parse_caption(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY[1:] + ("cube", "é")), max_size=12))
def test_parse_caption_leaves_no_word_out(words):
    text = " ".join(words)
    try:
        understood = caption(parse_caption(text))
    except ValueError as error:
        assert "parse_caption: expected" in str(error)
    else:
        said = [sorted(word for word in some if word != "a") for some in
                (words, understood.split())]
        assert said[0] == said[1]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(all_scenes()), st.data())
def test_parse_caption_notices_every_missing_or_doubled_word(scene, draw):
    words = caption(scene).split()
    at = draw.draw(st.sampled_from([i for i, word in enumerate(words) if word != "a"]))
    for changed in (words[:at] + words[at + 1:], words[:at] + words[at:at + 1] + words[at:]):
        with pytest.raises(ValueError):
            parse_caption(" ".join(changed))


def test_tokens():
    rows = tokens(["a small", caption(PAIR)])
    assert rows.shape == (2, LENGTH) and rows.dtype == int
    assert rows[0].tolist() == [VOCABULARY.index("a"), VOCABULARY.index("small")] + [0] * 8
    assert (rows[1] > 0).all() and VOCABULARY[0] == ""
    assert len(set(VOCABULARY)) == len(VOCABULARY)
    assert tokens([]).shape == (0, LENGTH)
    used = {word for scene in all_scenes() for word in caption(scene).split()}
    assert used == set(VOCABULARY[1:])
    assert max(len(caption(scene).split()) for scene in all_scenes()) == LENGTH


def test_true_of():
    same = Scene(RED, "above", RED)
    assert PAIR.true_of(PAIR) and PAIR.mirrored() == Scene(BLUE, "right of", RED)
    assert PAIR.true_of(PAIR.mirrored()) and PAIR.mirrored().true_of(PAIR)
    assert not PAIR.true_of(Scene(BLUE, "left of", RED))
    assert not PAIR.true_of(Scene(RED, "above", BLUE))
    assert Scene(RED).true_of(PAIR) and Scene(BLUE).true_of(PAIR)
    assert not PAIR.true_of(Scene(RED)) and not Scene(RED).true_of(Scene(BLUE))
    assert same.true_of(Scene(RED, "below", RED)) and not same.true_of(Scene(RED, "left of", RED))


# -- drawing --------------------------------------------------------------------------------------

def painted(image):
    """Where a picture is not background."""
    return np.abs(image - BACKGROUND).max(axis=-1) > 1e-6


def boxes(image, scene):
    """The (rows, columns) slices of each thing of a scene with two colours, in its order."""
    labels, count = ndimage.label(painted(image), np.ones((3, 3)))
    result = []
    for thing in scene.things:
        whole = np.abs(image - COLOURS[thing.colour]).max(axis=-1) < 1e-5
        found, = set(labels[whole])  # exactly one spot has pixels of its full colour
        result += [ndimage.find_objects(labels)[found - 1]]
    return result


@pytest.mark.parametrize("size", [16, 24, 31])
def test_pictures_show_things_apart_where_the_caption_says(size):
    images = render_scenes(SOME, rng(), size)
    assert images.shape == (len(SOME), size, size, 3) and images.dtype == np.float32
    assert images.min() >= -1 and images.max() <= 1
    steep = []
    for image, scene in zip(images, SOME):
        # So many spots that do not touch, not even by a corner: nothing overlaps.
        assert ndimage.label(painted(image), np.ones((3, 3)))[1] == len(scene.things)
        if len({thing.colour for thing in scene.things}) == 2:
            first, second = boxes(image, scene)
            axis = int(scene.relation in ("left of", "right of"))
            if scene.relation in ("right of", "below"):
                first, second = second, first
            # Boxes are of whole pixels, things are smaller by up to one on each side.
            assert second[axis].start - first[axis].stop >= GAP - 1.5
            y, x = ((b.start + b.stop - a.start - a.stop) / 2 for a, b in zip(first, second))
            along, off = (x, abs(y)) if axis else (y, abs(x))
            assert off <= SLOPE * (along + 1) + 1
            steep.append(off / along)
    assert np.mean(np.array(steep) > 0.25) > 0.2  # and the slope is made use of


@pytest.mark.parametrize("size", [16, 24, 40])
def test_nothing_is_cut_off(size):
    full = {}
    for thing in {scene.first for scene in all_scenes()}:
        paint = np.array(COLOURS[thing.colour]) - BACKGROUND
        images = render_scenes([Scene(thing)] * 40, rng(), size)
        area = ((images - BACKGROUND) @ paint / (paint @ paint)).sum(axis=(1, 2))
        assert np.ptp(area) < 1e-3  # a cut thing would have less
        full.setdefault((thing.size, thing.shape), []).append(area[0])
        # and they come as far as the last pixel on each side
        ink = np.any([painted(image) for image in images], axis=0)
        assert ink[:2].any() and ink[-2:].any() and ink[:, :2].any() and ink[:, -2:].any()
    for shape in SHAPES:  # large is more than small by the factor, but for whole units
        large, small = full["large", shape], full["small", shape]
        assert np.ptp(large) < 1e-3
        assert np.mean(large) * SIZES["small"]**2 == pytest.approx(np.mean(small), rel=0.1)


def test_shapes_have_their_areas():
    for shape, part in (("circle", np.pi / 4), ("square", 1), ("triangle", 0.5)):
        image = render(Scene(Thing("large", "white", shape)), rng(), 96)
        height, width = np.multiply(SHAPES[shape], 4)
        area = (image[..., 0] - BACKGROUND).sum() / (COLOURS["white"][0] - BACKGROUND)
        assert area == pytest.approx(part * height * width, rel=0.01)
        rows, columns = (np.ptp(np.flatnonzero(painted(image).any(axis=a))) + 1 for a in (1, 0))
        assert abs(rows - height) <= 1 and abs(columns - width) <= 1
    profile = painted(render(Scene(Thing("large", "red", "triangle")), rng(), 96)).sum(axis=1)
    profile = profile[profile > 0]
    assert profile[0] <= 4 and (np.diff(profile) >= -2).all()  # its apex is above


def test_the_caption_does_not_fix_the_picture():
    images = render_scenes([PAIR] * 200, rng())
    assert len(np.unique(images.reshape(200, -1), axis=0)) > 190
    # for large pairs too, which have the least room
    tight = Scene(Thing("large", "red", "triangle"), "left of", Thing("large", "red", "triangle"))
    assert len(np.unique(render_scenes([tight] * 50, rng(), 16).reshape(50, -1), axis=0)) > 30


def test_same_seed_same_pictures():
    r = rng(5)
    first = render(PAIR, r)
    assert np.array_equal(first, render(PAIR, rng(5)))
    assert not np.array_equal(first, render(PAIR, r))
    assert np.array_equal(first, render_scenes([PAIR], rng(5))[0])
    assert render_scenes([], rng()).shape == (0, 24, 24, 3)


# -- batches --------------------------------------------------------------------------------------

DATA = CaptionData()


@pytest.mark.parametrize("options", [{}, {"seed": 1}, {"triples": 18, "share": 0.5}])
def test_split(options):
    data = CaptionData(**options)
    train, held_out = set(data.train), set(data.held_out)
    assert train | held_out == set(all_scenes()) and not train & held_out
    # what is held out is never said in other words
    assert not any(scene.mirrored() in train for scene in held_out)
    for triple in data.triples:
        colour, shape, relation = triple
        has = {scene for scene in all_scenes() if scene.second and (
            (scene.first.colour, scene.first.shape, scene.relation) == triple
            or (scene.second.colour, scene.second.shape, OPPOSITE[scene.relation]) == triple)}
        assert has and has <= held_out
    known = {(t.colour, t.shape, scene.second is None) for scene in train for t in scene.things}
    assert known == set(itertools.product(COLOURS, SHAPES, (False, True)))
    assert {word for s in train for word in caption(s).split()} == set(VOCABULARY[1:])
    rest = [s for s in all_scenes() if s.second and not any(
        (a.first.colour, a.first.shape, a.relation) in data.triples for a in (s, s.mirrored()))]
    share = sum(scene in held_out for scene in rest) / len(rest)
    assert share == pytest.approx(options.get("share", 0.1), abs=0.01)


def test_split_is_chosen_by_the_seed():
    assert CaptionData(seed=0).held_out == DATA.held_out
    assert CaptionData(seed=1).triples != DATA.triples
    assert CaptionData(triples=0, share=0).held_out == ()


@pytest.mark.parametrize("held_out", [False, True])
def test_batch(held_out):
    images, rows, scenes = DATA.batch(2000, rng(), held_out)
    assert images.shape == (2000, 24, 24, 3) and images.dtype == np.float32
    assert rows.shape == (2000, LENGTH) and rows.dtype == int
    assert texts(rows) == [caption(scene) for scene in scenes]
    assert set(scenes) <= set(DATA.held_out if held_out else DATA.train)
    single = np.mean([scene.second is None for scene in scenes])
    assert single == pytest.approx(0 if held_out else 0.25, abs=0.04)  # 4 standard errors
    again = DATA.batch(2000, rng(), held_out)
    assert np.array_equal(images, again[0]) and scenes == again[2]
    assert CaptionData(size=16, single=1).batch(3, rng())[0].shape == (3, 16, 16, 3)


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("held_out", [False, True])
def test_mismatched_captions_are_wrong(near, held_out):
    _, rows, scenes = DATA.batch(4000, rng(), held_out)
    scenes[:50] = [Scene(RED, relation, RED) for relation in RELATIONS for _ in range(13)][:50]
    wrong_rows, wrong = DATA.mismatched(scenes, rng(1), near=near)
    assert texts(wrong_rows) == [caption(scene) for scene in wrong]
    assert not any(w.true_of(s) for w, s in zip(wrong, scenes))
    assert set(wrong) <= set(DATA.train)
    if near:
        assert {changes(w, s) for w, s in zip(wrong, scenes)} == {1}
        assert all(len(w.things) == len(s.things) for w, s in zip(wrong, scenes))
    else:
        assert len(set(wrong)) > 1000
    assert wrong == DATA.mismatched(scenes, rng(1), near=near)[1]


def test_wrong_captions_by_exchange():
    _, _, scenes = DATA.batch(3000, rng())
    rows, wrong = DATA.mismatched(scenes, rng(1), near=True, swapped=True)
    assert texts(rows) == [caption(scene) for scene in wrong] and set(wrong) <= set(DATA.train)
    assert not any(w.true_of(s) for w, s in zip(wrong, scenes))
    parts, exchanged = ("size", "colour", "shape"), dict.fromkeys(("size", "colour", "shape"), 0)
    for one, other in zip(scenes, wrong):
        if changes(one, other) == 1:  # there was nothing to exchange
            continue
        part, = (part for part in parts if getattr(one.first, part) != getattr(other.first, part))
        exchanged[part] += 1
        assert changes(one, other) == 2 and one.relation == other.relation
        assert getattr(one.first, part) == getattr(other.second, part)
        assert getattr(one.second, part) == getattr(other.first, part)
    assert min(exchanged.values()) > 300 and sum(exchanged.values()) > 2000, exchanged
    alone = DATA.mismatched([Scene(RED)] * 20, rng(), near=True, swapped=True)[1]
    assert all(changes(Scene(RED), scene) == 1 for scene in alone)


def test_shapes_are_as_often_wrong_as_colours():
    _, _, scenes = DATA.batch(4000, rng())
    wrong = DATA.mismatched(scenes, rng(1), near=True)[1]
    share = {part: np.mean([any(getattr(a, part) != getattr(b, part)
                                for a, b in zip(one.things, other.things))
                            for one, other in zip(scenes, wrong)])
             for part in ("size", "colour", "shape")}
    assert all(0.26 < value < 0.33 for value in share.values()), share  # 2 of 7 words, 1 of 3
    assert max(share.values()) - min(share.values()) < 0.03, share


def changes(a, b):
    """How many properties and relations differ between two scenes of as many things."""
    return sum(x != y for one, other in zip(a.things, b.things)
               for x, y in ((one.size, other.size), (one.colour, other.colour),
                            (one.shape, other.shape))) + (a.relation != b.relation)


def test_mismatched_where_a_right_caption_is_likely():
    # Of 36 captions with one thing, two are true of this picture: they must never come.
    wrong = CaptionData(single=1).mismatched([PAIR] * 2000, rng())[1]
    assert not {Scene(RED), Scene(BLUE)} & set(wrong) and len(set(wrong)) == 34
    one_word = DATA.mismatched([PAIR] * 2000, rng(), near=True)[1]
    assert len(set(one_word)) >= 15  # of 19: 2 sizes, 5 + 5 colours, 2 + 2 shapes, 3 relations
    assert DATA.mismatched([], rng())[0].shape == (0, LENGTH)


# -- reading --------------------------------------------------------------------------------------

def worse(images, blur, noise, r):
    """Pictures after a blur of this many pixels and noise of this standard deviation."""
    images = ndimage.gaussian_filter(images, (0, blur, blur, 0))
    return images + noise * r.standard_normal(images.shape)


@pytest.mark.slow
@pytest.mark.parametrize("size, blur, noise, shapes", [
    (24, 0, 0, 1), (24, 0.5, 0.1, 0.998), (24, 0.8, 0.1, 0.97),
    (16, 0, 0, 1), (16, 0.5, 0.1, 0.95)])
def test_judge_of_true_pictures(size, blur, noise, shapes):
    r = rng(7)
    scenes = [all_scenes()[i] for i in r.integers(len(all_scenes()), size=450)]
    scenes += [all_scenes()[i] for i in r.integers(36, size=50)]
    images = worse(render_scenes(scenes, r, size), blur, noise, r)
    right = np.array([judge(image, scene) for image, scene in zip(images, scenes)])
    assert right[:, :2].all()
    assert right[:, 2].mean() >= shapes and right[:, 3].mean() >= 0.998


def test_judge_of_alike_things():
    pairs = all_scenes()[36:]
    scenes = [scene for scene in pairs if scene.first.colour == scene.second.colour][::5]
    r = rng()
    images = worse(render_scenes(scenes, r), 0.5, 0.1, r)
    assert np.all([judge(image, scene)[:2] for image, scene in zip(images, scenes)])


def test_judge_of_wrong_captions():
    images, _, scenes = DATA.batch(150, rng())
    for near in (False, True):
        wrong = DATA.mismatched(scenes, rng(2), near=near)[1]
        for image, scene, other in zip(images, scenes, wrong):
            assert not all(judge(image, other))
            if near:  # exactly the changed property is wrong
                things = list(zip(scene.things, other.things))
                colour = sorted(a.colour for a in scene.things) == sorted(
                    b.colour for b in other.things)
                assert judge(image, other)[0] == colour
                if all(a == b for a, b in things):
                    assert judge(image, other) == (True, False, True, True)
                if colour and len({thing.colour for thing in scene.things}) == len(things):
                    assert judge(image, other)[1:] == (
                        scene.relation == other.relation,
                        all(a.shape == b.shape for a, b in things),
                        all(a.size == b.size for a, b in things))


def test_judge_of_extra_and_missing_things():
    one, two = render(Scene(RED), rng()), render(PAIR, rng())
    assert judge(one, PAIR) == (False, False, False, False)
    assert judge(two, Scene(RED)) == (False, False, True, True)
    assert judge(one, Scene(BLUE)) == (False, True, False, False)
    assert judge(np.full((24, 24, 3), BACKGROUND), Scene(RED)) == (False,) * 4
    assert judge(two, Scene(BLUE, "left of", RED))[:2] == (True, False)


def test_read_scene_measures_what_was_drawn():
    scenes = SOME[::3]
    for image, scene in zip(render_scenes(scenes, rng()), scenes):
        reading = read_scene(image)
        assert reading.reasons == () and reading.scene in (scene, scene.mirrored())
        labels, _ = ndimage.label(painted(image), np.ones((3, 3)))
        for found in reading.things:
            own = labels == labels[int(found.y), int(found.x)]
            weight = np.where(own, np.abs(image - BACKGROUND).sum(axis=-1), 0)
            paint = np.abs(np.array(COLOURS[found.colour]) - BACKGROUND).sum()
            y, x = np.array(ndimage.center_of_mass(weight)) + 0.5
            assert abs(found.x - x) < 0.1 and abs(found.y - y) < 0.1
            assert found.area == pytest.approx(weight.sum() / paint, rel=0.1)


def canvas(*boxes):
    image = np.full((24, 24, 3), BACKGROUND)
    for y, x, height, width, colour in boxes:
        image[y:y + height, x:x + width] = COLOURS.get(colour, colour)
    return image


@pytest.mark.parametrize("image, colours, words", [
    (canvas(), [], "found no thing"),
    (canvas((5, 5, 1, 2, "red")), [], "left out 1 specks.*found no thing"),
    (canvas((0, 0, 24, 24, "red")), ["red"], "the red thing has no shape"),
    (canvas((5, 5, 4, 15, "blue")), ["blue"], "the blue thing has no shape"),
    (canvas((5, 5, 8, 8, (-0.7, 0.9, 0.9))), [], "64 pixels of no palette colour"),
    (canvas((1, 1, 8, 8, "red"), (1, 14, 8, 8, "red"), (14, 1, 8, 8, "red")), ["red"] * 3,
     "found 3 things"),
])
def test_read_scene_gives_reasons(image, colours, words):
    import re
    reading = read_scene(image)
    assert [thing.colour for thing in reading.things] == colours and reading.scene is None
    assert re.search(words, "; ".join(reading.reasons))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 3), st.floats(0.1, 100))
def test_read_scene_and_judge_of_rubbish(seed, blur, scale):
    image = rng(seed).normal(size=(24, 24, 3)) * scale
    image = ndimage.gaussian_filter(image, (blur, blur, 0))
    reading = read_scene(image)
    assert reading.reasons or reading.scene is not None
    assert all(type(right) is bool for right in judge(image, PAIR))


# -- errors ---------------------------------------------------------------------------------------

IMAGE = np.zeros((24, 24, 3))


@pytest.mark.parametrize("call, error, words", [
    (lambda: Thing("large", "pink", "circle"), ValueError, "Thing.*colour.*red, green.*'pink'"),
    (lambda: Thing("big", "red", "circle"), ValueError, "Thing.*size.*large, small.*'big'"),
    (lambda: Thing("large", "red", None), ValueError, "Thing.*shape.*circle.*None"),
    (lambda: Scene("a"), TypeError, "Scene.*first.*Thing.*'a'"),
    (lambda: Scene(RED, "left of"), ValueError, "Scene.*both.*'left of' and None"),
    (lambda: Scene(RED, None, BLUE), ValueError, "Scene.*both"),
    (lambda: Scene(RED, "left", BLUE), ValueError, "Scene.*relation.*left of.*'left'"),
    (lambda: Scene(RED, "above", 3), TypeError, "Scene.*second.*Thing.*3"),
    (lambda: caption("a"), TypeError, "caption.*Scene.*'a'"),
    (lambda: parse_caption(3), TypeError, "parse_caption.*str.*3"),
    (lambda: tokens("a large"), TypeError, "tokens.*list.*'a large'"),
    (lambda: tokens([PAIR]), TypeError, "tokens.*str.*Scene"),
    (lambda: tokens(["a bib"]), ValueError, "tokens.*got 'bib', word 2 of 'a bib'"),
    (lambda: tokens(["a " * 11]), ValueError, "tokens.*at most 10 words"),
    (lambda: texts(np.ones((2, 3))), ValueError, "texts.*integers.*float64"),
    (lambda: texts([[99]]), ValueError, "texts.*tokens 0 ... 17"),
    (lambda: render("a", rng()), TypeError, "render.*Scene.*'a'"),
    (lambda: render(PAIR, 0), TypeError, "render.*Generator.*0"),
    (lambda: render(PAIR, rng(), 15), ValueError, "render: size must be .* >= 16, got 15"),
    (lambda: render(PAIR, rng(), 24.0), ValueError, "render.*size.*integer.*24.0"),
    (lambda: CaptionData(size=8), ValueError, "CaptionData: size must be .* >= 16, got 8"),
    (lambda: CaptionData(seed=-1), ValueError, "CaptionData: seed must be .* >= 0"),
    (lambda: CaptionData(triples=19), ValueError, "CaptionData: triples.* to 18, got 19"),
    (lambda: CaptionData(share=0.6), ValueError, "CaptionData: share must be .* <= 0.5, got 0.6"),
    (lambda: CaptionData(single=1.5), ValueError, "CaptionData: single must be .* <= 1, got 1.5"),
    (lambda: CaptionData(single=float("nan")), ValueError, "CaptionData.*single.*nan"),
    (lambda: DATA.batch(0, rng()), ValueError, "CaptionData.batch.*batch_size.*got 0"),
    (lambda: DATA.batch(2, 1), TypeError, "CaptionData.batch.*Generator"),
    (lambda: CaptionData(triples=0, share=0).batch(2, rng(), held_out=True), ValueError,
     "CaptionData.batch.*held out, got none"),
    (lambda: DATA.mismatched(["a"], rng()), TypeError, "CaptionData.mismatched.*Scene.*'a'"),
    (lambda: DATA.mismatched([PAIR], None), TypeError, "CaptionData.mismatched.*Generator"),
    (lambda: judge(IMAGE, "a"), TypeError, "judge.*Scene.*'a'"),
    (lambda: read_scene(IMAGE[..., 0]), ValueError, r"read_scene.*\(size, size, 3\).*\(24, 24\)"),
    (lambda: read_scene(IMAGE[None]), ValueError, r"read_scene.*\(1, 24, 24, 3\)"),
    (lambda: read_scene(IMAGE[:20]), ValueError, r"read_scene.*\(20, 24, 3\)"),
    (lambda: read_scene(IMAGE[:8, :8]), ValueError, r"read_scene.*>= 16.*\(8, 8, 3\)"),
    (lambda: read_scene(IMAGE.astype(np.uint8)), TypeError, "read_scene.*floats.*uint8"),
    (lambda: read_scene(np.where(np.arange(3) == 1, np.nan, IMAGE)), ValueError,
     "read_scene.*finite.*576"),
])
def test_captions_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_module_is_exported():
    from numgan import data
    assert data.captions is captions and "CaptionData" in data.__all__
