#!/usr/bin/env python3
"""Reference values for comparisons with control and for value remaining, in 50 digits, with gmpy2 (pip install gmpy2).

Writes comparison_reference.inc and value_remaining_reference.inc, which the unit tests include:

    python3 tests/reference/comparison_reference.py

The method is not the one of the C++ code: always one integral, over the control's (or leader's) logit, of the product of the
others' distribution functions at the shifted rate, on the union of all breakpoints; no change of variable, no cut, no
relative density. check() compares it with exact rational sums and with closed forms.
"""
import bisect
import math
import os
import random
from fractions import Fraction
from operator import mul

import gmpy2
from gmpy2 import exp, expm1, log, mpfr, sqrt

gmpy2.get_context().precision = 160
NODES = 24
NODES_ROUGH = 12  # For where to begin.
# An arm's density is followed until it is e^-56 of the peak, on panels on which it changes by less than e^3.
DEPTH = 56
DROP = 3
LONGEST = 1.0
FAR = 28
LONGEST_FAR = 4.0
# What a Gauss rule alone resolves beside the branch points of a shifted logit.
LONGEST_SHIFTED = 2.5
INFINITY = gmpy2.inf()


def dot(a, b):
    return gmpy2.fsum(list(map(mul, a, b)))


RECURRENCE = [(mpfr(2 * n + 1) / (n + 1), mpfr(n) / (n + 1)) for n in range(NODES + 1)]


def legendre(x, count):
    p = [mpfr(1), x]
    for up, down in RECURRENCE[1:count - 1]:
        p.append(up * x * p[-1] - down * p[-2])
    return p


def rule(count):
    """Gauss-Legendre nodes, weights, and the Legendre polynomials at the nodes."""
    nodes, weights, rows = [], [], []
    for i in range(count):
        x = mpfr(-math.cos(math.pi * (i + 0.75) / (count + 0.5)))
        for _ in range(10):
            p = legendre(x, count + 1)
            slope = count * (p[count - 1] - x * p[count]) / (1 - x * x)
            x -= p[count] / slope
        nodes.append(x)
        weights.append(2 / ((1 - x * x) * slope * slope))
        rows.append(legendre(x, count))
    return nodes, weights, rows


RULES = {count: rule(count) for count in (NODES, NODES_ROUGH)}


class Distribution:
    """F and f of a Beta in u = logit, by a Legendre series a panel."""

    def __init__(self, a, b, nodes=NODES):
        self.a, self.b, self.nodes = mpfr(a), mpfr(b), nodes
        x_nodes, weights, rows = RULES[nodes]
        self.constant = sum(sign * gmpy2.lgamma(z)[0] for sign, z in ((1, self.a + self.b), (-1, self.a), (-1, self.b)))
        self.edges = self.breakpoints()
        self.floats = [float(e) for e in self.edges]
        self.below, self.series = [mpfr(0)], []
        for left, right in zip(self.edges, self.edges[1:]):
            half = (right - left) / 2
            values = [w * exp(self.log_density(left + half * (1 + x))) for x, w in zip(x_nodes, weights)]
            c = [(m + mpfr(0.5)) * dot(values, [row[m] for row in rows]) for m in range(nodes)]
            # half * (c_m / (2 m + 1)) (P_{m+1} - P_{m-1}), gathered by polynomial
            g = [half * c[m] / (2 * m + 1) for m in range(nodes)] + [mpfr(0)]
            integral = [g[0] - g[1]] + [g[m - 1] - g[m + 1] for m in range(1, nodes)]
            self.series.append((left, half, c, integral))
            self.below.append(self.below[-1] + half * gmpy2.fsum(values))
        assert abs(self.below[-1] - 1) < (1e-20 if nodes == NODES else 1e-6), (a, b, self.below[-1] - 1)

    def log_density(self, u):
        return self.constant - self.a * log(1 + exp(-u)) - self.b * log(1 + exp(u))

    def breakpoints(self):
        mode = log(self.a / self.b)
        peak = self.log_density(mode)
        points = [mode]
        for direction in (-1, 1):
            u, level = mode, peak
            while peak - level < DEPTH:
                # Far out the density is an exponential.
                h = min(sqrt(1 / self.a + 1 / self.b) / 2, mpfr(LONGEST if abs(u) < FAR else LONGEST_FAR))
                while level - self.log_density(u + direction * h) > DROP:
                    h /= 2
                u += direction * h
                level = self.log_density(u)
                points.append(u)
        return sorted(points)

    def read(self, u):
        if u <= self.edges[0]:
            return mpfr(0), mpfr(0)
        if u >= self.edges[-1]:
            return mpfr(1), mpfr(0)
        i = min(max(bisect.bisect_right(self.floats, float(u)) - 1, 0), len(self.series) - 1)
        left, half, c, integral = self.series[i]
        p = legendre((u - left) / half - 1, self.nodes)
        return self.below[i] + dot(integral, p), dot(c, p)


def logistic(u):
    return 1 / (1 + exp(-u)) if u > 0 else exp(u) / (1 + exp(u))


class Difference:
    """y = x + d."""

    def __init__(self, d):
        self.d = d
        self.first = log(-d / (1 + d)) if d < 0 else -INFINITY
        self.last = log((1 - d) / d) if d > 0 else INFINITY

    def at(self, u):
        y = logistic(u) + self.d
        miss = logistic(-u) - self.d
        return (log(y / miss), 1 / (y * miss)) if y > 0 and miss > 0 else (INFINITY if y > 0 else -INFINITY, 0)

    def inverse(self, v):
        x = logistic(v) - self.d
        miss = logistic(-v) + self.d
        return log(x / miss) if x > 0 and miss > 0 else None


class LogRatio:
    """y = x e^s."""

    def __init__(self, s):
        self.ratio = exp(s)
        self.first = -INFINITY
        self.last = -log(self.ratio - 1) if s > 0 else INFINITY

    def at(self, u):
        y = logistic(u) * self.ratio
        miss = 1 - y
        return (log(y / miss), 1 / miss) if miss > 0 else (INFINITY, 0)

    def inverse(self, v):
        x = logistic(v) / self.ratio
        return log(x / (1 - x)) if x < 1 else None


def probability(x, others, shift):
    """P(all of `others` <= shifted X), and its derivative by the shift."""
    points = set(p for p in x.edges if shift.first < p < shift.last)
    start, end = max(x.edges[0], shift.first), min(x.edges[-1], shift.last)
    if start >= end:
        return mpfr(1 if end == shift.last else 0), mpfr(0)
    for other in others:
        mapped = (shift.inverse(v) for v in other.edges)
        points.update(u for u in mapped if u is not None and start < u < end)
    edges = sorted(points | {start, end})
    total = 1 - x.read(end)[0]
    slope = mpfr(0)
    for left, right in zip(edges, edges[1:]):
        parts = max(1, int(gmpy2.ceil((right - left) / LONGEST_SHIFTED)))
        half = (right - left) / (2 * parts)
        for part in range(parts):
            for node, weight in zip(*RULES[x.nodes][:2]):
                u = left + half * (2 * part + 1 + node)
                v, speed = shift.at(u)
                readings = [other.read(v) for other in others]
                weight_here = half * weight * x.read(u)[1]
                total += weight_here * math.prod((f for f, _ in readings), start=mpfr(1))
                for j, (_, density) in enumerate(readings):
                    if density:
                        slope += weight_here * speed * density * math.prod(
                            (f for i, (f, _) in enumerate(readings) if i != j), start=mpfr(1))
    return total, slope


def solve(evaluate, target, low, high, guess, tolerance):
    """Newton on the logit of the probability, in a bracket, until it is off by `tolerance`, which the last step squares."""
    x = guess if low < guess < high else (low + high) / 2
    target = mpfr(target)
    for _ in range(300):
        value, slope = evaluate(x)
        if value < target:
            low = x
        else:
            high = x
        step = INFINITY
        if slope > 0 and 0 < value < 1:
            missing = log(target / (1 - target)) - log(value / (1 - value))
            step = missing * value * (1 - value) / slope
            if abs(missing) < tolerance:
                return x + step
        scaled = x * exp(step / x) if x and abs(step / x) < 200 else INFINITY
        if low < x + step < high:
            x = x + step
        elif low < scaled < high and low * high >= 0:
            x = scaled
        elif low >= 0 and high > 8 * low:
            x = sqrt(max(low, mpfr('1e-400')) * high)
        elif high <= 0 and low < 8 * high:
            x = -sqrt(max(-high, mpfr('1e-400')) * -low)
        else:
            x = (low + high) / 2
    raise ArithmeticError("no convergence")


def quantile(x, others, make, bounds, guess, target):
    """x and others: (rough, fine). First roughly, then from there."""
    for i, tolerance in ((0, 1e-4), (1, 1e-9)):
        at_zero = probability(x[i], [other[i] for other in others], Difference(mpfr(0)))[0]
        if abs(target - at_zero) < (1e-6 if i == 0 else 1e-18):
            guess = mpfr(0)
            continue
        low, high = (bounds[0], mpfr(0)) if target < at_zero else (mpfr(0), bounds[1])
        guess = solve(lambda p: probability(x[i], [other[i] for other in others], make(p)), target, low, high, guess, tolerance)
    return guess


def tabulate(a, b):
    return Distribution(a, b, NODES_ROUGH), Distribution(a, b)


def comparison(control, arm, level):
    """P(better), the difference's mean and ends, the lift's ends and median."""
    x, y = tabulate(*control), tabulate(*arm)
    at_zero = probability(x[1], [y[1]], Difference(mpfr(0)))[0]
    tail = (1 - mpfr(level)) / 2
    mean = [mpfr(a) / (mpfr(a) + mpfr(b)) for a, b in (control, arm)]
    variance = [m * (1 - m) / (mpfr(a) + mpfr(b) + 1) for m, (a, b) in zip(mean, (control, arm))]
    deviation = sqrt(sum(variance))
    ends = [quantile(x, [y], Difference, (mpfr(-1), mpfr(1)), mean[1] - mean[0] + z * deviation, t)
            for z, t in ((-2, tail), (2, 1 - tail))]
    relative = sqrt(1 / mpfr(control[0]) + 1 / mpfr(arm[0]))
    centre = log(mean[1] / mean[0])
    ratios = [quantile(x, [y], LogRatio, (mpfr(-2000), mpfr(2000)), centre + z * relative, t)
              for z, t in ((-2, tail), (0, mpfr(1) / 2), (2, 1 - tail))]
    return 1 - at_zero, mean[1] - mean[0], ends, [expm1(s) for s in ratios]


def value_remaining(posteriors, leader, level):
    distributions = [tabulate(*p) for p in posteriors]
    x = distributions[leader]
    others = [d for i, d in enumerate(distributions) if i != leader]
    best = probability(x[1], [other[1] for other in others], Difference(mpfr(0)))[0]
    if best >= level:
        return best, mpfr(0)
    guess = 1 / sqrt(mpfr(posteriors[leader][0]))
    return best, expm1(quantile(x, others, LogRatio, (mpfr(0), mpfr(2000)), guess, mpfr(level)))


def close(value, exact, bound=1e-18):
    if isinstance(exact, Fraction):
        exact = mpfr(exact.numerator) / exact.denominator
    assert abs(value - exact) <= bound * max(1, abs(exact)), (value, exact)


def miller(a1, b1, a2, b2):
    """P(theta_2 > theta_1) for whole parameters, as an exact fraction (E. Miller, "Formulas for Bayesian A/B testing")."""
    def beta(a, b):
        return Fraction(1, (a + b - 1) * math.comb(a + b - 2, a - 1))
    return sum((beta(a1 + i, b1 + b2) / ((b2 + i) * beta(1 + i, b2) * beta(a1, b1)) for i in range(a2)),
               Fraction(0))


def check():
    for a1, b1, a2, b2 in [(1, 1, 1, 1), (3, 17, 5, 16), (40, 400, 60, 350), (1, 100, 9, 3)]:
        better = 1 - probability(Distribution(a1, b1), [Distribution(a2, b2)], Difference(mpfr(0)))[0]
        close(better, miller(a1, b1, a2, b2))
    # Two uniform rates: P(Y - X <= d) = 1 - (1 - d)^2 / 2, P(Y / X <= r) = r / 2 for r <= 1.
    better, _, ends, lifts = comparison((1, 1), (1, 1), mpfr(9) / 10)
    close(better, mpfr(1) / 2)
    close(ends[1], 1 - sqrt(mpfr(1) / 10))
    close(ends[0], -ends[1])
    close(lifts[0], mpfr(-9) / 10)
    close(lifts[2], mpfr(9))
    # Beta(a, 1) over Beta(c, 1): log-ratio of exponentials, P(Y / X <= r) = c / (a + c) r^a for r <= 1 (Y of a, X of c).
    _, _, _, lifts = comparison((3, 1), (2, 1), mpfr(9) / 10)
    close(lifts[0], sqrt(mpfr(5) / 100 * 5 / 3) - 1)
    # X of Beta(2, 1), Y uniform: polynomials in d.
    d = mpfr(3) / 10
    value, _ = probability(Distribution(2, 1), [Distribution(1, 1)], Difference(d))
    close(value, 1 - (1 - d) ** 3 / 3)
    value, _ = probability(Distribution(2, 1), [Distribution(1, 1)], Difference(-d))
    close(value, mpfr(2) / 3 * (1 - d ** 3) - d * (1 - d ** 2))
    # Uniform leader against the greater of two uniform rates: P(M <= r X) = int_0^{1/r} (r x)^2 dx + 1 - 1/r = 1 - 2 / (3 r).
    _, remaining = value_remaining([(1, 1)] * 3, 0, mpfr(19) / 20)
    close(remaining, mpfr(40) / 3 - 1)


def comparison_cases():
    cases = [
        ((371, 7621), (641, 11371)), ((8503, 36199), (8280, 37211)),
        ((1, 1), (1, 1)), ((1, 1), (2, 1)), ((0.1, 0.1), (0.1, 0.1)), ((0.1, 0.1), (0.3, 0.2)), ((0.5, 0.5), (0.1, 3)),
        ((1, 1001), (1, 2001)), ((1, 1001), (3, 1001)), ((1001, 1), (501, 1)), ((1001, 1), (1, 1001)),  # 0 % and 100 %
        ((0.1, 1e9), (0.1, 1e9)), ((0.1, 1e9), (1.1, 1e9)), ((1e9, 0.1), (1e9, 0.1)), ((1e9, 0.1), (1e9, 1.1)),
        ((0.1, 1e9), (1e9, 0.1)), ((1, 1e9), (1e9, 1)), ((0.1, 1e9), (641, 11371)), ((641, 11371), (0.1, 1e9)),
        ((0.1, 10), (1e9, 1e9)), ((10, 0.1), (1e9, 1e9)), ((1e9, 1e9), (0.1, 10)), ((1e9, 1e9), (10, 0.1)),
        ((500000001, 500000001), (500020001, 499980001)), ((1e9, 1e9), (1e9, 1000000001)), ((1e9, 1e9), (1e9, 1e9)),
        ((1001, 999999001), (1051, 999998951)), ((1001, 999999001), (990, 999999012)),   # rate 1e-6, 1e9 trials
        ((999999001, 1001), (999998951, 1051)), ((999999001, 1001), (999999012, 990)),   # rate 1 - 1e-6
        ((1001, 999999001), (999999001, 1001)), ((2, 1000000), (1001, 999999001)), ((1000000, 2), (999999001, 1001)),
        ((2, 20), (100001, 900001)), ((100001, 900001), (2, 20)), ((1, 1), (50000001, 950000001)),
        ((50000001, 950000001), (1, 1)), ((4, 6), (400000001, 600000001)), ((400000001, 600000001), (4, 6)),
        ((50000001, 950000001), (50009001, 949991001)), ((1000001, 999000001), (1001001, 998999001)),
        ((990000001, 10000001), (990003001, 9997001)), ((1e6, 1e6), (1000371, 1007621)),  # prior 1e6
        ((1e6, 1), (1e6, 3)), ((1, 1e6), (5, 2e6)), ((11, 1), (101, 1)), ((11, 1), (1, 11)), ((1.1, 0.1), (0.1, 1.1)),
        ((21, 981), (41, 961)), ((51, 951), (51, 951)), ((0.1, 1000.1), (2.1, 998.1)), ((0.1, 0.1), (1e6, 1e6)),
        ((1.5, 9.5), (1000000.5, 9000000.5)), ((3, 1e6), (3, 10)), ((3, 10), (3, 1e6)), ((1e9, 10), (10, 1)),
    ]
    generator = random.Random(20261124)
    for _ in range(14):
        pair = []
        rate = 10 ** generator.uniform(-4, -0.02)
        for _ in range(2):
            trials = int(10 ** generator.uniform(0, 8))
            conversions = min(trials, int(round(trials * rate * generator.uniform(0.8, 1.25))))
            pair.append((1 + conversions, 1 + trials - conversions))
        cases.append(tuple(pair))
    return [(c, a, level) for i, (c, a) in enumerate(cases) for level in ((0.95, 0.5, 0.999)[:3 if i < 3 else 1])]


def value_remaining_cases():
    cases = [
        ([(371, 7621), (641, 11371)], 1, 0.95), ([(371, 7621), (641, 11371)], 1, 0.999),
        ([(371, 7621), (641, 11371)], 0, 0.95), ([(1, 1)] * 2, 0, 0.95), ([(1, 1)] * 5, 3, 0.9),
        ([(21, 1), (17, 5), (2, 20)], 0, 0.95), ([(41, 1201), (51, 1191), (46, 1196)], 1, 0.95),
        ([(41, 1201), (51, 1191), (46, 1196)], 0, 0.95), ([(51, 951)] * 10, 4, 0.95), ([(51, 951)] * 10, 4, 0.5),
        ([(0.1, 0.1)] * 3, 0, 0.95), ([(0.1, 1e9), (0.1, 1e9), (1.1, 1e9)], 2, 0.95),
        ([(0.1, 1e9), (0.1, 1e9), (1.1, 1e9)], 0, 0.95), ([(1e9, 0.1), (1e9, 0.1), (1e9, 1.1)], 0, 0.95),
        ([(1001, 999999001), (1051, 999998951), (990, 999999012)], 1, 0.95),
        ([(999999001, 1001), (999998951, 1051), (999999012, 990)], 2, 0.95),
        ([(50000001, 950000001), (50009001, 949991001), (49995001, 950005001)], 1, 0.95),
        ([(990000001, 10000001), (990003001, 9997001)], 1, 0.95), ([(1e9, 1e9), (1e9, 1000000001)], 0, 0.95),
        ([(2, 20), (100001, 900001), (1, 1)], 1, 0.95), ([(4, 6), (40001, 60001), (400000001, 600000001)], 2, 0.95),
        ([(1 + 10 ** i // 10, 1 + 9 * 10 ** i // 10) for i in range(8)], 5, 0.95),
        ([(500 + 5 * i, 9500) for i in range(10)], 9, 0.95), ([(500 + 5 * i, 9500) for i in range(10)], 0, 0.95),
    ]
    return cases


def pairs(parameters):
    return "{" + ", ".join("{%r, %r}" % (float(a), float(b)) for a, b in parameters) + "}"


def digits(value):
    return "{0:.20e}".format(value) if abs(value) > mpfr('1e-300') else "0.0"


FOLDER = os.path.dirname(os.path.abspath(__file__))
HEADER = "// Made by tests/reference/comparison_reference.py. %s\n"


def write_value_remaining():
    with open(os.path.join(FOLDER, "value_remaining_reference.inc"), "w", encoding="utf-8") as out:
        out.write(HEADER % "{posteriors}, leader, quantile, P(leader best), value remaining.")
        for posteriors, leader, quantile in value_remaining_cases():
            best, remaining = value_remaining(posteriors, leader, quantile)
            out.write("{%s, %d, %r,\n %s, %s},\n" % (
                pairs(posteriors), leader, quantile, digits(best), digits(remaining)))
            out.flush()


def write_comparisons(cases, name="comparison_reference.inc"):
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as out:
        out.write(HEADER % "{control}, {arm}, level, P(better), mean difference, {difference}, median lift, {lift}.")
        for control, arm, level in cases:
            better, mean, ends, lifts = comparison(control, arm, level)
            out.write("{{%r, %r}, {%r, %r}, %r, %s, %s,\n {%s, %s}, %s, {%s, %s}},\n" % (
                *(float(p) for p in control + arm), level, digits(better), digits(mean), *map(digits, ends),
                digits(lifts[1]), digits(lifts[0]), digits(lifts[2])))
            out.flush()


if __name__ == "__main__":
    check()
    write_value_remaining()
    write_comparisons(comparison_cases())
