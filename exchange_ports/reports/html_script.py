"""The script of a report in HTML: it filters the rows of rules. A content security policy allows it by its hash.

The first two functions decide and touch no page; a test runs them with Node.js. Every row carries its values as
`data-` attributes, one a line.
"""

from typing import Final

FILTER: Final = """
"use strict";
function allowsPort(ports, wanted) {
  const asked = wanted.trim().toLowerCase().replace(/^(tcp|udp)\\/(.*)$/, "$2/$1");
  if (asked === "") return true;
  const port = /^([0-9]+)(?:\\/(tcp|udp))?$/.exec(asked);
  return ports.some(function (one) {
    if (port === null) return one.includes(asked);
    if (one === "any") return true;
    const range = /^([0-9]+)(?:-([0-9]+))?\\/(tcp|udp)$/.exec(one);
    if (range === null || (port[2] !== undefined && port[2] !== range[3])) return false;
    return Number(range[1]) <= Number(port[1]) && Number(port[1]) <= Number(range[2] || range[1]);
  });
}
function isShown(row, wanted) {
  return Object.keys(wanted).every(function (name) {
    const values = (row[name] || "").split("\\n");
    if (name === "port") return allowsPort(values, wanted[name]);
    return wanted[name] === "" || values.includes(wanted[name]);
  });
}
function start(page) {
  const form = page.getElementById("filter");
  const rows = Array.from(page.querySelectorAll("tr[data-port]"));
  const tables = Array.from(new Set(rows.map(function (row) { return row.closest("div"); })));
  function apply() {
    const wanted = {};
    for (const field of form.querySelectorAll("[name]")) wanted[field.name] = field.value;
    let shown = 0;
    for (const row of rows) {
      row.hidden = !isShown(row.dataset, wanted);
      shown += row.hidden ? 0 : 1;
    }
    for (const table of tables) table.hidden = !table.querySelector("tr[data-port]:not([hidden])");
    form.classList.toggle("filtered", shown < rows.length);
    form.querySelector("output").textContent = shown + " of " + rows.length + " rows shown";
  }
  function reveal() {
    const id = decodeURIComponent(page.location.hash.slice(1));
    const row = id && page.getElementById(id) ? page.getElementById(id).closest("tr") : null;
    if (row && row.hidden) { form.reset(); apply(); row.scrollIntoView(); }
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(apply); });
  page.defaultView.addEventListener("hashchange", reveal);
  form.hidden = false;
  apply();
}
if (typeof document !== "undefined") start(document);
"""
