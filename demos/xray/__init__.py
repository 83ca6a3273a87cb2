"""The gradient on its way through D into G: `python -m demos.xray`."""
