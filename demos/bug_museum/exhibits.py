"""The exhibits: each is a bug, where it is met, why it is easy to make, and which check sees it.

The stories name public threads in which such a bug was reported; no code comes from them.
"""

import dataclasses

import numpy as np

from numgan import (Adam, BatchNorm, Conv2D, ConvTranspose2D, Dense, LeakyReLU, Minimax,
                    NonSaturating, gradcheck, losses, models, penalties)

from .patches import Patch


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """One bug.

    title : str, what is wrong, as the answer to "what is wrong here?"
    setting : str, the training in which it is met, of `training.SETTINGS`
    patches : tuple of Patch
    check : function without arguments, a gradient check that raises GradientError if the bug is
        there; None where no gradient is wrong
    test : str, "file::test" of the test that sees it where no gradient check can
    found : str, where it is met; easy : str, why one makes it
    """

    title: str
    setting: str
    patches: tuple
    found: str
    easy: str
    check: object = None
    test: str = ""

    @property
    def difference(self):
        """The lines that differ, marked "-" and "+", of all patches."""
        return [line for patch in self.patches for line in patch.difference()]


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def dense():
    return gradcheck.check_layer(Dense(4, 4), normal(5, 4))


def leaky():
    return gradcheck.check_layer(LeakyReLU(0.2), normal(4, 5))


def batchnorm():
    return gradcheck.check_layer(BatchNorm(3), normal(6, 3))


def convolution():
    return gradcheck.check_layer(Conv2D(8, 2, 4, stride=2, padding=1), normal(2, 4, 4, 8))


def transposed():
    return gradcheck.check_layer(ConvTranspose2D(3, 2, 4, stride=2, padding=1), normal(2, 2, 3, 3))


def cross_entropy():
    return gradcheck.check_loss(NonSaturating())


def minimax():
    return gradcheck.check_loss(Minimax())


def step():
    rng = np.random.default_rng(1)
    return gradcheck.check_step(models.mlp_generator(3, 2, (6, 5), rng=rng),
                                models.mlp_discriminator(2, (6, 5), rng=rng), normal(4, 2),
                                normal(4, 3), NonSaturating())


def penalty(made):
    def check():
        critic = models.mlp_discriminator(2, (6, 5), rng=2)
        critic.theta += 0.3 * normal(critic.size)
        return gradcheck.check_penalty(made, critic, normal(4, 2), 1 + normal(4, 2))
    return check


def unrolled(optimizer):
    def check():
        rng = np.random.default_rng(3)
        networks = models.mlp_generator(2, 2, (5,), rng=rng), models.mlp_discriminator(2, (5,),
                                                                                       rng=rng)
        return gradcheck.check_unrolled(*networks, normal(4, 2), normal(4, 2),
                                        losses.NonSaturating(), optimizer, warm=0)
    return check


def github(thread):
    repository, _, number = thread.partition("#")
    return f"[{thread}](https://github.com/{repository}/issues/{number})"


DENSE = "layers.dense:Dense.backward"
BACKWARD = "self.dW += product(x.T, dy)"
DX = "product(dy, self.W.T)"
TWO_BATCHES = Patch("training.steps:discriminator_gradients", ((
    '[concatenate(real, fake)], ["both"]',
    '[real, fake], ["real", "fake"]  # as most programs do it'),))
BN = "layers.norm:BatchNorm.backward"
STEPS = "training.steps:"

EXHIBITS = {
    "mean-twice": Exhibit(
        "the mean over the batch is taken twice", "plain",
        (Patch(DENSE, ((BACKWARD, "self.dW += product(x.T, dy) / len(x)"),)),),
        "Layers of course notes that divide by the batch size, below a loss that has done so.",
        "Both places are right, each for itself. Adam divides the factor away again.", dense),
    "mean-forgotten": Exhibit(
        "the mean over the batch is forgotten in the gradient", "plain",
        (Patch("losses.entropy:binary_cross_entropy_with_logits",
               (("(sigmoid(logits) - target) / logits.size", "sigmoid(logits) - target"),)),),
        "Every second loss written by hand: the value is a mean, its gradient that of a sum.",
        "\"Prediction minus target\" is what one remembers; the 1/N is not in the saying.",
        cross_entropy),
    "bias-all-axes": Exhibit(
        "the bias's gradient is summed over its units too", "plain",
        (Patch(DENSE, (("self.db += sum_of(dy)", "self.db += sum_of(dy).sum()"),)),),
        "np.sum(dy) without an axis.",
        "Broadcasting adds the one number to all biases, and no shape complains.", dense),
    "reshaped": Exhibit(
        "the weights are reshaped where they should be transposed", "plain",
        (Patch(DENSE, ((DX, "product(dy, self.W.reshape(self.W.shape[::-1]))"),)),),
        "Wherever shapes were made to fit by trying.",
        "Reshaped and transposed matrices have the same shape. The layers below learn from a "
        "random mixture, and even that goes some way (feedback alignment, Lillicrap et al. 2016).",
        dense),
    "moved-first": Exhibit(
        "the weights move before the gradient goes through them", "plain",
        (Patch(DENSE, ((DX, "product(dy, (self.W - 0.002 * param_grads * self.dW).T)"),)),),
        "Networks whose backward updates its own weights on the way: "
        + github("VikParuchuri/zero_to_gpt#12") + ", "
        + github("Bot-Academy/NeuralNetworkFromScratch#3") + ".",
        "One loop instead of two. The error is as small as a step, at first.", dense),
    "overwritten": Exhibit(
        "the second batch's gradient overwrites the first's", "plain",
        (TWO_BATCHES, Patch(DENSE, ((BACKWARD, "self.dW[...] = product(x.T, dy)"),
                                    ("self.db += sum_of(dy)", "self.db[...] = sum_of(dy)")))),
        "Layers written for a classifier, which has one batch a step.",
        "It is right until a discriminator sends a real and a fake batch back through the same "
        "layer: then it learns from the fakes alone.", dense),
    "stale-view": Exhibit(
        "the gradient is replaced, and the optimiser holds the old array", "plain",
        (Patch(DENSE, ((BACKWARD, "self.dW = product(x.T, dy)"),)),),
        "Optimisers that were given lists of arrays, or views of a flat vector, at the start.",
        "= instead of += or [...] =. The weights never move; the biases still do.", dense),
    "stale-cache": Exhibit(
        "the second forward overwrites what the first has kept", "plain",
        (TWO_BATCHES,
         Patch("layers.dense:Dense.forward", (("return y, x", "self.x = x\n    return y, x"),)),
         Patch(DENSE, (("x = cache", "x = self.x"),))),
        "Layers that keep their last input in self.x: nearly all that are written by hand.",
        "It is right until a discriminator sees a real and a fake batch before either goes back. "
        "Here layers hand their cache out for this reason. A check of the layer alone does not "
        "see it; that of a whole step does.", step),
    "leaky-as-relu": Exhibit(
        "the slope of the leaky side is missing on the way back", "plain",
        (Patch("layers.activations:LeakyReLU.derivative",
               (("    factor *= 1 - self.slope\n    factor += self.slope\n", ""),)),),
        "A ReLU's backward below a leaky forward: " + github("deeplearning4j/deeplearning4j#8178")
        + ".", "The forward was changed to leaky later, and the backward was not.", leaky),
    "sigmoid-twice": Exhibit(
        "a probability is taken for a logit: the sigmoid comes twice", "plain",
        (Patch("losses.entropy:binary_cross_entropy_with_logits",
               (("positive = np.maximum(logits, 0)",
                 "probability = sigmoid(logits)  # which D's last layer has done\n"
                 "    slope = probability * (1 - probability)\n"
                 "    logits = probability\n"
                 "    positive = np.maximum(logits, 0)"),
                ("(sigmoid(logits) - target) / logits.size",
                 "(sigmoid(logits) - target) * slope / logits.size"))),),
        "A sigmoid at the end of D below a loss \"with logits\": "
        + github("PaddlePaddle/Paddle#22085") + ", " + github("soumith/ganhacks#36") + ".",
        "Two names for nearly the same loss. Backward is the derivative of its forward, so no "
        "gradient check can see it: values worked by hand do.",
        test="test_losses_by_hand.py::test_values_and_gradients_worked_by_hand"),
    "sigmoid-slope-twice": Exhibit(
        "the sigmoid's slope is in the gradient once too often", "plain",
        (Patch("losses.entropy:binary_cross_entropy_with_logits",
               (("(sigmoid(logits) - target) / logits.size",
                 "(sigmoid(logits) - target) * sigmoid(logits) * sigmoid(-logits) "
                 "/ logits.size"),)),),
        "Networks that were first trained on squared errors.",
        "σ − t has the slope σ (1 − σ) in it already; of a squared error it has not. Where D is "
        "sure and wrong nothing comes back.", cross_entropy),
    "sign": Exhibit(
        "G climbs its own loss: a minus sign is lost", "minimax",
        (Patch("losses.gan:Minimax.generator", (("return -value, -gradient",
                                                 "return -value, gradient"),)),),
        "The minimax loss written from the paper, where one player climbs.",
        "Three signs meet: of the logarithm, of min or max, of the descent. Two errors cancel.",
        minimax),
    "bn-constants": Exhibit(
        "BatchNorm's mean and variance are taken as constants", "batchnorm",
        (Patch(BN, (("""\
        if train:  # dy − dbeta/M − x̂ dgamma/M
            np.subtract(rows[some], mean, out=of_some)
            of_some *= slope
            of_some += dy[some]
            of_some -= offset
            of_some *= factor
        else:
            np.multiply(dy[some], factor, out=of_some)
""", "        np.multiply(dy[some], factor, out=of_some)\n"),)),),
        "The backward that most hand-written versions get wrong.",
        "gamma / s · dy is all that one sees in the formula; that m and v depend on x too is not "
        "written there.", batchnorm),
    "bn-no-variance": Exhibit(
        "BatchNorm's gradient has no term through the variance", "batchnorm",
        (Patch(BN, (("""\
            np.subtract(rows[some], mean, out=of_some)
            of_some *= slope
            of_some += dy[some]
            of_some -= offset
""", "            np.subtract(dy[some], offset, out=of_some)\n"),)),),
        "Derivations that stop after the mean.",
        "The term through the mean is a line, that through the variance half a page.", batchnorm),
    "bn-no-commit": Exhibit(
        "BatchNorm's running statistics are never updated", "batchnorm",
        (Patch(STEPS + "update",
               (("    for cache in found.caches:\n        network.commit(cache)\n", ""),)),),
        github("openai/improved-gan#17") + ", " + github("duxingren14/DualGAN#10") + ".",
        "While one trains, batch statistics are used, and all is well. The running ones are first "
        "needed for the samples.",
        test="test_training.py::test_running_statistics_are_committed_by_the_steps"),
    "bn-momentum": Exhibit(
        "BatchNorm's momentum is 1 minus what it should be", "batchnorm",
        (Patch("layers.norm:BatchNorm.commit",
               (("self.running_mean += self.momentum *", "self.running_mean += (1 - self.momentum) "
                 "*"),
                ("self.running_var += self.momentum *", "self.running_var += (1 - self.momentum) "
                 "*"))),),
        "Code carried from TensorFlow, where momentum is the share of the old, to PyTorch, where "
        "it is that of the new.",
        "One word, two meanings. The statistics are then nearly those of the last batch.",
        test="test_layers.py::test_batchnorm_normalises_and_commits_only_when_told"),
    "bn-wrong-pass": Exhibit(
        "D's step commits G's running statistics", "batchnorm",
        (Patch(STEPS + "discriminator_step",
               (("fake, _ = generator.forward(z, train=True)",
                 "fake, cache = generator.forward(z, train=True)\n    "
                 "generator.commit(cache)"),)),),
        "Frameworks whose forward commits by itself, whoever calls it.",
        "A player that is only sampled changes all the same. No parameter moves, so no gradient "
        "is wrong.",
        test="test_training.py::test_discriminator_step_leaves_the_generator_bit_for_bit"),
    "float32-variance": Exhibit(
        "the variance is E x² − (E x)², in float32", "batchnorm",
        (Patch("layers.norm:moments",
               (("    centered = rows[some] - mean\n    "
                 "    return mean, sum_of_products(centered, centered)",
                 "    squares = sum_of_products(rows[some], rows[some])\n    "
                 "    return mean, squares - (some.stop - some.start) * mean * mean"),)),),
        "One-pass variances.",
        "In exact arithmetic it is the same, and in float64, where gradients are checked, nearly. "
        "In float32 two large numbers are subtracted.",
        test="test_layers.py::test_batchnorm_is_accurate_in_float32_far_from_zero"),
    "kernel-not-flipped": Exhibit(
        "the kernel is not flipped on the way back", "convolution",
        (Patch("layers.conv:_gather_patches",
               (("W[u.kernel, v.kernel][::-1, ::-1]", "W[u.kernel, v.kernel]"),)),),
        "Convolutions written by hand, and transposed ones that are their backward.",
        "Forward is a correlation, which flips nothing; its adjoint is a convolution, which does. "
        "With a symmetric kernel nobody sees it.", convolution),
    "conv-bias": Exhibit(
        "a convolution's bias gets the mean over pixels, not the sum", "convolution",
        (Patch("layers.conv:_Convolution.bias_gradient",
               (("sum_of(dy.reshape(-1, self.out_channels))", "sum_of(dy.mean(axis=(1, 2)))"),)),),
        "Dense layers that were extended to images.",
        "One bias serves every pixel, so its gradient is a sum over them. Adam divides the factor "
        "away again.", transposed),
    "g-moves-d": Exhibit(
        "G's step moves D too", "plain",
        (Patch(STEPS + "generator_gradients",
               (("d_samples = discriminator.backward(d_logits, d_cache, param_grads=False)",
                 "discriminator.grad.fill(0)\n"
                 "    d_samples = discriminator.backward(d_logits, d_cache)"),)),
         Patch(STEPS + "generator_step",
               (("update(generator, found, optimizer, scale, \"generator\")",
                 "update(generator, found, optimizer, scale, \"generator\")\n"
                 "    rate = optimizer.learning_rate * scale\n"
                 "    discriminator.theta -= rate * np.sign(discriminator.grad)"),))),
        "One optimiser for all parameters; D not frozen in the combined model: "
        + github("jhayes14/GAN#1") + ", " + github("osh/KerasGAN#1") + ".",
        "The gradient has to go through D anyway. D then helps G to fool it. (The step is the sign "
        "of the gradient, as Adam's first is.)", step),
    "fakes-not-cut": Exhibit(
        "D's loss sends its gradient into G", "plain",
        (Patch(STEPS + "generator_gradients",
               (("d_samples = discriminator.backward(",
                 "d_logits = d_logits + loss.discriminator(logits, logits)[2]  # not cut off\n"
                 "    d_samples = discriminator.backward("),)),),
        "Fakes not detached in D's step, gradients not cleared before G's: "
        + github("heykeetae/Self-Attention-GAN#48") + ".",
        "What D's loss wants of a fake is the opposite of what G wants. Added up they cancel where "
        "D(G(z)) = ½, and above G pulls the wrong way.", step),
    "cut-in-g": Exhibit(
        "G's own step is cut off from D", "plain",
        (Patch(STEPS + "generator_gradients",
               (("generator.backward(d_samples,", "generator.backward(0 * d_samples,"),)),),
        "A detach copied from D's step into G's: " + github("nikhilsinghmus/image2reverb#37") + ".",
        "\"Detach the fakes\" is good advice, for one of two steps.", step),
    "not-cleared": Exhibit(
        "D's gradient is not cleared: it adds up over all steps", "plain",
        (Patch(STEPS + "discriminator_gradients", (("    discriminator.grad.fill(0)\n", ""),)),),
        github("Lightning-AI/pytorch-lightning#591") + ", "
        + github("Hsintien-Ng/idinvert_pytorch-reproduced#1") + ".",
        "Adding is right, and clearing is somebody else's task. Adam keeps the steps small and "
        "nothing explodes.", step),
    "penalty-constant": Exhibit(
        "the penalty's gradient norm is taken as a constant", "r1",
        (Patch("penalties:Penalty.add_gradient_from",
               (("    discriminator.tangent_backward(d_logits, ones, cache, tcache, "
                 "input_grad=False, trace=trace)\n", ""),)),),
        "The flag create_graph forgotten; or the penalty never called: "
        + github("junyanz/pytorch-CycleGAN-and-pix2pix#1201") + ".",
        "Its value is computed, logged and added to the loss. Only the second-order gradient, "
        "which nobody looks at, is missing.", penalty(penalties.R1(10.0))),
    "penalty-half": Exhibit(
        "the ½ of R1 is in its value and not in its gradient", "r1",
        (Patch("penalties:R1.of_norms", (("np.ones_like(norms)", "2 * np.ones_like(norms)"),)),),
        "γ/2 ‖∇D‖² beside γ ‖∇D‖²: papers and programs have both.",
        "A factor of two is a matter of tuning, and nobody asks for its reason.",
        penalty(penalties.R1(10.0))),
    "norm-of-batch": Exhibit(
        "the penalty's norm is that of the whole batch", "wgan-gp",
        (Patch("penalties:Penalty.of_gradient",
               (("np.sqrt((rows * rows).sum(axis=1))",
                 "np.full(len(rows), np.sqrt((rows * rows).sum()))"),)),),
        "A sum over the wrong axes: " + github("yao-jason/MLDS2018SPRING#8") + ".",
        "A gradient of a batch has one axis more than one thinks of. The slope is then held to "
        "1/√N of what was meant.", penalty(penalties.WGANGP())),
    "adam-uncorrected": Exhibit(
        "Adam has no bias correction", "plain",
        (Patch("optimizers:Adam.step",
               (("(1 - self.beta1) / (1 - self.beta1 ** self.steps)", "1 - self.beta1"),
                ("((1 - self.beta2) / (1 - self.beta2 ** self.steps)) ** 0.5",
                 "(1 - self.beta2) ** 0.5"))),),
        github("BVLC/caffe#4224") + ", " + github("karpathy/convnetjs#70") + ".",
        "After a few hundred steps it makes no difference. The first ones are five times too "
        "long.", unrolled(Adam(0.05))),
    "momentum-sign": Exhibit(
        "the momentum has the wrong sign", "plain",
        (Patch("optimizers:Adam.step", (("mean *= self.beta1", "mean *= -self.beta1"),)),),
        "Velocities of which one is added and another subtracted.",
        "Descent is still descent, only shorter of breath: the training ends out of focus. (For "
        "GANs a negative momentum has even been proposed: Gidel et al. 2019.)",
        unrolled(Adam(0.05))),
    "rebound": Exhibit(
        "the optimiser makes a new vector; the network keeps the old", "plain",
        (Patch("optimizers:Adam.step", (("theta -= scratch", "theta = theta - scratch"),)),),
        "Every optimiser that is written as in the paper.",
        "θ = θ − ... names a new array; θ −= ... changes the one that the layers see. Nobody "
        "learns, and D may stand near ½ all the same, which is where a good training ends.",
        unrolled(Adam(0.05))),
}
