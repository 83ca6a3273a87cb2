"""What is measured: networks, batches and penalties."""

import typing

from numgan.losses import Relativistic, Wasserstein
from numgan.penalties import R1R2, WGANGP

from .peers import WEIGHT


class Workload(typing.NamedTuple):
    kind: str
    batch: int
    width: int  # channels after the generator's last but one layer
    latent: int
    normalization: str | None = None  # the discriminator's
    penalty: str | None = None  # its name, for the discriminator's step alone

    def __str__(self):
        text = (f"MLP 2-128-128, batch {self.batch}" if self.kind == "mlp" else
                f"DCGAN 28x28, width {self.width}, batch {self.batch}")
        if self.penalty is None:
            return f"{text}: one D step + one G step"
        if self.kind == "dcgan":
            text += f", D with {'LayerNorm' if self.normalization else 'no normalisation'}"
        return f"{text}: one D step, {self.penalty} penalty"

    @property
    def steps(self):
        """The names of the steps that are measured."""
        return ("D and G",) if self.penalty is None else ("plain", "penalised")


PENALTIES = {"WGAN-GP": (Wasserstein(), WGANGP(WEIGHT["WGAN-GP"])),
             "R1+R2": (Relativistic(), R1R2(WEIGHT["R1+R2"]))}
WORKLOADS = [Workload("mlp", 64, 0, 2), Workload("mlp", 256, 0, 2), Workload("mlp", 512, 0, 2),
             Workload("dcgan", 64, 32, 64, "batch"), Workload("dcgan", 128, 64, 64, "batch")]
WORKLOADS += [workload._replace(penalty=penalty, normalization=normalization)
              for workload in WORKLOADS
              for normalization in {0: [None], 32: ["layer", None], 64: ["layer"]}[workload.width]
              for penalty in PENALTIES]
