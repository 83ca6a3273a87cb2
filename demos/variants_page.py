"""The page of `demos.variants`: a table and a section for each GAN, with nothing but itself."""

import base64
import html
import io

from matplotlib.figure import Figure

from numgan._files import replacing

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
       color: #222; background: #fff }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block;
        overflow-x: auto }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
td.note { text-align: left; color: #a33; max-width: 20rem; font-size: .85em }
section { display: flex; gap: 1.5rem; align-items: flex-start; border-top: 1px solid #ddd;
          padding: 1rem 0; flex-wrap: wrap }
section img { width: 22rem; max-width: 100% }
section div { flex: 1; min-width: 18rem }
h2 { margin: 0 }
dt { font-weight: 600; margin-top: .5rem }
dd { margin: 0 }
dd.formula { font-family: ui-monospace, monospace; font-size: .9em }
"""
INTRODUCTION = ("Each of these GANs was trained on the same data from the same seed. The table has "
                "what came out; below it, each has its picture, what it minimises, what it changes "
                "of the plain GAN, what that is to cure, and where to read.")
NOTATION = ("l is the discriminator's logit, D = σ(l), E the mean over a batch, x a real sample, z "
            "a latent, e the energy of a D that is an autoencoder. Each player minimises what "
            "stands behind its name.")


def write(path, title, view, columns, rows, sections):
    """The page, whole or not at all.

    view : has the words ``seen`` (what a picture shows) and ``explained`` (what is measured)
    rows : lists of cells, the first of which is a title, the last a note
    sections : (About, row or None, function ax -> None that draws its picture, or None)
    """
    text = html.escape
    lines = [f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{text(title)}</title>",
             "<meta name='viewport' content='width=device-width'>",
             f"<style>{STYLE}</style><h1>{text(title)}</h1>",
             f"<p>{text(INTRODUCTION)} {text(view.seen)}</p>",
             f"<p>{text(view.explained)}</p>",
             "<table>",
             "<tr>" + "".join(f"<th>{text(name)}</th>" for name in columns) + "</tr>"]
    known = {about.title for about, _, _ in sections}
    for name, *cells, note in rows:
        first = f"<a href='#{_anchor(name)}'>{text(name)}</a>" if name in known else text(name)
        lines.append(f"<tr><td>{first}</td>" + "".join(f"<td>{text(cell)}</td>" for cell in cells)
                     + (f"<td class='note'>{text(note)}</td>" if note else "") + "</tr>")
    lines += ["</table>", f"<p>{text(NOTATION)}</p>"]
    for about, row, draw in sections:
        lines.append(f"<section id='{_anchor(about.title)}'>")
        if draw:
            lines.append(f"<img alt='samples of {text(about.title)}' "
                         f"src='data:image/png;base64,{_picture(draw)}'>")
        facts = [("what it changes", about.changes), ("what it is meant to cure", about.cures),
                 ("where to read", "; ".join(filter(None, (
                     about.code and f"numgan/{about.code}", about.paper))))]
        if row:
            facts.append(("measured", ", ".join(f"{name} {cell}" for name, cell in
                                                zip(columns[1:], row[1:-1]) if cell != "–")))
            facts.append(("note", row[-1]))
        objective = "<br>".join(map(text, about.objective.split("; ")))
        lines.append(f"<div><h2>{text(about.title)}</h2><dl><dt>objective</dt>"
                     f"<dd class='formula'>{objective}</dd>"
                     + "".join(f"<dt>{name}</dt><dd>{text(fact)}</dd>" for name, fact in facts
                               if fact)
                     + "</dl></div></section>")
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n</html>\n", encoding="utf-8")


def _anchor(title):
    return "".join(c if c.isalnum() else "-" for c in title.lower())


def _picture(draw):
    figure = Figure(figsize=(4, 4.4), dpi=100, layout="constrained")
    draw(figure.subplots())
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
