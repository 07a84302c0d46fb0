// The run under way, as the page's server tells of it: first a whole picture, then what is new.

import { Chart } from "./chart.js";
import { append, fill, make, say, seconds, whole } from "./elements.js";

const MOST_ROWS = 500;
const MIB = 1 << 20;
const $ = (id) => document.getElementById(id);

const chart = new Chart($("stack"));
let around = {}, runs = {}, chosen = null, shown = null;

// What is drawn anew when a part of a run changes.
const DRAW = {
  title: (run) => say($("title"), run.title),
  system: (run) => say($("system"), run.system),
  seed: (run) => say($("seed"), `seed ${run.seed}`),
  run: (run) => say($("name"), run.run),
  phases: (run) => say($("phase"), run.phases.at(-1)?.name ?? "–"),
  counts: drawCounts,
  faults: drawFaults,
  hypotheses: drawHypotheses,
  ledger: (run) => fill($("ledger"), run.ledger.map(([name, count]) => [name, whole(count)]), ["", "number"]),
  usage: (run) => fill($("usage"), run.usage.map((each) => [each.component, `${each.cpu_percent.toFixed(0)} %`, `${whole(each.resident_bytes / MIB)} MiB`, whole(each.open_files), whole(each.threads)]), ["", "number", "number", "number", "number"]),
  logs_hidden: (run) => { say($("logs-hidden"), run.logs_hidden); $("logs-hidden").hidden = false; },
  state: drawOutcome,
  verdict: drawOutcome,
  problem: (run) => { say($("problem"), run.problem); $("problem").hidden = !run.problem; },
};

// What is done with the rows that come to a part of a run.
const GROW = {
  happened: (run, rows) => {
    append($("happened"), rows.map((row) => line(seconds(row.at_s - (run.load_s ?? 0)), row.text, { fault: "fault-line", phase: "phase-line" }[row.tone] ?? row.tone)), MOST_ROWS);
    const telling = rows.filter((row) => row.tone && row.tone !== "unsure").at(-1);
    if (telling) say($("announced"), telling.text);
  },
  logs: (run, rows) => {
    const wanted = $("component").value;
    for (const { component } of rows) {
      if (![...$("component").options].some((each) => each.value === component)) $("component").append(make("option", { value: component }, component));
    }
    const lines = rows.filter((row) => !wanted || row.component === wanted).map((row) => line(row.component, row.text, ""));
    append($("logs"), lines, MOST_ROWS);
  },
};

function line(head, text, look) {
  return make("li", { class: look }, make("b", {}, head.padStart(9)), `  ${text}`);
}

function drawCounts(run) {
  const counts = run.counts;
  say($("acknowledged"), `${whole(counts.acknowledged)} of ${whole(counts.jobs)}`);
  for (const name of ["settled", "waiting", "executing", "failures"]) say($(name), whole(counts[name]));
  say($("throughput"), `${whole(counts.completions_per_s)} jobs/s`);
}

function drawFaults(run) {
  const at = (time) => (time === null ? "–" : seconds(time - (run.load_s ?? 0)));
  const rows = run.faults.map((fault) => [`${fault.name} on ${fault.targets}`, at(fault.requested_s), at(fault.confirmed_s), at(fault.reverted_s), fault.seen]);
  fill($("faults"), rows, ["", "number", "number", "number", ""]);
}

function drawHypotheses(run) {
  const words = (held) => (held === null ? "never asked" : held ? "holds" : "does not hold");
  const rows = run.hypotheses.map((each) => [each.name, words(each.held), each.answer, `${whole(each.not_held)} of ${whole(each.samples)}`]);
  fill($("hypotheses"), rows, ["", (row) => ({ true: "good", false: "bad" })[run.hypotheses[row].held] ?? "", "", "number"]);
}

function drawOutcome(run) {
  const outcome = $("outcome");
  outcome.hidden = run.state === "running";
  if (outcome.hidden) return;
  const verdict = run.state === "finished" ? run.verdict : run.state;
  outcome.className = `verdict ${run.verdict ?? "inconclusive"}`;
  say($("outcome-title"), verdict[0].toUpperCase() + verdict.slice(1));
  $("reasons").replaceChildren(...(run.reasons ?? []).map((reason) => make("li", {}, reason)));
  const place = `/runs/${encodeURIComponent(run.run)}`;
  $("kept").href = place;
  $("report").href = `${place}/report`;
  $("report").hidden = !run.reported;
  say($("announced"), `The run is over: ${verdict}`);
}

/** Show a run from the beginning of what is known of it. */
function show(name) {
  shown = name;
  const run = runs[name];
  $("run").hidden = !run;
  $("nothing").hidden = Boolean(run);
  if (!run) return;
  for (const id of ["happened", "logs", "faults", "hypotheses", "ledger", "usage"]) $(id).replaceChildren();
  for (const id of ["outcome", "problem", "logs-hidden"]) $(id).hidden = true;
  $("component").replaceChildren(make("option", { value: "" }, "every component"));
  chart.clear();
  for (const [part, draw] of Object.entries(DRAW)) if (run[part] !== undefined) draw(run);
  for (const [part, grow] of Object.entries(GROW)) grow(run, run[part] ?? []);
  chart.draw(run);
}

/** The run that was chosen, as long as it is shown at all; else the newest. */
function wanted() {
  return chosen in runs ? chosen : (around.shown ?? []).at(-1) ?? null;
}

function drawTabs() {
  const names = around.shown ?? [];
  $("tabs").hidden = names.length < 2;
  const buttons = names.map((name) => {
    const button = make("button", { type: "button", "aria-pressed": String(name === wanted()) }, name);
    button.addEventListener("click", () => { chosen = name; drawTabs(); show(name); });
    return button;
  });
  const focused = [...$("tabs").children].findIndex((each) => each === document.activeElement);
  $("tabs").replaceChildren(...buttons);
  if (focused >= 0) buttons[focused]?.focus();
}

function drawAround() {
  const halt = around.halt;
  $("halted").hidden = !halt;
  if (halt) {
    say($("halted-why"), `${halt.reason} (since ${halt.since}, by ${halt.by})${halt.ending ? ". The runs under way are being ended …" : ""}`);
    const told = halt.ended.flatMap((run) => [`${run.name}: ${run.how}`, ...run.left.map((left) => `left: ${left}`)]);
    $("halted-runs").replaceChildren(...[...told, ...halt.problems].map((text) => make("li", {}, text)));
  }
  const commands = (around.commands ?? []).map((command) => command.starting
    ? make("p", { class: "notice", role: "status" }, `${command.what} is being started …`)
    : make("div", { class: "notice", role: "alert" }, `${command.what} was not carried out (exit code ${command.exit_code}):`, make("pre", {}, command.said)));
  $("commands").replaceChildren(...commands);
  $("problems").hidden = !around.problems?.length;
  $("problems").replaceChildren(...(around.problems ?? []).map((problem) => make("li", {}, problem)));
  for (const name of Object.keys(runs)) if (!around.shown?.includes(name)) delete runs[name];
  drawTabs();
}

function take({ around: changedAround, runs: newsOfRuns }) {
  if (changedAround) Object.assign(around, changedAround.changed);
  for (const [name, { changed, grown }] of Object.entries(newsOfRuns)) {
    const run = (runs[name] ??= {});
    Object.assign(run, changed);
    for (const [part, rows] of Object.entries(grown)) run[part] = [...(run[part] ?? []), ...rows].slice(-MOST_ROWS);
  }
  if (changedAround) drawAround();
  if (wanted() !== shown) return show(wanted());
  const news = newsOfRuns[shown];
  if (!news) return;
  for (const part of Object.keys(news.changed)) DRAW[part]?.(runs[shown]);
  for (const [part, rows] of Object.entries(news.grown)) GROW[part]?.(runs[shown], rows);
  chart.draw(runs[shown]);
}

const events = new EventSource("/live");
events.addEventListener("picture", (event) => {
  const picture = JSON.parse(event.data);
  around = picture.around;
  runs = picture.runs;
  $("connection").hidden = true;
  drawAround();
  show(wanted());
  document.body.dataset.live = "yes";
});
events.addEventListener("news", (event) => take(JSON.parse(event.data)));
events.addEventListener("error", () => {
  const refused = events.readyState === EventSource.CLOSED;
  say($("connection"), refused
    ? "The page's server was started anew. Open the URL that it printed then."
    : "The page's server does not answer. What you see is no longer live; it is tried again.");
  $("connection").hidden = false;
  document.body.dataset.live = "no";
});

$("component").addEventListener("change", () => {
  $("logs").replaceChildren();
  if (runs[shown]) GROW.logs(runs[shown], runs[shown].logs ?? []);
});

// The profiles that can be chosen are those of the experiment that is chosen.
const [experiment, profile] = ["experiment", "profile"].map((name) => document.querySelector(`#start [name="${name}"]`));
experiment.addEventListener("change", () => {
  const names = (experiment.selectedOptions[0].dataset.profiles ?? "").split(" ").filter(Boolean);
  profile.replaceChildren(make("option", { value: "" }, "none"), ...names.map((name) => make("option", { value: name }, name)));
});
experiment.dispatchEvent(new Event("change"));
