// Keeps the part of a page fresh that shows what others may change: it is asked for again when that has changed, and
// now and then.

const EVERY_MS = 5000;
const CONTROLS = "button, a, input, select, textarea, [tabindex]";
const fresh = document.getElementById("fresh");
let shown = fresh.cloneNode(true);
let known = null;

async function renew() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("fresh");
  if (now.isEqualNode(shown)) return;
  shown = now.cloneNode(true);
  const before = [...fresh.querySelectorAll(CONTROLS)], focused = before.indexOf(document.activeElement);
  fresh.replaceChildren(...now.childNodes);
  keep(before, [...fresh.querySelectorAll(CONTROLS)], focused);
}

/** What was typed stays, and the focus, as long as the same is asked for. */
function keep(before, after, focused) {
  if (before.length !== after.length) return;
  after.forEach((control, number) => {
    const same = control.name && control.name === before[number].name;
    if (same && control.type !== "hidden" && control.type !== "submit") control.value = before[number].value;
  });
  after[focused]?.focus();
}

function take(revisions) {
  if (revisions === undefined) return;
  const revision = JSON.stringify(fresh.dataset.of ? revisions[fresh.dataset.of] : revisions);
  if (known !== null && revision !== known) renew();
  known = revision;
}

const events = new EventSource("/live");
events.addEventListener("picture", (event) => take(JSON.parse(event.data).around.revisions));
events.addEventListener("news", (event) => take(JSON.parse(event.data).around?.changed.revisions));
setInterval(renew, EVERY_MS);
