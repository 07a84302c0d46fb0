"use strict";
// Reading the charts at a moment: a line across all of them, and the values from the tables of numbers.
(() => {
  const stack = document.querySelector(".stack");
  const slider = document.getElementById("moment");
  const said = document.getElementById("moment-text");
  const plot = stack.querySelector(".chart .plot");
  const length = Number(stack.dataset.lengthS);

  const rows = new Map([...document.querySelectorAll("table.numbers")].map((table) => [table.id, table.tBodies[0].rows]));
  const timeOf = (row) => Number(row.cells[0].textContent);

  function nearest(of, time) {
    let low = 0, high = of.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timeOf(of[middle]) < time) low = middle + 1; else high = middle;
    }
    return low > 0 && time - timeOf(of[low - 1]) < timeOf(of[low]) - time ? of[low - 1] : of[low];
  }

  function lookAt(share) {
    const time = share * length;
    stack.style.setProperty("--at", share);
    stack.classList.add("looking");
    slider.value = share * slider.max;
    said.textContent = `${time.toFixed(2)} s`;
    for (const chart of stack.querySelectorAll(".chart")) {
      const row = nearest(rows.get(chart.dataset.numbers), time);
      for (const output of chart.querySelectorAll("output")) output.textContent = row.cells[output.dataset.column].textContent;
    }
  }

  function lookAway() {
    stack.classList.remove("looking");
    for (const output of stack.querySelectorAll("output")) output.textContent = output.dataset.else;
  }

  stack.addEventListener("pointermove", (event) => {
    const area = plot.getBoundingClientRect();
    lookAt(Math.min(Math.max((event.clientX - area.left) / area.width, 0), 1));
  });
  stack.addEventListener("pointerleave", lookAway);
  slider.addEventListener("input", () => lookAt(slider.value / slider.max));
  slider.closest("[hidden]").hidden = false;

  // On paper nothing can be unfolded: all but the long tables is.
  const folded = [...document.querySelectorAll("details:not([open])")].filter((each) => !each.querySelector(".numbers"));
  addEventListener("beforeprint", () => folded.forEach((each) => { each.open = true; }));
  addEventListener("afterprint", () => folded.forEach((each) => { each.open = false; }));
})();
