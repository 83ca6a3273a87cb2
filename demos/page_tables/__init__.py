"""The tables of the pages, by name: for each a function that makes it, as Markdown."""

from . import applications, code, games, images, metrics, speed, theory, variants

TABLES = {
    "family": code.family, "structures": code.structures, "api": code.api, "layers": code.layers,
    "starts": variants.starts, "family-measured": variants.family_measured,
    "family-mnist": variants.family_mnist,
    "mode-collapse": games.mode_collapse, "tips": games.tips, "clusters": games.clusters,
    "truncation": games.truncation, "balance": games.balance, "duels": games.duels,
    "published": games.published,
    "theory-curves": theory.theory_curves, "theory-variants": theory.theory_variants,
    "bug-museum": theory.bug_museum, "bug-museum-code": theory.bug_museum_code,
    "xray": theory.xray,
    "conditional": images.conditional, "conditional-mnist": images.conditional_mnist,
    "digits": images.digits, "metrics-measured": metrics.metrics_measured,
    "infogan": images.infogan, "latent-walks": images.latent_walks,
    "text-to-image": images.text_to_image,
    "text-to-image-older": images.text_to_image_older,
    "pix2pix": applications.pix2pix, "pix2pix-digits": applications.pix2pix_digits,
    "pix2pix-64": applications.pix2pix_64,
    "face-aging": applications.face_aging,
    "style": applications.style, "style-origins": applications.style_origins,
    "inpainting": applications.inpainting, "code-repair": applications.code_repair,
    "art": applications.art,
    "speed": speed.speed, "speed-busy": speed.speed_busy, "speed-penalty": speed.speed_penalty,
}
