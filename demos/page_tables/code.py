"""The tables that are made from the code itself."""

import inspect
import re

import numgan
from numgan._registry import Registry
from numgan.presets import FAMILY, besides, names as preset_names

from .writing import markdown


def family():
    """All GANs in words, from `numgan.presets.family`."""
    return markdown(
        ["name", "objective", "what it changes", "beside it", "what it cures", "where to read"],
        [[f"{about.title} (`{name}`)", about.objective.replace("|", "\\|"), about.changes,
          besides(name),
          about.cures, f"[`{about.code}`](../../numgan/{about.code}), {about.paper}"]
         for name, about in FAMILY.items()])


def api():
    """The public names of numgan and of its modules, each with the first sentence of its text."""
    modules = [(name, value) for name in numgan.__all__
               if inspect.ismodule(value := getattr(numgan, name))]
    names = [name for name in numgan.__all__ if name not in (*dict(modules), "__version__")]
    return "\n\n".join(f"**`{title}`**: {first_sentence(module)}\n\n" + markdown(
        ["name", "what it is"], [[f"`{name}`", said_of(getattr(module, name))] for name in inside])
        for title, module, inside in [("numgan", numgan, names)] + [
            (f"numgan.{name}", module, module.__all__) for name, module in modules])


def layers():
    """The layers by the file where they stand, a row for each file."""
    made, files = {name: getattr(numgan.layers, name) for name in numgan.layers.__all__}, {}
    for name, cls in made.items():
        files.setdefault(inspect.getmodule(cls), []).append(f"`{name}`")
    return markdown(["file", "what stands there", "layers"], [
        [f"[`{file.__name__.rpartition('.')[2]}.py`](../../{file.__name__.replace('.', '/')}.py)",
         first_sentence(file).replace("|", "\\|"), ", ".join(names)]
        for file, names in sorted(files.items(), key=lambda entry: entry[0].__name__)])


def said_of(value):
    """What a public object is, in a line; for a value without a docstring of its own, its kind."""
    if isinstance(value, Registry):
        return f"registry: {value.kind}, by name"
    if not (callable(value) or inspect.ismodule(value)):
        return f"`{value!r}`"
    return first_sentence(value).replace("|", "\\|")


def first_sentence(value):
    """The first sentence of a docstring's first paragraph, as one line."""
    paragraph = " ".join(inspect.getdoc(value).partition("\n\n")[0].split())
    sentence = re.split(r"(?<!Base)\. (?=[A-Z])|:$", paragraph)[0]
    return sentence if sentence.endswith((".", "?")) else sentence + "."


def structures():
    """Who is connected to whom in each GAN, as `demos.structures` draws it."""
    from ..structures.members import of_member
    rows = [[f"**{FAMILY[name].title}**<br>{FAMILY[name].changes}",
             f'<img src="../pictures/structures/{name}.png" width="370" '
             f'alt="{of_member(name).words()}">'] for name in preset_names("ring")]
    return markdown(["what it changes", "who is connected to whom"], rows) + (
        "\n\n*Made by `python -m demos.structures`, from the parts of each training.*")
