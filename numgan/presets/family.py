"""The family, a row each: what is minimised, what it changes, what it cures, where to read.

The page of `demos.variants` and the table of demos/pages/family.md are made from it.

Notation: l is D's logit, D = σ(l), E the mean over a batch, x a real sample, z a latent. Each
player minimises what stands behind its name; "as GAN" leaves that row's in place. e is the energy
of a D that is an autoencoder: its reconstruction error.
"""

import typing


class About(typing.NamedTuple):
    """One GAN of the family, in words."""

    title: str
    objective: str
    changes: str  # of the plain GAN
    cures: str
    code: str  # where to read, below numgan/
    paper: str


FAMILY = {
    "gan": About(
        "GAN", "D: −E ln D(x) − E ln(1 − D(G(z))); G: −E ln D(G(z))",
        "the plain game, non-saturating",
        "the minimax game's gradient, which vanishes where D wins",
        "losses/gan.py", "Goodfellow et al. 2014"),
    "lsgan": About(
        "LSGAN", "D: ½ E (l(x) − 1)² + ½ E l(G(z))²; G: ½ E (l(G(z)) − 1)²",
        "D is a regression to 1 and 0",
        "saturation: a sample far from the boundary is drawn to it even from its right side",
        "losses/separable.py", "Mao et al. 2017"),
    "wgan": About(
        "WGAN", "D: E l(G(z)) − E l(x), every weight in [−c, c]; G: −E l(G(z))",
        "a critic without sigmoid, its weights clipped",
        "no gradient where data and samples do not overlap: the critic measures how far to go",
        "losses/critics.py", "Arjovsky et al. 2017"),
    "wgan-gp": About(
        "WGAN-GP", "as WGAN without clipping; D: + λ E (‖∇l(x̂)‖ − 1)², x̂ between x and G(z)",
        "the critic's slope is held at 1 instead",
        "clipping, which leaves the critic simple and slow",
        "penalties.py", "Gulrajani et al. 2017"),
    "dragan": About(
        "DRAGAN", "as GAN; D: + λ E (‖∇l(x + noise)‖ − 1)²",
        "slope 1 around the data alone",
        "cliffs of D at the data, from which the game settles with modes missing",
        "penalties.py", "Kodali et al. 2017"),
    "cgan": About(
        "CGAN", "as GAN, of pairs: l(x, c) and l(G(z, c), c), c the label",
        "both are told the label, beside z and beside x",
        "no say in what is drawn; a class that is missing",
        "conditional.py", "Mirza & Osindero 2014"),
    "infogan": About(
        "infoGAN", "as GAN; both: − λ E ln Q(c | G(z, c)), Q a second head of D",
        "a part c of the latent must be readable in the sample",
        "latents that mean nothing: c comes to choose a kind, without labels",
        "losses/auxiliary.py", "Chen et al. 2016"),
    "acgan": About(
        "ACGAN", "as GAN; D: − λ E ln P(c | x) − λ E ln P(c | G(z, c)); G: − λ E ln P(c | G(z, c))",
        "G is told the label, D tells it",
        "classes that look alike",
        "losses/auxiliary.py", "Odena et al. 2017"),
    "projection": About(
        "projection D", "as CGAN with l(x, c) = wᵀφ(x) + cᵀV φ(x) + b, φ the features of D",
        "D compares the label with its last features",
        "a label that goes under beside a whole image; ACGAN's taste for easy samples",
        "layers/conditional.py", "Miyato & Koyama 2018"),
    "ebgan": About(
        "EBGAN", "D: E e(x) + E max(0, m − e(G(z))); G: E e(G(z))",
        "D is an autoencoder, its error an energy with a margin",
        "a verdict of one number: every pixel's error speaks to G",
        "losses/energy.py", "Zhao et al. 2017"),
    "ebgan-pt": About(
        "EBGAN-PT", "as EBGAN; G: + λ mean cos² of the angles between the codes of a batch",
        "the same, and the codes of a batch are pulled apart",
        "samples that are all alike",
        "losses/energy.py", "Zhao et al. 2017"),
    "began": About(
        "BEGAN", "D: E e(x) − k E e(G(z)); G: E e(G(z)); k ← k + r (γ E e(x) − E e(G(z)))",
        "the same without a margin, in balance",
        "a D too strong for G; and one number falls as training goes well",
        "losses/energy.py", "Berthelot et al. 2017"),
    "r1": About(
        "R1", "as GAN; D: + ½ γ E ‖∇l(x)‖²",
        "D flat where the data are",
        "turning round the equilibrium for ever",
        "penalties.py", "Mescheder et al. 2018"),
    "r3gan": About(
        "R3GAN", "with δ = l(x) − l(G(z)), D: E softplus(−δ) + ½ γ (E ‖∇l(x)‖² + E ‖∇l(G(z))‖²); "
        "G: E softplus(δ)",
        "real and generated samples judged in pairs, D flat at both",
        "dropped modes by the pairs, divergence by the penalties",
        "losses/relativistic.py", "Huang et al. 2024"),
    "sn-gan": About(
        "SN-GAN", "D: E max(0, 1 − l(x)) + E max(0, 1 + l(G(z))), W̄ = W / σ(W); G: −E l(G(z))",
        "hinge loss, every layer of D divided by its largest singular value",
        "a D that grows steeper without end, at hardly any cost",
        "layers/spectral.py", "Miyato et al. 2018"),
    "unrolled": About(
        "unrolled GAN", "as GAN; G: its loss against D after K more steps, which depend on G too",
        "G sees D's next steps",
        "G's hopping from mode to mode, one step ahead of D",
        "unrolled.py", "Metz et al. 2017"),
    "consensus": About(
        "consensus", "as GAN; both: + ½ γ ‖v‖², v the gradients of both players",
        "both players also want the game settled",
        "turning round the equilibrium, and without a penalty on D",
        "game.py", "Mescheder et al. 2017"),
    "ragan": About(
        "RaGAN", "with δ = l(x) − E l(G(z)) and δ′ = l(G(z)) − E l(x), "
        "D: E softplus(−δ) + E softplus(δ′); G: E softplus(δ) + E softplus(−δ′)",
        "each sample against the mean of the other kind",
        "a G that learns nothing from real samples",
        "losses/relativistic.py", "Jolicoeur-Martineau 2019"),
    "f-kl": About(
        "f-GAN, KL", "D: −E l(x) + E e^(l(G(z)) − 1); G: −E l(G(z))",
        "D estimates KL(data‖G)",
        "a divergence that forgives missed modes: this one does not",
        "losses/separable.py", "Nowozin et al. 2016"),
    "f-reverse-kl": About(
        "f-GAN, reverse KL", "D: E e^(−l(x)) + E l(G(z)); G: −E l(G(z))",
        "D estimates KL(G‖data)",
        "samples where there are no data; it may miss modes, by nature",
        "losses/separable.py", "Nowozin et al. 2016"),
    "f-pearson": About(
        "f-GAN, Pearson", "D: −E l(x) + E (l²/4 + l)(G(z)); G: −E l(G(z))",
        "D estimates χ²",
        "the exponentials of the KLs: all is linear and square",
        "losses/separable.py", "Nowozin et al. 2016"),
    "f-hellinger": About(
        "f-GAN, Hellinger", "D: E e^(−l(x)) + E e^(l(G(z))); G: E e^(−l(G(z)))",
        "D estimates the squared Hellinger distance",
        "a divergence without bound where the supports part",
        "losses/separable.py", "Nowozin et al. 2016"),
    "f-js": About(
        "f-GAN, JS", "D: E softplus(−l(x)) + E softplus(l(G(z))) − 2 ln 2; "
        "G: E softplus(−l(G(z))) − ln 2",
        "D estimates the Jensen-Shannon divergence",
        "nothing: it is the plain GAN, found again as one of many",
        "losses/separable.py", "Nowozin et al. 2016"),
    "pacgan": About(
        "PacGAN", "as GAN, of pairs: l(x₁, x₂) and l(G(z₁), G(z₂))",
        "D sees two samples at a time",
        "missing modes, which show twice as clearly in pairs",
        "layers/minibatch.py", "Lin et al. 2018"),
    "minibatch": About(
        "minibatch discrimination",
        "as GAN; l(x_i, o_i), o_i = Σ_j exp(−‖M_i − M_j‖₁), M = features times W",
        "D is told how close the samples of a batch are",
        "samples that are all alike",
        "layers/minibatch.py", "Salimans et al. 2016"),
    "minibatch-std": About(
        "minibatch std", "as GAN; l(x_i, s), s the mean standard deviation of D's features",
        "D is told how much a batch varies",
        "the same, without a parameter",
        "layers/minibatch.py", "Karras et al. 2018"),
    "maxout": About(
        "maxout", "as GAN; every unit of D is the largest of five linear ones",
        "D is the largest of five linear pieces, thrice, as PacGAN's",
        "units that are dead or of a fixed shape",
        "layers/maxout.py", "Goodfellow et al. 2013"),
}
