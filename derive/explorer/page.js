// The page: from the controls to pictures and numbers.

const POINTS = 400; // of the density, in each interval of the support
const RIDGES = 160;
const ids = (...names) => names.map((name) => document.getElementById(name));
const [form, activation, problem, announcement] = ids(
  ...["controls", "activation", "problem", "announcement"],
);
const [layers, layersOutput] = ids("layers", "layers-output");
const [logX, logY, withDistribution] = ids("log-x", "log-y", "with-distribution");
const byRange = ["inputs", "features", "samples", "gamma"].map((name) =>
  ids(name, `${name}-slider`),
);

for (const [k, { label }] of ACTIVATIONS.entries()) activation.add(new Option(label, k));

function chosen() {
  const [inputs, features, samples, gamma] = byRange.map(([number]) => number.valueAsNumber);
  return { inputs, features, samples, gamma, ...ACTIVATIONS[activation.value] };
}

// A layer whose activation has no linear part forgets what is below it.
function spectrumOf(network) {
  const { phi, psi, eta, zeta } = network;
  const single = layers.valueAsNumber === 1 || zeta === 0;
  const parameters = [phi, psi, eta, zeta];
  return single
    ? new Spectrum(random_features, parameters)
    : new Network(layers.valueAsNumber, network);
}

// Points of an interval, dense like a square root at both ends; by logarithms on such an axis.
function between(lower, upper, from, log) {
  const points = [];
  for (let k = 0; k <= POINTS; k++) {
    const share = Math.sin((Math.PI * k) / (2 * POINTS)) ** 2;
    const start = Math.max(lower, from);
    points.push(log ? start * (upper / start) ** share : lower + (upper - lower) * share);
  }
  [points[0], points[POINTS]] = [Math.max(lower, log ? from : lower), upper];
  return points;
}

function drawDensity(svg, spectrum) {
  const { support, atom, rest } = spectrum;
  const [first, last] = [support[0][0], support.at(-1)[1]];
  const log = logX.checked;
  const from = first > 0 ? first / 1.6 : last * 1e-6;
  const far = !log && atom === 0 && first > 0.4 * last;
  const margin = 0.06 * (last - (far ? first : 0));
  const x = log
    ? { from, to: last * 1.6, log }
    : { from: far ? first - margin : -margin / 2, to: last + margin };
  const curves = support.map(([lower, upper]) =>
    between(lower, upper, from, log).map((at) => [at, spectrum.density(at) * (log ? at : 1)]),
  );
  if (curves.flat().some(([, rho]) => Number.isNaN(rho))) throw new Error("a point was not found");
  const values = curves
    .flat()
    .map(([, rho]) => rho)
    .filter((rho) => rho > 0 && rho < Infinity);
  const highest = Math.max(...values);
  // A peak that would hide the rest is cut off.
  const width = sum(support.map(([lower, upper]) => upper - lower));
  const most = log ? Infinity : (10 * rest) / width;
  const top = logY.checked ? highest * 2 : Math.min(highest * 1.08, most);
  const lowest = Math.max(Math.min(...values), highest * 1e-12);
  const inner = curves.flatMap((c) => c.slice(POINTS / 40, -POINTS / 40).map(([, rho]) => rho));
  const floor = Math.max(lowest, Math.min(...inner.filter((rho) => rho > 0)) / 4);
  const y = logY.checked ? { from: floor, to: top, log: true } : { from: 0, to: top };
  withDistribution.disabled = !spectrum.distribution;
  const right = withDistribution.checked && spectrum.distribution ? { from: 0, to: 1.04 } : null;
  const intervals = support.map((ends) => ends.map((end) => short(end)).join(" to ")).join(" and ");
  draw(svg, {
    x: { ...x, title: "eigenvalue x" },
    y: { ...y, title: log ? "x ρ(x)" : "ρ(x)" },
    right,
    label: `Density of the eigenvalues on ${intervals}${atom ? `, atom of mass ${short(atom)} at zero` : ""}.`,
    marks: ({ across, up, left, end, top: ceiling, bottom }) => {
      const clipped = (at) => Math.max(ceiling - 20, Math.min(up.at(at), bottom));
      const marks = curves.map((curve) => {
        const line = path(curve.map(([at, rho]) => [across.at(at), clipped(rho)]));
        const [a, b] = [curve[0][0], curve.at(-1)[0]].map((at) => across.at(at).toFixed(2));
        return `<path class="area" d="${line}L${b} ${bottom}L${a} ${bottom}Z"/><path class="first" d="${line}"/>`;
      });
      for (const edge of support.flat()) {
        if (edge > 0 || !log)
          marks.push(
            `<path class="edge" d="M${across.at(edge).toFixed(2)} ${bottom}V${ceiling}"/>`,
          );
      }
      if (right) {
        const rise = new Scale(right, bottom, ceiling);
        const steps = curves
          .flat()
          .map(([at]) => [across.at(at), rise.at(spectrum.distribution(at))]);
        const start = rise.at(atom);
        const before = [[left, rise.at(log ? atom : 0)]];
        if (!log && !far) before.push([across.at(0), rise.at(0)], [across.at(0), start]);
        marks.push(
          `<path class="third" d="${path([...before, [across.at(Math.max(first, log ? from : 0)), start], ...steps, [end, rise.at(1)]])}"/>`,
        );
      }
      if (atom > 0) {
        const place = log ? left : across.at(0);
        const height = log ? bottom - 12 : bottom - (bottom - ceiling) * (0.12 + 0.8 * atom);
        if (!log)
          marks.push(
            `<path class="second" d="M${place} ${bottom}V${height}"/><circle class="second" cx="${place}" cy="${height}" r="5"/>`,
          );
        marks.push(
          `<text class="note" x="${place + 9}" y="${height}" dy="0.32em">${log ? "← " : ""}mass ${short(atom)} at 0</text>`,
        );
      }
      if (top < highest) {
        marks.push(
          `<text class="note" x="${end - 4}" y="${ceiling + 10}" text-anchor="end">cut off: the density rises to ${first === 0 ? "∞" : short(highest)}</text>`,
        );
      }
      return marks;
    },
  });
  const [densityKey, atomKey, distributionKey] = ids("density-key", "atom-key", "distribution-key");
  densityKey.innerHTML = log
    ? "density of ln <var>x</var>, <var>xρ</var>(<var>x</var>): areas are masses"
    : "density <var>ρ</var>(<var>x</var>)";
  [atomKey.hidden, distributionKey.hidden] = [!(atom > 0) || log, !right];
}

function drawError(svg, spectrum, gamma) {
  const error = spectrum.trainError(gamma);
  const points = Array.from({ length: RIDGES + 1 }, (_, k) => {
    const at = 10 ** (-8 + (12 * k) / RIDGES);
    return [at, spectrum.trainError(at)];
  });
  draw(svg, {
    x: { from: 1e-8, to: 1e4, log: true, title: "ridge γ" },
    y: { from: 0, to: 1.04, title: "training error" },
    label: `Training error against the ridge: ${short(error)} at the ridge ${short(gamma)}.`,
    marks: ({ across, up, end, bottom }) => {
      const [x, y] = [across.at(gamma), up.at(error)];
      const late = x > end - 110;
      return [
        `<path class="first" d="${path(points.map(([at, value]) => [across.at(at), up.at(value)]))}"/>`,
        `<path class="edge" d="M${x} ${bottom}V${y}"/>`,
        `<circle class="second" cx="${x}" cy="${y}" r="6"/>`,
        `<text class="note" x="${x + (late ? -11 : 11)}" y="${y + (error > 0.9 ? 18 : -10)}" text-anchor="${late ? "end" : "start"}">${short(error, 4)}</text>`,
      ];
    },
  });
  return error;
}

function write(values) {
  for (const [id, text] of Object.entries(values)) document.getElementById(id).textContent = text;
}

let waiting = 0;

// For those who hear the page: once the controls rest.
function announce(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => (announcement.textContent = text), 500);
}

function redraw() {
  problem.textContent = "";
  if (!form.checkValidity()) {
    problem.textContent =
      "Sizes are whole numbers from 1 to a million, the ridge is from 10⁻⁸ to 10⁴.";
    return;
  }
  const { gamma, ...network } = chosen();
  network.phi = network.inputs / network.samples;
  network.psi = network.inputs / network.features;
  layersOutput.textContent = layers.value;
  const [density, error] = ids("density", "error");
  try {
    const spectrum = spectrumOf(network);
    drawDensity(density, spectrum);
    const trainError = drawError(error, spectrum, gamma);
    const intervals = spectrum.support.map((ends) => ends.map((end) => short(end, 6)));
    for (const name of ["phi", "psi", "eta", "zeta"]) write({ [name]: short(network[name], 6) });
    write({
      support: intervals.map((ends) => `[${ends.join(", ")}]`).join("\n"),
      atom: short(spectrum.atom, 6),
      "train-error": `${short(trainError, 6)} at γ = ${short(gamma, 4)}`,
    });
    const support = intervals.map((ends) => ends.join(" to ")).join(" and ");
    announce(
      `Support ${support}, atom ${short(spectrum.atom)}, training error ${short(trainError)}.`,
    );
  } catch (found) {
    problem.textContent = `These sizes are too extreme to draw: ${found.message}.`;
  }
}

let pending = 0;

function later() {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(redraw);
}

function alignSliders() {
  for (const [number, slider] of byRange) slider.value = Math.log10(number.valueAsNumber || 1);
  later();
}

for (const [number, slider] of byRange) {
  number.addEventListener("input", alignSliders);
  slider.addEventListener("input", () => {
    const value = Number((10 ** slider.valueAsNumber).toPrecision(3));
    number.value = number.id === "gamma" ? value : Math.round(value);
    later();
  });
}
for (const input of [activation, layers, logX, logY, withDistribution])
  input.addEventListener("input", later);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () =>
  setTimeout(() => {
    activation.value = START;
    alignSliders();
  }),
);
new ResizeObserver(later).observe(document.querySelector("main"));
activation.value = START;
alignSliders();
