"""A training whose knobs may be turned between two steps.

What was done to it is recorded, so that the same can be done again, to the bit:

    run = Run({"data": "ring", "method": "gan", "seed": 0})
    run.replay([["run", 500], ["set", {"d_rate": 0.01}], ["run", 500]])
"""

import copy
import dataclasses
import hashlib
import warnings

from numgan import losses, optimizers, penalties, training
from numgan.layers import GaussianNoise
from numgan.presets.recipe import spread_of
from numgan.training import Record, discriminator_gradients, generator_gradients

from .settings import AGAIN, OPTIMIZERS, OWN, checked, defaults, recipe_of, toy_of

FOREVER = 10 ** 9  # steps: the rates do not fall


# -- one step of one player ------------------------------------------------------------------------


class OnlyD(training.UpdateRule):
    """A step of D. G's gradient is computed, but G stays as it is."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        d = training.discriminator_step(p.generator, p.discriminator, real, latent_batch(),
                                        loss=p.loss, optimizer=p.d_optimizer, scale=scale,
                                        penalty=p.penalty, rng=p.rng)
        return d, generator_gradients(p.generator, p.discriminator, latent_batch(), p.loss, real)


class OnlyG(training.UpdateRule):
    """A step of G. D's gradient is computed, but D stays as it is."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        fake, _ = p.generator.forward(latent_batch(), train=True)
        d = discriminator_gradients(p.discriminator, real, fake, p.loss, p.penalty, p.rng)
        return d, training.generator_step(p.generator, p.discriminator, latent_batch(),
                                          loss=p.loss, optimizer=p.g_optimizer, scale=scale,
                                          real=real)


ALONE = {"d": OnlyD, "g": OnlyG}


# -- a run -----------------------------------------------------------------------------------------


class Run:
    """A training whose knobs may be turned between two steps.

    Attributes: settings, a dict of all knobs; history, what was done, for `replay`; done, the
    number of steps; toy; made, a presets.Training, which knows how to sample; training, a
    numgan.training.Training, a new one of the same networks after each turn of a knob.
    """

    def __init__(self, given):
        self.settings = s = checked(given)
        self.first, self.history, self.done = dict(s), [], 0
        self.recipe = recipe_of(s["data"], s["method"])
        self.toy = toy_of(s)
        own_d = self.recipe.d_network is not None or self.recipe.both_networks is not None
        self.fixed = ({"d_width", "d_depth"} if own_d else set()) | (
            {"g_width", "g_depth"} if self.recipe.both_networks else set())
        widths = {f"{player}_hidden": (s[f"{player}_width"],) * s[f"{player}_depth"]
                  for player in "gd" if f"{player}_width" not in self.fixed}
        recipe = dataclasses.replace(
            self.recipe, steps=FOREVER, schedule="constant", final_weight=None, noise=0.0,
            penalty=lambda: self._penalty(s), loss=self._loss(s), batch_size=s["batch"], k=1,
            updates="alternating", **widths)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the warnings come again below
            self.made = recipe.start(self.toy, s["seed"])
        self.generator, self.discriminator = self.made.generator, self.made.discriminator
        self.spread = spread_of(self.toy)[0]
        self._arrange(s, {"optimizer", "loss"})

    # -- knobs

    def change(self, **turned):
        """Turn knobs between two steps. If one of them is refused, nothing changes."""
        settings = checked({**self.settings, **turned})
        if restart := AGAIN & set(turned):
            raise ValueError(f"{', '.join(sorted(restart))}: these start a training anew")
        changed = {name: settings[name] for name in turned
                   if settings[name] != self.settings[name]}
        if changed:
            self._arrange(settings, set(changed))
            self.settings = settings
            self.history.append(["set", changed])

    def _loss(self, s):
        loss = copy.deepcopy(self.recipe.loss) if s["loss"] == OWN else losses.LOSSES[s["loss"]]()
        if s["smoothing"] and hasattr(loss, "smoothing"):
            loss = type(loss)(smoothing=s["smoothing"])
        return loss

    def _penalty(self, s):
        if s["penalty"] == OWN:
            penalty = self.recipe.penalty() if self.recipe.penalty else None
        else:
            penalty = None if s["penalty"] == "none" else penalties.PENALTIES[s["penalty"]]()
        if penalty is not None:
            penalty.weight = s["weight"]
        return penalty

    def _rule(self, s):
        if s["updates"] == "alternating":
            return training.Alternating(s["k"])
        if s["updates"] != OWN:
            return training.RULES[s["updates"]]()
        own = self.recipe.updates
        if own == "alternating":
            return training.Alternating(s["k"])
        return copy.deepcopy(own() if callable(own) else own)

    def _optimizers(self, s):
        for player in "d", "g":
            make = (getattr(self.recipe, f"{player}_optimizer") if s["optimizer"] == OWN
                    else OPTIMIZERS[s["optimizer"]])
            made = make()
            if s["optimizer"] != OWN and isinstance(self.recipe.d_optimizer(),
                                                    optimizers.Clipped) and player == "d":
                made = optimizers.Clipped(made, self.recipe.d_optimizer().limit)
            yield made

    def _arrange(self, s, changed):
        """Set up the parts as the settings `s` say; parts that do not change keep their state."""
        loss = self._loss(s) if {"loss", "smoothing"} & changed else self.loss
        d, g = (self._optimizers(s) if "optimizer" in changed
                else (self.d_optimizer, self.g_optimizer))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            made = self._train(s, loss, self._penalty(s), self._rule(s), d, g)  # may be refused
        self.warning = "; ".join(str(warning.message) for warning in said)
        d.learning_rate, g.learning_rate = s["d_rate"], s["g_rate"]
        self.loss, self.d_optimizer, self.g_optimizer = loss, d, g
        self.made.loss = loss
        self.blur.std = s["noise"] * self.spread
        self.training = made

    def _train(self, s, loss, penalty, rule, d, g):
        old = self.made.training
        return training.train(
            self.generator, self.discriminator, old.data, loss=loss, steps=FOREVER, rng=old.rng,
            batch_size=s["batch"], d_optimizer=d, g_optimizer=g, updates=rule,
            average=old.average, latent=old.latent, penalty=penalty, threads=1)

    @property
    def blur(self):
        return next(layer for layer in self.discriminator.walk()
                    if isinstance(layer, GaussianNoise))

    @property
    def idle(self):
        """The knobs that do nothing with the current settings."""
        t = self.training
        return sorted(self.fixed | ({"smoothing"} if not hasattr(self.loss, "smoothing") else set())
                      | ({"weight"} if t.penalty is None else set())
                      | ({"k"} if not isinstance(t.rule, training.Alternating) else set()))

    # -- steps

    def step(self, kind="run", rule=None):
        """One step: "run", of both players as the settings say; "d" or "g", of one of them.

        rule : one that does the same as the run's own, and also watches"""
        if kind != "run":
            rule = ALONE[kind]()
        training = self.training if rule is None else self._train(
            self.settings, self.loss, self.training.penalty, rule, self.d_optimizer,
            self.g_optimizer)
        record = next(training)
        record = Record(self.done, *record[1:])
        self.done += 1
        if self.history and self.history[-1][0] == kind:
            self.history[-1][1] += 1
        else:
            self.history.append([kind, 1])
        return record

    def replay(self, history):
        """Do again what was done to another run of the same settings."""
        for kind, what in history:
            if kind == "set":
                self.change(**what)
            else:
                for _ in range(what):
                    self.step(kind)
        return self

    def digest(self):
        """A fingerprint of all weights: the same for runs that are the same to the bit."""
        theta = self.generator.theta.tobytes() + self.discriminator.theta.tobytes()
        return hashlib.sha256(theta).hexdigest()[:16]

    def snippet(self):
        """Python that repeats the run, to the bit."""
        first = {name: value for name, value in self.first.items()
                 if value != defaults(self.first["data"], self.first["method"]).get(name)
                 or name in ("data", "method", "seed")}
        lines = ",\n    ".join(repr(event) for event in self.history)
        return (f"# in a clone of numgan\nfrom demos.playground.run import Run\n\n"
                f"run = Run({first!r})\n"
                f"run.replay([\n    {lines}])\n"
                f"assert run.digest() == {self.digest()!r}  # the same weights, to the bit\n"
                f"samples = run.made.samples(run.made.latents(1000, seed=1))\n")
