#!/usr/bin/env python3
"""Reference values for services/bandit, in 40 digits, with mpmath (pip install mpmath).

Writes *.inc beside itself, which the unit tests include:

    python3 tests/reference/bandit_reference.py

Densities come from log-gamma functions and logarithms as they stand, without the deviance form that the C++ code needs
in doubles; panels are the union of every arm's own, three times shorter, with 40 nodes. check() compares the method
with what is known otherwise: exact rational sums for two arms with whole parameters (E. Miller, "Formulas for Bayesian
A/B testing"; C. Stucchio, "Bayesian A/B testing at VWO"), and mpmath's incomplete beta function.
"""
import os
import random
from fractions import Fraction
from math import comb

import mpmath as mp

mp.mp.dps = 40
NODES = 40
# An arm's density is followed until its logarithm is this far below the peak.
DEPTH = 90
DROP = mp.mpf(3)
LONGEST = mp.mpf(1)


def gauss_legendre():
    def legendre(x):
        p = [mp.mpf(1), x]
        for n in range(1, NODES):
            p.append(((2 * n + 1) * x * p[n] - n * p[n - 1]) / (n + 1))
        return p

    nodes, weights = [], []
    for i in range(NODES):
        x = -mp.cos(mp.pi * (i + mp.mpf(3) / 4) / (NODES + mp.mpf(1) / 2))
        for _ in range(10):
            p = legendre(x)
            slope = NODES * (p[NODES - 1] - x * p[NODES]) / (1 - x * x)
            x -= p[NODES] / slope
        nodes.append(x)
        weights.append(2 / ((1 - x * x) * slope * slope))
    rows = [legendre(x) for x in nodes]
    # matrix[i][j]: the integral of the j-th Lagrange polynomial from -1 to node i.
    matrix = [[weights[j] / 2 * (nodes[i] + 1 + mp.fsum(rows[j][m] * (rows[i][m + 1] - rows[i][m - 1])
                                                       for m in range(1, NODES)))
               for j in range(NODES)] for i in range(NODES)]
    return nodes, weights, matrix


X, W, A = gauss_legendre()


class Arm:
    """Beta(a, b) in u = log(theta / (1 - theta))."""

    def __init__(self, a, b):
        self.a, self.b = mp.mpf(a), mp.mpf(b)
        self.constant = mp.loggamma(self.a + self.b) - mp.loggamma(self.a) - mp.loggamma(self.b)
        self.mode = mp.log(self.a / self.b)
        self.deviation = mp.sqrt(1 / self.a + 1 / self.b)
        self.points = self.breakpoints()

    def log_density(self, u):
        # log(theta) = -log(1 + e^-u), log(1 - theta) = -log(1 + e^u)
        return self.constant - self.a * mp.log(1 + mp.exp(-u)) - self.b * mp.log(1 + mp.exp(u))

    def density(self, u):
        return mp.exp(self.log_density(u))

    def breakpoints(self):
        peak = self.log_density(self.mode)
        points = [self.mode]
        for direction in (-1, 1):
            u, step = self.mode, self.deviation / 2
            level = peak
            while peak - level < DEPTH:
                h = min(step, LONGEST)
                while level - self.log_density(u + direction * h) > DROP:
                    h /= 2
                u += direction * h
                level = self.log_density(u)
                points.append(u)
        return sorted(points)


def panels_of(arms):
    points = sorted({p for arm in arms for p in arm.points})
    edges = [points[0]]
    for p in points[1:]:
        while p - edges[-1] > LONGEST:
            edges.append(edges[-1] + LONGEST)
        if p > edges[-1]:
            edges.append(p)
    return list(zip(edges, edges[1:]))


def best_arm(parameters):
    """P(best) and expected loss of every arm, and how far the sum of the former is from 1."""
    arms = [Arm(a, b) for a, b in parameters]
    panels = panels_of(arms)
    count = len(arms)
    masses, densities = [], []
    for left, right in panels:
        half = (right - left) / 2
        rows = []
        for arm in arms:
            active = arm.points[0] < right and arm.points[-1] > left
            rows.append([arm.density(left + half * (1 + x)) for x in X] if active else None)
        densities.append(rows)
        masses.append([half * mp.fdot(W, row) if row else mp.mpf(0) for row in rows])
    above = [mp.fsum(m[k] for m in masses) for k in range(count)]
    assert all(abs(s - 1) < mp.mpf(10) ** -25 for s in above), above
    below = [mp.mpf(0)] * count
    best, loss = [mp.mpf(0)] * count, [mp.mpf(0)] * count
    for (left, right), rows, mass in zip(panels, densities, masses):
        half = (right - left) / 2
        above = [max(mp.mpf(0), s - m) for s, m in zip(above, mass)]
        cumulative = []
        for k, row in enumerate(rows):
            if row is None:
                cumulative.append([(below[k], 1 - below[k])] * NODES)
                continue
            inner = [half * mp.fdot(A[i], row) for i in range(NODES)]
            cumulative.append([(below[k] + v, 1 - below[k] - v) for v in inner])
        for i in range(NODES):
            u = left + half * (1 + X[i])
            theta = 1 / (1 + mp.exp(-u))
            jacobian = theta * (1 - theta)
            for k in range(count):
                others = mp.mpf(1)
                complement = mp.mpf(0)
                for j in range(count):
                    if j != k:
                        complement += others * cumulative[j][i][1]
                        others *= cumulative[j][i][0]
                if rows[k] is not None:
                    best[k] += half * W[i] * rows[k][i] * others
                loss[k] += half * W[i] * jacobian * cumulative[k][i][0] * complement
        below = [f + m for f, m in zip(below, mass)]
    return best, loss, abs(mp.fsum(best) - 1)


def quantile(a, b, tail, lower):
    """The point with probability `tail` below it (or above it)."""
    arm = Arm(a, b)
    panels = panels_of([arm])
    if not lower:
        panels = [(right, left) for left, right in reversed(panels)]

    def mass(start, end):
        half = (end - start) / 2
        return abs(half * mp.fsum(w * arm.density(start + half * (1 + x)) for w, x in zip(W, X)))

    left_over = mp.mpf(tail)
    for start, end in panels:
        m = mass(start, end)
        if m >= left_over:
            break
        left_over -= m
    near, far = start, end
    for _ in range(60):
        middle = (near + far) / 2
        if mass(start, middle) < left_over:
            near = middle
        else:
            far = middle
    u = near
    for _ in range(4):
        u += (1 if lower else -1) * (left_over - mass(start, u)) / arm.density(u)
    return 1 / (1 + mp.exp(-u))


def miller(a1, b1, a2, b2):
    """P(theta_2 > theta_1) for whole parameters, as an exact fraction."""
    def beta(a, b):
        return Fraction(1, (a + b - 1) * comb(a + b - 2, a - 1))
    return sum((beta(a1 + i, b1 + b2) / ((b2 + i) * beta(1 + i, b2) * beta(a1, b1)) for i in range(a2)),
               Fraction(0))


def stucchio(a1, b1, a2, b2):
    """E[max(theta_2 - theta_1, 0)], the expected loss of arm 1 against arm 2, as an exact fraction."""
    return (Fraction(a2, a2 + b2) * miller(a1, b1, a2 + 1, b2) -
            Fraction(a1, a1 + b1) * miller(a1 + 1, b1, a2, b2))


def check():
    bound = mp.mpf(10) ** -20
    for a1, b1, a2, b2 in [(1, 1, 1, 1), (3, 17, 5, 16), (40, 400, 60, 350), (1, 100, 9, 3)]:
        best, loss, deviation = best_arm([(a1, b1), (a2, b2)])
        exact = miller(a1, b1, a2, b2)
        exact_loss = stucchio(a1, b1, a2, b2)
        assert deviation < bound
        assert abs(best[1] - mp.mpf(exact.numerator) / exact.denominator) < bound
        assert abs(loss[0] - mp.mpf(exact_loss.numerator) / exact_loss.denominator) < bound
    for a, b in [(1, 1), (371, 7621), (0.1, 0.1), (0.5, 30)]:
        for tail in (0.025, 0.0005):
            x = quantile(a, b, tail, lower=True)
            assert abs(mp.betainc(a, b, 0, x, regularized=True) - mp.mpf(tail)) < bound * tail


def best_arm_cases():
    cases = [
        [(371, 7621), (641, 11371)],                                   # two arms of 7,990 and 12,010
        [(8503, 36199), (8280, 37211)],                                # cookie_cats: gate_30, gate_40
        [(1, 1), (1, 1)],
        [(1, 1)] * 10,
        [(0.1, 0.1)] * 3,
        [(0.1, 0.1), (0.2, 0.1), (1, 5)],
        [(1, 1001), (1, 2001), (1, 501)],                              # no conversion anywhere
        [(1001, 1), (501, 1)],                                         # nothing but conversions
        [(1, 1000001), (1000001, 1)],
        [(0.1, 1e9), (0.1, 1e9), (1.1, 1e9)],
        [(1e9, 0.1), (1e9, 0.1), (1e9, 1.1)],
        [(0.1, 1e9), (1e9, 0.1), (1e9, 1e9)],
        [(500000001, 500000001), (500020001, 499980001)],
        [(1e9, 1e9), (1e9, 1000000001)],
        [(1001, 999999001), (1051, 999998951), (990, 999999012)],      # rate 1e-6, 1e9 trials
        [(999999001, 1001), (999998951, 1051), (999999012, 990)],      # rate 1 - 1e-6
        [(2, 20), (100001, 900001)],
        [(1, 1), (50000001, 950000001)],                               # trials 1e9 apart
        [(4, 6), (40001, 60001), (400000001, 600000001)],
        [(51, 951)] * 10,
        [(500 + 5 * i, 9500) for i in range(10)],
        [(1 + 10 ** i // 10, 1 + 9 * 10 ** i // 10) for i in range(10)],  # 0 to 1e9 trials of 10 %
        [(21, 981), (31, 971), (6, 996), (41, 961), (1, 1)],
        [(11, 1), (101, 1), (1, 11), (1, 101)],
    ]
    generator = random.Random(20261123)
    for _ in range(8):
        case = []
        rate = 10 ** generator.uniform(-4, -0.05)
        for _ in range(generator.randint(2, 10)):
            trials = int(10 ** generator.uniform(0, 7))
            conversions = min(trials, int(round(trials * rate * generator.uniform(0.8, 1.25))))
            case.append((1 + conversions, 1 + trials - conversions))
        cases.append(case)
    # 1e9 trials of 5 %, of 0.1 % and of 99 %, a standard deviation or so apart
    cases.append([(50000001, 950000001), (50009001, 949991001), (49995001, 950005001)])
    cases.append([(1000001, 999000001), (1001001, 998999001)])
    cases.append([(990000001, 10000001), (990003001, 9997001)])
    return cases


def interval_cases():
    parameters = [(371, 7621), (641, 11371), (1, 1), (0.1, 0.1), (0.1, 1e9), (1e9, 0.1), (1e9, 1e9), (1, 1e9),
                  (1e9, 1), (0.5, 0.5), (2, 3), (1, 101), (101, 1), (1001, 999999001), (999999001, 1001), (0.1, 7),
                  (1e6, 1e6), (5, 1e6), (0.1, 1), (1e9, 10)]
    return [(a, b, level) for a, b in parameters for level in (0.5, 0.95, 0.999)]


def digits(value):
    """Enough for the nearest double; nothing below its range."""
    return mp.nstr(value, 20, min_fixed=0, max_fixed=0) if value > mp.mpf(10) ** -300 else "0.0"


def pairs(parameters):
    return "{" + ", ".join("{%r, %r}" % (float(a), float(b)) for a, b in parameters) + "}"


def numbers(values):
    return "{" + ", ".join(digits(v) for v in values) + "}"


def main():
    check()
    folder = os.path.dirname(os.path.abspath(__file__))
    header = "// Made by tests/reference/bandit_reference.py. %s\n"
    with open(os.path.join(folder, "credible_interval_reference.inc"), "w", encoding="utf-8") as out:
        out.write(header % "{alpha, beta}, level, lower, upper.")
        for a, b, level in interval_cases():
            tail = (1 - mp.mpf(level)) / 2
            bounds = [quantile(a, b, tail, lower=True), quantile(a, b, tail, lower=False)]
            out.write("{{%r, %r}, %r, %s, %s},\n" % (float(a), float(b), level, digits(bounds[0]), digits(bounds[1])))
    with open(os.path.join(folder, "best_arm_reference.inc"), "w", encoding="utf-8") as out:
        out.write(header % "{posteriors}, {P(best)}, {expected loss}.")
        for case in best_arm_cases():
            best, loss, deviation = best_arm(case)
            assert deviation < mp.mpf(10) ** -20, (case, deviation)
            out.write("{%s,\n %s,\n %s},\n" % (pairs(case), numbers(best), numbers(loss)))
            out.flush()


if __name__ == "__main__":
    main()
