"""Gradient checks: is a hand-written backward the derivative of its forward?

`check_layer(my_layer, x)` checks a layer or a whole network, `check_loss` a loss, `check_step` the
discriminator's and the generator's training step, `check_tangent` a layer's or a network's second
order; each returns a list of `Row` or raises a
`GradientError` that shows the worst coordinate. ``python -m numgan.gradcheck`` checks everything
that the package has.
"""

from .check import (CENTRAL_TOLERANCE, COMPLEX_TOLERANCE, GradientError, Row, check_layer,
                    check_loss, check_step)
from .second_order import check_tangent

__all__ = ["CENTRAL_TOLERANCE", "COMPLEX_TOLERANCE", "GradientError", "Row", "check_layer",
           "check_loss", "check_step", "check_tangent"]
