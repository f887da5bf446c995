// Search and filters of a table, kept in the address's fragment so that other pages link to a choice.
"use strict";
for (const form of document.querySelectorAll("form[data-filter]")) {
  const id = form.dataset.filter;
  const rows = [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    verdicts: row.dataset.verdict.split("|"),
  }));
  const count = document.querySelector(`[data-count="${id}"]`);

  const show = () => {
    const { words, area, verdict } = form.elements;
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text, verdicts } of rows) {
      const fits =
        asked.every((word) => text.includes(word)) &&
        (!area.value || row.dataset.area === area.value) &&
        (!verdict.value || verdicts.includes(verdict.value));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown === rows.length ? `All ${shown} are shown.` : `${shown} of ${rows.length} are shown.`;
  };

  const fromAddress = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const name of ["words", "area", "verdict"]) form.elements[name].value = asked.get(name) || "";
    show();
  };

  const toAddress = () => {
    const asked = new URLSearchParams();
    for (const name of ["words", "area", "verdict"]) {
      if (form.elements[name].value) asked.set(name, form.elements[name].value);
    }
    history.replaceState(null, "", `#${asked}`);
    show();
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", toAddress);
  form.addEventListener("reset", () => setTimeout(toAddress));
  addEventListener("hashchange", fromAddress);
  fromAddress();
}
