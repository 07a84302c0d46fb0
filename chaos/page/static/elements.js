// Making and filling elements. Text only ever goes in as text.

export function make(name, attributes = {}, ...children) {
  const svg = ["svg", "path", "rect", "g"].includes(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Fill a table's body: a list of texts for each row, the first of them its heading. Cells that stay are not touched. */
export function fill(body, rows, classes = []) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((texts, number) => {
    const row = body.rows[number] ?? body.insertRow();
    texts.forEach((text, column) => {
      let cell = row.cells[column];
      if (!cell) {
        cell = column === 0 ? make("th", { scope: "row" }) : make("td");
        row.append(cell);
      }
      const look = typeof classes[column] === "function" ? classes[column](number) : classes[column] ?? "";
      if (cell.className !== look) cell.className = look;
      say(cell, text);
    });
  });
}

/** Lines that come at the end of a list: whoever looks at the end goes on doing so. */
export function append(list, lines, most) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 30;
  list.append(...lines);
  while (list.childElementCount > most) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

export const whole = (number) => Math.round(number).toLocaleString("en");
export const seconds = (at, digits = 2) => (at === null ? "–" : `${at.toFixed(digits)} s`);
