"""The members of the family, each in one place: a description in words, and what it changes in the
plain GAN's settings in the plane and on images (see `Member`).

Settings were chosen on the ring and the grid, on scikit-learn's digits (8x8) and on MNIST (28x28).
Where these differ, other toys take the ring's settings, and other images those for their size.
`own` names the fields of a `Preset` that define a member; a preset that changes more declares it in
`besides`.

Notation in the descriptions: l is D's logit, D = σ(l), E the mean over a batch, x a real sample,
z a latent. Each player minimises what follows its name; "as GAN" keeps what the row of the GAN has.
e is the energy of a D that is an autoencoder: its reconstruction error.
"""

from __future__ import annotations

from .. import losses, penalties
from ..game import Consensus, Unrolled
from ..layers import MinibatchDiscrimination, MinibatchStd
from ..optimizers import Adam, Clipped, RMSprop
from . import images, plane
from .family import FAMILY, Member, by_name, by_size, labels_of
from .recipe import adam

FAMILY.register("gan", Member(
    "GAN", "D: −E ln D(x) − E ln(1 − D(G(z))); G: −E ln D(G(z))",
    "the plain game, non-saturating",
    "the minimax game's gradient, which vanishes where D wins",
    "losses/gan.py", "Goodfellow et al. 2014",
    own=()))
FAMILY.register("lsgan", Member(
    "LSGAN", "D: ½ E (l(x) − 1)² + ½ E l(G(z))²; G: ½ E (l(G(z)) − 1)²",
    "D is a regression to 1 and 0",
    "saturation: a sample far from the boundary is drawn to it even from its right side",
    "losses/separable.py", "Mao et al. 2017",
    plane=lambda toy: dict(by_name(toy, {}, grid=plane.NOISE), loss=losses.LeastSquares()),
    # at the other members' rate D is ahead of G, and G's samples are worse
    images=lambda data: dict(by_size(data, dict(steps=8_000, d_optimizer=adam(2e-4, 0.0, 0.9)), {}),
                             loss=losses.LeastSquares())))
FAMILY.register("wgan", Member(
    "WGAN", "D: E l(G(z)) − E l(x), every weight in [−c, c]; G: −E l(G(z))",
    "a critic without sigmoid, its weights clipped",
    "no gradient where data and samples do not overlap: the critic measures how far to go",
    "losses/critics.py", "Arjovsky et al. 2017",
    plane=lambda toy: dict(
        loss=losses.Wasserstein(), k=by_name(toy, 5, grid=3),
        steps=by_name(toy, 6_000, grid=20_000),
        d_optimizer=by_name(toy, lambda: Clipped(Adam(3e-3, 0.0, 0.99), 0.2),
                            grid=lambda: Clipped(Adam(1e-3, 0.0, 0.99), 2.0))),
    # clipped weights make small outputs; BatchNorm, as in the paper, brings them back to size. But
    # its gains are clipped too, so the weights start as large as they may be
    images=lambda data: dict(
        loss=losses.Wasserstein(), k=2, steps=by_size(data, 6_000, 10_000),
        d_network=images.discriminator(data, "batch", "he"),
        d_optimizer=lambda: Clipped(Adam(1e-3, 0.0, 0.9), 0.1),
        besides={"d_network": by_size(data, "BatchNorm in D, with He's weights",
                                      "He's weights in D")}),
    own=("loss", "d_optimizer")))
FAMILY.register("wgan-gp", Member(
    "WGAN-GP", "as WGAN without clipping; D: + λ E (‖∇l(x̂)‖ − 1)², x̂ between x and G(z)",
    "the critic's slope is held at 1 instead",
    "clipping, which leaves the critic simple and slow",
    "penalties.py", "Gulrajani et al. 2017",
    plane=lambda toy: dict(
        loss=losses.Wasserstein(), penalty=lambda: penalties.WGANGP(0.1),
        k=by_name(toy, 5, grid=3), steps=by_name(toy, 6_000, grid=12_000),
        d_optimizer=adam(1e-3, 0.0, 0.9), g_optimizer=adam(1e-3, 0.0, 0.9)),
    images=lambda data: dict(
        images.penalised(data), loss=losses.Wasserstein(),
        penalty=lambda: penalties.WGANGP(by_size(data, 1.0, 10.0)), k=by_size(data, 3, 2),
        steps=by_size(data, 9_000, 8_000)),
    own=("loss", "penalty")))
FAMILY.register("dragan", Member(
    "DRAGAN", "as GAN; D: + λ E (‖∇l(x + noise)‖ − 1)²",
    "slope 1 around the data alone",
    "cliffs of D at the data, from which the game settles with modes missing",
    "penalties.py", "Kodali et al. 2017",
    plane=dict(penalty=lambda: penalties.DRAGAN(1.0)),
    images=lambda data: dict(images.penalised(data), penalty=lambda: penalties.DRAGAN(1.0)),
    own=("penalty",)))
FAMILY.register("cgan", Member(
    "CGAN", "as GAN, of pairs: l(x, c) and l(G(z, c), c), c the label",
    "both are told the label, beside z and beside x",
    "no say in what is drawn; a class that is missing",
    "networks/conditional.py", "Mirza & Osindero 2014",
    plane=lambda toy: dict(by_name(toy, {}, grid=plane.NOISE), condition="label",
                           both_networks=plane.conditional(toy)),
    # without the penalty it left out a digit on 28x28, on seed 1
    images=lambda data: dict(images.told(data, "join"), condition="label"),
    own=("condition", "both_networks")))
FAMILY.register("infogan", Member(
    "infoGAN", "as GAN; both: − λ E ln Q(c | G(z, c)), Q a second head of D",
    "a part c of the latent must be readable in the sample",
    "latents that mean nothing: c comes to choose a kind, without labels",
    "losses/auxiliary.py", "Chen et al. 2016",
    plane=lambda toy: dict(
        condition="code", loss=losses.MutualInformation(categorical=labels_of(toy)),
        both_networks=plane.conditional(toy, "auxiliary")),
    images=lambda data: dict(
        condition="code", continuous=2,
        loss=losses.MutualInformation(categorical=data.classes, continuous=2),
        both_networks=images.conditional(data, "auxiliary", data.classes + 2)),
    own=("loss", "condition", "continuous", "both_networks")))
FAMILY.register("acgan", Member(
    "ACGAN", "as GAN; D: − λ E ln P(c | x) − λ E ln P(c | G(z, c)); G: − λ E ln P(c | G(z, c))",
    "G is told the label, D tells it",
    "classes that look alike",
    "losses/auxiliary.py", "Odena et al. 2017",
    plane=lambda toy: dict(
        by_name(toy, {}, grid=plane.NOISE), condition="label",
        loss=losses.AuxiliaryClassifier(classes=labels_of(toy)),
        both_networks=plane.conditional(toy, "auxiliary")),
    images=lambda data: dict(
        condition="label", loss=losses.AuxiliaryClassifier(classes=data.classes),
        d_optimizer=adam(1e-3, 0.0, 0.9), both_networks=images.conditional(data, "auxiliary")),
    own=("loss", "condition", "both_networks")))
FAMILY.register("projection", Member(
    "projection D", "as CGAN with l(x, c) = wᵀφ(x) + cᵀV φ(x) + b, φ the features of D",
    "D compares the label with its last features",
    "a label that is drowned out by the image; ACGAN's preference for easy samples",
    "layers/conditional.py", "Miyato & Koyama 2018",
    plane=lambda toy: dict(condition="label",
                           both_networks=plane.conditional(toy, "projection")),
    # without the penalty it makes one image for each label on 28x28
    images=lambda data: dict(images.told(data, "projection"), condition="label"),
    own=("condition", "both_networks")))
FAMILY.register("ebgan", Member(
    "EBGAN", "D: E e(x) + E max(0, m − e(G(z))); G: E e(G(z))",
    "D is an autoencoder, its error an energy with a margin",
    "a verdict of a single number: here the error of every pixel tells G something",
    "losses/energy.py", "Zhao et al. 2017",
    plane=lambda toy: dict(plane.lasting_noise(toy), loss=losses.EnergyBased(5.0),
                           steps=20_000, d_network=plane.autoencoder),
    images=lambda data: dict(loss=losses.EnergyBased(0.1), d_optimizer=adam(1e-3, 0.0, 0.9),
                             d_network=images.autoencoder(data)),
    own=("loss", "d_network")))
FAMILY.register("ebgan-pt", Member(
    "EBGAN-PT", "as EBGAN; G: + λ mean cos² of the angles between the codes of a batch",
    "the same, and the codes of a batch are pulled apart",
    "samples that are all alike",
    "losses/energy.py", "Zhao et al. 2017",
    plane=lambda toy: dict(plane.lasting_noise(toy),
                           loss=losses.EnergyBased(5.0, pulling_away=0.01),
                           d_network=lambda rng: plane.autoencoder(rng, embedding=True)),
    images=lambda data: dict(loss=losses.EnergyBased(0.1, pulling_away=0.1),
                             d_network=images.autoencoder(data, embedding=True)),
    own=("loss", "d_network")))
FAMILY.register("began", Member(
    "BEGAN", "D: E e(x) − k E e(G(z)); G: E e(G(z)); k ← k + r (γ E e(x) − E e(G(z)))",
    "the same without a margin, in balance",
    "a D too strong for G; and there is one number that falls when training goes well",
    "losses/energy.py", "Berthelot et al. 2017",
    plane=dict(loss=losses.BoundaryEquilibrium(0.75),
               d_network=lambda rng: plane.autoencoder(rng, squares=False)),
    # k moves by the rate times an energy of a tenth: at the published 0.001 that takes a
    # hundred thousand steps. While k is 0, D does not push samples apart
    images=lambda data: dict(
        loss=losses.BoundaryEquilibrium(by_size(data, 1.0, 0.9), 0.05),
        d_optimizer=adam(1e-3, 0.0, 0.9),
        d_network=images.autoencoder(data, squares=False)),
    own=("loss", "d_network")))
FAMILY.register("r1", Member(
    "R1", "as GAN; D: + ½ γ E ‖∇l(x)‖²",
    "D flat where the data are",
    "circling around the equilibrium for ever",
    "penalties.py", "Mescheder et al. 2018",
    plane=dict(penalty=lambda: penalties.R1(1.0), final_weight=0.02, g_optimizer=adam(2e-3)),
    images=lambda data: dict(images.penalised(data),
                             penalty=lambda: penalties.R1(1.0)),
    own=("penalty",)))
FAMILY.register("r3gan", Member(
    "R3GAN", "with δ = l(x) − l(G(z)), D: E softplus(−δ) + ½ γ (E ‖∇l(x)‖² + E ‖∇l(G(z))‖²); "
    "G: E softplus(δ)",
    "real and generated samples judged in pairs, D flat at both",
    "dropped modes by the pairs, divergence by the penalties",
    "losses/relativistic.py", "Huang et al. 2024",
    plane=lambda toy: dict(
        loss=losses.Relativistic(), penalty=lambda: penalties.R1R2(1.0), final_weight=0.02,
        steps=by_name(toy, 15_000, grid=40_000), g_optimizer=adam(2e-3)),
    images=lambda data: dict(
        images.penalised(data), loss=losses.Relativistic(), penalty=lambda: penalties.R1R2(1.0),
        d_optimizer=adam(1e-3), g_optimizer=adam(1e-3)),
    own=("loss", "penalty")))
FAMILY.register("sn-gan", Member(
    "SN-GAN", "D: E max(0, 1 − l(x)) + E max(0, 1 + l(G(z))), W̄ = W / σ(W); G: −E l(G(z))",
    "hinge loss, every layer of D divided by its largest singular value",
    "a D that grows ever steeper; it costs hardly any time",
    "layers/spectral.py", "Miyato et al. 2018",
    plane=dict(loss=losses.Hinge(), normalization="spectral"),
    images=lambda data: dict(images.bounded(data), loss=losses.Hinge(), besides={}),
    own=("loss", "normalization", "d_network")))
FAMILY.register("unrolled", Member(
    "unrolled GAN", "as GAN; G: its loss against D after K more steps, which depend on G too",
    "G sees D's next steps",
    "G's hopping from mode to mode, one step ahead of D",
    "game/unrolled.py", "Metz et al. 2017",
    plane=lambda toy: dict(
        loss=losses.Minimax(), updates=Unrolled(5), d_hidden=(128, 128), batch_size=128,
        besides={"loss": "the minimax loss, as in its paper", "d_hidden": "a D of two layers"},
        steps=by_name(toy, 8_000, grid=6_000), d_optimizer=adam(1e-3, 0.5, 0.999),
        g_optimizer=adam(1e-3, 0.5, 0.999)),
    # LayerNorm's input is small at first, and its second derivatives are large; with BatchNorm, on
    # large images, D wins
    images=lambda data: dict(
        updates=Unrolled(2), steps=by_size(data, 4_000, 5_000),
        d_network=images.discriminator(data, None),
        d_optimizer=by_size(data, adam(5e-4, 0.5, 0.999), adam(3e-4, 0.0, 0.9)),
        besides={"d_network": "no normalisation in D, with He's weights"}),
    own=("updates",)))
FAMILY.register("consensus", Member(
    "consensus", "as GAN; both: + ½ γ ‖v‖², v the gradients of both players",
    "both players also want the game settled",
    "circling around the equilibrium, without a penalty on D",
    "game/consensus.py", "Mescheder et al. 2017",
    plane=lambda toy: dict(
        updates=Consensus(by_name(toy, 10.0, grid=0.1)), steps=by_name(toy, 6_000, grid=14_000),
        d_optimizer=lambda: RMSprop(1e-3), g_optimizer=lambda: RMSprop(1e-3), besides={
            "d_optimizer": "RMSprop, as in its paper", "g_optimizer": "for both players"}),
    images=lambda data: dict(updates=Consensus(by_size(data, 0.1, 0.01)),
                             steps=by_size(data, 5_000, 4_000)),
    own=("updates",)))
FAMILY.register("ragan", Member(
    "RaGAN", "with δ = l(x) − E l(G(z)) and δ′ = l(G(z)) − E l(x), "
    "D: E softplus(−δ) + E softplus(δ′); G: E softplus(δ) + E softplus(−δ′)",
    "each sample against the mean of the other kind",
    "a G that learns nothing from real samples",
    "losses/relativistic.py", "Jolicoeur-Martineau 2019",
    plane=dict(loss=losses.RelativisticAverage()),
    images=dict(loss=losses.RelativisticAverage())))
FAMILY.register("f-kl", Member(
    "f-GAN, KL", "D: −E l(x) + E e^(l(G(z)) − 1); G: −E l(G(z))",
    "D estimates KL(data‖G)",
    "a divergence that forgives missed modes: this one does not",
    "losses/separable.py", "Nowozin et al. 2016",
    plane=lambda toy: dict(plane.tame(toy), loss=losses.KL()),
    images=lambda data: dict(images.bounded(data), loss=losses.KL())))
FAMILY.register("f-reverse-kl", Member(
    "f-GAN, reverse KL",
    "D: E e^(−l(x)) + E l(G(z)) − 1; G: 1 − E l(G(z)), the same value from the other side",
    "D estimates KL(G‖data)",
    "samples where there are no data; it may miss modes, by nature",
    "losses/separable.py", "Nowozin et al. 2016",
    plane=lambda toy: dict(plane.tame(toy), loss=losses.ReverseKL(original=True)),
    images=lambda data: dict(images.bounded(data), loss=losses.ReverseKL(original=True))))
FAMILY.register("f-pearson", Member(
    "f-GAN, Pearson", "D: −E l(x) + E (l²/4 + l)(G(z)); G: −E l(G(z))",
    "D estimates χ²",
    "the exponentials of the KLs: here everything is linear or quadratic",
    "losses/separable.py", "Nowozin et al. 2016",
    plane=dict(loss=losses.Pearson()),
    images=lambda data: dict(
        by_size(data, images.bounded(data), dict(d_optimizer=adam(3e-4, 0.5, 0.999),
                                                 g_optimizer=adam(1e-3, 0.5, 0.999))),
        loss=losses.Pearson())))
FAMILY.register("f-hellinger", Member(
    "f-GAN, Hellinger", "D: E e^(−l(x)) + E e^(l(G(z))) − 2; G: E e^(−l(G(z))) − 1",
    "D estimates the squared Hellinger distance",
    "a divergence that is unbounded where the supports do not overlap",
    "losses/separable.py", "Nowozin et al. 2016",
    plane=lambda toy: dict(plane.tame(toy), loss=losses.SquaredHellinger()),
    images=dict(loss=losses.SquaredHellinger())))
FAMILY.register("f-js", Member(
    "f-GAN, JS", "D: E softplus(−l(x)) + E softplus(l(G(z))) − 2 ln 2; "
    "G: E softplus(−l(G(z))) − ln 2",
    "D estimates the Jensen-Shannon divergence",
    "nothing: it is the plain GAN, found again as one of many",
    "losses/separable.py", "Nowozin et al. 2016",
    plane=lambda toy: dict(by_name(toy, {}, grid=dict(steps=30_000)), loss=losses.JensenShannon()),
    images=dict(loss=losses.JensenShannon())))
FAMILY.register("pacgan", Member(
    "PacGAN", "as GAN, of pairs: l(x₁, x₂) and l(G(z₁), G(z₂))",
    "D sees two samples at a time",
    "missing modes, which show twice as clearly in pairs",
    "layers/minibatch.py", "Lin et al. 2018",
    plane=lambda toy: dict(by_name(toy, {}, grid=dict(d_optimizer=adam(3e-4), steps=40_000)),
                           d_network=plane.packed),
    images=lambda data: dict(d_network=images.packed(data)),
    own=("d_network",)))
FAMILY.register("minibatch", Member(
    "minibatch discrimination",
    "as GAN; l(x_i, o_i), o_i = Σ_j exp(−‖M_i − M_j‖₁), M = features times W",
    "D is told how close the samples of a batch are",
    "samples that are all alike",
    "layers/minibatch.py", "Salimans et al. 2016",
    plane=lambda toy: dict(
        by_name(toy, dict(d_optimizer=adam(3e-4)),
                grid=dict(plane.NOISE, fade=0.8)),
        d_network=plane.discriminating),
    images=lambda data: dict(d_network=images.with_end(
        data, images.usual(data), lambda: MinibatchDiscrimination(images.HIDDEN, 16, 4),
        images.HIDDEN + 16)),
    own=("d_network",)))
FAMILY.register("minibatch-std", Member(
    "minibatch std", "as GAN; l(x_i, s), s the mean standard deviation of D's features",
    "D is told how much a batch varies",
    "the same, without a parameter",
    "layers/minibatch.py", "Karras et al. 2018",
    plane=dict(d_network=plane.with_std),
    images=lambda data: dict(d_network=images.with_end(
        data, images.usual(data), MinibatchStd, images.HIDDEN + 1)),
    own=("d_network",)))
FAMILY.register("maxout", Member(
    "maxout", "as GAN; every unit of D is the largest of five linear ones",
    "each unit of D is the largest of five linear functions, in three such layers, as PacGAN's",
    "units that are dead or of a fixed shape",
    "layers/maxout.py", "Goodfellow et al. 2013",
    plane=dict(d_optimizer=adam(3e-4), d_network=plane.maxout),
    images=lambda data: dict(d_network=images.maxout(data), d_optimizer=adam(3e-4, 0.0, 0.9)),
    own=("d_network",)))
