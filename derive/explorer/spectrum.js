// One law in numbers: points of its curve, and functions at them. The formulas are the law's; here
// is what chooses points and stops iterations, as in derive/runtime/.

const NEAR = 0.3; // closer to a pole than this part of the distance from the origin: count from it
const BESIDE = 1e-3; // distance, relative, from a critical point from which an edge is left
const CLOSE = 1e-8; // relative size of a Newton step after which rounding is left alone
const ROUGH = 1e-3; // the same, where steps no longer become shorter
const THIN = 0.2; // imaginary part beside the distances to special points that is small
const SURE = 1e-14; // shares of the mass that are none
const CLOSED = 2 ** -49; // relative width of a gap that is none
const MEETING = 5e-6; // relative second derivative of ln z where two edges meet

function copysign(size, sign) {
  return sign < 0 || Object.is(sign, -0) ? -Math.abs(size) : Math.abs(size);
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

class Spectrum {
  constructor(law, parameters) {
    this.law = law;
    const special = law.special_points(...parameters);
    this.size = law.exponents.length;
    // Special points counted from the smallest zero of z, and from each pole.
    this.frames = [[], ...law.from_pole.map((points) => points(...parameters))].map((offsets) => [
      ...offsets,
      ...special.slice(offsets.length),
      ...parameters,
    ]);
    [this.atom, this.rest] = law.masses(...parameters);
    this.intervals = this.#intervals(this.#ends());
  }

  // The support: intervals between ends, each an x with the critical point p of a frame.
  get support() {
    return this.intervals.map((ends) => ends.map((end) => end.x));
  }

  density(x) {
    if (x === 0) return this.intervals[0][0].x === 0 ? Infinity : 0;
    const at = this.#point(x);
    return at ? this.law.density(x, at.p, at.q, at.c) : 0;
  }

  // F(x), the mass up to x.
  distribution(x) {
    const last = this.intervals.at(-1)[1];
    if (x < 0) return 0;
    if (x >= last.x) return 1;
    if (x < this.intervals[0][0].x || x === 0) return this.atom;
    const gap = this.intervals.findLast(([lower]) => lower.x <= x)[1];
    const at = x >= gap.x ? { ...gap, q: 0 } : (this.#point(x) ?? { ...this.#nearest(x), q: 0 });
    return Math.min(Math.max(this.#below(at), 0), 1);
  }

  #below({ p, q, c }) {
    const [below, , size] = this.law.measured_distribution(p, q, c);
    const thin = c.slice(0, this.size).every((r) => q < THIN * Math.abs(p - r));
    if (q === 0 || !thin) return below;
    // From the axis beside the point, where less cancels: 1 - F is nothing to the right of all,
    // and all but the atom to the left.
    const [limit, rest, angle, sizeOfRest] = this.law.beside_the_axis(p, q, c);
    const left = Math.abs(1 - limit - this.atom) < SURE * (1 + angle);
    if (sizeOfRest + (left ? 0 : angle) >= size) return below;
    return (left ? this.atom : 1 - limit) - rest;
  }

  // The training error at a ridge gamma > 0: Newton's method in ln d, kept between bounds.
  trainError(gamma) {
    const [c] = this.frames;
    let d = gamma / c[this.size];
    let [lower, upper] = [0, Infinity];
    for (let k = 0; k < 200; k++) {
      const [next, excess] = this.law.ridge_step(gamma, d, c);
      if (Math.abs(excess) < CLOSE) return Math.min(this.law.train_error(next, c), 1);
      if (excess > 0) lower = d;
      else upper = d;
      if (next > lower && next < upper) d = next;
      else if (lower > 0 && upper < Infinity) d = Math.sqrt(lower) * Math.sqrt(upper);
      else d *= excess > 0 ? 1e3 : 1e-3;
    }
    return NaN;
  }

  // The physical point p + iq over x, with the special points of its frame; null off the support.
  #point(x) {
    if (!this.intervals.some(([lower, upper]) => lower.x <= x && x <= upper.x)) return null;
    const beside = this.#besideEnd(x);
    if (beside !== undefined) return beside;
    const [c] = this.frames;
    const [p, q] = this.law.axis_start(x, c);
    const found = this.#newton(x, { p, q, c });
    return this.#recentred(x, found ?? this.#followed(x));
  }

  // Next to an end the point is a small distance q from the critical one; null on its far side.
  #besideEnd(x) {
    const end = this.#nearest(x);
    if (end.p === undefined) return undefined;
    const [, square] = this.law.critical_point(x, end.p, end.c);
    const clearance = Math.min(...end.c.slice(0, this.size).map((r) => Math.abs(end.p - r)));
    if (!(Math.sqrt(Math.abs(square)) < BESIDE * clearance)) return undefined;
    if (square <= 0) return null;
    return this.#refined(x, { p: end.p, q: Math.sqrt(square), c: end.c });
  }

  #nearest(x) {
    const ends = this.intervals.flat();
    return ends.reduce((a, b) => (Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a));
  }

  #newton(x, { p, q, c }) {
    let last = Infinity;
    for (let k = 0; k < 12 && q > 0; k++) {
      const [newP, newQ, step] = this.law.axis_step(x, p, q, c);
      const rounding = step >= last && last < ROUGH ** 2;
      if (!rounding) [p, q] = [newP, newQ];
      if (rounding || step < CLOSE ** 2) return q > 0 ? { p, q, c } : null;
      last = step;
    }
    return null;
  }

  // A few more steps, as far as rounding lets them be short.
  #refined(x, { p, q, c }) {
    for (let k = 0; k < 4; k++) {
      const [newP, newQ, step] = this.law.axis_step(x, p, q, c);
      if (step < 0.25 && newQ > 0) [p, q] = [newP, newQ];
    }
    return { p, q, c };
  }

  // Where radicals fail: along the support from the end that has a critical point.
  #followed(x) {
    const end = this.intervals.find(([lower, upper]) => lower.x <= x && x <= upper.x);
    const [start, other] = end[0].p === undefined ? [end[1], end[0]] : end;
    const target = (x - start.x) / (other.x - x);
    let at = null;
    let from = Math.min(1e-10, target);
    // By the quotient of the distances to both ends, in steps that become shorter if need be.
    for (let factor = 4; factor > 1.01; factor = Math.sqrt(factor)) {
      while (at === null || from < target) {
        const next = at === null ? from : Math.min(from * factor, target);
        const there = next === target ? x : (start.x + next * other.x) / (1 + next);
        const before = at ?? this.#start(there, start);
        const found = before && this.#newton(there, before);
        if (!found) break;
        [at, from] = [found, next];
      }
    }
    return from === target ? at : null;
  }

  #start(x, { p, c }) {
    const [, square] = this.law.critical_point(x, p, c);
    return square > 0 ? { p, q: Math.sqrt(square), c } : null;
  }

  // Close to a pole, offsets from the pole: differences would lose digits.
  #recentred(x, at) {
    if (!at) return at;
    const { degree } = this.law;
    for (let k = degree; k < this.size; k++) {
      const p = at.p - at.c[k];
      if (Math.hypot(p, at.q) < NEAR * Math.hypot(at.p, at.q)) {
        const c = this.frames[k - degree + 1];
        return this.#refined(x, { p, q: at.q, c });
      }
    }
    return at;
  }

  // Ends of the support: z at the critical points at which all subordination functions increase,
  // each counted from the nearest of the smallest zero and the poles.
  #ends() {
    const { degree, exponents } = this.law;
    const found = [];
    const zeroes = this.frames[0].slice(0, degree).filter((r) => r === 0).length;
    const cancelled = exponents.slice(degree).map((e, k) => e * (this.frames[0][degree + k] === 0));
    if (zeroes + sum(cancelled) > 1) found.push({ x: 0 }); // the density is infinite there
    this.frames.forEach((c, frame) => {
      const offsets = c.slice(0, this.size);
      const centers = [Math.min(...offsets.slice(0, degree)), ...offsets.slice(degree)];
      for (let p of realZeros(offsets, exponents)) {
        for (let k = 0; k < 3; k++) p = this.law.critical_point(1, p, c)[0];
        const x = this.law.z_over_x(1, p, c);
        const apart = offsets.every((r) => Math.abs(p - r) > 1e-13 * Math.abs(r));
        const distances = centers.map((r) => Math.abs(p - r));
        const own = distances.indexOf(Math.min(...distances)) === frame;
        const bends = exponents.map((e, k) => e / (p - offsets[k]) ** 2);
        const meeting = Math.abs(sum(bends)) < MEETING * sum(bends.map(Math.abs));
        if (apart && own && x > 0 && this.law.height(p, 0, c) > -1e-9) {
          found.push({ x, p, c, meeting });
        }
      }
    });
    return found.sort((a, b) => a.x - b.x);
  }

  #intervals(ends) {
    if (ends.length % 2) {
      // Of two inner ends that meet but for rounding one alone may have been found.
      ends = ends.filter((end, k) => k === 0 || k === ends.length - 1 || !end.meeting);
    }
    if (ends.length % 2 || !ends.length) {
      throw new Error(`${ends.length} ends of the support found, not an even number`);
    }
    const intervals = [];
    for (let k = 0; k < ends.length; k += 2) {
      const before = intervals.at(-1);
      if (before && ends[k].x - before[1].x <= CLOSED * ends[k].x) before[1] = ends[k + 1];
      else intervals.push([ends[k], ends[k + 1]]);
    }
    return intervals;
  }
}

// Real zeros of the sum of weight/(p - point), by Aberth's method for all zeros at once.
function realZeros(points, weights) {
  const merged = new Map();
  points.forEach((r, k) => merged.set(r, (merged.get(r) ?? 0) + weights[k]));
  const terms = [...merged].filter(([, e]) => e !== 0).sort(([a], [b]) => a - b);
  // Between neighbours to begin with, above the axis and below it.
  const zeros = terms.slice(1).map(([r], k) => {
    const width = r - terms[k][0];
    return [terms[k][0] + (0.4 + 0.03 * k) * width, (k % 2 ? -0.2 : 0.3) * width];
  });
  for (let round = 0; round < 100; round++) {
    let longest = 0;
    zeros.forEach(([x, y], k) => {
      let [f, df, poles] = [
        [0, 0],
        [0, 0],
        [0, 0],
      ];
      for (const [r, e] of terms) {
        const inverse = reciprocal([x - r, y]);
        f = plus(f, inverse, e);
        df = plus(df, times(inverse, inverse), -e);
        poles = plus(poles, inverse, 1);
      }
      // Of the numerator, the product of f and all differences, less the other zeros.
      let rate = plus(times(df, reciprocal(f)), poles, 1);
      zeros.forEach(([a, b], j) => {
        if (j !== k) rate = plus(rate, reciprocal([x - a, y - b]), -1);
      });
      const step = reciprocal(rate);
      const size = Math.hypot(...step);
      if (!(size < Infinity)) return;
      zeros[k] = [x - step[0], y - step[1]];
      const clearance = Math.min(...terms.map(([r]) => Math.hypot(x - r, y)));
      longest = Math.max(longest, size / clearance);
    });
    if (longest < 1e-13) break;
  }
  return zeros
    .filter(([x, y]) => Math.abs(y) < 1e-6 * Math.min(...terms.map(([r]) => Math.abs(x - r))))
    .map(([x]) => x);
}

function reciprocal([x, y]) {
  const size = Math.abs(x) > Math.abs(y) ? x + y * (y / x) : y + x * (x / y);
  return Math.abs(x) > Math.abs(y) ? [1 / size, -(y / x) / size] : [x / y / size, -1 / size];
}

function times([a, b], [c, d]) {
  return [a * c - b * d, a * d + b * c];
}

function plus([a, b], [c, d], factor) {
  return [a + factor * c, b + factor * d];
}
