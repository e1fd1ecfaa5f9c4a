#!/usr/bin/env python3
"""Reference values of the beta-binomial mixture confidence sequence, in 60 digits, with mpmath (pip install mpmath).

Writes confidence_sequence_reference.inc, which the unit tests include:

    python3 tests/reference/confidence_sequence_reference.py

The defining inequality as it stands, with log-gamma functions; its roots by bisection in logit p.
"""
import os

import mpmath as mp

mp.mp.dps = 60


def log_quotient(trials, conversions, u):
    """log of the average likelihood under Beta(1/2, 1/2) over the likelihood at logit p = u."""
    s, n = mp.mpf(conversions), mp.mpf(trials)
    half = mp.mpf(1) / 2
    average = mp.loggamma(s + half) + mp.loggamma(n - s + half) - mp.loggamma(n + 1) - mp.log(mp.pi)
    # log p = -log(1 + e^-u), log(1 - p) = -log(1 + e^u)
    return average + s * mp.log1p(mp.exp(-u)) + (n - s) * mp.log1p(mp.exp(u))


def root(trials, conversions, level, inside, outside):
    limit = -mp.log(1 - mp.mpf(level))
    for _ in range(220):
        middle = (inside + outside) / 2
        if log_quotient(trials, conversions, middle) < limit:
            inside = middle
        else:
            outside = middle
    return 1 / (1 + mp.exp(-inside))


def bounds(trials, conversions, level):
    if trials == 0:
        return mp.mpf(0), mp.mpf(1)
    far = mp.mpf(100 + 60)
    # The quotient is least at the observed rate.
    rate = mp.mpf(conversions) / trials
    mode = mp.log(rate / (1 - rate)) if 0 < conversions < trials else (-far if conversions == 0 else far)
    lower = root(trials, conversions, level, mode, -far) if conversions > 0 else mp.mpf(0)
    upper = root(trials, conversions, level, mode, far) if conversions < trials else mp.mpf(1)
    return lower, upper


def cases():
    counts = [(0, 0), (1, 0), (1, 1), (2, 1), (10, 0), (10, 3), (10, 10), (15, 15), (16, 1), (17, 16), (31, 15),
              (33, 16), (100, 5), (1000, 0), (1000, 1), (1000, 50), (1000, 999), (7990, 370), (12010, 640),
              (10**5, 4000), (10**6, 1), (10**6, 0), (10**6, 999999), (10**6, 10**6), (10**7, 350000),
              (10**9, 0), (10**9, 1), (10**9, 17), (10**9, 1000), (10**9, 30000000), (10**9, 500000000),
              (10**9, 999999000), (10**9, 999999999), (10**9, 10**9)]
    return [(n, s, level) for n, s in counts for level in (0.5, 0.95, 0.99, 0.999999)]


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "confidence_sequence_reference.inc")
    with open(path, "w", encoding="utf-8") as out:
        out.write("// Made by tests/reference/confidence_sequence_reference.py. Trials, conversions, level, lower, "
                  "upper.\n")
        for trials, conversions, level in cases():
            lower, upper = bounds(trials, conversions, level)
            out.write("{%d, %d, %r, %s, %s},\n" % (trials, conversions, level, mp.nstr(lower, 20), mp.nstr(upper, 20)))


if __name__ == "__main__":
    main()
