"""Stacks of random layers that share their data; see `derive.runtime.layers`."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from flint import fmpq, fmpz_mpoly, nmod, nmod_poly
from sympy import Symbol, symbols

from derive.elimination import Ring
from derive.operations.atoms import ATOMS
from derive.operations.operation import Operation, m, z
from derive.rational import sample_values, value_at
from derive.runtime.layers import Layers as Numbers
from derive.runtime.potential import mapped

_ORDERS = 16, 32, 64  # to which an expansion at infinity has to vanish
_PRIME = 2**61 - 1  # modulo which it is computed: what is not zero then is not zero


class Layers(Numbers, Operation):
    """Parameters are the layers from the outermost, and the nodes."""

    known = ATOMS

    def equation(self, parameters, operands):
        """Stationarity and m = -∂Φ/∂z, without one σ after the other.

        Of every resultant only the irreducible factor is kept that vanishes at the expansions of
        the σ at infinity.
        """
        sigmas = symbols(f"sigma1:{len(parameters[0]) + 1}")
        first, *gradient = self.kernel(z, *sigmas, *parameters)[0]
        equations = [*gradient, m + first]
        ring = Ring(set().union(*(equation.free_symbols for equation in equations)))
        values = sample_values(set(ring.symbols) - {z, m, *sigmas})
        numbers = mapped(parameters, lambda number: _modular(value_at(number, values)))

        @cache
        def series(order):
            expansions, moments = self.expansions(order, *numbers)
            found = {s: _series(e) for s, e in zip(sigmas, expansions, strict=True)}
            found[m] = _series([_modular(fmpq(0)), *(-c for c in moments[:-1])])
            return found | {symbol: _series([_modular(v)]) for symbol, v in values.items()}

        polynomials = [ring.fraction(equation)[0] for equation in equations]
        for sigma in sigmas:
            polynomials = _without(ring, polynomials, sigma, series)
        (polynomial,) = polynomials
        return ring.expression(polynomial)

    def matrix(self, n, rng, parameters, operands):
        layers, nodes = parameters
        weights = np.array([float(node[0]) for node in nodes])
        ends = np.round(n * np.cumsum(weights)).astype(int)
        copies = np.diff(ends, prepend=0)

        def diagonal(values):
            return np.diag(np.repeat([float(v) for v in values], copies))

        total = diagonal([fixed for _, fixed, _ in nodes])
        below = np.zeros((n, n))  # gain·K of the layer further in
        for i, (ratio, offset, gain) in reversed(list(enumerate(layers))):
            covariance = diagonal([entries[i] for _, _, entries in nodes]) + below
            samples = max(1, round(n / float(ratio)))
            values, vectors = np.linalg.eigh(covariance)
            X = (vectors * np.sqrt(np.maximum(values, 0))) @ rng.standard_normal((n, samples))
            K = X @ X.T / samples
            total, below = total + float(offset) * K, float(gain) * K
        return total


def _without(
    ring: Ring,
    polynomials: list[fmpz_mpoly],
    unknown: Symbol,
    series: Callable[[int], dict[Symbol, nmod_poly]],
) -> list[fmpz_mpoly]:
    """Equations without one unknown, by resultants with the one of least degree in it."""
    with_it = [p for p in polynomials if ring.degree(p, unknown)]
    pivot = min(with_it, key=lambda p: (ring.degree(p, unknown), len(p.to_dict())))
    left = [p for p in polynomials if not ring.degree(p, unknown)]
    for other in (p for p in with_it if p is not pivot):
        _, powers = ring.factors(other.resultant(pivot, unknown.name))
        factors = [factor for factor, _ in powers]
        for order in _ORDERS:
            if len(factors) > 1:
                factors = [f for f in factors if _vanishes(ring, f, series(order), order)]
        if len(factors) != 1:
            raise ArithmeticError(f"{len(factors)} factors vanish on the law, expected one")
        left += factors
    return left


def _vanishes(
    ring: Ring, polynomial: fmpz_mpoly, series: dict[Symbol, nmod_poly], order: int
) -> bool:
    """Whether a polynomial is zero at expansions in 1/z, as far as these go."""
    degree, total = ring.degree(polynomial, z), nmod_poly([0], _PRIME)
    powers: dict[tuple[Symbol, int], nmod_poly] = {}
    for monomial, coefficient in polynomial.to_dict().items():
        term = nmod_poly([int(coefficient) % _PRIME], _PRIME)
        for symbol, power in zip(ring.symbols, map(int, monomial), strict=True):
            if symbol is z:
                term = term.left_shift(degree - power)
            elif power:
                key = symbol, power
                if key not in powers:
                    powers[key] = series[symbol].pow_trunc(power, order + 1)
                term = term.mul_low(powers[key], order + 1)
        total += term
    return total.truncate(order + 1) == 0


def _modular(number: fmpq) -> nmod:
    return nmod(int(number.p), _PRIME) / nmod(int(number.q), _PRIME)


def _series(coefficients: Sequence[nmod]) -> nmod_poly:
    return nmod_poly([int(c) for c in coefficients], _PRIME)


LAYERS = Layers()
