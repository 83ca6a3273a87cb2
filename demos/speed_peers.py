"""The same training steps in PyTorch and in JAX, as their users would write them, for demos.speed.

Each function returns a step: called, it makes one discriminator update and one generator update on
the NumPy batch `real` and returns both losses. The computation is that of `demos.speed`: real and
fake go through a discriminator without BatchNorm as one batch, with BatchNorm as two; the generator
only samples in the discriminator's step; in the generator's step no gradient of the discriminator's
parameters is computed; Adam, both with the same constants.
"""

import numpy as np

ADAM = {"learning_rate": 2e-4, "beta1": 0.5, "beta2": 0.999}


def torch_step(workload, real, channels_last=False, compiled=False):
    """PyTorch, eager or through torch.compile; images (N, C, H, W), channels_last if asked."""
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
        generator = nn.Sequential(
            nn.Linear(64, 49 * 2 * c, bias=False), nn.Unflatten(1, (2 * c, 7, 7)),
            nn.BatchNorm2d(2 * c), nn.ReLU(),
            nn.ConvTranspose2d(2 * c, c, 4, 2, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(),
            nn.ConvTranspose2d(c, 1, 4, 2, 1), nn.Tanh())
        discriminator = nn.Sequential(
            nn.Conv2d(1, c, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(c, 2 * c, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * c), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(49 * 2 * c, 1))
        real = np.ascontiguousarray(real.transpose(0, 3, 1, 2))
    batch = torch.from_numpy(real)
    if channels_last:
        for module in generator, discriminator:
            module.to(memory_format=torch.channels_last)
        batch = batch.to(memory_format=torch.channels_last)
    adam = {"lr": ADAM["learning_rate"], "betas": (ADAM["beta1"], ADAM["beta2"])}
    g_optimizer = torch.optim.Adam(generator.parameters(), **adam)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), **adam)
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
        if workload.kind == "mlp":
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


def jax_step(workload, real):
    """JAX: the whole of both updates in one jitted function, parameters donated; images NHWC."""
    import functools

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

    def batchnorm(x, p):
        axes = tuple(range(x.ndim - 1))
        mean, var = x.mean(axes), x.var(axes)
        y = (x - mean) * lax.rsqrt(var + 1e-5) * p["gamma"] + p["beta"]
        return y, (mean, var)

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
             "bn": affine(2 * c), "dense": normal(49 * 2 * c, 1), "b2": jnp.zeros(1)}

        def generate(p, z):
            x, s1 = batchnorm((z @ p["dense"]).reshape(-1, 7, 7, 2 * c), p["bn1"])
            x, s2 = batchnorm(conv_transpose(jax.nn.relu(x), p["up1"]), p["bn2"])
            return jnp.tanh(conv_transpose(jax.nn.relu(x), p["up2"]) + p["b"]), (s1, s2)

        def discriminate(p, x):
            x = leaky(conv(x, p["conv1"]) + p["b1"])
            x, s = batchnorm(conv(x, p["conv2"]), p["bn"])
            return leaky(x).reshape(len(x), -1) @ p["dense"] + p["b2"], s

    n, latent = len(real), workload.latent
    softplus = jax.nn.softplus

    def d_loss(d, g, real, z):
        fake, _ = generate(g, z)
        if workload.kind == "mlp":
            logits, stats = discriminate(d, jnp.concatenate([real, fake]))
            of_real, of_fake = logits[:n], logits[n:]
        else:
            (of_real, stats), (of_fake, more) = discriminate(d, real), discriminate(d, fake)
            stats = stats, more
        return softplus(-of_real).mean() + softplus(of_fake).mean(), stats

    def g_loss(g, d, z):
        fake, stats = generate(g, z)
        return softplus(-discriminate(d, fake)[0]).mean(), stats

    def adam(params, grads, state):
        m, v, t = state
        b1, b2, t = ADAM["beta1"], ADAM["beta2"], t + 1
        m = jax.tree.map(lambda a, g: b1 * a + (1 - b1) * g, m, grads)
        v = jax.tree.map(lambda a, g: b2 * a + (1 - b2) * g * g, v, grads)
        rate = ADAM["learning_rate"] * jnp.sqrt(1 - b2 ** t) / (1 - b1 ** t)
        params = jax.tree.map(lambda p, a, s: p - rate * a / (jnp.sqrt(s) + 1e-8), params, m, v)
        return params, (m, v, t)

    @functools.partial(jax.jit, donate_argnums=0)
    def update(state, real):
        g, d, g_state, d_state, running, key = state
        key, one, two = jax.random.split(key, 3)
        (d_value, d_stats), grads = jax.value_and_grad(d_loss, has_aux=True)(
            d, g, real, jax.random.normal(one, (n, latent)))
        d, d_state = adam(d, grads, d_state)
        (g_value, g_stats), grads = jax.value_and_grad(g_loss, has_aux=True)(
            g, d, jax.random.normal(two, (n, latent)))
        g, g_state = adam(g, grads, g_state)
        running = jax.tree.map(lambda r, s: 0.9 * r + 0.1 * s, running, (g_stats, d_stats))
        return (g, d, g_state, d_state, running, key), d_value, g_value

    def zeros(params):
        return (jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params), 0.0)

    running = jax.tree.map(jnp.zeros_like, (
        generate(G, jnp.zeros((n, latent)))[1],
        d_loss(D, G, jnp.asarray(real), jnp.zeros((n, latent)))[1]))
    held = [(G, D, zeros(G), zeros(D), running, jax.random.key(1))]

    def step():
        held[0], d_value, g_value = update(held[0], real)
        return float(d_value), float(g_value)

    return step
