"""The version, also for setup.cfg."""

__version__ = "0.1.0"
