"""What numgan can do, a page a demo: python -m demos.NAME."""

import numgan.running  # noqa: F401  first: from here on Ctrl-C ends without a traceback
