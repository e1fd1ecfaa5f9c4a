#!/usr/bin/env python3
"""Reference values for services/bandit/delayed_posterior.cc, in 30-digit arithmetic, with mpmath (pip install mpmath).

Writes delayed_posterior_reference.inc, which the unit test includes:

    python3 tests/reference/delayed_posterior_reference.py

Mean and standard deviation of theta^(a - 1 + conversions) (1 - theta)^(b - 1) prod (1 - theta G)^m, the product taken
cell by cell as it stands, by Gauss-Legendre quadrature in logits on panels around the mode.
"""
import math
import os
import random

import mpmath as mp

mp.mp.dps = 30


def moments(a, b, conversions, cells):
    alpha, beta = mp.mpf(a) + conversions, mp.mpf(b)
    cells = [(mp.mpf(m), mp.mpf(g)) for m, g in cells]

    def log_density(u):
        rate = 1 / (1 + mp.exp(-u))
        miss = 1 / (1 + mp.exp(u))
        return alpha * mp.log(rate) + beta * mp.log(miss) + sum(m * mp.log(1 - rate * g) for m, g in cells)

    mature = beta + sum(m * g for m, g in cells)
    low, high = mp.log(alpha / mature) - 1, mp.log(alpha / beta) + 1
    for _ in range(80):
        middle = (low + high) / 2
        if log_density(middle + mp.mpf(10) ** -10) > log_density(middle - mp.mpf(10) ** -10):
            low = middle
        else:
            high = middle
    mode = (low + high) / 2
    peak = log_density(mode)

    def edge(direction):
        step = mp.mpf(10) ** -5
        while peak - log_density(mode + direction * step) < 60:
            step *= mp.mpf("1.3")
        return mode + direction * step

    left, right = edge(-1), edge(+1)
    points = [left + (right - left) * i / 150 for i in range(151)]
    nodes = mp.calculus.quadrature.GaussLegendre(mp.mp).calc_nodes(4, 110)
    mass = first = second = mp.mpf(0)
    center = 1 / (1 + mp.exp(-mode))
    for start, end in zip(points, points[1:]):
        half = (end - start) / 2
        for x, w in nodes:
            u = start + half * (1 + x)
            density = w * half * mp.exp(log_density(u) - peak)
            gap = 1 / (1 + mp.exp(-u)) - center
            mass += density
            first += density * gap
            second += density * gap * gap
    mean = first / mass
    return center + mean, mp.sqrt(second / mass - mean * mean)


def check():
    """Without pending trials it is the Beta."""
    mean, deviation = moments(1, 1, 30, [(70, 1)])
    assert abs(mean - mp.mpf(31) / 102) < mp.mpf(10) ** -15
    assert abs(deviation - mp.sqrt(mp.mpf(31 * 71) / (102 * 102 * 103))) < mp.mpf(10) ** -15


def ages(count, trials, seed):
    """`count` cells of increasing age under an exponential delay."""
    rng = random.Random(seed)
    return [(rng.randrange(1, 2 * trials), round(1 - math.exp(-4 * (i + 1) / count), 12)) for i in range(count)]


def cases():
    yield 1, 1, 3, [(5, 0.5), (2, 0.1), (4, 1)]
    yield 1, 1, 0, [(1, 0.5)]
    yield 0.1, 0.1, 1, [(2, 0.3)]
    yield 1, 1, 20, [(10, 0.9), (10, 0.99), (10, 0.999), (10, 0.9999)]
    yield 1, 1, 400, [(600, 0.5), (500, 1)]
    yield 1, 1, 990, [(5, 0.2), (5, 0.9999), (2, 1)]
    yield 2, 5, 100, [(40, 0.02), (40, 0.97)]
    yield 1, 1, 3000, ages(20, 700, 1)
    yield 1, 1, 900, ages(40, 30, 2)
    yield 1, 1, 50, ages(30, 30, 3)
    yield 10, 90, 500000, ages(12, 100000, 4) + [(3000000, 1)]
    yield 1, 1, 50000, ages(12, 200000, 5) + [(300000, 1)]


def main():
    check()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "delayed_posterior_reference.inc")
    with open(path, "w", encoding="utf-8") as out:
        out.write("// Made by tests/reference/delayed_posterior_reference.py. {prior}, conversions,\n"
                  "// {{trials, completed share}, ...}, mean, standard deviation.\n")
        for a, b, conversions, cells in cases():
            mean, deviation = moments(a, b, conversions, cells)
            pairs = ", ".join("{%r, %r}" % cell for cell in cells)
            out.write("{{%r, %r}, %d, {%s}, %s, %s},\n" % (a, b, conversions, pairs, mp.nstr(mean, 18),
                                                           mp.nstr(deviation, 18)))
            out.flush()


if __name__ == "__main__":
    main()
