"""The training steps in numgan, and how much floating-point work is in them."""

import numpy as np

from numgan import Adam, Conv2D, ConvTranspose2D, Dense, NonSaturating
from numgan._runtime import sharing_cores
from numgan.networks.models import (dcgan_discriminator, dcgan_generator, mlp_discriminator,
                                    mlp_generator)
from numgan.training import discriminator_step, standard_normal, train

from .peers import ADAM
from .workloads import PENALTIES


def networks(workload):
    if workload.kind == "mlp":
        return mlp_generator(rng=0), mlp_discriminator(rng=1)
    return (dcgan_generator(28, 1, workload.latent, workload.width, rng=0),
            dcgan_discriminator(28, 1, workload.width, normalization=workload.normalization, rng=1))


def numgan_step(workload, real):
    generator, discriminator = networks(workload)
    records = train(generator, discriminator, lambda n: real, loss=NonSaturating(),
                    steps=10 ** 9, batch_size=workload.batch, d_optimizer=Adam(**ADAM),
                    g_optimizer=Adam(**ADAM), rng=np.random.default_rng(0))

    def step():
        record = next(records)
        return record.d_loss, record.g_loss

    return step


def numgan_d_step(workload, real, penalised):
    """The discriminator's step alone, with the workload's penalty or without."""
    generator, discriminator = networks(workload)
    loss, penalty = PENALTIES[workload.penalty]
    optimizer, rng = Adam(**ADAM), np.random.default_rng(0)

    def step():
        with sharing_cores():
            z = standard_normal(rng, (workload.batch, workload.latent), np.float32)
            return discriminator_step(generator, discriminator, real, z, loss=loss,
                                      optimizer=optimizer, rng=rng,
                                      penalty=penalty if penalised else None).loss

    return step


def product_flops(workload):
    """Floating-point operations in the matrix products of one D step and one G step."""
    generator, discriminator = networks(workload)

    def of_layers(network, shape):
        found = []
        for layer in network.layers:
            if isinstance(layer, Dense):
                found.append(2 * layer.W.size)
            elif isinstance(layer, Conv2D):
                rows, columns, _ = layer.output_shape(shape)
                found.append(2 * layer.W.size * rows * columns)
            elif isinstance(layer, ConvTranspose2D):
                found.append(2 * layer.W.size * shape[0] * shape[1])
            shape = layer.output_shape(shape)
        return found

    g = of_layers(generator, generator.input_shape)
    d = of_layers(discriminator, discriminator.input_shape)
    d_step = sum(g) + 2 * (3 * sum(d) - d[0])  # two batches: forward, dW, and dx but for the first
    g_step = 3 * sum(g) - g[0] + 2 * sum(d)  # D: forward and dx
    return workload.batch * (d_step + g_step)
