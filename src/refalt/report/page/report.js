"use strict";
(() => {
  const STEP = 50;
  const byId = (id) => document.getElementById(id);
  const say = (text) => { byId("status").textContent = text; };

  /* Sorting: a button in every heading; missing values stay at the end either way. */
  const valueOf = (row, column, kind) => {
    const cell = row.children[column];
    if (kind === "text") return cell.textContent.trim().toLowerCase();
    const holder = cell.querySelector("[data-value]");
    return holder ? Number(holder.dataset.value) : NaN;
  };
  const compare = (first, second, down) => {
    const gone = [first, second].map((value) => Number.isNaN(value) || value === "");
    if (gone[0] || gone[1]) return gone[0] - gone[1];
    const order = typeof first === "string" ? first.localeCompare(second, undefined, { numeric: true }) : first - second;
    return down ? -order : order;
  };
  const sortBy = (table, heading) => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    const column = [...heading.parentNode.children].indexOf(heading);
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [valueOf(row, column, heading.dataset.sort), row]);
    keyed.sort((one, other) => compare(one[0], other[0], down));
    body.append(...keyed.map((pair) => pair[1]));
    for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const heading of table.querySelectorAll("th[data-sort]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      heading.setAttribute("scope", "col");
      button.addEventListener("click", () => sortBy(table, heading));
    }
  }

  /* Filtering of a table that is in the page. */
  for (const form of document.querySelectorAll("form[data-for]")) {
    const rows = [...byId(form.dataset.for).tBodies[0].rows];
    const words = rows.map((row) => row.textContent.toLowerCase());
    const fields = [...form.querySelectorAll("[data-filter]")];
    const filter = () => {
      let shown = 0;
      rows.forEach((row, place) => {
        row.hidden = !fields.every((field) => field.dataset.filter === "text"
          ? words[place].includes(field.value.trim().toLowerCase())
          : field.value === "" || row.dataset[field.dataset.filter] === field.value);
        shown += row.hidden ? 0 : 1;
      });
      say(`${shown} rows shown`);
    };
    for (const field of fields) field.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  /* Variants: rows come from the page's own JSON and are only ever written as text. */
  const explore = () => {
    const lists = JSON.parse(byId("explorer-rows").textContent);
    const withheld = JSON.parse(byId("explorer-withheld").textContent);
    const body = byId("explorer-table").tBodies[0];
    const [score, list, search] = ["score", "list", "search"].map((name) => byId(`explorer-${name}`));
    const more = byId("explorer-more");
    let limit = STEP;
    const cellOf = (row, column) => {
      const cell = document.createElement("td");
      const holder = document.createElement("span");
      const value = row[column];
      if (column === "variant") cell.className = "breaks";
      if (Array.isArray(value)) {
        cell.className = "right";
        if (value[1] !== null) holder.dataset.value = String(value[1]);
      }
      holder.dataset.cell = `comparison:${row.key}:${column}`;
      holder.textContent = Array.isArray(value) ? value[0] : value || "–";
      cell.append(holder);
      return cell;
    };
    const show = () => {
      const wanted = search.value.trim().toLowerCase();
      const rows = lists[score.value][list.value];
      const found = rows.filter((row) => `${row.variant} ${row.target} ${row.cluster}`.toLowerCase().includes(wanted));
      body.replaceChildren(...found.slice(0, limit).map((row) => {
        const line = document.createElement("tr");
        line.append(...["variant", "target", "score", "effect", "label", "cluster"].map((column) => cellOf(row, column)));
        return line;
      }));
      const reason = list.value === "disagreeing" ? withheld[score.value] : undefined;
      byId("explorer-reason").textContent = reason ? `Withheld: ${reason}` : "";
      byId("explorer-reason").hidden = !reason;
      more.hidden = found.length <= limit;
      for (const heading of byId("explorer-table").querySelectorAll("th")) heading.removeAttribute("aria-sort");
      say(`${Math.min(limit, found.length)} of ${found.length} rows shown`);
    };
    const again = () => { limit = STEP; show(); };
    for (const field of [score, list, search]) field.addEventListener("input", again);
    more.addEventListener("click", () => { limit += STEP; show(); });
    byId("explorer-controls").addEventListener("submit", (event) => event.preventDefault());
    show();
    say("");
  };
  if (byId("explorer-rows")) explore();

  /* Copying. */
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say("Copied");
  };
  const asText = (cell) => {
    const holder = cell.querySelector("[data-value]");
    return (holder ? holder.dataset.value : cell.textContent).trim().replace(/\s+/g, " ");
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => {
      const rows = [...byId(button.dataset.copy).rows].filter((row) => !row.hidden);
      copy(rows.map((row) => [...row.children].map(asText).join("\t")).join("\n") + "\n");
    });
  }
  for (const button of document.querySelectorAll("[data-copy-text]")) {
    button.addEventListener("click", () => copy(byId(button.dataset.copyText).textContent.trim().replace(/\s+/g, " ")));
  }

  /* The cell that a value came from, shown when it is pointed at. */
  document.addEventListener("mouseover", (event) => {
    const holder = event.target.closest("span[data-cell]");
    if (holder && !holder.title) holder.title = holder.dataset.cell;
  });

  /* On paper nothing is folded but what says again, metric by metric, what the page says already. */
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not(.more):not(figure details)")) details.open = true;
  });
})();
