#!/usr/bin/env python3
"""Reference values of the quantiles of weighted sums of Beta variables, in 30 digits, with mpmath (pip install mpmath).

Writes services/bandit/testdata/weighted_sum_reference.inc, which the unit tests include:

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
    low = mp.fsum(min(mp.mpf(0), mp.mpf(w)) for w in weights)
    high = mp.fsum(max(mp.mpf(0), mp.mpf(w)) for w in weights)
    return mp.findroot(lambda x: distribution.cumulative(x) - target, (low, high), solver="anderson", tol=1e-34,
                       maxsteps=200, verify=False)


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
        ([(1, 101), (1, 101)], [-50, 50]),
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


def main():
    check()
    path = os.path.join(os.path.dirname(__file__), "..", "..", "services", "bandit", "testdata",
                        "weighted_sum_reference.inc")
    with open(path, "w", encoding="utf-8") as out:
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
