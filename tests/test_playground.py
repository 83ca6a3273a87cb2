"""demos.playground: runs that repeat to the bit, the session's one thread, and the server, asked
without a browser."""

import concurrent.futures
import dataclasses
import http.client
import json
import socket
import threading
import time
import urllib.parse
import warnings

import numpy as np
import pytest

from demos.playground import __main__ as playground_command
from demos.playground import scenes, session, settings, slow, views
from demos.playground.run import FOREVER, Run
from demos.playground.server import LONGEST, Server
from demos.playground.session import Session
from numgan import plotting, presets
from numgan.training import Record

SMALL = {"g_width": 8, "g_depth": 1, "d_width": 8, "d_depth": 1, "batch": 8}


# -- a run -----------------------------------------------------------------------------------------


TURNS = [{"d_rate": 0.01}, {"g_rate": 0.002}, {"k": 3}, {"batch": 16}, {"loss": "minimax"},
         {"penalty": "r1"}, {"weight": 0.5}, {"noise": 0.3}, {"smoothing": 0.1},
         {"optimizer": "sgd"}, {"k": 1}, {"updates": "simultaneous"}]


def test_a_run_with_every_knob_turned_repeats_to_the_bit():
    run = Run({**SMALL, "seed": 3})
    for turn in TURNS:
        run.step()
        run.change(**turn)
        run.step("d")
        run.step("g")
    names = {}
    exec(run.snippet(), names)  # what the page's button copies; it asserts that the bits are equal
    assert names["run"].digest() == run.digest() and names["samples"].shape == (1000, 2)
    assert names["run"].settings == run.settings and run.done == 3 * len(TURNS)
    assert Run({**SMALL, "seed": 4}).replay(run.history).digest() != run.digest()


@pytest.mark.parametrize("turn", TURNS[:10], ids=lambda turn: next(iter(turn)))
def test_every_knob_acts_between_two_steps(turn):
    before = {"penalty": "r2"} if "weight" in turn else {}
    plain, turned = (Run({**SMALL, **before}) for _ in range(2))
    plain.step(), turned.step()
    turned.change(**turn)
    for _ in range(2):
        plain.step(), turned.step()
    assert turned.digest() != plain.digest()


def test_a_run_is_the_library_s_training():
    """Without a knob turned it is what `Preset.start` trains."""
    run = Run(SMALL)
    other = dataclasses.replace(
        run.recipe, steps=FOREVER, schedule="constant", noise=0.0, batch_size=8,
        g_hidden=(8,), d_hidden=(8,)).start(run.toy, 0)
    for _, record in zip(range(3), other):
        assert run.step() == record
    np.testing.assert_array_equal(run.discriminator.theta, other.discriminator.theta)


def test_a_step_of_one_player_leaves_the_other():
    run = Run(SMALL)
    g, d = run.generator.theta.copy(), run.discriminator.theta.copy()
    run.step("d")
    assert (run.generator.theta == g).all() and (run.discriminator.theta != d).any()
    d = run.discriminator.theta.copy()
    run.step("g")
    assert (run.discriminator.theta == d).all() and (run.generator.theta != g).any()


@pytest.mark.parametrize("turn, message", [
    ({"k": 0}, "k: expected a whole number from 1 to 20, got 0"),
    ({"d_rate": float("nan")}, "d_rate: expected a number"), ({"d_rate": True}, "d_rate: expected"),
    ({"batch": 2.5}, "batch: expected a whole number"), ({"loss": "none"}, "loss: expected one of"),
    ({"loss": ["own"]}, "loss: expected one of"), ({"speed": 1}, "expected settings such as"),
    ({"seed": 1}, "seed: these start a training anew"),
    ({"points": [[0, 1, 2]]}, "points: expected at most"),
    ({"updates": "consensus", "penalty": "r1"}, "Consensus.* with R1")])
def test_a_knob_that_cannot_be_turned_is_one_error_and_changes_nothing(turn, message):
    run = Run(SMALL)
    run.step()
    settings, digest = dict(run.settings), run.digest()
    with pytest.raises(ValueError, match=message):
        run.change(**turn)
    assert (run.settings, run.digest(), run.history) == (settings, digest, [["run", 1]])
    run.step()


@pytest.mark.parametrize("method", presets.names("ring"))
def test_every_method_has_a_picture(method):
    seen = views.Watched(Run({"method": method, "g_width": 8, "d_width": 8, "batch": 8}))
    seen.note(seen.run.step())
    picture = json.loads(json.dumps(seen.picture("trained"), allow_nan=False))
    assert len(picture["fake"]) == views.FAKES and len(picture["arrows"]) == views.ARROWS
    assert len(picture["map"]["values"]) == 2 * picture["map"]["size"] ** 2
    assert picture["step"] == 1 and picture["curves"][-1][0] == 1


def test_points_of_ones_own_are_learned_from():
    points = [[x / 100, (x / 100) ** 2] for x in range(-100, 100)]
    run = Run({**SMALL, "data": "drawn", "points": points})
    run.step()
    sample = run.toy.sample(200, np.random.default_rng(0))
    assert np.abs(sample[:, 1] - sample[:, 0] ** 2).max() < 0.2
    with pytest.raises(ValueError, match="cgan needs data with known modes"):
        Run({**SMALL, "data": "drawn", "points": points, "method": "cgan"})
    with pytest.raises(ValueError, match="expected at least two points"):
        Run({**SMALL, "data": "drawn"})


@pytest.mark.parametrize("scene", scenes.SCENES, ids=lambda scene: scene["name"])
def test_every_scene_begins_and_is_told_in_three_sentences(scene):
    run = Run(scene["settings"])
    run.step()
    if "two" in scene:
        Run({**scene["settings"], **scene["two"]}).step()
    assert scene["text"].count(". ") + 1 in (3, 4) and scene["text"].endswith(".")


def test_every_remedy_can_be_turned():
    for name in scenes.REMEDIES:
        for _, change in views.remedies(name, settings.defaults()):
            run = Run(SMALL)
            run.change(**change)
            run.step()


def test_slow_motion_is_the_same_step_told():
    told, plain = Run({**SMALL, "noise": 0.3, "k": 2}), Run({**SMALL, "noise": 0.3, "k": 2})
    for _ in range(2):
        record, found = slow.tell(told)
        assert plain.step() == record
    assert told.digest() == plain.digest() and told.history == plain.history == [["run", 2]]
    titles = [phase["title"] for phase in found["phases"]]
    assert titles[0] == "z is drawn" and titles[-1] == "G is updated" and len(titles) == 13
    pulls = next(phase for phase in found["phases"] if "pulls" in phase)
    assert len(pulls["pulls"]) == len(pulls["fake"]) == 8 and json.dumps(found, allow_nan=False)
    for wrong in {"method": "cgan"}, {"method": "unrolled"}:
        with pytest.raises(ValueError, match="slow motion"):
            slow.tell(Run({**SMALL, **wrong}))


@pytest.mark.parametrize("method", ["gan", "r3gan", "pacgan"])
def test_the_x_ray_ends_in_the_arrow(method):
    """The gradient at x is what `plotting.descent_directions` says, with its sign turned."""
    seen = views.Watched(Run({**SMALL, "method": method}))
    seen.note(seen.run.step())
    found = seen.x_ray(7, "trained")
    x = next(place for place in found["places"] if place["name"] == "x = G(z)")
    run, n = seen.run, views.FAKES
    fakes = run.generator(seen.z[:n])
    pulls = plotting.descent_directions(run.discriminator, run.loss, fakes,
                                        seen.real[:n].astype(np.float32))
    np.testing.assert_allclose(x["values"], fakes[7], rtol=1e-3)
    np.testing.assert_allclose(x["gradient"], -pulls[7], rtol=1e-3)
    for index in -1, n, True, None, 1.0:
        with pytest.raises(ValueError, match="index: expected that of a point"):
            seen.x_ray(index, "trained")


@pytest.mark.slow
def test_in_the_scene_of_that_name_d_has_won():
    """D's loss is near zero, and the gradient that reaches G flat; with the other loss it
    is not."""
    scene = next(scene for scene in scenes.SCENES if scene["name"] == "won")
    medians = {}
    for loss in scene["settings"]["loss"], "non-saturating":
        seen = views.Watched(Run({**scene["settings"], "loss": loss}))
        for _ in range(1000):
            seen.note(seen.run.step())
        medians[loss] = Record(*np.median(seen.records[500:], axis=0))
        if loss == "minimax":
            assert [found["name"] for found in seen.picture("trained")["findings"]] == ["D has won"]
    won, other = medians["minimax"], medians["non-saturating"]
    assert won.d_loss < 0.1 and won.d_real > 0.98 and won.d_fake < 0.02
    assert won.g_grad_norm < 0.01 * other.g_grad_norm


# -- the session -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def playground():
    made = Session(SMALL)
    server = Server(made)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    made.close()
    assert not made.thread.is_alive()


def ask(server, method="GET", name="settings", body=None, headers=(), path=None):
    """(status, what came, as JSON if it is)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    path = urllib.parse.urlsplit(server.address).path + name if path is None else path
    connection.request(method, path, body, {**({"Content-Type": "application/json"} if body
                                               else {}), **dict(headers)})
    answer = connection.getresponse()
    found = answer.read()
    connection.close()
    return answer.status, (json.loads(found) if answer.headers.get_content_type()
                           == "application/json" else found)


def do(server, **command):
    return ask(server, "POST", "do", json.dumps(command))


def shown(server, *, version):
    """What is shown after a command, by the version that it answers."""
    return json.loads(server.session.look(version, 20)[1])["runs"]


def trainers():
    return [thread for thread in threading.enumerate() if thread.name == "training"]


def steps(server):
    return server.session.runs[0].run.done


def test_a_page_plays_and_pauses(playground):
    assert do(playground, do="start", settings=SMALL)[0] == 200
    assert do(playground, do="play")[0] == 200
    since, seen = 0, []
    for _ in range(4):
        found = playground.session.look(since, 20)
        since = found[0]
        seen.append(json.loads(found[1])["runs"][0]["step"])
    assert seen[-1] > seen[0]
    assert do(playground, do="pause")[0] == 200
    here = steps(playground)
    time.sleep(0.1)
    assert steps(playground) == here
    assert do(playground, do="step", of="d", count=3)[0] == 200 and steps(playground) == here + 3


def test_it_rests_when_nobody_looks(playground, monkeypatch):
    monkeypatch.setattr(session, "WATCHED", 0.2)
    do(playground, do="start", settings=SMALL)
    do(playground, do="play")
    assert ask(playground, name="picture?since=0")[0] == 200
    time.sleep(0.6)
    here = steps(playground)
    time.sleep(0.3)
    assert steps(playground) == here
    monkeypatch.setattr(session, "WATCHED", 20.0)
    assert ask(playground, name="picture?since=0")[0] == 200  # somebody looks again
    deadline = time.monotonic() + 20
    while steps(playground) == here and time.monotonic() < deadline:
        time.sleep(0.01)
    assert steps(playground) > here
    do(playground, do="pause")


def test_two_at_once_are_one_knob_apart(playground):
    do(playground, do="start", settings=SMALL)
    assert do(playground, do="two", settings={"noise": 0.5})[0] == 200
    status, answer = do(playground, do="step", count=2)
    assert status == 200 and len(shown(playground, **answer)) == 2
    a, b = (watched.run for watched in playground.session.runs)
    assert a.done == b.done == 2 and a.digest() != b.digest()
    assert {name for name in a.settings if a.settings[name] != b.settings[name]} == {"noise"}
    assert do(playground, do="set", settings={"k": 2}, run="b")[0] == 200
    assert (a.settings["k"], b.settings["k"]) == (1, 2)
    assert do(playground, do="one")[0] == 200 and len(playground.session.runs) == 1


# -- the server ------------------------------------------------------------------------------------


def test_the_page_is_served_and_no_other_file(playground):
    for name in "", "script.js", "style.css":
        status, body = ask(playground, name=name)
        assert status == 200 and len(body) > 500
    for name in ("index.html", "../server.py", "page/script.js", "%2e%2e/server.py", "/etc/passwd",
                 "style.css/", "."):
        assert ask(playground, name=name)[0] == 404
    assert ask(playground, path="/")[0] == ask(playground, path="/script.js")[0] == 404


@pytest.mark.parametrize("path", ["/wrong/settings", "/", "//", "/settings", "/é/settings"])
def test_a_wrong_token_is_refused(playground, path):
    connection = socket.create_connection(("127.0.0.1", playground.server_port), 20)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{playground.server_port}\r\n"
                       "Connection: close\r\n\r\n".encode())
    assert connection.makefile("rb").readline().split()[1] in (b"404", b"400")
    connection.close()


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"Host": "127.0.0.1"}, {"Host": "evil.example:80"},
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_a_foreign_host_or_origin_is_refused(playground, headers):
    before = steps(playground)
    assert ask(playground, headers=headers)[0] == 403
    assert ask(playground, "POST", "do", '{"do": "step"}', headers)[0] == 403
    assert steps(playground) == before
    own = f"127.0.0.1:{playground.server_port}"
    assert ask(playground, headers={"Host": own, "Origin": f"http://{own}"})[0] == 200


@pytest.mark.parametrize("body, headers, status", [
    ("{", {}, 400), ("[" * 100_000, {}, 400), (b"\xff\xfe", {}, 400), ("[]", {}, 400),
    ('{"do": "nothing"}', {}, 400), ('{"do": "__init__"}', {}, 400), ('{"do": 3}', {}, 400),
    ('{"do": "step", "count": 1e9}', {}, 400), ('{"do": "set", "settings": 1}', {}, 400),
    ('{"do": "set", "settings": {"k": NaN}}', {}, 400),
    ('{"do": "start", "settings": []}', {}, 400),
    ('{"do": "two", "settings": {"seed": -1}}', {}, 400), ('{"do": "set", "run": 7}', {}, 400),
    ('{"do": "step"}', {"Content-Type": "text/plain"}, 415),
    ('{"do": "step"}', {"Content-Length": "-1"}, 411),
    ('{"do": "step"}', {"Content-Length": "9" * 30}, 413)])
def test_a_broken_body_is_one_sentence(playground, body, headers, status, capfd):
    before = steps(playground)
    came, answer = ask(playground, "POST", "do", body, headers)
    assert came == status and list(answer) == ["error"] and "\n" not in answer["error"]
    assert steps(playground) == before and "Traceback" not in capfd.readouterr().err


def test_a_huge_body_is_refused_unread(playground):
    with socket.create_connection(("127.0.0.1", playground.server_port), 20) as connection:
        path = urllib.parse.urlsplit(playground.address).path
        connection.sendall(f"POST {path}do HTTP/1.1\r\nHost: 127.0.0.1:{playground.server_port}\r\n"
                           "Content-Type: application/json\r\n"
                           f"Content-Length: {LONGEST + 1}\r\n\r\n".encode())
        assert b" 413 " in connection.makefile("rb").readline()


def test_fifty_at_once_are_served_by_one_training(playground, capfd):
    do(playground, do="start", settings=SMALL)
    do(playground, do="play")

    def visit(number):
        return [ask(playground)[0], do(playground, do="set", settings={"d_rate": 1e-3})[0],
                ask(playground, name="picture?since=0")[0],
                ask(playground, "POST", "do", "{")[0], ask(playground, path="/")[0],
                len(trainers())]

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        found = list(pool.map(visit, range(50)))
    do(playground, do="pause")
    assert {tuple(one) for one in found} == {(200, 200, 200, 400, 404, 1)}
    assert "Traceback" not in capfd.readouterr().err


def test_a_training_that_diverges_says_so(playground):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        do(playground, do="start", settings={**SMALL, "optimizer": "momentum", "d_rate": 10.0,
                                             "g_rate": 10.0, "loss": "least-squares"})
        _, answer = do(playground, do="step", count=200)
    assert "Nothing was updated" in shown(playground, **answer)[0]["stopped"]
    assert do(playground, do="start", settings=SMALL)[0] == 200
    assert do(playground, do="step")[0] == 200 and steps(playground) == 1


def test_an_address_of_another_page_is_opened_here(monkeypatch, capsys):
    """Of it counts what stands behind the #: the other page's port and token are no more."""
    given = urllib.parse.quote(json.dumps([{"data": "grid", "seed": 3}, {"data": "grid", "k": 2}]))
    began, opened = [], []
    monkeypatch.setattr(playground_command, "Session", lambda first: began.append(first)
                        or Session(first))
    monkeypatch.setattr(playground_command.threading.Thread, "join", lambda self, *_: None)
    monkeypatch.setattr(playground_command.webbrowser, "open", opened.append)
    playground_command.main(["--address", f"http://127.0.0.1:1/token/#s={given}"])
    assert began[0]["data"] == "grid" and began[0]["seed"] == 3
    assert opened[0].endswith(f"#s={given}") and ":1/token" not in opened[0]


@pytest.mark.parametrize("address, said", [
    ("http://127.0.0.1:1/token/", "does not come from the playground"),
    ("#scene=nowhere", "no scene is called 'nowhere'"), ("#s=%7B%22data", "Unterminated string"),
    ("#s=" + urllib.parse.quote('{"data": "moon"}'), "data: expected one of"),
    ("#s=%5B%5D", "one or two runs")])
def test_a_bad_address_is_refused_before_anything_begins(capsys, address, said):
    with pytest.raises(SystemExit) as stopped:
        playground_command.main(["--address", address])
    assert stopped.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
