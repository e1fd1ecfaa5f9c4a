#!/usr/bin/env python3
"""Reference values of the quantiles of weighted sums of Beta variables, in 30 digits, with mpmath (pip install mpmath).

Writes beta_transform_reference.inc and weighted_sum_reference.inc, which the unit tests
include (the latter takes a quarter of an hour):

    python3 tests/reference/weighted_sum_reference.py

Two arms by convolution: the density of one, integrated against the incomplete beta function of the other, between the
points at which the latter begins and ends. More arms by the Fourier series on the whole support (no part of it is cut
off), with the confluent hypergeometric function for the characteristic function. check() compares the two.
"""
import os

import mpmath as mp

mp.mp.dps = 30


class Convolution:
    """c1 X1 + c2 X2."""

    def __init__(self, arms, weights):
        self.arms, self.weights = arms, [mp.mpf(w) for w in weights]

    def cumulative(self, x):
        (a1, b1), (a2, b2) = self.arms
        c1, c2 = self.weights
        constant = mp.gamma(mp.mpf(a1) + b1) / mp.gamma(a1) / mp.gamma(b1)

        def second(t):
            z = min(max((x - c1 * t) / c2, mp.mpf(0)), mp.mpf(1))
            below = mp.betainc(a2, b2, 0, z, regularized=True)
            return below if c2 > 0 else 1 - below

        # Where the integrand begins, ends, or changes fast.
        points = {x / c1, (x - c2) / c1}
        for (a, b), place in (((a1, b1), lambda z: z), ((a2, b2), lambda z: (x - c2 * z) / c1)):
            mean = mp.mpf(a) / (a + b)
            deviation = mp.sqrt(mean * (1 - mean) / (a + b + 1))
            points |= {place(mean + k * deviation) for k in (-9, -6, -4, -2, 0, 2, 4, 6, 9)}
        points = sorted({mp.mpf(0), mp.mpf(1)} | {p for p in points if 0 < p < 1})
        return mp.quad(lambda t: constant * t ** (a1 - 1) * (1 - t) ** (b1 - 1) * second(t), points)


class Fourier:
    """Any number of arms whose characteristic functions fall off."""

    def __init__(self, arms, weights):
        self.low = mp.fsum(min(mp.mpf(0), mp.mpf(w)) for w in weights)
        self.period = mp.fsum(abs(mp.mpf(w)) for w in weights)
        self.terms = []
        while len(self.terms) < 40 or max(abs(t) for t in self.terms[-8:]) > mp.mpf(10) ** -22:
            frequency = 2 * mp.pi * (len(self.terms) + 1) / self.period
            term = mp.mpc(1)
            for (a, b), w in zip(arms, weights):
                term *= mp.hyp1f1(a, mp.mpf(a) + b, mp.mpc(0, frequency * mp.mpf(w)), maxterms=10 ** 6)
            self.terms.append(term)

    def cumulative(self, x):
        def primitive(y):
            return mp.fsum((1j / j * t * mp.exp(-2j * mp.pi * j * y / self.period)).real
                           for j, t in enumerate(self.terms, 1)) / mp.pi

        return (x - self.low) / self.period + primitive(x) - primitive(self.low)


def quantile(distribution, weights, target):
    """By bisection, then by secants through log F / (1 - F), which is nearly straight."""
    low = mp.fsum(min(mp.mpf(0), mp.mpf(w)) for w in weights)
    high = mp.fsum(max(mp.mpf(0), mp.mpf(w)) for w in weights)

    def excess(x):
        below = distribution.cumulative(x)
        return mp.log(below / (1 - below)) - mp.log(target / (1 - target))

    for _ in range(14):
        middle = (low + high) / 2
        if distribution.cumulative(middle) < target:
            low = middle
        else:
            high = middle
    x, last = (low + high) / 2, low + (high - low) / 4
    at_x, at_last = excess(x), excess(last)
    while abs(at_x) > mp.mpf(10) ** -18:
        x, last, at_last = x - at_x * (x - last) / (at_x - at_last), x, at_x
        at_x = excess(x)
    return x


def check():
    arms, weights = [(8, 30), (12, 9)], [1, -2]
    for target in (0.025, 0.6):
        one = quantile(Convolution(arms, weights), weights, mp.mpf(target))
        other = quantile(Fourier(arms, weights), weights, mp.mpf(target))
        assert abs(one - other) < mp.mpf(10) ** -15, (one, other)


def cases():
    convolved = [
        ([(1, 1), (3, 2)], [1, 1]),
        ([(1, 1), (1, 1)], [2, -3]),
        ([(2, 1), (1, 3)], [1, -1]),
        ([(1, 50), (20, 80)], [-100, 100]),
        ([(100, 900), (1, 1)], [0.01, 1]),
        ([(1, 31), (1, 11)], [1, 1]),
        ([(1.5, 2.5), (0.5, 0.5)], [1, 0.5]),
    ]
    summed = [
        ([(12, 30), (5, 9), (40, 17)], [1, -2, 0.5]),
        ([(371, 7621), (641, 11371)], [-2010, 2010]),
        ([(6, 50), (8, 45), (3, 60), (11, 41), (9, 52)], [-30, 10, -45, 50, 15]),
        ([(1, 20), (3, 18), (2, 30), (6, 15), (1, 9), (2, 12), (9, 9)], [1, 2, 3, -4, -5, 6, -3]),
        ([(1 + i, 60 - i) for i in range(10)], [100 * i - 450 for i in range(10)]),
        ([(30 + i, 1500 + 10 * i) for i in range(10)], [-450 + 100 * i for i in range(10)]),
    ]
    return [(arms, weights, Convolution) for arms, weights in convolved] + [
        (arms, weights, Fourier) for arms, weights in summed]


def transform_cases():
    return [(1, 1, (0.5, 10, 1000, 30000)), (0.1, 0.1, (3, 300)), (0.3, 5, (1, 50, 4000)), (3, 40, (5, 200, 5000)),
            (40, 3, (5, 200, 5000)), (64, 64, (20, 100, 300)), (30, 50, (10, 100, 1000)), (65, 70, (15, 90, 400)),
            (2.5, 0.7, (0.1, 70, 900)), (371, 7621, (200, 1000, 3000)), (399, 5000, (100, 1500, 4000)),
            (401, 401, (30, 300)), (1, 3000, (100, 3000, 20000)), (10, 2000, (50, 1900, 9000))]


def write_transforms(path):
    with open(path, "w", encoding="utf-8") as out:
        out.write("// Made by tests/reference/weighted_sum_reference.py. {alpha, beta}, frequency, real and imaginary part.\n")
        for a, b, frequencies in transform_cases():
            for frequency in frequencies:
                tau = mp.mpf(frequency)
                total = mp.mpf(a) + b
                value = mp.hyp1f1(a, total, mp.mpc(0, tau), maxterms=10 ** 7) * mp.exp(mp.mpc(0, -tau * a / total))
                out.write("{{%r, %r}, %r, %s, %s},\n" % (float(a), float(b), float(frequency),
                                                        mp.nstr(value.real, 18), mp.nstr(value.imag, 18)))


def main():
    check()
    folder = os.path.dirname(os.path.abspath(__file__))
    write_transforms(os.path.join(folder, "beta_transform_reference.inc"))
    with open(os.path.join(folder, "weighted_sum_reference.inc"), "w", encoding="utf-8") as out:
        out.write("// Made by tests/reference/weighted_sum_reference.py. {posteriors}, {weights}, level, lower, upper.\n")
        for arms, weights, method in cases():
            distribution = method(arms, weights)
            for level in (0.5, 0.95, 0.999):
                tail = (1 - mp.mpf(level)) / 2
                lower = quantile(distribution, weights, tail)
                upper = quantile(distribution, weights, 1 - tail)
                assert abs(distribution.cumulative(lower) - tail) < mp.mpf(10) ** -16, (arms, weights)
                assert abs(distribution.cumulative(upper) - 1 + tail) < mp.mpf(10) ** -16, (arms, weights)
                out.write("{{%s},\n {%s},\n %r, %s, %s},\n" % (
                    ", ".join("{%r, %r}" % (float(a), float(b)) for a, b in arms),
                    ", ".join(repr(float(w)) for w in weights), level, mp.nstr(lower, 18), mp.nstr(upper, 18)))
                out.flush()


if __name__ == "__main__":
    main()
