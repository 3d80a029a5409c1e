"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("main");
  const said = document.getElementById("said");
  const PAGE = 200;
  const WORDS = { covered: "covered", dark: "dark", unknown: "cannot be told" };
  const SIGNS = { covered: "●", dark: "○", unknown: "?" };
  const LEVELS = ["error", "warning", "note"];

  /** An element; text is always text, never markup. */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((it) => it !== null && it !== undefined));
    return node;
  }

  /** Text in which names of code stand between backticks. */
  const prose = (text) => text.split("`").map((it, at) => (at % 2 ? el("code", {}, it) : it));

  const percent = ([covered, total]) => (total ? (covered * 100) / total : null);
  // Rounded down: 99.9 is not all.
  const shown = (tally) => (tally[1] ? `${Math.floor(percent(tally) + 1e-9)} %` : "–");
  const grade = (tally) => (tally[1] ? `c${Math.min(4, Math.floor(percent(tally) / 20))}` : "cn");
  const dimension = (name) => data.dimensions.indexOf(name);
  const title = (name) => name.replace("-", " ");
  const fileLink = (file, line) => `#/file/${encodeURIComponent(data.files[file].path)}${line ? `?line=${line}` : ""}`;

  // --- The tree of directories, with sums -----------------------------------------------------------------------------------

  const tree = { name: "", path: "", children: new Map(), tallies: data.all, file: null };
  data.files.forEach((file, index) => {
    let node = tree;
    const parts = file.path.split("/");
    parts.forEach((part, at) => {
      if (!node.children.has(part)) {
        const path = parts.slice(0, at + 1).join("/");
        const none = data.dimensions.map(() => [0, 0, 0]);
        node.children.set(part, { name: part, path, children: new Map(), tallies: none, file: null });
      }
      node = node.children.get(part);
      if (at === parts.length - 1) node.file = index;
      node.tallies = node.tallies.map((tally, d) => tally.map((it, i) => it + file.tallies[d][i]));
    });
  });
  /** Where a directory holds nothing but one directory, both are one step. */
  function opened(node) {
    while (node.children.size === 1 && [...node.children.values()][0].children.size) node = [...node.children.values()][0];
    return node;
  }
  const size = (node) => Math.max(node.tallies[dimension("functions")]?.[1] ?? 0, 0);

  // --- Overview ---------------------------------------------------------------------------------------------------------------

  let coloured = data.dimensions.includes("reach") ? "reach" : data.dimensions[0];

  function overview(path) {
    const parts = [heading(path ? path : "Overview")];
    if (!path) {
      parts.push(gate(), cards());
      if (data.change) parts.push(change());
    }
    parts.push(el("h3", {}, "Where it is dark"), mapTools(path), treemap(path));
    if (!path && data.layers.length > 1) parts.push(el("h3", {}, "Layers"), layers());
    if (!path && data.unread.length) parts.push(unread());
    main.replaceChildren(...parts.filter(Boolean));
  }

  function heading(text) {
    const node = el("h2", { tabindex: "-1" }, text);
    document.title = `${text} – telemetry coverage`;
    queueMicrotask(() => navigated && node.focus({ preventScroll: true }));
    return node;
  }

  function gate() {
    if (!data.gate.length) return null;
    const failed = data.gate.filter((it) => !it.passed);
    const words = failed.length ? `The gate failed: ${failed.map((it) => it.text).join("; ")}` : `The gate passed (${data.gate.length}).`;
    return el("p", { class: failed.length ? "bad" : "good" }, words);
  }

  function cards() {
    const one = (name, d) => {
      const tally = data.all[d];
      if (!tally[1] && !tally[2]) return null;
      const about = `${tally[0].toLocaleString("en")} of ${tally[1].toLocaleString("en")}` + (tally[2] ? `, ${tally[2].toLocaleString("en")} unknown` : "");
      const bar = el("div", { class: "bar", "aria-hidden": "true" }, el("i", { style: `width:${percent(tally) ?? 0}%` }));
      return el("div", { class: "card", role: "listitem" }, el("span", {}, title(name)), el("b", {}, shown(tally)), bar, el("span", {}, about));
    };
    return el("div", { class: "cards", role: "list" }, data.dimensions.map(one));
  }

  function change() {
    const one = (it) => el("li", {}, el("a", { href: fileLink(it.file, it.line) }, it.name), ` ${WORDS[it.before]} → ${WORDS[it.now]}`, it.touched ? "" : " (not itself changed)");
    return el("section", {}, el("h3", {}, `The change against ${data.change.against}`), el("ul", {}, data.change.functions.map(one)));
  }

  function layers() {
    const head = ["layer", "files", ...data.dimensions.map(title)];
    const rows = data.layers.map((it) => ({ cells: [it.name, it.files, ...it.tallies], link: null }));
    return sortable(head, rows, 0);
  }

  function unread() {
    const one = ([file, reason]) => el("li", {}, `${file}: ${reason}`);
    return el("details", {}, el("summary", {}, `Nothing is known of ${data.unread.length} files`), el("ul", {}, data.unread.map(one)));
  }

  function mapTools(path) {
    const choose = el("select", { onchange: (event) => { coloured = event.target.value; render(); } },
      data.dimensions.map((it) => el("option", { value: it, selected: it === coloured }, title(it))));
    const up = path ? el("a", { href: `#/dir/${encodeURIComponent(path.split("/").slice(0, -1).join("/"))}` }, "Up") : null;
    const names = ["0–19 %", "20–39 %", "40–59 %", "60–79 %", "80–100 %", "nothing known"];
    const legend = names.map((it, at) => el("span", {}, el("i", { class: at === 5 ? "cn" : `c${at}` }), it));
    return el("div", { class: "tools" }, el("label", {}, "Coloured by", choose), up, el("span", { class: "legend" }, legend));
  }

  function treemap(path) {
    let node = tree;
    for (const part of path ? path.split("/") : []) node = node.children.get(part) ?? node;
    node = opened(node);
    const map = el("div", { class: "map", role: "group", "aria-label": `Treemap of ${node.path || "all files"}, sized by functions` });
    requestAnimationFrame(() => {
      const [width, height] = [map.clientWidth, map.clientHeight];
      const d = dimension(coloured);
      const tiles = [];
      for (const [child, x, y, w, h] of squarified(node, 0, 0, width, height)) {
        const inner = opened(child);
        tiles.push(tile(child, d, x, y, w, h, inner.path.slice(node.path ? node.path.length + 1 : 0)));
        if (child.children.size && w > 60 && h > 50) {
          for (const [leaf, lx, ly, lw, lh] of squarified(inner, x + 3, y + 20, w - 6, h - 23)) {
            if (lw > 9 && lh > 9) tiles.push(tile(leaf, d, lx, ly, lw, lh, leaf.name));
          }
        }
      }
      map.replaceChildren(...tiles);
    });
    return map;
  }

  function tile(node, d, x, y, w, h, name) {
    const tally = node.tallies[d];
    const label = `${node.path}: ${shown(tally)} of ${title(coloured)}, ${size(node)} functions`;
    const place = `left:${x}px;top:${y}px;width:${w}px;height:${h}px`;
    const go = () => { location.hash = node.file === null ? `#/dir/${encodeURIComponent(node.path)}` : fileLink(node.file); };
    return el("button", { class: grade(tally), style: place, title: label, "aria-label": label, onclick: go }, w > 34 && h > 14 ? `${name} ${shown(tally)}` : "");
  }

  /** Rectangles as square as can be, the largest first. */
  function squarified(node, x, y, width, height) {
    const all = [...node.children.values()].filter((it) => size(it) > 0).sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1));
    const sum = all.reduce((total, it) => total + size(it), 0);
    const scale = sum ? (width * height) / sum : 0;
    const placed = [];
    let at = 0;
    while (at < all.length && width > 1 && height > 1) {
      const side = Math.min(width, height);
      let row = [], area = 0, worst = Infinity;
      while (at + row.length < all.length) {
        const next = size(all[at + row.length]) * scale;
        const areas = [...row.map((it) => it[1]), next];
        const total = area + next;
        const ratio = Math.max((side * side * Math.max(...areas)) / (total * total), (total * total) / (side * side * Math.min(...areas)));
        if (ratio > worst) break;
        [worst, area] = [ratio, total];
        row.push([all[at + row.length], next]);
      }
      const depth = area / side;
      let along = 0;
      for (const [child, part] of row) {
        const length = part / depth;
        placed.push(width <= height ? [child, x + along, y, length, depth] : [child, x, y + along, depth, length]);
        along += length;
      }
      if (width <= height) { y += depth; height -= depth; } else { x += depth; width -= depth; }
      at += row.length;
    }
    return placed;
  }

  // --- Tables -----------------------------------------------------------------------------------------------------------------

  /** A cell is a text, a number, or a tally, which is sorted by its share. */
  function weight(cell) {
    if (Array.isArray(cell)) return percent(cell) ?? -1;
    const level = LEVELS.indexOf(cell);
    return level < 0 ? cell : level;
  }
  function cellOf(cell, link) {
    if (Array.isArray(cell)) return el("td", { class: "n", title: `${cell[0]} of ${cell[1]}` }, shown(cell), el("span", { class: "faint" }, cell[1] ? ` ${cell[0]}/${cell[1]}` : ""));
    if (typeof cell === "number") return el("td", { class: "n" }, cell.toLocaleString("en"));
    return el("td", { class: LEVELS.includes(cell) ? cell : "path" }, link ? el("a", { href: link }, cell) : prose(cell));
  }

  function sortable(head, rows, linked, order = { column: -1, down: false }) {
    const body = el("tbody");
    const more = el("button", { type: "button", onclick: () => { limit += PAGE * 4; fill(); } });
    let limit = PAGE;
    const ths = head.map((name, column) => el("th", { scope: "col", class: typeof rows[0]?.cells[column] === "string" ? null : "n" },
      el("button", { type: "button", onclick: () => sort(column) }, name)));
    function sort(column) {
      order.down = order.column === column ? !order.down : typeof rows[0]?.cells[column] !== "string";
      order.column = column;
      said.textContent = `Sorted by ${head[column]}, ${order.down ? "descending" : "ascending"}`;
      fill();
    }
    function fill() {
      const sorted = order.column < 0 ? rows : [...rows].sort((a, b) => {
        const [x, y] = [weight(a.cells[order.column]), weight(b.cells[order.column])];
        return (x < y ? -1 : x > y ? 1 : 0) * (order.down ? -1 : 1);
      });
      ths.forEach((it, at) => { if (at === order.column) it.setAttribute("aria-sort", order.down ? "descending" : "ascending"); else it.removeAttribute("aria-sort"); });
      body.replaceChildren(...sorted.slice(0, limit).map((row) => el("tr", {}, row.cells.map((cell, at) => cellOf(cell, at === linked ? row.link : null)))));
      if (!rows.length) body.replaceChildren(el("tr", {}, el("td", { colspan: head.length, class: "faint" }, "nothing to show")));
      more.hidden = rows.length <= limit;
      more.textContent = `Show more of ${rows.length.toLocaleString("en")}`;
    }
    fill();
    return el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, ths)), body), more);
  }

  /** A search over a table; what is typed and how it is sorted outlives a visit to another view. */
  function searched(state, label, head, rows, linked, extra) {
    const place = el("div");
    const count = el("span", { class: "faint" });
    function fill() {
      const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
      const left = rows.filter((row) => (!state.level || row.level === state.level) && words.every((it) => row.text.includes(it)));
      count.textContent = `${left.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
      said.textContent = `${left.length} shown`;
      place.replaceChildren(sortable(head, left, linked, state.order));
    }
    const input = el("input", { type: "search", value: state.text, oninput: (event) => { state.text = event.target.value; fill(); } });
    fill();
    return [el("div", { class: "tools" }, el("label", {}, label, input), extra?.(fill), count), place];
  }

  const filesState = { text: "", order: { column: -1, down: false } };
  const findingsState = { text: "", level: "", order: { column: -1, down: false } };

  const fileRows = data.files.map((file, index) => ({ cells: [file.path, ...file.tallies, file.findings], link: fileLink(index), text: file.path.toLowerCase() }));
  // The worst first; of one level, in the order of the files.
  const ranked = [...data.findings].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  const findingRows = ranked.map((it) => ({
    cells: [it.level, it.rule, `${data.files[it.file].path}:${it.line}`, it.message],
    link: fileLink(it.file, it.line), level: it.level, text: `${it.level} ${it.rule} ${data.files[it.file].path} ${it.message}`.toLowerCase(),
  }));

  function files() {
    const head = ["file", ...data.dimensions.map(title), "findings"];
    main.replaceChildren(heading("Files"), ...searched(filesState, "Search", head, fileRows, 0));
  }

  function findings() {
    const levels = (fill) => el("label", {}, "Level", el("select", { onchange: (event) => { findingsState.level = event.target.value; fill(); } },
      ["", ...LEVELS].map((it) => el("option", { value: it, selected: it === findingsState.level }, it || "all"))));
    const held = data.held ? el("p", { class: "faint" }, data.held) : null;
    main.replaceChildren(...[heading("Findings"), held, ...searched(findingsState, "Search", ["level", "rule", "where", "what"], findingRows, 2, levels)].filter(Boolean));
  }

  // --- One file ---------------------------------------------------------------------------------------------------------------

  function file(path, line) {
    const index = data.files.findIndex((it) => it.path === path);
    if (index < 0) return main.replaceChildren(heading("There is no such file in this report"));
    const about = data.files[index];
    const numbers = data.dimensions.map((name, d) => (about.tallies[d][1] ? `${title(name)} ${shown(about.tallies[d])}` : null)).filter(Boolean).join(" · ");
    const script = document.getElementById(`f${index}`);
    const parts = [heading(path), el("p", { class: "faint" }, numbers || "nothing to cover")];
    const found = data.findings.filter((it) => it.file === index);
    if (script) {
      parts.push(legend(), source(JSON.parse(script.textContent), found, line));
    } else {
      parts.push(el("p", {}, "The source of this file is not part of the report."), el("ul", {}, found.map((it) => el("li", {}, `line ${it.line}: ${it.message}`))));
    }
    main.replaceChildren(...parts);
    const here = main.querySelector(".here");
    if (here) here.scrollIntoView({ block: "center" });
  }

  const legend = () => el("p", { class: "legend" }, Object.keys(WORDS).map((it) => el("span", { class: it }, `${SIGNS[it]} ${WORDS[it]}`)), el("span", {}, "The stripe beside the text is the function's verdict."));

  function source(text, found, line) {
    const lines = text.source.split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    const marks = new Map(text.items.map((it) => [it[0], it]));
    const inside = new Array(lines.length + 2).fill("");
    // Inner functions come after the ones around them, and have the last word on their lines.
    for (const [first, last, verdict] of text.functions) inside.fill(verdict, first, Math.min(last, lines.length) + 1);
    const after = new Map();
    for (const it of found) after.set(it.line, [...(after.get(it.line) ?? []), it]);
    const rows = [];
    lines.forEach((code, at) => {
      const number = at + 1;
      const mark = marks.get(number);
      const label = mark ? `${mark[2]}: ${WORDS[mark[1]]}` : null;
      rows.push(el("li", { class: [mark?.[1], number === line ? "here" : ""].filter(Boolean).join(" ") || null, id: `L${number}` },
        el("span", { class: "no", "aria-hidden": mark ? null : "true" }, String(number)),
        el("span", { class: "mark", title: label, "aria-label": label, role: mark ? "img" : null }, mark ? SIGNS[mark[1]] : ""),
        el("span", { class: `in ${inside[number]}` }), el("code", {}, code)));
      for (const it of after.get(number) ?? []) rows.push(told(it));
    });
    return el("ol", { class: "source", tabindex: "0", "aria-label": "Source" }, rows);
  }

  function told(it) {
    return el("li", { class: `finding ${it.level}` }, el("strong", {}, `${it.level}[${it.rule}]`), " ", prose(it.message),
      it.reason ? el("div", {}, prose(it.reason)) : null, it.help ? el("div", { class: "faint" }, "Help: ", prose(it.help)) : null);
  }

  // --- Around it --------------------------------------------------------------------------------------------------------------

  let navigated = false;
  function render() {
    const [, view, rest = ""] = location.hash.match(/^#\/(\w*)\/?(.*)$/) ?? [];
    const [path, query] = rest.split("?");
    const current = view === "file" ? "files" : view === "dir" || !view ? "" : view;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.getAttribute("href") === `#/${current}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    if (view === "files") files();
    else if (view === "findings") findings();
    else if (view === "file") file(decodeURIComponent(path), Number(new URLSearchParams(query).get("line")) || 0);
    else overview(view === "dir" ? decodeURIComponent(path) : "");
    if (view !== "file" || !query) scrollTo(0, 0);
  }

  const theme = document.getElementById("theme");
  function dress(name) {
    document.documentElement.dataset.theme = name;
    theme.textContent = name === "dark" ? "Light" : "Dark";
    theme.setAttribute("aria-label", `${theme.textContent} colours`);
  }
  dress(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  theme.addEventListener("click", () => dress(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  document.getElementById("root").textContent = data.about;
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
  addEventListener("hashchange", () => { navigated = true; render(); });
  let timer;
  addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => document.querySelector(".map") && render(), 150); });
  render();
})();
