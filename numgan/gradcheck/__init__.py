"""Gradient checks: is a hand-written backward the derivative of its forward?

`check_layer(my_layer, x)` checks a layer or a whole network, `check_tangent` its second order,
`check_loss` a loss, `check_cost` a cost that compares with a target, `check_penalty` a penalty on
the discriminator's gradient, and `check_step` the discriminator's and the generator's training
step. `check_hvp`, `check_game` and `check_unrolled` check what is built on second derivatives. Each
returns a list of `Row` or raises a `GradientError` that shows the worst coordinate.
``python -m numgan.gradcheck`` checks everything that the package has.
"""

from .check import (CENTRAL_TOLERANCE, COMPLEX_TOLERANCE, GradientError, Row, check_cost,
                    check_layer, check_loss, check_step)
from .games import check_game, check_hvp, check_unrolled
from .second_order import check_penalty, check_tangent

__all__ = ["CENTRAL_TOLERANCE", "COMPLEX_TOLERANCE", "GradientError", "Row", "check_cost",
           "check_game", "check_hvp", "check_layer", "check_loss", "check_penalty", "check_step",
           "check_tangent", "check_unrolled"]
