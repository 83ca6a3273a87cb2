"""A film as a web page: a title, a paragraph that says what one sees, and a player, in one file."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence
from typing import Any

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: {width}px; margin: 1rem auto;
       padding: 0 1rem; color: #222; background: #fff }}
h1 {{ font-size: 1.4rem; margin: 0 }}
p {{ margin: .5rem 0 }}
img {{ display: block; width: 100% }}
div {{ display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; position: sticky;
      bottom: 0; background: #fff; padding: .5rem 0 }}
button {{ font: inherit; min-width: 5rem }}
input {{ flex: 1; min-width: 4rem }}
span {{ min-width: 9rem; font-variant-numeric: tabular-nums }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
<img id="film" alt="{title}" src="{last}">
<div>
<button id="play">pause</button>
<button id="back">back</button>
<button id="next">next</button>
<input id="slider" type="range" min="0" max="{end}" aria-label="frame">
<span id="where"></span>
</div>
<script>
const frames = {frames}.map(source => Object.assign(new Image(), {{src: source}}));
const [film, slider, play] = ["film", "slider", "play"].map(id => document.getElementById(id));
let now = 0, timer = null;

function show(index) {{
  now = (index + frames.length) % frames.length;
  film.src = frames[now].src;
  slider.value = now;
  document.getElementById("where").textContent = `frame ${{now + 1}} of ${{frames.length}}`;
}}

function run() {{  // the last frame stands still for a while, then all begins again
  play.textContent = "pause";
  timer = setTimeout(() => {{ show(now + 1); run(); }}, now < {end} ? {step} : {hold});
}}

function stop() {{
  clearTimeout(timer);
  timer = null;
  play.textContent = "play";
}}

play.onclick = () => timer === null ? run() : stop();
document.getElementById("back").onclick = () => {{ stop(); show(now - 1); }};
document.getElementById("next").onclick = () => {{ stop(); show(now + 1); }};
slider.oninput = () => {{ stop(); show(Number(slider.value)); }};
show(0);
run();
</script>
</body>
</html>
"""


def page(images: Sequence[Any], title: str, text: str, fps: float, hold: float) -> str:
    """The page as a string, with nothing but itself: it plays when opened, again and again.

    images : PIL Images, the frames
    title, text : str, what it is called, and the paragraph that says what one sees
    fps : frames a second
    hold : seconds that the last frame stands still
    """
    frames = [_data_url(image) for image in images]
    return PAGE.format(title=html.escape(title), text=html.escape(text), width=images[0].width,
                       last=frames[-1], frames=json.dumps(frames), end=len(frames) - 1,
                       step=round(1000 / fps), hold=round(1000 * hold))


def _data_url(image: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
