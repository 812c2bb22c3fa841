// Axes and curves as SVG, in pixels of the place that the page gives.

const MARGIN = { left: 56, right: 24, top: 12, bottom: 42 };

class Scale {
  constructor({ from, to, log = false }, start, end) {
    Object.assign(this, { from, to, log });
    const [a, b] = [from, to].map((value) => this.#on(value));
    this.factor = (end - start) / (b - a);
    this.offset = start - a * this.factor;
  }

  at(value) {
    return this.offset + this.factor * this.#on(value);
  }

  #on(value) {
    return this.log ? Math.log10(Math.max(value, Number.MIN_VALUE)) : value;
  }

  // Round numbers, about so many.
  ticks(count) {
    if (this.log) {
      const [first, last] = [
        Math.ceil(this.#on(this.from) - 1e-9),
        Math.floor(this.#on(this.to) + 1e-9),
      ];
      const stride = Math.max(1, Math.ceil((last - first + 1) / count));
      const powers = [];
      for (let k = Math.ceil(first / stride) * stride; k <= last; k += stride) powers.push(10 ** k);
      if (powers.length > 2) return powers;
      const between = [];
      for (let k = first - 1; k <= last; k++) between.push(10 ** k, 2 * 10 ** k, 5 * 10 ** k);
      const within = between.filter((value) => value >= this.from && value <= this.to);
      if (within.length > 2) return within;
    }
    const rough = (this.to - this.from) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((k) => k * power >= rough) * power;
    const found = [];
    for (let k = Math.ceil(this.from / step - 1e-9); k * step <= this.to * (1 + 1e-9); k++)
      found.push(k * step);
    return this.log ? found.filter((value) => value > 0) : found;
  }
}

// A number as text: few digits, powers of ten with superscripts.
function short(value, digits = 3) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 10 ** (digits + 1))
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const factor = Number(mantissa) === 1 ? "" : `${Number(mantissa)}·`.replace("-", "−");
  const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  return `${factor}10${raised.join("")}`;
}

// Draws into an SVG element: `marks` get the scales and return elements.
function draw(svg, { x, y, right = null, label, marks }) {
  const [width, height] = [svg.clientWidth || 600, svg.clientHeight || 300];
  const [left, end] = [MARGIN.left, width - (right ? 40 : MARGIN.right)];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const across = new Scale(x, left, end);
  const up = new Scale(y, bottom, top);
  const parts = [`<title>${label}</title>`];
  for (const value of up.ticks(height / 60)) {
    const at = up.at(value).toFixed(1);
    parts.push(`<path class="grid" d="M${left} ${at}H${end}"/>`);
    parts.push(
      `<text x="${left - 7}" y="${at}" dy="0.32em" text-anchor="end">${short(value)}</text>`,
    );
  }
  for (const value of across.ticks(Math.min(10, width / 75))) {
    const at = across.at(value).toFixed(1);
    parts.push(`<path class="axis" d="M${at} ${bottom}v5"/>`);
    parts.push(`<text x="${at}" y="${bottom + 18}" text-anchor="middle">${short(value)}</text>`);
  }
  if (right) {
    const scale = new Scale(right, bottom, top);
    for (const value of scale.ticks(4)) {
      const at = scale.at(value).toFixed(1);
      parts.push(`<text x="${end + 7}" y="${at}" dy="0.32em">${short(value)}</text>`);
    }
  }
  parts.push(
    `<text class="title" x="${(left + end) / 2}" y="${height - 6}" text-anchor="middle">${x.title}</text>`,
  );
  const middle = (top + bottom) / 2;
  parts.push(
    `<text class="title" transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">${y.title}</text>`,
  );
  const clip = `clip-${svg.id}`;
  parts.push(
    `<clipPath id="${clip}"><rect x="${left}" y="${top - 6}" width="${end - left + 6}" height="${bottom - top + 14}"/></clipPath>`,
  );
  parts.push(
    `<g clip-path="url(#${clip})">${marks({ across, up, left, end, top, bottom }).join("")}</g>`,
  );
  parts.push(`<path class="axis" d="M${left} ${top}V${bottom}H${end}"/>`);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("aria-label", label);
  svg.innerHTML = parts.join("");
}

function path(points) {
  return points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
}
