"""Pictures with captions, made here: a miniature world for text-to-image GANs.

A scene is one or two things on a dark canvas. A small grammar describes it in words

    a SIZE COLOUR SHAPE  [ RELATION  a SIZE COLOUR SHAPE ]

and the renderer draws it, at random places that make the words true. Since the world is known, a
generated picture can be judged (`demos.text_to_image.reading`). `scenes` has the grammar, `drawing`
the renderer, `data_set` the batches to train on. Compare "Generative Adversarial Text to Image
Synthesis" (Reed et al. 2016).

>>> caption(parse_caption("a large red circle above a small blue square").mirrored())
'a small blue square below a large red circle'
"""

from .data_set import CaptionData
from .drawing import BACKGROUND, FINE, GAP, MARGIN, MIN_SIZE, SLOPE, render, render_scenes
from .scenes import (COLOURS, LENGTH, OPPOSITE, RELATIONS, SHAPES, SIZES, SYNONYMS, VOCABULARY,
                     Scene, Thing, all_scenes, caption, parse_caption, texts, tokens)

__all__ = ["BACKGROUND", "COLOURS", "CaptionData", "FINE", "GAP", "LENGTH", "MARGIN", "MIN_SIZE",
           "OPPOSITE", "RELATIONS", "SHAPES", "SIZES", "SLOPE", "SYNONYMS", "Scene", "Thing",
           "VOCABULARY", "all_scenes", "caption", "parse_caption", "render", "render_scenes",
           "texts", "tokens"]
