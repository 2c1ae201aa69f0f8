// Where a number comes from: shown when the mouse rests on it, when the keyboard reaches it, when it is tapped.
// Tables sort within their groups of rows. Nothing here is needed to read the page.
(() => {
  const told = JSON.parse(document.getElementById("sources").textContent);
  const note = document.getElementById("source");
  const marked = [...document.querySelectorAll(".value[data-value]")];
  let shown = null;
  let waiting = 0;

  // --- sources of numbers ---

  function line(text, name) {
    const made = document.createElement("p");
    made.textContent = text;
    made.className = name;
    return made;
  }

  function lines(value) {
    const [keys, base, interval, places] = told.values[value];
    const found = [base, interval && `${told.level} CI ${interval}`].filter(Boolean).join("; ");
    const sources = places.map(([file, row, columns]) => [
      told.files[file], row ? `row ${row}` : "", columns ? `column${columns.includes(",") ? "s" : ""} ${columns}` : "",
    ].filter(Boolean).join(", "));
    return [found && line(found, "found"), ...sources.map((text) => line(text, "place")), line(`Key: ${keys}`, "key"),
      follow(keys)].filter(Boolean);
  }

  // "boost.yes.n_of, .percent" are the keys boost.yes.n_of and boost.yes.percent. Each leads to the audit site.
  function follow(keys) {
    const short = keys.split(", ");
    const stem = short[0].slice(0, short[0].lastIndexOf("."));
    const made = line("", "follow");
    for (const name of short) {
      const link = document.createElement("a");
      link.href = `../audit/index.html#value=${encodeURIComponent(name.startsWith(".") ? stem + name : name)}`;
      const last = name.slice(name.lastIndexOf(".") + 1);
      link.textContent = short.length > 1 ? last : "Follow it to its cells";
      made.append(link);
    }
    if (short.length > 1) made.prepend("Follow it to its cells: ");
    return made;
  }

  function show(value, pointer) {
    clearTimeout(waiting);
    if (value === shown) return;
    hide();
    shown = value;
    note.replaceChildren(...lines(value.dataset.value));
    note.hidden = false;
    value.classList.add("shown");
    value.setAttribute("aria-describedby", note.id);
    place(value, pointer);
  }

  function hide() {
    clearTimeout(waiting);
    if (!shown) return;
    shown.classList.remove("shown");
    shown.removeAttribute("aria-describedby");
    shown = null;
    note.hidden = true;
  }

  // Below the line of the number, or above it where there is no room; never past the edge of the screen.
  function place(value, pointer) {
    const rows = [...value.getClientRects()];
    const row = rows.find((one) => pointer && pointer.clientY >= one.top && pointer.clientY <= one.bottom) || rows[0];
    note.style.left = note.style.top = "0";
    const { width, height } = note.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(row.left, room - width - 8));
    const below = row.bottom + 4 + height <= innerHeight;
    const top = below ? row.bottom + 4 : Math.max(4, row.top - height - 4);
    note.style.left = `${left + scrollX}px`;
    note.style.top = `${top + scrollY}px`;
  }

  const valueAt = (event) => event.target instanceof Element ? event.target.closest(".value[data-value]") : null;

  document.addEventListener("pointerover", (event) => {
    const value = valueAt(event);
    if (value) show(value, event);
    else if (event.target instanceof Element && event.target.closest("#source")) clearTimeout(waiting);
    else if (shown && event.pointerType === "mouse" && document.activeElement !== shown) {
      clearTimeout(waiting);
      waiting = setTimeout(hide, 200);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!valueAt(event) && !(event.target instanceof Element && event.target.closest("#source"))) hide();
  });
  document.addEventListener("click", (event) => {
    const value = valueAt(event);
    if (value) show(value, event);
  });
  document.addEventListener("focusin", (event) => {
    const value = valueAt(event);
    if (value) show(value);
  });
  // The note stays while the keyboard or the mouse is in it.
  document.addEventListener("focusout", (event) => {
    const left = event.target === shown || note.contains(event.target);
    if (left && event.relatedTarget !== shown && !note.contains(event.relatedTarget)) hide();
  });
  document.addEventListener("scroll", () => { if (shown) place(shown); }, true);
  addEventListener("resize", hide);

  // In the text every number can be reached with the Tab key; in a table one can, and from it arrow keys lead to others.
  for (const value of marked) value.tabIndex = value.closest("table") ? -1 : 0;
  for (const table of document.querySelectorAll("table")) {
    const first = table.querySelector(".value[data-value]");
    if (first) first.tabIndex = 0;
  }

  function step(value, key) {
    const table = value.closest("table");
    const all = [...table.querySelectorAll(".value[data-value]")];
    const at = all.indexOf(value);
    if (key === "ArrowRight") return all[at + 1];
    if (key === "ArrowLeft") return all[at - 1];
    if (key === "Home") return all[0];
    if (key === "End") return all[all.length - 1];
    const column = value.getBoundingClientRect().left;
    const row = value.closest("tr");
    const rows = [...table.querySelectorAll("tr")].filter((one) => one === row || one.querySelector(".value[data-value]"));
    const next = rows[rows.indexOf(row) + (key === "ArrowDown" ? 1 : -1)];
    const away = (one) => Math.abs(one.getBoundingClientRect().left - column);
    return next && [...next.querySelectorAll(".value[data-value]")].sort((a, b) => away(a) - away(b))[0];
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (note.contains(document.activeElement)) shown.focus();
      return hide();
    }
    const value = valueAt(event);
    if (value && value === shown && event.key === "Enter") {
      event.preventDefault();  // or the link would be followed at once
      note.querySelector("a").focus();
    }
    if (!value || !value.closest("table") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const next = step(value, event.key);
    if (!next) return;
    value.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  if (marked.length) {
    const hint = line("Where a number comes from is shown when you point at it, tap it, or reach it with the Tab key, "
      + "with a link to the cells that it counts (the Enter key leads to it); within a table, arrow keys lead from number to "
      + "number.", "reading-hint");
    (document.querySelector("header") || document.body.firstElementChild).append(hint);
  }

  // The audit site leads to a number by its place in the text.
  function arrive() {
    const target = location.hash.startsWith("#v-") && document.getElementById(location.hash.slice(1));
    if (!target) return;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  }
  addEventListener("hashchange", arrive);
  arrive();

  // --- tables ---

  // "98/106", "92%", "<0.001", "14 (7 to 21)", "12,500" and "−0.13" begin with a number; a dash and a word do not.
  function number(text) {
    const found = text.trim().match(/^([<>]?)([−-]?\d+(?:,\d{3})*(?:\.\d+)?)/);
    if (!found) return NaN;
    const value = Number(found[2].replace("−", "-").replaceAll(",", ""));
    return value + (found[1] === "<" ? -1e-9 : found[1] === ">" ? 1e-9 : 0);
  }

  function compare(a, b) {
    const [x, y] = [number(a), number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  }

  function sort(table, column, direction) {
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("row-group"));
      const text = (row) => row.cells[column].textContent.trim();
      const empty = (row) => ["", "–"].includes(text(row));
      rows.sort((a, b) => a.dataset.place - b.dataset.place);
      if (direction) {
        rows.sort((a, b) => empty(a) - empty(b) || (empty(a) ? 0 : direction * compare(text(a), text(b))));
      }
      body.append(...rows);
    }
  }

  for (const table of document.querySelectorAll("table.can-be-sorted")) {
    const groups = [...table.tBodies].map((body) => [...body.rows].filter((row) => !row.classList.contains("row-group")));
    if (!groups.some((rows) => rows.length > 1)) continue;
    groups.flat().forEach((row, at) => { row.dataset.place = at; });
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        hide();
        const next = { ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")] || "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next !== "none") head.setAttribute("aria-sort", next);
        sort(table, column, { ascending: 1, descending: -1, none: 0 }[next]);
      });
    });
  }

  // A table that is not wider than its box needs no stop of the Tab key.
  const boxes = new ResizeObserver((found) => {
    for (const { target } of found) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".table-box")) boxes.observe(box);
})();
