"use strict";
// Makes the tables of class `rows` sortable and searchable. Without it they are as they are.
for (const table of document.querySelectorAll("table.rows")) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const count = document.createElement("output");
  const input = document.createElement("input");
  const label = document.createElement("label");
  const box = document.createElement("div");
  box.className = "search";
  label.textContent = "Show rows with ";
  input.type = "search";
  input.placeholder = "threads cpython32";
  label.append(input);
  box.append(label, count);
  table.closest(".scroll").before(box);
  const words = rows.map((row) => row.textContent.toLowerCase());
  const show = () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !wanted.every((word) => words[at].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = shown + " of " + rows.length + " rows";
  };
  input.addEventListener("input", show);
  show();
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => {
        const cell = row.cells[column];
        return cell.dataset.key === undefined ? cell.textContent : Number(cell.dataset.key);
      };
      const order = (one, other) => {
        const a = key(one), b = key(other);
        if (typeof a === "number" && typeof b === "number") return a - b;
        if (typeof a === "number") return -1;
        if (typeof b === "number") return 1;
        return a.localeCompare(b, "en", {numeric: true});
      };
      rows.sort((one, other) => (down ? order(other, one) : order(one, other)));
      const visible = document.createDocumentFragment();
      rows.forEach((row) => visible.append(row));
      body.append(visible);
      rows.forEach((row, at) => (words[at] = row.textContent.toLowerCase()));
    });
  });
}
