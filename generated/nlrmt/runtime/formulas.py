"""The formulas of a law's curve, on numbers and on what stands for arrays (`programs`).

Points of the curve are counted from the smallest zero of z(y): p + iq or delta in general, p on the
real axis, -d below zero. `factors` are the zeros and poles of z(y) as pairs (offset, exponent), and
z = scale·Π (y - offset)^exponent. Other functions are products of the same differences, with their
exponents in the same order, or sums of residues over the poles. Complex numbers on the real axis
are pairs of real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import pi
from typing import Any, NamedTuple

from .programs import atan2, cbrt, copysign, cos, csqrt, exp, log, log1p, maximum, minimum, sqrt

_SMALLEST = 1e-300  # keeps quotients finite
NEAR = 0.3  # closer to a pole than this part of the distance from the origin: count from the pole
BESIDE = 1e-3  # distance, relative, from a critical point at which the side of an edge is asked
THIN = 0.2  # imaginary part beside the distances to special points that is small
SIGNIFICANT = 1e-10  # relative imaginary part that is no rounding error
SHORT = 1e-9  # relative step off the axis after which the next one is lost in rounding
_SURE = 1e-11  # relative discriminant of a polynomial beyond its rounding


Factors = Sequence[tuple[Any, int]]


class Product(NamedTuple):
    """constant · Π (y - offset)^exponent."""

    constant: Any
    exponents: Sequence[int]


class Logarithm(NamedTuple):
    """coefficient · ln(1/α): α as a product, and as 1 + Σ residue/(y - pole), exact in sign."""

    coefficient: Any
    more: Any  # coefficient + 1, free of cancellation
    product: Product
    residues: Sequence[Any]


class Subordination(NamedTuple):
    """w(y) = linear·y + Σ coefficient/(y - pole)^order up to a constant, terms by pole."""

    linear: Any
    terms: Sequence[tuple[int, int, Any]]


class Potential(NamedTuple):
    """U = ln(leading) + Σ residue/(y - pole) + Σ coefficient·ln(1/α).

    `joined` are the products J of `leading` and some α, by indices. Over z > 0 the angle of J is
    minus that of z/J: where possible this stands here, with its residues; else J with its terms.
    """

    leading: Product
    residues: Sequence[Any]
    logarithms: Sequence[Logarithm]
    joined: Sequence[tuple[Sequence[int], Product, Subordination | Sequence[Any]]]


class Growth(NamedTuple):
    """±(d ln f)/dy at y = -d, as Σ coefficient_k·(d + r_place)^k / Π (d + r)^multiplicity.

    All terms have one sign: no difference cancels.
    """

    place: int
    coefficients: Sequence[Any]
    multiplicities: Sequence[int]


class Labels(NamedTuple):
    """What errors are made of, for labels that are linear in the data.

    Their share w that ridge regression leaves, and 1 - w; how fast w/κ falls, and how fast zG̃, w,
    k = w/(1 - w) and κ/k grow; dimension of the data over the number of samples.
    """

    share: Product
    rest: Product
    falling: Growth
    fitted: Growth
    growing: Growth
    effective: Growth
    smoothed: Growth
    data_ratio: Any


# Special points


def roots_of_quadratic(b: Any, c: Any) -> tuple[Any, Any]:
    """Lower and upper root of y² + by + c, c ≤ 0, without cancellation."""
    half = -0.5 * b
    large = half + copysign(sqrt(half**2 - c), half)
    small = c / (large + copysign(_SMALLEST, half))
    lower = minimum(large, small)
    return lower, large + small - lower


def expanded(roots: Iterable[Any]) -> list[Any]:
    """Coefficients of Π (delta - root) below the leading one, from the top down."""
    coefficients: list[Any] = [1.0]
    for root in roots:
        pairs = zip([*coefficients, 0.0], [0.0, *coefficients], strict=True)
        coefficients = [here - root * above for here, above in pairs]
    return coefficients[1:]


def special_points(zeros: Sequence[tuple], poles: Sequence[tuple]) -> tuple[list, list, list]:
    """Zeros and poles of z(y) as offsets, and its expanded numerator and denominator.

    Zeros are given by coefficients of linear and quadratic factors, poles by position and order.
    """
    positions: list[Any] = []
    for coefficients, _ in zeros:
        linear = len(coefficients) == 1
        positions += [-coefficients[0]] if linear else roots_of_quadratic(*coefficients)
    origin = minimum(*positions) if len(positions) > 1 else positions[0]
    at_zeros = [position - origin for position in positions]
    at_poles = [position - origin for position, _ in poles]
    repeated = [r for r, (_, m) in zip(at_poles, poles, strict=True) for _ in range(m)]
    return [*at_zeros, *at_poles], expanded(at_zeros), expanded(repeated)


def from_pole(zeros: Sequence[tuple], poles: Sequence[tuple], index: int) -> list[Any]:
    """Zeros and poles as offsets from one of the poles, free of cancellation."""
    position, _ = poles[index]
    found: list[Any] = []
    for coefficients, at_poles in zeros:
        value = at_poles[index]
        if len(coefficients) == 1:
            found.append(-value)
        else:  # two offsets of which the product is known
            b, c = coefficients
            half = position + b / 2
            large = half + copysign(sqrt(b**2 / 4 - c), half)
            small = value / (large + copysign(_SMALLEST, half))
            found += [-maximum(large, small), -minimum(large, small)]
    return [*found, *(other - position for other, _ in poles)]


# Points over x > 0


def over(x: Any, scale: Any, numerator: Sequence[Any], denominator: Sequence[Any]) -> list[Any]:
    """Coefficients of the monic polynomial whose roots are the points over x."""
    xi = x / scale
    first, *rest = numerator
    return [first - xi, *(n - xi * d for n, d in zip(rest, denominator, strict=True))]


class Pair(NamedTuple):
    """The pair center ± i·sqrt(square) of roots that may be complex, all others being real.

    With q the root of `square` the monic polynomial without the pair is, there, cofactor[0] +
    iq·cofactor[1]. `real` is positive if all roots are surely real; only then the rest is none.
    """

    center: Any
    square: Any
    cofactor: tuple[Any, Any]
    real: Any


def pair(coefficients: Sequence[Any]) -> Pair:
    """The pair of a monic polynomial of degree two to four."""
    return (_pair_of_quadratic, _pair_of_cubic, _pair_of_quartic)[len(coefficients) - 2](
        *coefficients
    )


def real_roots(coefficients: Sequence[Any]) -> list[Any]:
    """All roots in increasing order, meaningful if they are real."""
    a, *rest = coefficients
    if len(rest) == 1:
        return _both(-a / 2, a**2 / 4 - rest[0])
    if len(rest) == 2:
        h, P, Q = _depressed_cubic(a, *rest)
        size, angle = _trigonometric(P, Q)
        return [size * cos((angle + turn) / 3) - h for turn in (2 * pi, -2 * pi, 0.0)]
    h, P, Q, k, cubic_P, cubic_Q = _depressed_quartic(a, *rest)
    size, angle = _trigonometric(cubic_P, cubic_Q)
    m = maximum(size * cos(angle / 3) - k, _SMALLEST)
    width = sqrt(2 * m)
    shift = Q / (2 * width)
    lower = _both(-width / 2 - h, shift - (m + P) / 2)
    return lower + _both(width / 2 - h, -shift - (m + P) / 2)


def _both(center: Any, discriminant: Any) -> list[Any]:
    spread = sqrt(maximum(discriminant, 0.0))
    return [center - spread, center + spread]


def _trigonometric(P: Any, Q: Any) -> tuple[Any, Any]:
    """The largest root size·cos(angle/3) of s³ + Ps + Q with three real roots."""
    radicand = maximum(-(Q**2) / 4 - P**3 / 27, 0.0)
    return 2 * sqrt(maximum(-P / 3, 0.0)), atan2(sqrt(radicand), -Q / 2)


def _pair_of_quadratic(a1: Any, a0: Any) -> Pair:
    center = -a1 / 2
    square = a0 - center**2
    return Pair(center, square, (1.0, 0.0), -square - _SURE * center**2)


def _pair_of_cubic(a2: Any, a1: Any, a0: Any) -> Pair:
    """Cardano: the real root s of the depressed cubic s³ + Ps + Q, then its cofactor."""
    h, P, Q = _depressed_cubic(a2, a1, a0)
    s = _real_root(P, Q)
    return Pair(-s / 2 - h, 3 * s**2 / 4 + P, (-1.5 * s, 1.0), _all_real(P, Q, h))


def _pair_of_quartic(a3: Any, a2: Any, a1: Any, a0: Any) -> Pair:
    """Ferrari: the pair's factor of the depressed quartic has the larger constant term.

    With m > 0 a root of the resolvent cubic the factors are s² ± √(2m)·s + P/2 + m ∓ Q/(2√(2m)).
    """
    h, P, Q, k, cubic_P, cubic_Q = _depressed_quartic(a3, a2, a1, a0)
    m = maximum(_real_root(cubic_P, cubic_Q) - k, _SMALLEST)
    width = sqrt(2 * m)
    half = copysign(width / 2, Q)
    shift = abs(Q / (2 * width))
    cofactor = 2 * (m - shift), 4 * half
    real = _all_real(cubic_P, cubic_Q, h**2)
    return Pair(half - h, (m + P) / 2 + shift, cofactor, real)


def _depressed_cubic(a2: Any, a1: Any, a0: Any) -> tuple[Any, Any, Any]:
    h = a2 / 3
    return h, a1 - 3 * h**2, a0 - h * (a1 - 2 * h**2)


def _depressed_quartic(a3: Any, a2: Any, a1: Any, a0: Any) -> tuple[Any, ...]:
    """s⁴ + Ps² + Qs + R, and its resolvent m³ + Pm² + (P²/4 - R)m - Q²/8 in m + k, k = P/3."""
    h = a3 / 4
    P = a2 - 6 * h**2
    Q = a1 + h * (8 * h**2 - 2 * a2)
    R = a0 - h * (a1 - h * (a2 - 3 * h**2))
    k = P / 3
    return h, P, Q, k, -3 * k**2 / 4 - R, k * (R - k**2 / 4) - Q**2 / 8


def _all_real(P: Any, Q: Any, unit: Any) -> Any:
    """Positive where s³ + Ps + Q has three real roots beyond the rounding of unit² and unit³."""
    cube = P**3 / 27
    discriminant = Q**2 / 4 + cube
    return -discriminant * abs(discriminant) - _SURE**2 * unit**6 * abs(cube)


def _real_root(P: Any, Q: Any) -> Any:
    """Root of s³ + Ps + Q with one real root."""
    radicand = maximum(Q**2 / 4 + P**3 / 27, 0.0)
    u = copysign(cbrt(abs(Q) / 2 + sqrt(radicand) + _SMALLEST), -Q)
    return u - P / (3 * u)


def axis_start(
    x: Any,
    scale: Any,
    factors: Factors,
    poles: Sequence[Any],
    numerator: Sequence[Any],
    denominator: Sequence[Any],
) -> tuple[Any, Any, Any, Any, Any]:
    """Point p + iq over x by radicals and a step of Newton's method, its square over q².

    The next value is positive if surely there is none, the last if it is near neither the axis nor
    a pole. The polynomial N(delta) - xi·D(delta) is taken from the special points; its slope is
    what radicals leave beside the pair.
    """
    p, square, (c_re, c_over_q), real = pair(over(x, scale, numerator, denominator))
    q = sqrt(maximum(square, _SMALLEST))
    N_re, N_im = _power(p, q, factors, 1)
    D_re, D_im = _power(p, q, factors, -1)
    xi = x / scale
    re, im = N_re - xi * D_re, N_im - xi * D_im
    c_im = q * c_over_q
    unit = 0.5 / (q * (c_re**2 + c_im**2))
    dp = (im * c_re - re * c_im) * unit
    dq = (re * c_re + im * c_im) * unit  # the slope is 2iq times the cofactor
    q2 = q**2
    apart = minimum(q2 - BESIDE**2 * p**2, _apart(p, q, poles))
    return p - dp, q + dq, (dp**2 + dq**2) / q2, real, apart


def _apart(p: Any, q: Any, poles: Sequence[Any]) -> Any:
    """Positive if p + iq is not much nearer to a pole than to the origin."""
    size = p**2 + q**2
    return minimum(*((p - r) ** 2 + q**2 for r in poles), size) - NEAR**2 * size


def axis_step(x: Any, p: Any, q: Any, scale: Any, factors: Factors) -> tuple[Any, Any, Any]:
    """A step of Newton's method for z(p + iq) = x, and its square over q²."""
    q2 = q**2
    slope = curl = 0.0
    norm = x
    for r, e in factors:
        square = (p - r) ** 2 + q2
        slope += e * (p - r) / square
        curl += e / square
        norm *= square ** max(-e, 0)
    N_re, N_im = _power(p, q, factors, 1)
    D_re, D_im = _power(p, q, factors, -1)
    size = scale / norm
    e_re = (N_re * D_re + N_im * D_im) * size - 1
    e_im = (N_im * D_re - N_re * D_im) * size
    turn = q * curl  # the logarithmic derivative of z is slope - i·turn
    square = slope**2 + turn**2
    dp = (e_re * slope - e_im * turn) / square
    dq = (e_im * slope + e_re * turn) / square
    return p - dp, q - dq, (dp**2 + dq**2) / q2


def real_step(x: Any, p: Any, scale: Any, factors: Factors) -> tuple[Any, Any, Any]:
    """A step of Newton's method for z(p) = x, its error, and the slope of ln z."""
    slope = sum(e / (p - r) for r, e in factors)
    curvature = sum(abs(e) / (p - r) ** 2 for r, e in factors)
    excess = z_over_x(x, p, scale, factors) - 1
    dp = excess / slope
    # The first term alone could underflow far from all special points.
    return p - dp, abs(dp * curvature / slope) + abs(excess), slope


def real_start(
    x: Any,
    scale: Any,
    factors: Factors,
    poles: Sequence[Any],
    functions: Sequence[Subordination],
    numerator: Sequence[Any],
    denominator: Sequence[Any],
) -> Any:
    """The physical real point over x where all points over x are real, by radicals.

    There z and the subordination functions increase; z - x has the signs of a product.
    """
    roots = real_roots(over(x, scale, numerator, denominator))
    total: Any = 0.0
    for k, root in enumerate(roots):
        rise: Any = (-1) ** (len(roots) - 1 - k)
        for r, e in factors:
            if e < 0 and e % 2:
                rise = rise * (root - r)
        least = minimum(rise, height(root, 0.0, poles, functions))
        total = total + root * (0.5 + copysign(0.5, least))
    return total


def z_over_x(x: Any, p: Any, scale: Any, factors: Factors) -> Any:
    """z(p)/x."""
    value = scale / x
    for r, e in factors:
        value = value * (p - r) ** e
    return value


def height(p: Any, q: Any, poles: Sequence[Any], functions: Sequence[Subordination]) -> Any:
    """The least Im w/Im y of the subordination functions w, in units of its terms."""
    least: Any = 1.0
    for w in functions:
        terms = _rise(p, q, poles, w)
        least = minimum(least, _sum(terms) / _sum([abs(term) for term in terms]))
    return least


def proof(
    p: Any, q: Any, dp: Any, dq: Any, poles: Sequence[Any], functions: Sequence[Subordination]
) -> Any:
    """Positive if p + iq off the axis, after a step dp + idq, is physical and not near a pole."""
    size = p**2 + q**2
    return minimum(
        SHORT**2 * size - (dp**2 + dq**2),
        q - SIGNIFICANT * sqrt(size),
        height(p, q, poles, functions) - 1e-8,
        _apart(p, q, poles),
    )


def _rise(p: Any, q: Any, poles: Sequence[Any], w: Subordination) -> list[Any]:
    """Terms of Im w/q."""
    terms = [w.linear]
    for k, order, coefficient in w.terms:
        a = p - poles[k]
        re, over_q = a, 1.0  # of the power (a + iq)^order, with its imaginary part over q
        for _ in range(order - 1):
            re, over_q = a * re - q**2 * over_q, re + a * over_q
        terms.append(-coefficient * over_q / (a**2 + q**2) ** order)
    return terms


def _sum(terms: Sequence[Any]) -> Any:
    return sum(terms[1:], terms[0])


# Points over -gamma and off the axis


def ridge_step(gamma: Any, d: Any, scale: Any, factors: Factors) -> tuple[Any, Any]:
    """A step of Newton's method for z(-d) = -gamma in ln d, and the residual before it."""
    slope = sum(e * (d / (d + r)) for r, e in factors)
    quotient = gamma / scale
    for r, e in factors:
        quotient = quotient / (d + r) ** e
    excess = log(quotient)
    return d * exp(excess / slope), excess


def complex_start(xi: Any, numerator: Sequence[Any], denominator: Sequence[Any]) -> Any:
    """Start above the axis: the law with two complex points whose first four moments agree.

    N/D = δ + c + r/(δ - s) + O(δ⁻³) is solved as a quadratic, with the root in C⁺.
    """
    n, d = ([*part, 0.0, 0.0] for part in (numerator, denominator))
    c = n[0] - d[0]
    r = n[1] - d[1] - d[0] * c
    s = (n[2] - d[2] - d[1] * c - d[0] * r) / r
    linear, constant = xi - c + s, (xi - c) * s + r
    return 0.5 * (linear + 1j * csqrt(4 * constant - linear**2))


def complex_step(xi: Any, delta: Any, factors: Factors) -> tuple[Any, Any]:
    """A step of Newton's method for N(delta) = xi·D(delta), xi = z/scale, and its length."""
    (N, N_prime), (D, D_prime) = (
        _with_derivative([delta - r for r, e in factors for _ in range(sign * e)])
        for sign in (1, -1)
    )
    change = (N - xi * D) / (N_prime - xi * D_prime)
    return delta - change, change


# Functions on the curve


def density(x: Any, p: Any, q: Any, poles: Sequence[Any], zG: Sequence[Any]) -> Any:
    """-Im G/π = -Im(zG)/(πx), from the residues of zG."""
    return lift(p, q, poles, zG) / (x * pi)


def cauchy_transform(delta: Any, factors: Factors, cauchy: Product) -> Any:
    """G at a point off the axis."""
    return _value(delta, factors, cauchy)


def cauchy_transform_prime(delta: Any, scale: Any, factors: Factors, cauchy: Product) -> Any:
    """dG/dz = (G/z)·(d ln G/dy)/(d ln z/dy) at a point off the axis."""
    exponents = [e - k for e, (_, k) in zip(cauchy.exponents, factors, strict=True)]
    quotient = _value(delta, factors, Product(cauchy.constant / scale, exponents))
    rate = _rate(delta, factors, cauchy.exponents)
    return quotient * (rate / _rate(delta, factors, [k for _, k in factors]))


def train_error(d: Any, factors: Factors, zG: Product, companion: Sequence[int]) -> Any:
    """-zG̃·(d ln G̃/dy)/(d ln z/dy), G̃ that of the companion: below zero no difference cancels.

    Of G̃ the exponents alone are needed.
    """
    rate = -sum(e * (d / (d + r)) for e, (r, _) in zip(companion, factors, strict=True) if e)
    slope = sum(e * (d / (d + r)) for r, e in factors)
    return _below(d, factors, zG) * rate / slope


def test_error(
    d: Any,
    factors: Factors,
    zG: Product,
    companion: Sequence[int],
    labels: Labels,
    signal: Any,
    noise: Any,
) -> Any:
    """-κ²𝓛′ with 𝓛 = (noise + signal·w)/κ; κ = γ/(zG̃)."""
    return _fall(d, factors, companion, labels, signal, noise) / _below(d, factors, zG)


def train_error_of(
    d: Any,
    factors: Factors,
    zG: Product,
    companion: Sequence[int],
    labels: Labels,
    signal: Any,
    noise: Any,
) -> Any:
    """-γ²𝓛′, with signal."""
    return _fall(d, factors, companion, labels, signal, noise) * _below(d, factors, zG)


def _fall(
    d: Any, factors: Factors, companion: Sequence[int], labels: Labels, signal: Any, noise: Any
) -> Any:
    """-κ·d𝓛/d ln γ."""
    of_noise = -sum(e * (d / (d + r)) for e, (r, _) in zip(companion, factors, strict=True) if e)
    of_signal = _below(d, factors, labels.share) * _growth(d, factors, labels.falling)
    slope = sum(e * (d / (d + r)) for r, e in factors)
    return (noise * of_noise + signal * of_signal) / slope


def weight_norm(
    d: Any,
    factors: Factors,
    companion: Product,
    labels: Labels,
    signal: Any,
    noise: Any,
) -> Any:
    """(γ𝓛)′, of the sum of noise/κ·γ and signal·w/κ·γ, with -1/κ the companion's G̃."""
    left = signal * _below(d, factors, labels.share)
    fitted, growing = (_growth(d, factors, g) for g in (labels.fitted, labels.growing))
    slope = sum(e * (d / (d + r)) for r, e in factors)
    return -_below(d, factors, companion) * (((noise + left) * fitted + left * growing) / slope)


def variances(d: Any, factors: Factors, zG: Product, labels: Labels) -> list[Any]:
    """Parts of the test error for signal and noise one: see `derive.observables.errors`.

    With f, a the growth of zG̃ and κ/k by ln k, regression on the data alone has the error of noise
    1/(zG̃(1 + f)), that on the features (1 + a)/(zG̃(1 + f + a)).
    """
    by_k = _growth(d, factors, labels.effective)
    f, a = (_growth(d, factors, g) / by_k for g in (labels.fitted, labels.smoothed))
    w, h = (_below(d, factors, part) for part in (labels.share, labels.rest))
    of_data = 1 / (_below(d, factors, zG) * (1 + f))
    samples = labels.data_ratio * h**2 * of_data
    together = of_data * f * a / (1 + f + a)
    weights = w * h * a / (1 + a)
    bias = w**2
    both = weights * (samples + together) + bias * together
    return [bias, bias * samples, weights, both, samples, together]


def _growth(d: Any, factors: Factors, growth: Growth) -> Any:
    """A logarithmic derivative by ln d, in quotients that stay in the range of doubles."""
    here = d + factors[growth.place][0]
    first, *others = [
        d + r
        for m, (r, _) in sorted(zip(growth.multiplicities, factors, strict=True), key=_is_pole)
        for _ in range(m)
    ]
    total: Any = 0.0
    for k, coefficient in enumerate(growth.coefficients):
        if _is_zero(coefficient):
            continue
        term = coefficient * (d / first)
        for j, other in enumerate(others):
            term = term * (here / other) if j < k else term / other
        total = total + term
    return total


def _is_pole(pair: tuple[int, tuple[Any, int]]) -> bool:
    """Zeros of z first, the smallest of them counted as zero."""
    return pair[1][1] < 0


def distribution(
    p: Any, q: Any, factors: Factors, poles: Sequence[Any], potential: Potential
) -> tuple[Any, Any, Any, Any]:
    """F(x) and 1 - F(x) from Im U, from the small angles on either side; sizes of what is added."""
    leading, residues, logarithms, joined = potential
    first, _ = _quotient(p, q, factors, leading)
    rest = turns = -lift(p, q, poles, residues)
    size_rest = size_turns = abs(turns)
    # A coefficient close to -1 comes with an atom: one angle of the product with the leading one,
    # or nearly all of 1 - F would cancel.
    wholes = []
    for coefficient, more, product, fractions in logarithms:
        alpha, square = _quotient(p, q, factors, product)
        angle = atan2(lift(p, q, poles, fractions) * square, alpha[0])
        whole = (1 - copysign(1.0, coefficient + 0.5)) / 2
        turns = turns + coefficient * angle
        share = (1 - whole) * coefficient + whole * more
        rest = rest + share * angle
        size_turns = size_turns + abs(coefficient) * angle
        size_rest = size_rest + abs(share) * angle
        wholes.append(whole)
    re = im = 0.0
    for chosen, product, w in joined:
        share = 1.0
        for k, whole in enumerate(wholes):
            share = share * (whole if k in chosen else 1 - whole)
        value, square = _quotient(p, q, factors, product)
        if isinstance(w, Subordination):
            # The imaginary part as a sum of terms, unless these cancel more than the product does.
            here, above = (product.constant * part / square for part in value)
            terms = _rise(p, q, poles, w)
            size = q * _sum([abs(term) for term in terms])
            better = (1 + copysign(1.0, abs(here) + abs(above) - size)) / 2
            above = better * q * _sum(terms) + (1 - better) * above
        else:
            here, size = value[0], lift(p, q, poles, w) * square
            above = size
        re = re + share * here
        im = im + share * above
        size_rest = size_rest + share * minimum(size / (abs(here) + abs(above)), 1.0)
    start, end = atan2(first[1], -first[0]), atan2(im, re)
    below, above = (start - turns) / pi, (end + rest) / pi
    return below, above, (start + size_turns) / pi, size_rest / pi


def thickness(p: Any, q: Any, factors: Factors) -> Any:
    """Negative if q is small beside the distances to all special points."""
    return q - THIN * minimum(*(abs(p - r) for r, _ in factors))


def critical_point(x: Any, p: Any, scale: Any, factors: Factors) -> tuple[Any, Any, Any]:
    """A step towards the zero of z′ next to p; q² of the points p ± iq over x; sign of -z″."""
    slope = sum(e / (p - r) for r, e in factors)
    bend = sum(e / (p - r) ** 2 for r, e in factors)
    square = -2 * (z_over_x(x, p, scale, factors) - 1) / bend
    return p + slope / bend, square, copysign(1.0, bend)


def beside_the_axis(
    p: Any, q: Any, factors: Factors, poles: Sequence[Any], cauchy: Product, potential: Potential
) -> tuple[Any, Any, Any, Any]:
    """Im U/π where q is small beside the distances to all special points: its limit, and the rest.

    Both with the sizes of what is added.

    All angles of differences are q/(p - r) to first order. These parts would cancel, but their sum
    is q·U′(p) = q·G·z′(p), and as z(p + iq) is real, qz′/z is minus what the orders above the first
    contribute to the angle of z.
    """
    leading, residues, logarithms, _ = potential
    limit, rest, angle, size, size_rest, size_angle = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k, (r, e) in enumerate(factors):
        weight: Any = leading.exponents[k]
        for c, _, product, _ in logarithms:
            if product.exponents[k]:
                weight = weight - c * product.exponents[k]
        excess = _arctangent_excess(q / (p - r))
        limit = limit + weight * (1 - copysign(1.0, p - r)) / 2
        size = size + abs(weight)
        rest = rest + weight * excess
        angle = angle + e * excess
        size_rest = size_rest + abs(weight * excess)
        size_angle = size_angle + abs(e * excess)
    for c, r in zip(residues, poles, strict=True):
        if not _is_zero(c):
            rest = rest + c * q**3 / ((p - r) ** 2 * ((p - r) ** 2 + q**2))
    Gz = cauchy._replace(
        exponents=[a + e for a, (_, e) in zip(cauchy.exponents, factors, strict=True)]
    )
    slope = _value(p, factors, Gz)
    rest = (rest - slope * angle) / pi
    return limit, rest, size, (size_rest + abs(slope) * size_angle) / pi


def _arctangent_excess(t: Any) -> Any:
    """atan(t) - t for |t| < 0.4, by its series."""
    square, total = t**2, 0.0
    for k in reversed(range(20)):
        total = (-1) ** (k + 1) / (2 * k + 3) + square * total
    return t * square * total


def log_potential(d: Any, factors: Factors, poles: Sequence[Any], potential: Potential) -> Any:
    """Re U, each α near one by its distance from one."""
    leading, residues, logarithms, _ = potential
    value = log(-_below(d, factors, leading)) - _over(d, poles, residues)
    for coefficient, _, product, fractions in logarithms:
        near = maximum(-_over(d, poles, fractions), -0.5)
        far = minimum(2 * _below(d, factors, product), 1.0)
        value = value - coefficient * (log1p(near) + log(far))
    return value


# Products and sums of differences


def lift(p: Any, q: Any, poles: Sequence[Any], residues: Sequence[Any]) -> Any:
    """Minus the imaginary part of Σ residue/(y - pole): exactly zero for real y."""
    terms = zip(poles, residues, strict=True)
    return q * sum(c / ((p - r) ** 2 + q**2) for r, c in terms if not _is_zero(c))


def _over(d: Any, poles: Sequence[Any], residues: Sequence[Any]) -> Any:
    """Σ residue/(pole + d)."""
    terms = zip(poles, residues, strict=True)
    return sum(c / (d + r) for r, c in terms if not _is_zero(c))


def _is_zero(value: Any) -> bool:
    return isinstance(value, int) and value == 0


def _value(delta: Any, factors: Factors, product: Product) -> Any:
    value = product.constant
    for (r, _), e in zip(factors, product.exponents, strict=True):
        for _ in range(abs(e)):  # powers would leave the range of doubles sooner
            value = value * (delta - r) if e > 0 else value / (delta - r)
    return value


def _rate(delta: Any, factors: Factors, exponents: Sequence[int]) -> Any:
    """Logarithmic derivative of a product."""
    return sum(e / (delta - r) for (r, _), e in zip(factors, exponents, strict=True) if e)


def _below(d: Any, factors: Factors, product: Product) -> Any:
    """A product at -d."""
    value = (-1) ** sum(product.exponents) * product.constant
    for (r, _), e in zip(factors, product.exponents, strict=True):
        if e:
            value = value * (d + r) ** e
    return value


def _quotient(p: Any, q: Any, factors: Factors, product: Product) -> tuple[tuple[Any, Any], Any]:
    """A product without its constant times |denominator|², and that square."""
    own = [(r, e) for (r, _), e in zip(factors, product.exponents, strict=True) if e]
    re, im = _power(p, q, own, 1)
    if all(e > 0 for _, e in own):
        return (re, im), 1.0
    below_re, below_im = _power(p, q, own, -1)
    square = 1.0
    for r, e in own:
        square = square * ((p - r) ** 2 + q**2) ** max(-e, 0)
    return (re * below_re + im * below_im, im * below_re - re * below_im), square


def _power(p: Any, q: Any, factors: Factors, sign: int) -> tuple[Any, Any]:
    """Π (p + iq - r)^|e| over the exponents of a sign, in pairs."""
    parts = [(p - r, q) for r, e in factors for _ in range(sign * e)]
    while len(parts) > 1:
        couples = zip(parts[::2], parts[1::2], strict=False)
        parts = [_times(a, b) for a, b in couples] + parts[len(parts) // 2 * 2 :]
    return parts[0] if parts else (1.0, 0.0)


def _times(first: tuple[Any, Any], second: tuple[Any, Any]) -> tuple[Any, Any]:
    (a, b), (c, d) = first, second
    if b is d:
        return a * c - b**2, b * (a + c)
    return a * c - b * d, a * d + b * c


def _with_derivative(parts: list[Any]) -> tuple[Any, Any]:
    """Product of linear factors with derivative one, and its derivative."""
    pairs: list[tuple[Any, Any]] = [(part, 1.0) for part in parts]
    while len(pairs) > 1:
        couples = zip(pairs[::2], pairs[1::2], strict=False)
        rest = pairs[len(pairs) // 2 * 2 :]
        pairs = [(f * g, df * g + f * dg) for (f, df), (g, dg) in couples] + rest
    return pairs[0] if pairs else (1.0, 0.0)
