// A law composed outwards in numbers: support, density and training error of a network's kernel,
// given as a list of operations. All points are offsets u from the position of the innermost atom.

const FAR = 2 ** 40; // beyond this nothing changes
const EPSILON = 2 ** -52;
const ROUNDING = 1e-14; // relative distance from an end that is none
const GOLDEN = (3 - Math.sqrt(5)) / 2;

class Composition {
  constructor(steps) {
    this.steps = steps.map(([name, c]) => ({ ...operations[name], c }));
    const [gaps, mass] = this.#gaps();
    [this.atom, this.rest] = [mass, 1 - mass];
    // Between the gaps; ends with their u.
    const found = gaps.slice(1).map(([lower], k) => [gaps[k][1], lower].map((u) => this.#end(u)));
    // What is next to zero is an atom there, to rounding.
    const small = 1e-12 * found.at(-1)[1].x;
    this.intervals = found.filter(([, upper]) => upper.x > small);
    for (const [lower] of this.intervals) if (lower.x < small) lower.x = 0;
    this.first = gaps[0];
    this.known = [];
  }

  get support() {
    return this.intervals.map((ends) => ends.map((end) => end.x));
  }

  density(x) {
    const k = this.intervals.findIndex(
      ([lower, upper]) => lower.x * (1 + ROUNDING) < x && x < upper.x * (1 - ROUNDING),
    );
    if (k < 0) return x === 0 && this.intervals[0][0].x === 0 ? Infinity : 0;
    const at = this.#followed(x, k);
    return at ? -this.#at(at).Gi / Math.PI : NaN;
  }

  // Next to an atom z and G′ have errors that belong together.
  trainError(gamma) {
    let [low, high] = [-FAR, this.first[1]];
    let u = high - gamma - 1;
    for (let k = 0; k < 200; k++) {
      const { z, dz, dG } = this.#at({ p: u, q: 0 });
      if (z < -gamma) low = u;
      else high = u;
      const step = (z + gamma) / dz;
      if (Math.abs(step) < 2 * EPSILON * Math.abs(u) || !(high - low > EPSILON * Math.abs(u))) {
        const size = this.atom > 0 ? -z : gamma;
        return Math.min((-size * size * dG) / dz, 1);
      }
      u = u - step > low && u - step < high ? u - step : middleOf(low, high);
    }
    return NaN;
  }

  // z, G and derivatives at u = p + iq, after so many steps.
  #at({ p, q }, count = this.steps.length) {
    let at = operations.start(p, q);
    for (let k = 0; k < count; k++) at = this.steps[k].step(at, this.steps[k].c);
    return { z: at[0], zi: at[1], dz: at[2], dzi: at[3], Gi: at[5], dG: at[6] };
  }

  #end(u) {
    const { z } = this.#at({ p: u, q: 0 });
    return { x: z, u };
  }

  // The point over x, from the last one found in this interval or from its upper end.
  #followed(x, k) {
    const [lower, upper] = this.intervals[k];
    const share = (at) => (upper.x - at) / (at - lower.x);
    const target = share(x);
    let [at, from] = this.known[k] ?? this.#beside(upper, lower, share);
    for (let factor = 4; at && factor > 1.001; factor = Math.sqrt(factor)) {
      for (;;) {
        const near = target > from ? from * factor >= target : from <= target * factor;
        const next = near ? target : target > from ? from * factor : from / factor;
        const there = near ? x : (upper.x + next * lower.x) / (1 + next);
        const found = this.#newton(there, at);
        if (!found) break;
        [at, from] = [found, next];
        if (near) {
          this.known[k] = [at, from];
          return at;
        }
      }
    }
    at = this.#fromAbove(x);
    if (at) this.known[k] = [at, target];
    return at;
  }

  // Down from far above x, where the composition is nearly linear.
  #fromAbove(x) {
    let height = 100 * this.intervals.at(-1)[1].x;
    let at = this.#newton(x, { p: 0, q: height / this.#at({ p: 0, q: FAR }).dz }, height);
    for (let factor = 0.25; at && factor < 0.999; factor = Math.sqrt(factor)) {
      while (height > 0) {
        const next = height * factor < 1e-13 * x ? 0 : height * factor;
        const found = this.#newton(x, at, next);
        if (!found) break;
        [at, height] = [found, next];
      }
      if (height === 0) return at;
    }
    return null;
  }

  // Next to an end z is quadratic: u moves at right angles to the axis.
  #beside(end, other, share) {
    const x = end.x + (other.x - end.x) * 1e-6;
    const near = Math.abs(end.u) * 1e-6;
    const [left, right] = [-near, near].map((h) => this.#at({ p: end.u + h, q: 0 }).dz);
    const q = Math.sqrt(Math.abs((4 * near * (x - end.x)) / (right - left)));
    return [this.#newton(x, { p: end.u, q }), share(x)];
  }

  #newton(x, { p, q }, height = 0) {
    let last = Infinity;
    for (let k = 0; k < 15; k++) {
      const { z, zi, dz, dzi } = this.#at({ p, q });
      const [a, b] = times([z - x, zi - height], reciprocal([dz, dzi]));
      const size = Math.hypot(a, b) / q;
      if (!(size < last || size < 1e-3) || !(q - b > 0)) return null;
      if (size >= last && last < 1e-6) return { p, q };
      [p, q] = [p - a, q - b];
      if (size < 1e-10) return { p, q };
      last = size;
    }
    return null;
  }

  // Gaps of the law in u, as in derive/runtime/gaps.py: those of each operand are followed through
  // an operation, and what is left is where z increases. With the mass at zero.
  #gaps() {
    let gaps = [
      [-FAR, 0],
      [0, FAR],
    ];
    let mass = 0;
    this.steps.forEach((step, k) => {
      if (mass > 0) gaps = gaps.flatMap((gap) => this.#divided(gap, k));
      gaps = gaps.map((gap) => this.#increasing(gap, k + 1)).filter((gap) => gap);
      mass = step.mass(mass, step.c);
    });
    return [gaps, mass];
  }

  // At an atom of the law at zero that lies in a gap.
  #divided([lower, upper], count) {
    const height = (u) => this.#at({ p: u, q: 0 }, count).z;
    if (!(height(lower) < 0 && height(upper) > 0)) return [[lower, upper]];
    const place = zero(height, lower, upper);
    return [
      [lower, place],
      [place, upper],
    ];
  }

  #increasing([lower, upper], count) {
    const rise = (u) => {
      const { dz } = this.#at({ p: u, q: 0 }, count);
      return Number.isNaN(dz)
        ? -1
        : Math.abs(dz) < Infinity
          ? dz / (1 + Math.abs(dz))
          : Math.sign(dz);
    };
    const width = upper - lower;
    const inset = (end) => Math.min(8 * EPSILON * Math.max(Math.abs(end), 1e-60), 0.01 * width);
    const [low, high] = [lower + inset(lower), upper - inset(upper)];
    const top = summit(rise, low, high);
    if (!(rise(top) > 0)) return null;
    return [zero(rise, low, top), zero(rise, high, top)];
  }
}

// The law of YYᵀ/m for the last of some layers of the same width, from that of the kernel, YᵀY over
// width and variance eta: both have the same eigenvalues but for zeros and a scale.
class Network {
  constructor(layers, { inputs, features, samples, eta, zeta }) {
    const ratio = samples / features;
    const ratios = Array(layers).fill(ratio);
    this.kernel = new Composition(conjugate_kernel[layers](ratios, zeta / eta, samples / inputs));
    [this.ratio, this.scale] = [ratio, eta / ratio];
    this.rest = Math.min(ratio * this.kernel.rest, 1);
    this.atom = 1 - this.rest < 1e-14 ? 0 : 1 - this.rest;
    this.support = this.kernel.support.map((ends) => ends.map((x) => x * this.scale));
  }

  density(x) {
    return (this.ratio / this.scale) * this.kernel.density(x / this.scale);
  }

  trainError(gamma) {
    return this.kernel.trainError(gamma / this.scale);
  }
}

// A place at which a function with one maximum is positive, or its maximum.
function summit(rise, low, high) {
  if (rise(low) > 0) return low;
  if (rise(high) > 0) return high;
  let place = low + GOLDEN * (high - low);
  let value = rise(place);
  for (let k = 0; k < 100 && !(value > 0); k++) {
    if (!(high - low > 1e-13 * Math.max(Math.abs(low), Math.abs(high)))) break;
    const right = place - low <= high - place;
    const next = right ? place + GOLDEN * (high - place) : place - GOLDEN * (place - low);
    const there = rise(next);
    if (there > value) {
      if (right) low = place;
      else high = place;
      [place, value] = [next, there];
    } else if (right) high = next;
    else low = next;
  }
  return place;
}

// A zero between places of unlike sign, by halves; where the signs are the same the first place.
function zero(f, outside, inside) {
  const sign = Math.sign(f(inside));
  if (Math.sign(f(outside)) === sign) return outside;
  for (let k = 0; k < 200; k++) {
    const middle = middleOf(outside, inside);
    if (middle === outside || middle === inside) break;
    if (Math.sign(f(middle)) === sign) inside = middle;
    else outside = middle;
  }
  return inside;
}

// By orders of magnitude where the two differ by these.
function middleOf(a, b) {
  const apart = a * b > 0 && (Math.abs(a) > 4 * Math.abs(b) || Math.abs(b) > 4 * Math.abs(a));
  return apart ? Math.sign(a) * Math.sqrt(Math.abs(a)) * Math.sqrt(Math.abs(b)) : a + (b - a) / 2;
}
