"""The same training steps in PyTorch and in JAX, as their users would write them, for demos.speed.

`torch_step` and `jax_step` return a step: called, it makes one discriminator update and one
generator update on the NumPy batch `real` and returns both losses. The computation is that of
`demos.speed`: real and fake go through a discriminator without BatchNorm as one batch, with
BatchNorm as two; the generator only samples in the discriminator's step; in the generator's step no
gradient of the discriminator's parameters is computed; Adam, both with the same constants.

`torch_d_step` and `jax_d_step` return a step of the discriminator alone, with a gradient penalty or
without: called, it returns its loss. The gradient ∇ₓ D(x) comes from automatic differentiation and
is differentiated once more in the same way. R1+R2 look at the same samples as the loss, so there is
one forward pass through D for both.
"""

import numpy as np

ADAM = {"learning_rate": 2e-4, "beta1": 0.5, "beta2": 0.999}
WEIGHT = {"WGAN-GP": 10.0, "R1+R2": 1.0}  # of the penalties


# -- PyTorch ---------------------------------------------------------------------------------------


def torch_gan(workload, real, channels_last=False):
    """(G, D, the real batch, G's Adam, D's Adam); images (N, C, H, W), channels_last if asked."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    if workload.kind == "mlp":
        generator = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                                  nn.Linear(128, 2))
        discriminator = nn.Sequential(nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128),
                                      nn.LeakyReLU(0.2), nn.Linear(128, 1))
    else:
        c = workload.width
        # LayerNorm over (C, H, W) with a gamma and beta for each channel is GroupNorm of one group
        norm = {"batch": [nn.BatchNorm2d(2 * c)], "layer": [nn.GroupNorm(1, 2 * c)], None: []}
        after = norm[workload.normalization]
        generator = nn.Sequential(
            nn.Linear(64, 49 * 2 * c, bias=False), nn.Unflatten(1, (2 * c, 7, 7)),
            nn.BatchNorm2d(2 * c), nn.ReLU(),
            nn.ConvTranspose2d(2 * c, c, 4, 2, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(),
            nn.ConvTranspose2d(c, 1, 4, 2, 1), nn.Tanh())
        discriminator = nn.Sequential(
            nn.Conv2d(1, c, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(c, 2 * c, 4, 2, 1, bias=not after), *after, nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(49 * 2 * c, 1))
        real = np.ascontiguousarray(real.transpose(0, 3, 1, 2))
    batch = torch.from_numpy(real)
    if channels_last:
        for module in generator, discriminator:
            module.to(memory_format=torch.channels_last)
        batch = batch.to(memory_format=torch.channels_last)
    adam = {"lr": ADAM["learning_rate"], "betas": (ADAM["beta1"], ADAM["beta2"])}
    return (generator, discriminator, batch, torch.optim.Adam(generator.parameters(), **adam),
            torch.optim.Adam(discriminator.parameters(), **adam))


def torch_step(workload, real, channels_last=False, compiled=False):
    """Eager or through torch.compile."""
    import torch
    from torch import nn

    generator, discriminator, batch, g_optimizer, d_optimizer = torch_gan(workload, real,
                                                                          channels_last)
    G, D = generator, discriminator
    if compiled:
        G, D = torch.compile(generator), torch.compile(discriminator)
    bce = nn.functional.binary_cross_entropy_with_logits
    n, latent = len(real), workload.latent
    one, zero = torch.ones(n, 1), torch.zeros(n, 1)
    both = torch.cat([one, zero])

    def step():
        with torch.no_grad():
            fake = G(torch.randn(n, latent))
        d_optimizer.zero_grad()
        if workload.normalization != "batch":
            d_loss = 2 * bce(D(torch.cat([batch, fake])), both)
        else:
            d_loss = bce(D(batch), one) + bce(D(fake), zero)
        d_loss.backward()
        d_optimizer.step()
        discriminator.requires_grad_(False)
        g_optimizer.zero_grad()
        g_loss = bce(D(G(torch.randn(n, latent))), one)
        g_loss.backward()
        g_optimizer.step()
        discriminator.requires_grad_(True)
        return d_loss.item(), g_loss.item()

    return step


def torch_d_loss(name, penalised, D, real, fake):
    """The loss that goes with the penalty `name`, and the penalty if asked.

    create_graph=True keeps the graph of the gradient, for the second differentiation.
    """
    import torch

    def input_gradient(x, logits):
        return torch.autograd.grad(logits.sum(), x, create_graph=True)[0].flatten(1)

    if name == "WGAN-GP":
        of_real, of_fake = D(torch.cat([real, fake])).chunk(2)
        loss = of_fake.mean() - of_real.mean()
        if penalised:
            share = torch.rand(len(real), *[1] * (real.ndim - 1))
            x = (share * real + (1 - share) * fake).requires_grad_()
            norms = input_gradient(x, D(x)).norm(dim=1)
            loss = loss + WEIGHT[name] * (norms - 1).square().mean()
    else:
        x = torch.cat([real, fake]).requires_grad_(penalised)
        logits = D(x)
        of_real, of_fake = logits.chunk(2)
        loss = torch.nn.functional.softplus(of_fake - of_real).mean()
        if penalised:
            loss = loss + WEIGHT[name] * input_gradient(x, logits).square().sum(1).mean()
    return loss


def torch_d_step(workload, real, penalised, channels_last=False):
    """Eager: torch.compile does not differentiate twice."""
    import torch

    G, D, batch, _, optimizer = torch_gan(workload, real, channels_last)

    def step():
        with torch.no_grad():
            fake = G(torch.randn(len(batch), workload.latent))
        optimizer.zero_grad()
        loss = torch_d_loss(workload.penalty, penalised, D, batch, fake)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


# -- JAX -------------------------------------------------------------------------------------------


def jax_gan(workload):
    """(G's parameters, D's, generate, discriminate); both functions take (parameters, input) and
    return (output, the statistics of their BatchNorms); images NHWC."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    keys = iter(jax.random.split(jax.random.key(0), 20))

    def normal(*shape, std=0.02):
        return std * jax.random.normal(next(keys), shape)

    def conv(x, W, stride=2, padding=1):
        return lax.conv_general_dilated(x, W, (stride, stride), [(padding, padding)] * 2,
                                        dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def conv_transpose(x, W):  # kernel 4, stride 2, padding 1
        return lax.conv_general_dilated(x, W, (1, 1), [(2, 2)] * 2, lhs_dilation=(2, 2),
                                        dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def normalize(x, p, axes):
        mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        y = (x - mean) * lax.rsqrt(var + 1e-5) * p["gamma"] + p["beta"]
        return y, (mean, var)

    def batchnorm(x, p):
        return normalize(x, p, (0, 1, 2))

    def layernorm(x, p):
        return normalize(x, p, (1, 2, 3))[0], ()

    def shift(x, p):  # no normalisation: only the convolution's bias
        return x + p["beta"], ()

    def leaky(x):
        return jnp.maximum(x, 0.2 * x)

    def affine(features):
        return {"gamma": jnp.ones(features), "beta": jnp.zeros(features)}

    if workload.kind == "mlp":
        def layer(i, o):
            return {"W": normal(i, o, std=(2 / i) ** 0.5), "b": jnp.zeros(o)}

        G = [layer(2, 128), layer(128, 128), layer(128, 2)]
        D = [layer(2, 128), layer(128, 128), layer(128, 1)]

        def mlp(p, x, f):
            for q in p[:-1]:
                x = f(x @ q["W"] + q["b"])
            return x @ p[-1]["W"] + p[-1]["b"], ()

        def generate(p, z):
            return mlp(p, z, jax.nn.relu)

        def discriminate(p, x):
            return mlp(p, x, leaky)
    else:
        c = workload.width
        G = {"dense": normal(64, 49 * 2 * c), "bn1": affine(2 * c), "up1": normal(4, 4, 2 * c, c),
             "bn2": affine(c), "up2": normal(4, 4, c, 1), "b": jnp.zeros(1)}
        D = {"conv1": normal(4, 4, 1, c), "b1": jnp.zeros(c), "conv2": normal(4, 4, c, 2 * c),
             "norm": affine(2 * c), "dense": normal(49 * 2 * c, 1), "b2": jnp.zeros(1)}
        after = {"batch": batchnorm, "layer": layernorm, None: shift}[workload.normalization]

        def generate(p, z):
            x, s1 = batchnorm((z @ p["dense"]).reshape(-1, 7, 7, 2 * c), p["bn1"])
            x, s2 = batchnorm(conv_transpose(jax.nn.relu(x), p["up1"]), p["bn2"])
            return jnp.tanh(conv_transpose(jax.nn.relu(x), p["up2"]) + p["b"]), (s1, s2)

        def discriminate(p, x):
            x = leaky(conv(x, p["conv1"]) + p["b1"])
            x, s = after(conv(x, p["conv2"]), p["norm"])
            return leaky(x).reshape(len(x), -1) @ p["dense"] + p["b2"], s

    return G, D, generate, discriminate


def jax_adam(params, grads, state):
    """(parameters, state) after an update; `state` begins as `jax_adam_state(params)`."""
    import jax
    import jax.numpy as jnp

    m, v, t = state
    b1, b2, t = ADAM["beta1"], ADAM["beta2"], t + 1
    m = jax.tree.map(lambda a, g: b1 * a + (1 - b1) * g, m, grads)
    v = jax.tree.map(lambda a, g: b2 * a + (1 - b2) * g * g, v, grads)
    rate = ADAM["learning_rate"] * jnp.sqrt(1 - b2 ** t) / (1 - b1 ** t)
    params = jax.tree.map(lambda p, a, s: p - rate * a / (jnp.sqrt(s) + 1e-8), params, m, v)
    return params, (m, v, t)


def jax_adam_state(params):
    import jax
    import jax.numpy as jnp

    return jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params), 0.0


def jax_step(workload, real):
    """The whole of both updates in one jitted function, parameters donated."""
    import functools

    import jax
    import jax.numpy as jnp

    G, D, generate, discriminate = jax_gan(workload)
    n, latent = len(real), workload.latent
    softplus = jax.nn.softplus

    def d_loss(d, g, real, z):
        fake, _ = generate(g, z)
        if workload.normalization != "batch":
            logits, stats = discriminate(d, jnp.concatenate([real, fake]))
            of_real, of_fake = logits[:n], logits[n:]
        else:
            (of_real, stats), (of_fake, more) = discriminate(d, real), discriminate(d, fake)
            stats = stats, more
        return softplus(-of_real).mean() + softplus(of_fake).mean(), stats

    def g_loss(g, d, z):
        fake, stats = generate(g, z)
        return softplus(-discriminate(d, fake)[0]).mean(), stats

    @functools.partial(jax.jit, donate_argnums=0)
    def update(state, real):
        g, d, g_state, d_state, running, key = state
        key, one, two = jax.random.split(key, 3)
        (d_value, d_stats), grads = jax.value_and_grad(d_loss, has_aux=True)(
            d, g, real, jax.random.normal(one, (n, latent)))
        d, d_state = jax_adam(d, grads, d_state)
        (g_value, g_stats), grads = jax.value_and_grad(g_loss, has_aux=True)(
            g, d, jax.random.normal(two, (n, latent)))
        g, g_state = jax_adam(g, grads, g_state)
        running = jax.tree.map(lambda r, s: 0.9 * r + 0.1 * s, running, (g_stats, d_stats))
        return (g, d, g_state, d_state, running, key), d_value, g_value

    running = jax.tree.map(jnp.zeros_like, (
        generate(G, jnp.zeros((n, latent)))[1],
        d_loss(D, G, jnp.asarray(real), jnp.zeros((n, latent)))[1]))
    held = [(G, D, jax_adam_state(G), jax_adam_state(D), running, jax.random.key(1))]

    def step():
        held[0], d_value, g_value = update(held[0], real)
        return float(d_value), float(g_value)

    return step


def jax_d_loss(name, penalised, D, real, fake, key):
    """As `torch_d_loss`: the gradient with respect to x is a function like any other and has a
    gradient too."""
    import jax
    import jax.numpy as jnp

    x = jnp.concatenate([real, fake])
    logits, pull_back = jax.vjp(D, x)
    of_real, of_fake = jnp.split(logits, 2)
    if name == "WGAN-GP":
        loss = of_fake.mean() - of_real.mean()
        if penalised:
            share = jax.random.uniform(key, (len(real),) + (1,) * (real.ndim - 1))
            g = jax.grad(lambda x: D(x).sum())(share * real + (1 - share) * fake)
            norms = jnp.sqrt((g * g).reshape(len(g), -1).sum(axis=1))
            loss += WEIGHT[name] * ((norms - 1) ** 2).mean()
    else:
        loss = jax.nn.softplus(of_fake - of_real).mean()
        if penalised:
            g, = pull_back(jnp.ones_like(logits))
            loss += WEIGHT[name] * (g * g).sum() / len(g)
    return loss


def jax_d_step(workload, real, penalised):
    """The discriminator's update in one jitted function, parameters donated."""
    import functools

    import jax

    G, D, generate, discriminate = jax_gan(workload)

    @functools.partial(jax.jit, donate_argnums=0)
    def update(state, g, real):
        d, d_state, key = state
        key, one, two = jax.random.split(key, 3)
        fake, _ = generate(g, jax.random.normal(one, (len(real), workload.latent)))
        value, grads = jax.value_and_grad(lambda d: jax_d_loss(
            workload.penalty, penalised, lambda x: discriminate(d, x)[0], real, fake, two))(d)
        d, d_state = jax_adam(d, grads, d_state)
        return (d, d_state, key), value

    held = [(D, jax_adam_state(D), jax.random.key(1))]

    def step():
        held[0], value = update(held[0], G, real)
        return float(value)

    return step
