"""Says early, and in plain words, what is wrong with a training.

    for finding in diagnose(records, samples=[(step, batch), ...], real=real, loss=loss):
        print(finding)

    monitor = Monitor(sample=lambda: generator(z), real=real, loss=loss)
    for record in monitor(train(...)):     # warns once for each finding, when it begins
        ...

"Track failures early" is tip 10 of ganhacks (Chintala et al. 2016, "How to train a GAN? Tips and
tricks to make GANs work"). It lists signs that more steps will not help: a D loss at zero,
gradients with norms above a hundred, losses that swing and spike, and a G loss that falls steadily
because G fools D with garbage. Here each sign is a rule that looks at some hundred steps, never at
one, because a GAN's curves are noisy:

    "D has won"      its loss is near zero: it tells all samples apart
    "D is misled"    it takes generated samples for real more often than real ones
    "G collapsed"    its samples are far less diverse than real ones, or sit on few of the modes
    "oscillation"    D(G(z)) or the critic's loss swings with a period and does not settle
    "explosion"      a gradient or D's loss has grown a hundredfold, and beyond a hundred

No finding is no proof of health: a generator that misses one mode of eight passes. The rules say
nothing where the numbers cannot decide: D(x) = D(G(z)) = 1/2 with no gradient left is what a lazy
discriminator shows, and also what the end of a perfect training shows.
"""

from .measures import diversity, periodicity, relative_diversity, sustained
from .monitor import Monitor
from .rules import (Finding, collapse_of_diversity, collapse_of_modes, diagnose,
                    discriminator_has_won, discriminator_is_misled, explosion, oscillation, report)

__all__ = ["Finding", "Monitor", "collapse_of_diversity", "collapse_of_modes", "diagnose",
           "discriminator_has_won", "discriminator_is_misled", "diversity", "explosion",
           "oscillation", "periodicity", "relative_diversity", "report", "sustained"]
