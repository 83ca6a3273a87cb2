"""A page to play with GANs on, served from this machine to this machine: the real library trains.

Opens a browser. Choose data or draw them, choose a method, turn knobs while the networks learn,
take one step of one player, and see what each network does. Ctrl-C ends it.

    python -m demos.playground
    python -m demos.playground --no-browser         prints the address only
    python -m demos.playground --address "ADDRESS"  opens an address that another page has copied
"""

import argparse
import http.client
import json
import threading
import urllib.parse
import webbrowser

from ..arguments import Parser, integer, positive
from ..common import run_main
from .scenes import SCENES
from .server import Server
from .session import Session
from .settings import checked

QUICK = dict(no_browser=True, steps=20)


def port(text):
    """A port, for argparse; 0 for any that is free."""
    return integer(text, 0, 65535)


def shared(text):
    """(what stands behind the # of an address, the settings of its first run), for argparse."""
    kind, _, value = text.rpartition("#")[2].partition("=")
    try:
        if kind == "scene":
            found = [scene["settings"] for scene in SCENES if scene["name"] == value]
            if not found:
                raise ValueError(f"no scene is called {value!r:.80}")
        elif kind == "s":
            found = json.loads(urllib.parse.unquote(value))
            found = found if isinstance(found, list) else [found]
            if not 1 <= len(found) <= 2:
                raise ValueError("one or two runs")
        else:
            raise ValueError("it does not come from the playground")
        found = [checked(settings) for settings in found]
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"expected an address with #scene=NAME or #s=SETTINGS, as "
                                         f"the page copies it, got {text!r:.80}: {error}") from None
    return f"{kind}={value}", found[0]


def main(arguments=None):
    parser = Parser("playground", __doc__, QUICK)
    parser.add_argument("--port", type=port, default=0, help="of 127.0.0.1 (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--scene", choices=[scene["name"] for scene in SCENES], metavar="NAME",
                        default=SCENES[0]["name"], help="to begin with: " + ", ".join(
                            scene["name"] for scene in SCENES))
    parser.add_argument("--address", type=shared, metavar="ADDRESS",
                        help="to begin with: what the button of another page has copied; of it "
                             "counts what stands behind the #")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help="train so many steps without a browser, print what a page would have "
                             "been served, and end")
    options = parser.parse_args(arguments)

    scene = next(scene for scene in SCENES if scene["name"] == options.scene)
    shown, first = (f"scene={scene['name']}", scene["settings"])
    if options.address:
        shown, first = options.address
    session = Session(first)
    try:
        server = Server(session, options.port)
    except OSError as error:
        session.close()
        parser.error(f"--port: {error}")
    thread = threading.Thread(target=server.serve_forever, name="server", daemon=True)
    thread.start()
    try:
        if options.steps:
            look(server, options.steps)
        else:
            print(f"The playground: {server.address}#{shown}\nOnly this machine can "
                  f"open it. It trains while a page looks at it. Ctrl-C ends it.", flush=True)
            if not options.no_browser:
                webbrowser.open(f"{server.address}#{shown}")
            thread.join()
    finally:
        server.shutdown()
        server.server_close()
        session.close()


def look(server, steps):
    """Train through the server, as a page would, and print what it serves."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    path = urllib.parse.urlsplit(server.address).path

    def ask(method, name, command=None):
        connection.request(method, path + name, None if command is None else json.dumps(command),
                           {"Content-Type": "application/json"} if command else {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    for name in "", "script.js", "style.css", "settings":
        status, body = ask("GET", name)
        print(f"{name or 'the page':<12} {status}, {len(body)} bytes")
    for done in range(0, steps, 1000):
        ask("POST", "do", {"do": "step", "count": min(1000, steps - done)})
    status = 204
    while status == 204:  # the first picture takes its time: it imports scikit-learn
        status, body = ask("GET", "picture?since=0")
    shown = json.loads(body)["runs"][0]
    print(f"{'a picture':<12} {status}, {len(body)} bytes: step {shown['step']}, "
          f"{len(shown['fake'])} generated points, "
          + ", ".join(f"{name} {value:g}" for name, value in
                      zip(shown["names"][1:], shown["curves"][-1][1:]) if value is not None))
    print(f"The same again, to the bit:\n\n{server.session.do({'do': 'snippet'})['snippet']}")
    connection.close()


if __name__ == "__main__":
    run_main(main)
