// The audit site. Everything is drawn from the data in the page; nothing is asked of the network. What respondents and
// studies wrote enters the page as text alone, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("main");
  const study = data.study;
  const results = `results/${study.id}`;
  const CLEAN = "clean/responses.parquet", VERBATIM = "ingest/responses.parquet", SAMPLE = "clean/sample.csv";
  const VALUES = "manuscript/values.json", LEDGER = "clean/ledger.csv";
  const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  const digit = new Uint8Array(128);
  for (let at = 0; at < DIGITS.length; at++) digit[DIGITS.charCodeAt(at)] = at;

  // --- the page's elements ---

  function el(tag, given = {}, ...inside) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...inside.flat(Infinity).filter((part) => part !== null && part !== undefined && part !== false));
    return made;
  }

  function drawn(tag, given = {}, ...inside) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
    made.append(...inside.flat(Infinity).filter((part) => part !== null && part !== undefined && part !== false));
    return made;
  }

  const link = (route, ...inside) => el("a", { href: `#${route}` }, ...inside);
  const code = (text) => el("code", {}, text);
  const many = (n, one, more) => `${n.toLocaleString("en")} ${n === 1 ? one : more || `${one}s`}`;
  const withRoute = (name, value, given = {}) => [`${name}=${address(value)}`,
    ...Object.entries(given).map(([key, text]) => `${encodeURIComponent(key)}=${encodeURIComponent(text)}`)].join("&");
  const address = (text) => encodeURIComponent(text).replaceAll("%2F", "/");
  const tableRoute = (file, given) => withRoute("table", file, given);
  const exactly = (text) => `=${text}`;

  const PATHS = {
    good: "M9 1.6a7.4 7.4 0 1 0 0 14.8A7.4 7.4 0 0 0 9 1.6ZM5.4 9.2l2.5 2.5 4.8-5.2",
    bad: "M9 1.6a7.4 7.4 0 1 0 0 14.8A7.4 7.4 0 0 0 9 1.6ZM6.2 6.2l5.6 5.6M11.8 6.2l-5.6 5.6",
    look: "M9 1.8 17 16H1ZM9 7v4.2M9 13.2v.9",
  };
  const COLOURS = { good: "#24683f", bad: "#a6192e", look: "#8a5300" };

  function icon(kind, says) {
    const named = says ? { role: "img", "aria-label": says } : { "aria-hidden": "true" };
    return drawn("svg", { class: "icon", viewBox: "0 0 18 18", ...named },
      drawn("path", { d: PATHS[kind], fill: "none", stroke: COLOURS[kind], "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round" }));
  }

  function copyButton(text) {
    const said = el("span", { class: "sr", role: "status" });
    const button = el("button", { type: "button", class: "button", onclick: async () => {
      try { await navigator.clipboard.writeText(text); } catch { copyByHand(text); }
      button.firstChild.textContent = "Copied";
      said.textContent = "Copied";
      setTimeout(() => { button.firstChild.textContent = "Copy"; said.textContent = ""; }, 1500);
    } }, "Copy", said);
    return button;
  }

  function copyByHand(text) {
    const field = el("textarea", {}, text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  const command = (text) => el("div", { class: "command" }, code(text), copyButton(text));

  // --- tables: every distinct cell once, and per row which of them ---

  class Column {
    constructor(coded, rows) { this.coded = coded; this.values = coded.values; this.rows = rows; }

    get codes() {
      if (this.decoded === undefined) this.decoded = this.coded.codes === undefined ? null : this.decode();
      return this.decoded;
    }

    decode() {
      const { codes, width } = this.coded, found = new Uint32Array(this.rows);
      for (let row = 0, at = 0; row < this.rows; row++) {
        let number = 0;
        for (let end = at + width; at < end; at++) number = number * 64 + digit[codes.charCodeAt(at)];
        found[row] = number;
      }
      return found;
    }

    place(row) { return this.codes ? this.codes[row] : row; }

    cell(row) { return this.values[this.place(row)]; }

    // Whether its cells are numbers, so that they sort and stand as such.
    get numeric() {
      if (this.isNumeric === undefined) {
        const filled = this.values.filter((text) => text !== "");
        this.isNumeric = filled.length > 0 && filled.every((text) => text.trim() !== "" && Number.isFinite(Number(text)));
      }
      return this.isNumeric;
    }

    // Where each distinct cell comes in the order of the column; empty ones last.
    get ranks() {
      if (!this.ranked) {
        const numeric = this.numeric, collator = new Intl.Collator("en", { numeric: true });
        const order = this.values.map((_, at) => at).sort((a, b) => {
          const [x, y] = [this.values[a], this.values[b]];
          if (x === "" || y === "") return (x === "") - (y === "");
          return numeric ? x - y : collator.compare(x, y);
        });
        this.ranked = new Uint32Array(order.length);
        order.forEach((place, rank) => { this.ranked[place] = rank; });
      }
      return this.ranked;
    }

    // Rows that hold each distinct cell.
    get index() {
      if (!this.indexed) {
        this.indexed = new Map();
        for (let row = 0; row < this.rows; row++) {
          const text = this.cell(row);
          if (!this.indexed.has(text)) this.indexed.set(text, []);
          this.indexed.get(text).push(row);
        }
      }
      return this.indexed;
    }
  }

  class Table {
    constructor(given) {
      Object.assign(this, given);
      this.parts = given.cells.map((coded) => new Column(coded, given.rows));
      this.byName = new Map(given.columns.map((name, at) => [name, this.parts[at]]));
      // A CSV is numbered as a spreadsheet numbers it, its header being row 1.
      this.first = given.file.endsWith(".csv") ? 2 : 1;
    }

    column(name) { return this.byName.get(name); }

    cell(name, row) { const own = this.byName.get(name); return own ? own.cell(row) : ""; }

    rowsWhere(name, text) { const own = this.byName.get(name); return own ? own.index.get(text) || [] : []; }
  }

  const tables = new Map();
  for (const given of [...data.tables, data.values]) tables.set(given.file, new Table(given));
  const values = tables.get(VALUES);
  const clean = tables.get(CLEAN), verbatim = tables.get(VERBATIM), sample = tables.get(SAMPLE), ledger = tables.get(LEDGER);
  const showsRecords = Boolean(clean);
  const valueRow = new Map();
  for (let row = 0; row < values.rows; row++) valueRow.set(values.cell("key", row), row);

  const printedAt = new Map();
  data.printed.places.forEach(([, , , keys], at) => {
    for (const key of keys) {
      if (!printedAt.has(key)) printedAt.set(key, []);
      printedAt.get(key).push(at);
    }
  });
  addPrinted();

  // How often each value is printed, as a column of the values.
  function addPrinted() {
    const cells = [];
    for (let row = 0; row < values.rows; row++) cells.push(String((printedAt.get(values.cell("key", row)) || []).length));
    const distinct = [...new Set(cells)], places = new Map(distinct.map((text, at) => [text, at]));
    const column = new Column({ values: distinct }, values.rows);
    column.decoded = Uint32Array.from(cells, (text) => places.get(text));
    values.columns = ["key", "display", "printed", ...values.columns.slice(2)];
    values.byName.set("printed", column);
    values.parts = values.columns.map((name) => values.byName.get(name));
  }

  // --- records and how they are counted ---

  const terms = data.provenance.terms.map((own) => ({ ...data.provenance.no_term, ...own }));
  const recordRows = new Map();   // record: {sample, clean, verbatim}, its rows
  if (showsRecords) {
    for (const [kind, table] of [["sample", sample], ["clean", clean], ["verbatim", verbatim]]) {
      for (let row = 0; row < table.rows; row++) {
        const record = table.cell("record", row);
        if (!recordRows.has(record)) recordRows.set(record, {});
        recordRows.get(record)[kind] = row;
      }
    }
  }

  // The cell of a record as the terms name it: record, sample.NAME, or a column of the clean table.
  function cellOf(record, rows, column) {
    if (column === "record") return record;
    if (column.startsWith("sample.")) return rows.sample === undefined ? "" : sample.cell(column.slice(7), rows.sample);
    return rows.clean === undefined ? "" : clean.cell(column, rows.clean);
  }

  const has = (wanted, cell) => Array.isArray(wanted) ? wanted.includes(cell) : cell !== "" && Number(cell) <= wanted.at_most;
  const matches = (chosen, all, cell) => Object.entries(chosen)[all ? "every" : "some"](([column, wanted]) => has(wanted, cell(column)));

  function classify(term, cell) {
    const gone = cell("sample.excluded_by"), group = term.group, name = (group || "").replace(/^sample\./, "");
    if (term.among === "analysed" && gone) return `excluded: ${gone}`;
    if (group && (!cell(group) || cell(`${group}__missing`))) return `no level of ${name}`;
    if (group && term.level !== null && cell(group) !== term.level) return `another level of ${name}`;
    const why = term.item ? cell(`${term.item}__missing`) : "";
    if (!term.base.includes(why)) return why || "valid";
    if (term.within && !matches(term.within, false, cell)) return "other";
    if (!term.chosen || matches(term.chosen, term.match === "all", cell)) return "counted";
    return term.among === "export" ? (gone ? `excluded: ${gone}` : "analysed") : "in the base, another answer";
  }

  const ORDER = ["counted", "in the base, another answer", "analysed", "valid", "other", "dont_know", "not_applicable", "refused", "blank",
    "invalid", "not_asked", "another level", "no level", "excluded"];
  const rankOf = (name) => { const at = ORDER.findIndex((start) => name === start || (start.length > 6 && name.startsWith(start))); return at < 0 ? 99 : at; };

  // Class to its records, in the order above; the records in the order of the export.
  function classesOf(term) {
    const found = new Map();
    for (const [record, rows] of recordRows) {
      const name = classify(term, (column) => cellOf(record, rows, column));
      if (!found.has(name)) found.set(name, []);
      found.get(name).push(record);
    }
    return new Map([...found].sort(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1)));
  }

  const TINTS = { counted: "#1f4e79", "in the base, another answer": "#a9c4dd", analysed: "#a9c4dd", valid: "#a9c4dd", other: "#c8d6c4",
    not_asked: "#e4e4e8", blank: "#ead9b0", dont_know: "#d7c7e2", not_applicable: "#cfe0d2", refused: "#e6bfbf", invalid: "#cf8080" };
  const tint = (name) => TINTS[name] || (name.startsWith("excluded") ? "#8f8f96" : name.startsWith("another") ? "#d3dae1" : "#c0c4ca");
  const MISSING = { not_asked: "not asked", blank: "left blank", dont_know: "do not know", not_applicable: "not applicable",
    refused: "declined to answer", invalid: "not readable", valid: "gave an answer that counts", other: "gave the answer “other”",
    analysed: "analysed, not among them" };

  function inWords(name) {
    if (MISSING[name]) return MISSING[name];
    if (name.startsWith("excluded: ")) {
      const flow = tables.get("clean/flow.csv"), [row] = flow.rowsWhere("step", name.slice(10));
      return `excluded: ${row === undefined ? name.slice(10) : flow.cell("reason", row) || name.slice(10)}`;
    }
    const level = name.match(/^(another|no) level of (.*)$/);
    return level ? `${level[1]} level of “${data.items[level[2]] ? data.items[level[2]].label : level[2]}”` : name;
  }

  // --- items, columns and cells ---

  const itemName = (column) => column.replace(/(\[.*\]|__missing|__other)$/, "");
  const itemOf = (column) => data.items[itemName(column)];
  const optionOf = (column) => (column.match(/\[(.*)\]$/) || [])[1];

  function letters(position) {
    let text = "";
    for (let left = Number(position); left > 0; left = Math.floor((left - 1) / 26)) text = String.fromCharCode(65 + (left - 1) % 26) + text;
    return text;
  }

  function labelled(item, cell) {
    const option = item && item.options.find(([own]) => own === cell);
    return option && option[1] !== cell ? `${cell} (${option[1]})` : cell;
  }

  // Which columns of the export feed a clean column: those of its option, and those that several options share.
  function sourcesOf(column) {
    const item = itemOf(column), option = optionOf(column);
    if (!item) return [];
    return item.columns.filter(([, , own]) => option === undefined || !own || own === option);
  }

  function ledgerRows(record, column) {
    const name = itemName(column), option = optionOf(column);
    return ledger.rowsWhere("record", record).filter((row) => {
      const own = ledger.cell("item", row);
      if (own === name || own === column) return true;
      return itemName(own) === name && (option === undefined || data.items[name].type === "rank");
    });
  }

  const isWithheld = (text) => text.startsWith("withheld: ");
  const shownCell = (text) => isWithheld(text) ? el("em", { class: "soft" }, text) : el("span", { class: "raw" }, text);

  function cleanCell(rows, column) {
    if (column === "record") return null;
    if (column.startsWith("sample.")) {
      const name = column.slice(7), text = rows.sample === undefined ? "" : sample.cell(name, rows.sample);
      return el("p", { class: "cell" }, code(name), " = ", text || "–", " ",
        el("span", { class: "place" }, link(tableRoute(SAMPLE, { row: (rows.sample ?? 0) + 2 }), "match with the frame")));
    }
    if (rows.clean === undefined) return el("p", { class: "cell soft" }, "not cleaned: the record is excluded");
    const item = itemOf(column), why = clean.cell(`${itemName(column)}__missing`, rows.clean);
    const text = clean.cell(column, rows.clean);
    const says = item && item.type === "multiple" && text ? (text === "1" ? "ticked" : "not ticked") : labelled(item, text);
    return el("p", { class: "cell" }, code(column), " = ", isWithheld(text) ? shownCell(text) : says || (why ? "" : "–"),
      why && el("span", { class: "soft" }, `${says ? " " : ""}${MISSING[why] || why}`));
  }

  function rawCell(rows, [column, position, , , joined, file]) {
    const text = verbatim.cell(column, rows.verbatim), at = verbatim.cell(joined ? `${joined}.row` : "row", rows.verbatim);
    return el("p", { class: "cell" }, text === "" ? el("span", { class: "soft" }, "empty") : shownCell(text), " ",
      el("span", { class: "place" }, `${joined ? `${file} ` : ""}${at ? `row ${at}` : "no row"}, column ${letters(position)} `, code(column)));
  }

  function ledgerCell(row) {
    return el("p", { class: "cell" }, link(tableRoute(LEDGER, { row: row + 2 }), `row ${row + 2}`), ` ${ledger.cell("rule", row)}: ${ledger.cell("reason", row)}`,
      ledger.cell("clean", row).startsWith("<") ? "" : ` → ${ledger.cell("clean", row)}`);
  }

  // A page of rows with buttons to go on; `draw` gets the first row and the one after the last.
  function paged(total, size, draw, start = 0) {
    const box = el("div", {}), bar = el("div", { class: "pages" });
    let at = start;
    const show = () => {
      box.replaceChildren(draw(at, Math.min(total, at + size)));
      bar.replaceChildren(
        el("button", { type: "button", class: "button", disabled: at === 0, onclick: () => { at = Math.max(0, at - size); show(); } }, "Back"),
        el("button", { type: "button", class: "button", disabled: at + size >= total, onclick: () => { at += size; show(); } }, "On"),
        el("span", { role: "status" }, total ? `${(at + 1).toLocaleString("en")} to ${Math.min(total, at + size).toLocaleString("en")} of ${total.toLocaleString("en")}` : "none"));
    };
    show();
    return total > size ? el("div", {}, box, bar) : box;
  }

  function tableBox(label, table, free = false) {
    return el("div", { class: free ? "table-box free" : "table-box", role: "region", "aria-label": label, tabindex: "0" }, table);
  }

  // --- start ---

  function checks() {
    const table = tables.get("audit/checks.csv"), rows = [];
    for (let row = 0; row < table.rows; row++) {
      rows.push({ row, name: table.cell("check", row), what: table.cell("what", row), checked: Number(table.cell("checked", row)),
        failed: Number(table.cell("failed", row)), first: table.cell("first_failure", row) });
    }
    return rows;
  }

  function verification() {
    const all = checks(), failed = all.filter((one) => one.failed > 0);
    const sum = all.reduce((total, one) => total + one.checked, 0);
    const status = failed.length
      ? el("div", { class: "status bad" }, icon("bad", "Failed"), el("div", {},
        el("p", {}, el("strong", {}, `${failed.length} of ${many(all.length, "check")} failed.`), " Do not rely on these results before you know why."),
        failed.map((one) => el("p", {}, `${one.what}: ${many(one.failed, "failure")}. First: ${one.first}`))))
      : el("div", { class: "status" }, icon("good", "Passed"), el("div", {},
        el("p", {}, el("strong", {}, `All ${many(all.length, "check")} passed.`), ` ${many(sum, "single comparison")} were made when these results were.`),
        el("p", { class: "small" }, "These checks came with the results. To repeat them on your own machine: ", code("make verify"))));
    const list = el("ul", { class: "checks" }, all.map((one) => el("li", {},
      icon(one.failed ? "bad" : "good", one.failed ? "failed" : "passed"),
      el("span", {}, one.what, one.failed ? el("span", { class: "bad-text" }, ` ${one.failed} failed. First: ${one.first}`) : ""),
      el("span", { class: "n" }, one.checked.toLocaleString("en")))));
    return [status, el("details", { open: failed.length > 0 }, el("summary", {}, "What was checked, and how often"), list)];
  }

  // Lines of at most this many pixels.
  const measure = document.createElement("canvas").getContext("2d");
  function wrapped(text, width, font) {
    measure.font = font;
    const lines = [];
    for (const word of text.split(" ")) {
      const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
      if (lines.length && measure.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  // The records as a band down the page, as wide as they are many; those who leave turn off at the right.
  function diagram(width) {
    const font = `14px ${getComputedStyle(document.body).fontFamily}`;
    const bandMax = width < 480 ? 46 : 92, left = 2, textLeft = left + bandMax + (width < 480 ? 26 : 40), textWidth = width - textLeft - 2;
    const most = Math.max(1, ...data.stages.map((stage) => stage.n || 0));
    const scale = (n) => Math.max(n ? 2 : 0, (n / most) * bandMax);
    const svg = drawn("svg", { role: "group", "aria-label": "What was done, from the export to the audit" });
    const bands = drawn("g", { "aria-hidden": "true" }), words = drawn("g", {});
    let y = 8, before = null;

    function line(text, route, at, given = {}) {
      const made = drawn("text", { x: textLeft, y: at, "font-size": 14, fill: "#1d1d1f", ...given }, text);
      return route ? drawn("a", { href: `#${route}` }, made) : made;
    }

    const BAND = "#a9c4dd", LEAVING = "#e3b9bd", DOT = "#1f4e79";
    for (const stage of data.stages) {
      const top = y - 8, n = stage.n, last = stage === data.stages.at(-1);
      let at = y + 16;
      const title = drawn("text", { x: textLeft, y: at, "font-size": 16, "font-weight": 600, fill: "#1d1d1f" }, stage.title);
      if (n !== null) title.append(drawn("tspan", { "font-weight": 400, fill: "#555", dx: 8, "font-size": 14 }, many(n, "record")));
      words.append(title);
      at += 5;
      for (const [text, route] of stage.facts) {
        for (const part of wrapped(text, textWidth, font)) { at += 19; words.append(line(part, route, at)); }
      }
      // The band until the first record leaves, a piece of it for each reason, and the rest.
      let staying = before ?? n, from = top;
      for (const [reason, out, route] of stage.leaves) {
        at += 7;
        const start = at, thick = scale(out), edge = left + scale(staying);
        const middle = start + Math.max(15, thick / 2 + 4);
        at = middle - 15;
        for (const part of wrapped(`${reason}: ${out}`, textWidth - 18, font)) { at += 19; words.append(line(part, route, at, { x: textLeft + 18 })); }
        at = Math.max(at, middle + thick / 2);
        bands.append(drawn("rect", { "shape-rendering": "crispEdges", x: left, y: from, width: scale(staying), height: middle - thick / 2 - from + 0.5, fill: BAND }),
          drawn("path", { d: `M${edge - thick} ${middle - thick / 2}H${textLeft + 2}v${thick}H${edge - thick}Z`, fill: LEAVING }),
          drawn("path", { d: `M${textLeft + 2} ${middle - thick / 2 - 3}l9 ${thick / 2 + 3}l-9 ${thick / 2 + 3}Z`, fill: LEAVING }),
          drawn("rect", { "shape-rendering": "crispEdges", x: left, y: middle - thick / 2, width: scale(staying - out), height: thick + 0.5, fill: BAND }));
        staying -= out;
        from = middle + thick / 2;
      }
      y = at + 26;
      const end = last ? at : y - 7.5, middleOf = left + scale(before ?? n ?? 0) / 2;
      if (n === null) bands.append(drawn("rect", { "shape-rendering": "crispEdges", x: middleOf - 1.5, y: top, width: 3, height: end - top, fill: BAND }));
      else bands.append(drawn("rect", { "shape-rendering": "crispEdges", x: left, y: from, width: scale(staying), height: end - from, fill: BAND }));
      bands.append(drawn("circle", { cx: middleOf, cy: top + 19, r: 5.5, fill: DOT }));
      if (n !== null) before = n;
    }
    svg.setAttribute("viewBox", `0 0 ${width} ${y - 12}`);
    svg.append(bands, words);
    return svg;
  }

  let redraw = null;
  function diagramBox() {
    const box = el("div", { id: "diagram" });
    let drawnAt = 0;
    redraw = () => {
      const width = Math.round(box.clientWidth);
      if (width && width !== drawnAt) { drawnAt = width; box.replaceChildren(diagram(width)); }
    };
    requestAnimationFrame(() => redraw && redraw());
    return box;
  }
  addEventListener("resize", () => { if (redraw) redraw(); });

  function startPage() {
    return ["Audit", [
      el("h1", {}, "From the paper back to the answers"),
      el("p", { class: "lead" }, study.simulated ? el("strong", { class: "bad" }, "The data are simulated: no number here is a result of a survey. ") : "",
        `Every number of the manuscript can be followed to the ${many(data.export.records, "record")} of the export. Point at a number in the `,
        el("a", { href: "../manuscript/manuscript.html" }, "manuscript"), " and follow its link, or look a ", link("values", "number"), " up here."),
      el("div", { class: "columns" },
        el("section", { "aria-labelledby": "done" }, el("h2", { id: "done" }, "What was done"), diagramBox()),
        el("div", {},
          el("section", { "aria-labelledby": "verified" }, el("h2", { id: "verified" }, "Is it right?"), verification()),
          el("section", { "aria-labelledby": "first" }, el("h2", { id: "first" }, "What to check first"),
            data.look.length ? el("ul", { class: "look" }, data.look.map(([kind, text, route]) => el("li", {}, icon(kind, kind === "bad" ? "wrong" : "look"), el("span", {}, link(route, text)))))
              : el("p", {}, "Nothing stands out: no check or claim fails, no cell was left unread, nobody was excluded."),
            el("h3", {}, "On your own machine"),
            el("p", { class: "small" }, "In a clone of the project. The first recomputes everything and compares; the second prints the chain of one number."),
            command("make verify"), command(`python scripts/trace.py ${results} ${data.example}`),
          )),
      ),
      showsRecords ? null : notShown(),
    ]];
  }

  const notShown = () => el("p", { class: "notice" }, `Nothing on single records is shown: this study publishes no count of fewer than ${study.minimum_cell} `
    + `${study.units}, and a list of records would give such counts away. Whoever has the results folder can print them: `,
  code(`python scripts/trace.py ${results} KEY`), ".");

  // --- a value ---

  function expand(text) {
    const rows = [];
    for (const part of text.split(" ")) {
      const [first, last] = part.split("-").map(Number);
      for (let row = first; row <= (last || first); row++) rows.push(row);
    }
    return rows;
  }

  function provenanceAt(place) {
    const [measured, ofTerms, ofRows, ofPlaces, keys] = data.provenance.found[place];
    return { measure: data.provenance.measures[measured], terms: ofTerms.map((at) => terms[at]), rows: ofRows.map((at) => data.provenance.rows[at]),
      declared: ofPlaces.map((at) => data.provenance.declared[at]), values: keys };
  }

  // The sentence around a place of the manuscript: [where, before, the number, after].
  function sentence(at) {
    const [block, start, end] = data.printed.places[at], [where, text] = data.printed.blocks[block];
    let from = 0, to = text.length;
    for (const found of text.matchAll(/[.?!]\s+(?=[A-Z(])/g)) {
      const cut = found.index + found[0].length;
      if (cut <= start) from = cut;
      else if (found.index >= end) { to = found.index + 1; break; }
    }
    return [where, text.slice(from, start), text.slice(start, end), text.slice(end, to)];
  }

  function quotation(at) {
    const [where, before, number, after] = sentence(at);
    return el("blockquote", {}, el("span", { class: "where" }, where, " ", el("a", { href: `../manuscript/manuscript.html#v-${at + 1}` }, "see it in the manuscript")),
      before, el("mark", {}, number), after);
  }

  function placesList(key) {
    const places = printedAt.get(key) || [];
    if (!places.length) return el("p", { class: "soft" }, "The manuscript does not print this value; it may.");
    return [places.slice(0, 3).map(quotation), places.length > 3 && el("details", {}, el("summary", {}, many(places.length - 3, "more place")), places.slice(3).map(quotation))];
  }

  function rowFacts(table, row, hits) {
    return el("dl", { class: "facts row" }, table.columns.map((name, at) => {
      const text = table.parts[at].cell(row);
      return text === "" && !hits.includes(name) ? null
        : el("div", {}, el("dt", {}, name), el("dd", {}, el("span", { class: hits.includes(name) ? "hit" : false }, text || "empty")));
    }));
  }

  function rowLinks(found) {
    const rows = expand(found.rows), table = tables.get(found.file);
    const shown = rows.slice(0, 12).map((row) => table ? link(tableRoute(found.file, { row }), String(row)) : String(row));
    return el("p", { class: "cell" }, code(found.file), rows.length === 1 ? ", row " : ", rows ", shown.flatMap((one, at) => at ? [", ", one] : [one]),
      rows.length > 12 ? ` and ${many(rows.length - 12, "more", "more")}` : "", found.column ? [", column ", code(found.column)] : "");
  }

  function declaredAt({ file, line, key }) {
    const copy = data.copies.includes(file);
    return el("p", { class: "cell" }, copy ? el("a", { href: `study/${file}` }, code(file)) : code(file), line ? `, line ${line}` : "", key ? [": ", code(key)] : "",
      line === 0 && file.endsWith(".yaml") ? el("span", { class: "soft" }, " (left out; its default)") : "");
  }

  // What a term counts, as a sentence.
  function saysTerm(term) {
    const item = term.item && itemOf(term.item), said = [];
    const answer = (chosen, how) => Object.entries(chosen).map(([column, wanted]) => {
      const own = itemOf(column);
      if (column === "record") return "are named one by one";
      if (column.endsWith("__missing")) return `have as answer: ${wanted.map((kind) => MISSING[kind] || "one that counts").join(", ")}`;
      if (column.startsWith("sample.excluded_by")) return wanted[0] === "" ? "are analysed or left later" : "left at this rule";
      if (!Array.isArray(wanted)) return `answered at most ${wanted.at_most}`;
      if (own && own.type === "multiple") return `ticked “${labelOf(own, optionOf(column))}”`;
      if (own && own.type === "rank") return wanted.includes("") ? `did not rank “${labelOf(own, optionOf(column))}”` : `ranked “${labelOf(own, optionOf(column))}” ${wanted.includes("1") && wanted.length === 1 ? "first" : wanted.join(" or ")}`;
      return `answered ${wanted.map((cell) => `“${own ? labelOf(own, cell) : cell}”`).join(" or ")}`;
    }).join(how);
    said.push(term.among === "export" ? "Of all records of the export" : "Of the records analysed");
    if (term.group) {
      const grouping = itemOf(term.group) || {};
      said.push(term.level === null ? ` that have a level of “${grouping.label || term.group.replace("sample.", "")}”`
        : ` with ${grouping.label || term.group.replace("sample.", "")} “${labelOf(grouping, term.level)}”`);
    }
    if (term.item) {
      const kinds = term.base.map((kind) => kind === "" ? "answered" : MISSING[kind] || kind);
      said.push(`${term.group ? " and" : " that"} ${kinds.length === 1 && kinds[0] === "answered" ? "gave an answer that counts" : `are one of: ${kinds.join(", ")}`}`);
    }
    said.push(term.chosen ? `, those are counted that ${answer(term.chosen, term.match === "all" ? " and " : " or ")}.` : ", all are counted.");
    if (term.within) said.push(" Of the answers, only those other than “other” are in the base.");
    if (term.weight) said.push(" Their weights are summed.");
    if (term.without_record) said.push(` ${many(term.without_record, study.unit, study.units)} without a record come to it.`);
    return [item ? el("p", {}, el("strong", {}, item.question), item.asked_if ? el("span", { class: "soft" }, ` Asked if ${item.asked_if}.`) : "") : null, el("p", {}, said.join(""))];
  }

  const labelOf = (item, cell) => ((item.options || []).find(([own]) => own === cell) || [cell, cell])[1];

  // Does counting the records here give what the table says?
  function recount(found, classes, text) {
    const counted = (classes.get("counted") || []).length, term = found.terms[0];
    const base = counted + (classes.get("in the base, another answer") || []).length;
    const stated = Number(text);
    if (text === "" || Number.isNaN(stated) || found.terms.length !== 1) return null;
    let says = "", own = NaN;
    if (found.measure === "count") { own = counted + term.without_record; says = `Counted here: ${many(own, "record")}.`; }
    if (found.measure === "percent") { own = 100 * counted / base; says = `Counted here: ${counted} of ${base}, or ${own.toPrecision(10).replace(/\.?0+$/, "")}%.`; }
    if (found.measure === "weighted_percent") {
      const sum = (records) => records.reduce((total, record) => total + Number(cellOf(record, recordRows.get(record), term.weight)), 0);
      const [part, rest] = [sum(classes.get("counted") || []), sum(classes.get("in the base, another answer") || [])];
      own = 100 * part / (part + rest);
      says = `Counted here: weights of ${part.toFixed(4)} of ${(part + rest).toFixed(4)}, or ${own.toPrecision(8)}%.`;
    }
    if (!says) return null;
    const same = Math.abs(own - stated) <= 1e-6 * Math.max(1, Math.abs(stated));
    return el("p", { class: "formula" }, icon(same ? "good" : "bad", same ? "agrees" : "differs"), ` ${says} `,
      same ? "The table says the same." : el("strong", { class: "bad" }, `The table says ${text}.`));
  }

  function recordsPart(found, text) {
    const box = el("div", {}), named = found.terms.length > 1;
    const show = (term) => {
      const classes = classesOf(term);
      box.replaceChildren(...[saysTerm(term), recount(found, classes, text), classesView(term, classes)].flat(Infinity).filter(Boolean));
    };
    show(found.terms[0]);
    const chooser = named && el("p", {}, el("label", { for: "term" }, `Made from ${many(found.terms.length, "count")}: `),
      el("select", { id: "term", onchange: (event) => show(found.terms[event.target.value]) },
        found.terms.map((term, at) => el("option", { value: at }, termName(term, at)))));
    return [chooser, box];
  }

  function termName(term, at) {
    const units = tables.get("stats/dispositions.csv"), [row] = units.rowsWhere("code", term.label);
    if (row !== undefined) return `${term.label}: ${units.cell("definition", row)}`;
    return term.label ? (data.items[term.label] || { label: term.label }).label : term.level ?? `count ${at + 1}`;
  }

  function classesView(term, classes) {
    const total = [...classes.values()].reduce((sum, records) => sum + records.length, 0);
    const list = el("div", {}), buttons = [];
    const bar = el("div", { class: "bar", "aria-hidden": "true" }, [...classes].map(([name, records]) => el("span", { style: `flex: ${records.length} 0 0; background: ${tint(name)}` })));
    const choose = (name) => {
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.class === name)));
      list.replaceChildren(recordsTable(term, name, classes));
    };
    for (const [name, records] of classes) {
      buttons.push(el("button", { type: "button", class: "button", "data-class": name, "data-n": records.length, "aria-pressed": "false", onclick: () => choose(name) },
        el("span", { class: "swatch", style: `background: ${tint(name)}` }), el("span", { class: "n" }, records.length.toLocaleString("en")), inWords(name)));
    }
    buttons.push(el("button", { type: "button", class: "button", "data-class": "", "aria-pressed": "false", onclick: () => choose("") }, el("span", { class: "n" }, total.toLocaleString("en")), "all records"));
    choose(classes.has("counted") ? "counted" : "");
    return [bar, el("ul", { class: "classes" }, buttons.map((button) => el("li", {}, button))), el("h3", {}, "Their cells"), list];
  }

  const COLUMNS_AT_ONCE = 6;
  function recordsTable(term, only, classes) {
    const lines = [...classes].flatMap(([name, records]) => only && name !== only ? [] : records.map((record) => [record, name]));
    const columns = [...new Set([...term.columns, ...(term.group ? [term.group] : []), ...(term.item && !term.columns.some((one) => itemName(one) === term.item) ? [term.item] : [])])]
      .filter((column) => column !== "record" && column !== "sample.excluded_by");
    const few = columns.slice(0, COLUMNS_AT_ONCE);
    return paged(lines.length, 25, (from, to) => tableBox("Records and their cells", el("table", { id: "records" },
      el("thead", {}, el("tr", {}, ["Record", "Counted?", "Clean answer", "Changes on the way", `Verbatim cell of ${data.export.file}`].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, lines.slice(from, to).map(([record, name]) => {
        const rows = recordRows.get(record), changes = [...new Set(few.filter((column) => itemOf(column)).flatMap((column) => ledgerRows(record, column)))];
        const sources = [...new Map(few.flatMap(sourcesOf).map((one) => [one[0], one])).values()];
        return el("tr", { "data-record": record, "data-class": name }, el("th", { scope: "row" }, link(withRoute("record", record), record)), el("td", {}, inWords(name)),
          el("td", {}, few.map((column) => cleanCell(rows, column)), columns.length > few.length ? el("p", { class: "cell soft" }, `and ${columns.length - few.length} more: see the record`) : ""),
          el("td", {}, changes.length ? changes.map(ledgerCell) : el("span", { class: "soft" }, "none")),
          el("td", {}, rows.verbatim === undefined ? "" : sources.length ? sources.map((source) => rawCell(rows, source)) : el("p", { class: "cell" }, el("span", { class: "place" }, `row ${verbatim.cell("row", rows.verbatim)}`))));
      }))), true));
  }

  // Which jobs made a file, and what it was made from, in the order of the workflow.
  const maker = new Map();
  data.steps.forEach((step, at) => step.jobs.forEach((job) => job.outputs.forEach((file) => maker.set(file, { step, job, at }))));

  function madeBy(file) {
    const found = new Map(), open = [`${results}/${file}`];
    while (open.length) {
      const made = maker.get(open.pop());
      if (!made || found.has(made.job)) continue;
      found.set(made.job, made);
      open.push(...made.job.inputs);
    }
    return [...found.values()].sort((a, b) => a.at - b.at);
  }

  function stepsPart(file) {
    const made = madeBy(file);
    if (!made.length) return el("p", { class: "soft" }, `No step writes ${file}.`);
    const last = made.at(-1), names = [...new Set(made.map(({ step }) => step.rule))];
    return [el("p", {}, names.flatMap((name, at) => [at ? " → " : "", link(withRoute("step", name), name)])),
      el("p", { class: "small soft" }, "The last of them, to run alone:"), command(last.job.command)];
  }

  function chain(...parts) {
    return el("ol", { class: "chain" }, parts.filter(Boolean).map(([title, ...inside]) => el("li", {}, el("h2", {}, title), inside)));
  }

  function valuePage(key) {
    const row = valueRow.get(key);
    if (row === undefined) return missing(`There is no value with the key ${key}.`, "values");
    const [display, file, number, columns, unit] = ["display", "file", "row", "column", "unit"].map((name) => values.cell(name, row));
    const found = provenanceAt(data.provenance.of[row]), table = tables.get(file), at = number && table ? Number(number) - table.first : -1;
    const hits = columns.split(",").filter(Boolean), known = table && at >= 0 && at < table.rows;
    const cells = known ? hits.filter((name) => table.column(name)).map((name) => table.cell(name, at)) : [];
    const exact = found.measure === "count" && cells.length > 1 ? String(cells.reduce((sum, text) => sum + Number(text), 0)) : cells[0] || "";
    const counts = found.terms.length > 0;
    return [key, [
      el("p", { class: "small" }, link("values", "Numbers"), " › ", code(key)),
      el("h1", {}, el("span", { class: display.length > 60 ? "number long" : "number" }, display || "–")),
      about(found, table, at),
      el("p", { class: "soft small" }, "Key ", code(key), found.measure !== "rate" && exact && exact !== display ? `; exactly ${exact}${unit === "%" ? "%" : ""}` : ""),
      chain(
        ["Where it is printed", placesList(key)],
        known ? ["The row it stands in", el("p", {}, link(tableRoute(file, { row: number }), code(file), `, row ${number}`), ", ", hits.length > 1 ? "columns " : "column ", hits.flatMap((name, n) => [n ? ", " : "", code(name)])), rowFacts(table, at, hits)]
          : number ? ["The row it stands in", el("p", {}, code(file), `, row ${number}, column ${columns}`), showsRecords ? "" : notShown()] : null,
        ["How it follows", el("p", {}, `This is ${data.provenance.words[found.measure]}.`), found.rows.map(rowLinks), found.declared.map(declaredAt),
          found.values.map((other) => el("p", { class: "cell" }, valueRow.has(other) ? link(withRoute("value", other), code(other)) : code(other)))],
        counts ? ["Who was counted", showsRecords ? recordsPart(found, exact) : [saysTerm(found.terms[0]), notShown()]] : null,
        file.includes("/") ? ["The steps that made it", stepsPart(file)] : null),
    ]];
  }

  // The question that a value is about, and the answer where it is about one.
  function about(found, table, at) {
    const named = found.terms[0] && found.terms[0].item && data.items[found.terms[0].item];
    if (!named || found.terms.length > 1) return null;
    const answer = table && at >= 0 && table.column("option_label") ? table.cell("option_label", at) : "";
    return el("p", { class: "lead" }, named.question, answer ? [" ", el("strong", {}, answer)] : "");
  }

  function missing(text, route) {
    return ["Not found", [el("h1", {}, "Not found"), el("p", {}, text), el("p", {}, link(route, "Look here instead"))]];
  }

  // --- a record ---

  function recordPage(record) {
    if (!showsRecords) return ["Record", [el("h1", {}, "Records"), notShown()]];
    const rows = recordRows.get(record);
    if (!rows) return missing(`The export has no record ${record}.`, tableRoute(VERBATIM));
    const gone = cellOf(record, rows, "sample.excluded_by");
    const sections = study.domains.map(([domain, title]) => {
      const own = Object.entries(data.items).filter(([, item]) => item.domain === domain);
      return own.length ? [el("h2", {}, title), tableBox(`${title}: cells of record ${record}`, el("table", {},
        el("thead", {}, el("tr", {}, ["Question", "Clean answer", "Changes on the way", "Verbatim cell"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, own.map(([name, item]) => {
          const columns = rows.clean === undefined ? [] : clean.columns.filter((column) => itemName(column) === name && !column.endsWith("__missing"));
          const filled = columns.filter((column) => columns.length === 1 || !["", "0"].includes(clean.cell(column, rows.clean)));
          const changes = ledgerRows(record, name);
          return el("tr", {}, el("th", { scope: "row", title: item.question }, name), el("td", {}, filled.length ? filled.map((column) => cleanCell(rows, column)) : columns.length ? cleanCell(rows, columns[0]) : ""),
            el("td", {}, changes.map(ledgerCell)),
            el("td", {}, item.columns.filter(([column]) => item.columns.length === 1 || verbatim.cell(column, rows.verbatim) !== "").map((source) => rawCell(rows, source))));
        }))), true)] : null;
    });
    return [`Record ${record}`, [
      el("p", { class: "small" }, link(tableRoute(VERBATIM), "Records"), ` › ${record}`),
      el("h1", {}, `Record ${record}`),
      el("p", {}, gone ? ["It is ", el("strong", {}, inWords(`excluded: ${gone}`)), ". "] : "It is analysed. ",
        `In ${data.export.file} it is row ${verbatim.cell("row", rows.verbatim)}. `,
        link(tableRoute(SAMPLE, { row: rows.sample + 2 }), "How it matches the frame"), ". ", link(tableRoute(LEDGER, { record: exactly(record) }), "Its rows of the ledger"), "."),
      el("p", { class: "small soft" }, "Identifiers and free text are withheld. Of questions with several cells, those that are filled are shown."), sections,
    ]];
  }

  // --- the data browser ---

  function tablesPage() {
    const groups = new Map();
    for (const table of tables.values()) {
      if (!groups.has(table.group)) groups.set(table.group, []);
      groups.get(table.group).push(table);
    }
    const wanted = ["Records", "Cleaning", "Statistics", "Statistics by domain", "What the figures draw", "Audit"];
    return ["Data", [el("h1", {}, "Data"), el("p", {}, "Every table of the results, to search, filter and sort. Rows have the numbers that a spreadsheet gives them."),
      showsRecords ? null : notShown(),
      wanted.filter((name) => groups.has(name)).map((name) => [el("h2", {}, name), el("ul", { class: "cards" }, groups.get(name).map((table) => el("li", {},
        link(tableRoute(table.file), table.title), el("span", { class: "soft" }, `${table.file}, ${many(table.rows, "row")}`))))])]];
  }

  // A filter's text as a test of a cell: "=x" exactly, "!x" without, ">5", "<=0.05", anything else is part of the cell.
  function tester(text) {
    const compared = text.match(/^(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)$/i);
    if (compared) {
      const limit = Number(compared[2]);
      const test = { "<": (n) => n < limit, ">": (n) => n > limit, "<=": (n) => n <= limit, ">=": (n) => n >= limit }[compared[1]];
      return (cell) => cell !== "" && test(Number(cell));
    }
    if (text.startsWith("=")) { const wanted = text.slice(1); return (cell) => cell === wanted; }
    if (text.startsWith("!")) { const part = text.slice(1).toLowerCase(); return (cell) => !cell.toLowerCase().includes(part); }
    const part = text.toLowerCase();
    return (cell) => cell.toLowerCase().includes(part);
  }

  function filtered(table, state) {
    const keep = new Uint8Array(table.rows).fill(1);
    for (const [name, text] of Object.entries(state.filters)) {
      const column = table.column(name);
      if (!column || !text) continue;
      const test = tester(text), fits = column.values.map((cell) => test(cell));
      for (let row = 0; row < table.rows; row++) if (keep[row] && !fits[column.place(row)]) keep[row] = 0;
    }
    if (state.search) {
      const test = tester(state.search.replace(/^[=!<>]+/, (signs) => ` ${signs}`).trimStart()), hit = new Uint8Array(table.rows);
      for (const column of table.parts) {
        const fits = column.values.map((cell) => test(cell));
        if (!fits.includes(true)) continue;
        for (let row = 0; row < table.rows; row++) if (!hit[row] && fits[column.place(row)]) hit[row] = 1;
      }
      for (let row = 0; row < table.rows; row++) if (!hit[row]) keep[row] = 0;
    }
    const rows = [];
    for (let row = 0; row < table.rows; row++) if (keep[row]) rows.push(row);
    if (state.sort) {
      const column = table.column(state.sort), ranks = column.ranks, sign = state.down ? -1 : 1, empty = column.values.indexOf("");
      rows.sort((a, b) => {
        const [x, y] = [column.place(a), column.place(b)];
        if (x === y) return a - b;
        if (x === empty || y === empty) return x === empty ? 1 : -1;
        return sign * (ranks[x] - ranks[y]) || a - b;
      });
    }
    return rows;
  }

  function cellContent(table, name, text) {
    if (table === values && name === "key") return link(withRoute("value", text), text);
    if (name === "record" && showsRecords && recordRows.has(text)) return link(withRoute("record", text), text);
    if (name === "evidence") return evidence(text);
    if (name === "file" && tables.has(text)) return link(tableRoute(text), text);
    return text;
  }

  // "stats/crs/frequencies.csv rows 18-20" with a link to the first of the rows.
  function evidence(text) {
    const parts = [];
    let end = 0;
    for (const found of text.matchAll(/(\S+\.csv) rows? (\d+)(?:-\d+)?/g)) {
      if (!tables.has(found[1])) continue;
      parts.push(text.slice(end, found.index), link(tableRoute(found[1], { row: found[2] }), found[0]));
      end = found.index + found[0].length;
    }
    return [...parts, text.slice(end)];
  }

  function browser(table, given) {
    const state = { search: "", sort: "", down: false, page: 0, filters: {}, only: "" };
    const named = new Map(Object.entries(given));
    const target = named.has("row") ? Number(named.get("row")) - table.first : -1;
    for (const [name, text] of named) {
      if (table.column(name) && !(name === "row" && /^\d+$/.test(text) && table !== values)) state.filters[name] = text;
    }
    state.search = named.get("search") || "";
    const count = el("p", { class: "count", role: "status" }), box = el("div", {}), bar = el("div", { class: "pages" });
    let rows = [], size = 100, shownColumns = [];
    const wide = table.columns.length > 40;

    function chooseColumns() {
      const part = state.only.toLowerCase();
      shownColumns = table.columns.map((name, at) => [name, at]).filter(([name]) => !part || name === "record" || name.toLowerCase().includes(part)
        || (itemOf(name) && (itemOf(name).domain === part || itemOf(name).question.toLowerCase().includes(part))));
      size = shownColumns.length > 60 ? 20 : shownColumns.length > 25 ? 40 : 100;
    }

    function apply(keepPage = false) {
      rows = filtered(table, state);
      if (!keepPage) state.page = 0;
      count.textContent = `${rows.length.toLocaleString("en")} of ${many(table.rows, "row")}`;
      drawBody();
    }

    const body = el("tbody", {}), head = el("tr", {});
    function drawHead() {
      head.replaceChildren(el("th", { scope: "col" }, table.file.endsWith(".csv") ? "Row" : "No."), ...shownColumns.map(([name]) => {
        const sort = el("button", { type: "button", class: "sort", onclick: () => {
          [state.sort, state.down] = state.sort !== name ? [name, false] : state.down ? ["", false] : [name, true];
          for (const other of head.children) other.removeAttribute("aria-sort");
          if (state.sort) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
          apply();
        } }, name);
        const filter = el("input", { type: "search", "aria-label": `Filter ${name}`, placeholder: "Filter", value: state.filters[name] || "", oninput: (event) => {
          state.filters[name] = event.target.value;
          later(apply);
        } });
        const item = itemOf(name), cell = el("th", { scope: "col", title: item && wide ? item.question : false }, sort, filter);
        return cell;
      }));
    }

    function drawBody() {
      const from = state.page * size, part = rows.slice(from, from + size);
      body.replaceChildren(...part.map((row) => el("tr", { class: row === target ? "hit" : false, id: row === target ? "target" : false },
        el("th", { scope: "row" }, table.file.startsWith("stats/") || table.file.startsWith("figures/") ? link(withRoute("row", table.file, { row: row + table.first }), String(row + table.first)) : String(row + table.first)),
        shownColumns.map(([name, at]) => {
          const column = table.parts[at], text = column.cell(row);
          return el("td", { class: isWithheld(text) ? "withheld" : column.numeric ? "num" : false }, cellContent(table, name, text));
        }))));
      const pages = Math.max(1, Math.ceil(rows.length / size));
      const turn = (by) => { state.page += by; drawBody(); };
      bar.replaceChildren(...(pages > 1 ? [
        el("button", { type: "button", class: "button", disabled: state.page === 0, onclick: () => turn(-1) }, "Back"),
        el("button", { type: "button", class: "button", disabled: state.page >= pages - 1, onclick: () => turn(1) }, "On"),
        el("span", {}, `Page ${state.page + 1} of ${pages}`)] : []));
    }

    let waiting = 0;
    const later = (work) => { clearTimeout(waiting); waiting = setTimeout(work, 120); };

    chooseColumns();
    if (target >= 0) {
      rows = filtered(table, state);
      state.page = Math.max(0, Math.floor(rows.indexOf(target) / size));
    }
    drawHead();
    apply(true);
    box.append(tableBox(table.title, el("table", { id: "browser" }, el("thead", {}, head), body)));
    const tools = el("div", { class: "tools" },
      el("div", { class: "field" }, el("label", { for: "search" }, "Search all columns"), el("input", { id: "search", type: "search", value: state.search, oninput: (event) => { state.search = event.target.value; later(apply); } })),
      wide && el("div", { class: "field" }, el("label", { for: "only" }, "Show columns of"), el("input", { id: "only", type: "search", placeholder: "a name, question or domain", oninput: (event) => {
        state.only = event.target.value;
        later(() => { chooseColumns(); state.page = 0; drawHead(); apply(); });
      } })), count);
    return [tools, el("p", { class: "small soft" }, "A filter takes part of a cell, =exactly, !without, or >5 and <=0.05."), box, bar];
  }

  function showTarget() {
    const row = document.getElementById("target");
    if (row) row.scrollIntoView({ block: "center" });
  }

  function tablePage(file, given) {
    const table = tables.get(file);
    if (!table) return missing(showsRecords ? `There is no table ${file} here.` : `${file} is not shown: this study publishes no count of fewer than ${study.minimum_cell}.`, "tables");
    return [table.title, [el("p", { class: "small" }, link("tables", "Data"), ` › ${table.file}`), el("h1", {}, table.title), browser(table, given)], showTarget];
  }

  function valuesPage(given) {
    return ["Numbers", [el("h1", {}, "Numbers"), el("p", {}, "Every value that the manuscript may print. The key leads to its chain, back to the cells. To see those that are printed, filter ", code("printed"), " by ", code(">0"), "."),
      browser(values, given)], showTarget];
  }

  function rowPage(file, number) {
    const table = tables.get(file), row = table ? Number(number) - table.first : -1;
    if (!table || !(row >= 0 && row < table.rows)) return missing(`There is no row ${number} of ${file} here.`, "tables");
    const keys = values.rowsWhere("file", file).filter((at) => values.cell("row", at) === String(number));
    const place = (data.provenance.drawn[file] || [])[row], found = place === undefined ? null : provenanceAt(place);
    return [`${file}, row ${number}`, [
      el("p", { class: "small" }, link("tables", "Data"), " › ", link(tableRoute(file, { row: number }), file), ` › row ${number}`), el("h1", {}, `${table.title}, row ${number}`),
      chain(["Its cells", rowFacts(table, row, [])],
        keys.length ? ["Its values, each with its chain", el("ul", { class: "plainlist" }, keys.slice(0, 60).map((at) => el("li", {}, link(withRoute("value", values.cell("key", at)), values.cell("display", at) || "–"), " ", el("span", { class: "soft small" }, values.cell("key", at)))))] : null,
        found && found.rows.length ? [file.startsWith("figures/") ? "The rows of the statistics that it draws" : "The rows it is made from", found.rows.map(rowLinks),
          found.rows.flatMap((one) => expand(one.rows).slice(0, 4).map((at) => tables.has(one.file) ? el("p", { class: "cell" }, link(withRoute("row", one.file, { row: at }), `what row ${at} of ${one.file} counts`)) : null))] : null,
        found && found.terms.length ? ["Who was counted", showsRecords ? recordsPart(found, "") : [saysTerm(found.terms[0]), notShown()]] : null,
        found && found.declared.length ? ["Where it is stated", found.declared.map(declaredAt)] : null,
        ["The steps that made it", stepsPart(file)]),
    ]];
  }

  // --- steps ---

  function filesList(title, files) {
    const own = (file) => file.startsWith(`${results}/`) ? file.slice(results.length + 1) : "";
    return files.length ? el("details", {}, el("summary", {}, `${title}: ${many(files.length, "file")}`), el("ul", { class: "files" },
      files.map((file) => el("li", {}, tables.has(own(file)) ? link(tableRoute(own(file)), file) : file)))) : null;
  }

  function stepView(step, whole) {
    const jobs = whole ? step.jobs : step.jobs.slice(0, 1);
    return [
      el("p", {}, step.purpose),
      el("dl", { class: "facts" }, el("dt", {}, "Script"), el("dd", {}, code(step.script)), el("dt", {}, "Code version"), el("dd", {}, code(whole ? step.code_sha256 : step.code_sha256.slice(0, 16))),
        el("dt", {}, "Environment"), el("dd", {}, code(step.environment)),
        whole && [el("dt", {}, "Packages"), el("dd", {}, Object.entries(step.packages).map(([name, version]) => `${name} ${version}`).join(", ") || "none")]),
      whole && el("details", {}, el("summary", {}, `Its code: ${many(step.code.length, "file")} with their SHA-256`),
        el("ul", { class: "files" }, step.code.map((file) => el("li", {}, code(file), " ", el("span", { class: "soft code" }, data.code[file]))))),
      jobs.map((job) => [
        Object.keys(job.wildcards).length && whole ? el("h3", {}, Object.entries(job.wildcards).map(([name, value]) => `${name} ${value}`).join(", ")) : null,
        command(job.command),
        whole && [filesList("Reads", job.inputs), filesList("Writes", job.outputs), Object.keys(job.parameters).length
          ? el("details", {}, el("summary", {}, "Parameters"), el("dl", { class: "facts" }, Object.entries(job.parameters).map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]))) : null]]),
      !whole && step.jobs.length > 1 ? el("p", { class: "small soft" }, `and ${many(step.jobs.length - 1, "more job")} like it`) : null,
    ];
  }

  function stepsPage() {
    return ["Steps", [el("h1", {}, "Steps"), el("p", {}, "In the order of the workflow. Every command can be pasted in a clone of the project; how long each took is in ", code(`${results}/benchmarks/`), "."),
      data.steps.map((step) => el("section", { class: "step", "aria-labelledby": `step-${step.rule}` }, el("h2", { id: `step-${step.rule}` }, link(withRoute("step", step.rule), step.rule)), stepView(step, false)))]];
  }

  function stepPage(rule) {
    const step = data.steps.find((one) => one.rule === rule);
    if (!step) return missing(`No step is called ${rule}.`, "steps");
    return [rule, [el("p", { class: "small" }, link("steps", "Steps"), ` › ${rule}`), el("h1", {}, rule), stepView(step, true)]];
  }

  // --- claims and checklists ---

  const verdictBadge = (verdict) => el("span", { class: `badge ${{ holds: "good", fails: "bad" }[verdict] || "look"}` }, icon({ holds: "good", fails: "bad" }[verdict] || "look"), ` ${verdict}`);

  function claimsPage() {
    const claims = tables.get("stats/claims.csv"), published = tables.get("stats/comparators.csv");
    const rows = [...Array(claims.rows).keys()], order = { fails: 0, holds: 2 };
    rows.sort((a, b) => (order[claims.cell("verdict", a)] ?? 1) - (order[claims.cell("verdict", b)] ?? 1) || a - b);
    const figure = (row) => { const key = `claims.${claims.cell("claim", row)}.computed`, at = valueRow.get(key); return at === undefined ? claims.cell("computed", row) : link(withRoute("value", key), values.cell("display", at)); };
    const n = (verdict) => rows.filter((row) => claims.cell("verdict", row) === verdict).length;
    return ["Claims", [
      el("h1", {}, "Claims"), el("p", {}, `Sentences as predicates that were tested on these results: ${n("holds")} of ${rows.length} hold, ${n("fails")} fail.`),
      rows.length ? tableBox("Claims and their verdicts", el("table", { id: "claims" }, el("thead", {}, el("tr", {}, ["Claim", "Verdict", "Found", "Printed", "Of whom", "Evidence", "Note"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, rows.map((row) => el("tr", {}, el("td", {}, claims.cell("statement", row), el("br"), el("span", { class: "soft code" }, claims.cell("predicate", row))), el("td", {}, verdictBadge(claims.cell("verdict", row))),
          el("td", {}, figure(row)), el("td", {}, claims.cell("published", row)), el("td", {}, claims.cell("denominator", row) ? `${claims.cell("numerator", row)}/${claims.cell("denominator", row)}` : ""),
          el("td", {}, evidence(claims.cell("evidence", row))), el("td", {}, claims.cell("note", row), claims.cell("explained_by", row) ? ` ${claims.cell("explained_by", row)}` : ""))))), true) : el("p", {}, "This study states none."),
      el("p", {}, link(tableRoute("stats/claims.csv"), "All columns of the table")),
      published && published.rows ? [el("h2", {}, "Published surveys beside this one"), tableBox("Published surveys beside this one", el("table", {}, el("thead", {}, el("tr", {}, ["Question", "Here", "There", "Survey", "Difference", "Note"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, [...Array(published.rows).keys()].map((row) => {
          const own = (name) => published.cell(name, row), key = `comparator.${row + 1}.percent`, at = valueRow.get(key);
          return el("tr", {}, el("td", {}, own("question"), el("br"), el("span", { class: "soft" }, own("option_labels"))), el("td", {}, at === undefined ? own("percent") : link(withRoute("value", key), values.cell("display", at)), ` (${own("numerator")}/${own("denominator")})`),
            el("td", {}, `${own("published") || Number(own("published_percent")).toFixed(0)}%`, own("denominator_printed") === "yes" ? ` (${own("published_n")}/${own("published_denominator")})` : ""), el("td", {}, own("citation"), " doi:", own("doi")),
            el("td", { class: "num" }, own("difference") === "" ? "" : Number(own("difference")).toFixed(1)), el("td", {}, own("note")));
        }))), true)] : null,
    ]];
  }

  function checklistsPage() {
    return ["Checklists", [el("h1", {}, "Checklists"), el("p", {}, "What the reporting guidelines ask for, and where the manuscript answers it."),
      [["audit/cherries.csv", "CHERRIES"], ["audit/cross.csv", "CROSS"]].map(([file, name]) => {
        const table = tables.get(file), rows = [...Array(table.rows).keys()], kind = (status) => ({ reported: "good", missing: "bad" }[status] || "look");
        const open = rows.filter((row) => table.cell("status", row) === "missing").length;
        return [el("h2", {}, name), el("p", {}, `${rows.length - open} of ${rows.length} items are answered or set aside; ${open} are missing. `, link(tableRoute(file), "As a table to filter")),
          tableBox(name, el("table", {}, el("thead", {}, el("tr", {}, ["Item", "Status", "What is asked", "Answer", "Where"].map((head) => el("th", { scope: "col" }, head)))),
            el("tbody", {}, rows.map((row) => el("tr", {}, el("th", { scope: "row" }, table.cell("item", row)), el("td", {}, el("span", { class: `badge ${kind(table.cell("status", row))}` }, icon(kind(table.cell("status", row))), ` ${table.cell("status", row)}`)),
              el("td", {}, table.cell("what", row)), el("td", {}, table.cell("answer", row)), el("td", {}, table.cell("where", row)))))), true)];
      })]];
  }

  // --- routes ---

  const PARTS = { value: "values", values: "values", table: "tables", tables: "tables", row: "tables", record: "tables", step: "steps", steps: "steps", claims: "claims", checklists: "checklists" };

  function read(hash) {
    const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
    const [first, ...others] = hash.replace(/^#/, "").split("&").map((part) => { const at = part.indexOf("="); return at < 0 ? [part, ""] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]; });
    return [first[0] || "start", first[1], Object.fromEntries(others)];
  }

  function pageFor(name, value, given) {
    switch (name) {
      case "value": return valuePage(value);
      case "values": return valuesPage(given);
      case "table": return tablePage(value, given);
      case "tables": return tablesPage();
      case "row": return rowPage(value, given.row);
      case "record": return recordPage(value);
      case "steps": return stepsPage();
      case "step": return stepPage(value);
      case "claims": return claimsPage();
      case "checklists": return checklistsPage();
      default: return startPage();
    }
  }

  function show(focus) {
    const [name, value, given] = read(location.hash);
    redraw = null;
    const [title, content, after] = pageFor(name, value, given);
    main.replaceChildren(...content.flat(Infinity).filter(Boolean));
    document.title = `${title} – audit of ${study.title}${study.simulated ? " (simulated data)" : ""}`;
    for (const one of document.querySelectorAll("nav a")) {
      if (one.hash === `#${PARTS[name] || "start"}`) one.setAttribute("aria-current", "page");
      else one.removeAttribute("aria-current");
    }
    if (focus) { scrollTo(0, 0); main.focus({ preventScroll: true }); }
    if (after) after();
  }

  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  addEventListener("hashchange", () => show(true));
  show(false);
})();
