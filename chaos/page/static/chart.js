// The time axis of a run: phases, faults, charts and hypotheses over it, in the style of the reports.

import { make, say, whole } from "./elements.js";

const CHARTS = [
  { title: "Throughput", unit: "jobs a second", lines: [["enqueued", 1], ["completed", 2]] },
  { title: "Jobs under way", unit: "jobs", lines: [["waiting", 3], ["running", 4]] },
];
const TICKS = 7;

export class Chart {
  #stack;
  #lanes;
  #charts;
  #strips;
  #axis;

  constructor(stack) {
    this.#stack = stack;
  }

  /** Begin anew, for another run. */
  clear() {
    const phases = make("div", { class: "plot" });
    this.#axis = make("div", { class: "plot" });
    this.#lanes = make("div");
    this.#strips = make("div");
    this.#charts = CHARTS.map(panel);
    this.#stack.replaceChildren(
      make("div", { class: "lane phases" }, make("div", { class: "lane-name" }, "phase"), phases),
      this.#lanes,
      ...this.#charts.map((chart) => chart.figure),
      this.#strips,
      make("div", { class: "lane axis", "aria-hidden": "true" }, make("div", { class: "lane-name" }), this.#axis),
    );
    this.phases = phases;
  }

  draw(run) {
    const from = run.load_s ?? 0;
    const to = Math.max(run.now_s ?? 0, from + 10);
    const at = (time) => 100 * Math.min(1, Math.max(0, (time - from) / (to - from)));
    this.#drawPhases(run.phases ?? [], at);
    const lanes = byName(run.faults ?? []);
    this.#drawFaults(lanes, at);
    for (const chart of this.#charts) drawPanel(chart, run.course ?? [], run.faults ?? [], at);
    this.#drawHypotheses(run.hypotheses ?? [], run.faults ?? [], at);
    this.#drawAxis(from, to);
  }

  #drawPhases(phases, at) {
    const bands = phases.map((phase, number) => {
      const left = at(phase.from_s), right = at(phases[number + 1]?.from_s ?? Infinity);
      const band = make("span", { class: "phase", title: phase.name }, make("span", {}, phase.name));
      place(band, left, right - left);
      band.hidden = right <= left;
      return band;
    });
    this.phases.replaceChildren(...bands);
  }

  #drawFaults(lanes, at) {
    const drawn = [...lanes].map(([name, times]) => {
      const plot = make("div", { class: "plot" });
      for (const fault of times) {
        const window = make("span", { class: fault.reverted_s === null ? "fault open" : "fault", title: `${fault.name} on ${fault.targets}` });
        place(window, at(fault.requested_s), at(fault.reverted_s ?? Infinity) - at(fault.requested_s));
        plot.append(window);
        if (fault.confirmed_s !== null) {
          const mark = make("span", { class: "mark-confirmed" });
          place(mark, at(fault.confirmed_s));
          plot.append(mark);
        }
      }
      return make("div", { class: "lane" }, make("div", { class: "lane-name", title: name }, name), plot);
    });
    this.#lanes.replaceChildren(...drawn);
  }

  #drawHypotheses(hypotheses, faults, at) {
    const strips = hypotheses.map((hypothesis) => {
      const bars = { true: "", false: "" };
      for (const [from, to, held] of hypothesis.spans) {
        const [top, bottom] = held ? [30, 70] : [0, 100], left = at(from), width = Math.max(0.25, at(to) - left);
        bars[held] += `M${left} ${top}h${width}V${bottom}h${-width}z`;
      }
      const words = hypothesis.held === null ? "never asked" : hypothesis.held ? "holds" : "does not hold";
      const svg = make("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": `${hypothesis.name}: ${words} now, ${hypothesis.not_held} of ${hypothesis.samples} samples did not` },
        ...shades(faults, at), make("path", { class: "span-held", d: bars.true }), make("path", { class: "span-not-held", d: bars.false }));
      return make("figure", { class: "strip" }, make("figcaption", {}, hypothesis.name), make("div", { class: "plot" }, svg));
    });
    this.#strips.replaceChildren(...strips);
  }

  #drawAxis(from, to) {
    const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400].find((each) => (to - from) / each <= TICKS) ?? 86400;
    const ticks = [];
    for (let time = 0; time <= to - from; time += step) {
      const tick = make("span", {}, step < 60 ? `${time} s` : clock(time));
      place(tick, (100 * time) / (to - from));
      ticks.push(tick);
    }
    this.#axis.replaceChildren(...ticks);
  }
}

function panel({ title, unit, lines }) {
  const outputs = lines.map(() => make("output"));
  const legend = make("ul", { class: "legend" }, ...lines.map(([name], look) => make("li", {},
    make("svg", { class: "swatch", viewBox: "0 0 28 8", "aria-hidden": "true" }, make("path", { class: `look-${look}`, d: "M0 4H28" })), `${name} `, outputs[look])));
  const svg = make("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img" });
  const grid = make("div", { class: "grid", "aria-hidden": "true" }, make("span"), make("span"), make("span"));
  const heading = make("h3", {}, `${title} `, make("span", { class: "unit" }, unit));
  const figure = make("figure", { class: "chart" }, make("figcaption", {}, heading, legend), grid, make("div", { class: "plot" }, svg));
  [...grid.children].forEach((line, number) => { line.style.top = `${50 * number}%`; });
  return { title, unit, lines, outputs, svg, grid, figure };
}

function drawPanel({ title, unit, lines, outputs, svg, grid }, course, faults, at) {
  const top = roundUp(Math.max(1, ...course.flatMap((point) => lines.map(([, column]) => point[column]))));
  [top, top / 2, 0].forEach((value, number) => say(grid.children[number], value < 10 ? String(value) : whole(value)));
  const paths = lines.map(([, column], look) => {
    const points = course.map((point) => `${at(point[0]).toFixed(2)} ${(100 - (100 * point[column]) / top).toFixed(1)}`);
    return make("path", { class: `line look-${look}`, d: points.length ? `M${points.join("L")}${points.length === 1 ? "h0" : ""}` : "" });
  });
  svg.replaceChildren(...shades(faults, at), make("path", { class: "grid-line", d: "M0 0H100M0 50H100M0 100H100" }), ...paths);
  const last = course.at(-1);
  lines.forEach(([, column], look) => say(outputs[look], last ? whole(last[column]) : "–"));
  const told = lines.map(([name, column]) => `${name} ${last ? whole(last[column]) : "nothing yet"}`);
  svg.setAttribute("aria-label", `${title}, ${unit}, now: ${told.join("; ")}. The line at the top is ${whole(top)}.`);
}

function shades(faults, at) {
  return faults.map((fault) => {
    const left = at(fault.requested_s);
    return make("rect", { class: "shade", x: left, width: Math.max(0.2, at(fault.reverted_s ?? Infinity) - left), height: 100 });
  });
}

/** The times that a fault was done, together: they are called `name#2`, `name#3`. */
function byName(faults) {
  const lanes = new Map();
  for (const fault of faults) {
    const name = fault.name.split("#")[0];
    lanes.set(name, [...(lanes.get(name) ?? []), fault]);
  }
  return lanes;
}

function place(element, left, width) {
  element.style.left = `${left}%`;
  if (width !== undefined) element.style.width = `${width}%`;
}

function roundUp(value) {
  const size = 10 ** Math.floor(Math.log10(value));
  return size * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => size * step >= value);
}

const clock = (time) => `${Math.floor(time / 60)}:${String(time % 60).padStart(2, "0")}`;
