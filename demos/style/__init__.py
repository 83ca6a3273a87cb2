"""A style-based generator of faces, in miniature."""
