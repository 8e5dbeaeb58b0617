"use strict";
// Sorts the table of results by the column whose name is pressed. Without this script the page is complete.
for (const table of document.querySelectorAll("table.data")) {
  const body = table.tBodies[0];
  if (!body) continue;
  const collator = new Intl.Collator(undefined, { numeric: true });
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const descending = header.getAttribute("aria-sort") === "ascending";
      for (const other of headers) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const text = (row) => row.cells[column].textContent;
      const blank = (row) => text(row) === "" || row.cells[column].classList.contains("na");
      const numbers = header.classList.contains("n");
      const compare = (one, other) =>
        numbers ? Number(text(one)) - Number(text(other)) : collator.compare(text(one), text(other));
      const rows = [...body.rows];
      rows.sort((one, other) =>
        blank(one) - blank(other) || (blank(one) ? 0 : descending ? compare(other, one) : compare(one, other)));
      body.append(...rows);
    });
  });
}
