// The tables: totals, matrix, sources, holders, phrases, paragraphs to label.
(function (P) {
  "use strict";

  const shown = 12; // rows of a table before "Show more"
  const most = 200; // rows after it
  const expanded = new Set();

  // key is a label with its colour.
  P.key = (task, label) => P.el("span", { class: `key ${task.name} ${label}` }, label);

  // bar is a strip with a stretch for each label; the numbers are its
  // description, and stand beside it where there is room.
  P.bar = function (task, counts) {
    const sum = counts.reduce((a, b) => a + b, 0);
    const said = task.labels.map((l, k) => `${l} ${P.count(counts[k])}`).join(", ");
    return P.el("span", { class: "bar", role: "img", "aria-label": said, title: said },
      ...task.labels.map((l, k) => (counts[k] === 0 ? null : P.el("span", { class: `${task.name} ${l}`, style: { "flex-grow": counts[k] / sum } }))));
  };

  // counted is a bar over its numbers.
  const counted = (task, counts) => P.el("td", { class: "wide" }, P.bar(task, counts),
    P.el("span", { class: "numbers", "aria-hidden": "true" }, ...task.labels.map((l, k) => (counts[k] === 0 ? null : P.el("span", null, `${l} ${P.count(counts[k])}`)))));

  // only is a button that filters.
  const only = (id, label, criteria, change) => P.el("button", { type: "button", class: "link", id: `only-${id}`, title: "Show only these", click: () => change(criteria) }, label);

  P.drawOverview = function (stats, change) {
    const { tasks } = stats.store;
    const totals = tasks.map((t, n) => {
      const counts = [...stats.labels[n]];
      return P.el("div", { class: "card" },
        P.el("h3", null, t.name === "stance" ? "Stance toward Assad" : "Tone"),
        P.bar(t, counts),
        P.el("table", { class: "totals" },
          P.el("caption", { class: "hidden" }, `Paragraphs by ${t.name}`),
          P.el("thead", { class: "hidden" }, P.el("tr", null, ...["Label", "Paragraphs", "Share"].map((h) => P.el("th", { scope: "col" }, h)))),
          P.el("tbody", null, ...t.labels.map((l, k) => P.el("tr", null,
            P.el("th", { scope: "row" }, only(`${t.name}-${k}`, P.key(t, l), { [t.name]: [k] }, change)),
            P.el("td", null, P.count(counts[k])), P.el("td", null, P.percent(counts[k], stats.rows)))))));
    });
    P.body("overview").replaceChildren(P.el("div", { class: "cards" }, ...totals, matrix(stats, change)),
      stats.abstained === 0 ? "" : P.el("p", { class: "hint" },
        `In ${P.plural(stats.abstained, "paragraph")} the model abstains from a label: it shows the likeliest, which should not be relied upon.`));
  };

  function matrix(stats, change) {
    const [stance, tone] = stats.store.tasks;
    const top = Math.max(1, ...stats.matrix);
    return P.el("div", { class: "card" }, P.el("h3", null, "Stance by tone"),
      P.el("div", { class: "scroll" }, P.el("table", { class: "matrix" },
        P.el("caption", { class: "hidden" }, "Paragraphs by stance (rows) and tone (columns)"),
        P.el("thead", null, P.el("tr", null, P.el("td", null), ...tone.labels.map((l) => P.el("th", { scope: "col" }, l)))),
        P.el("tbody", null, ...stance.labels.map((l, a) => P.el("tr", null, P.el("th", { scope: "row" }, l),
          ...tone.labels.map((m, b) => {
            const n = stats.matrix[a * tone.k + b];
            const heat = Math.round(45 * Math.sqrt(n / top));
            return P.el("td", { style: { "--heat": `${heat}%` } },
              n === 0 ? "0" : P.el("button", { type: "button", class: "link", id: `cell-${a}-${b}`, "aria-label": `${n}: ${l}, ${m}; show only these`, click: () => change({ stance: [a], tone: [b] }) }, P.count(n)));
          })))))));
  }

  // ranked draws a table of the names with the most paragraphs.
  function ranked(section, head, list, counts, row) {
    const limit = expanded.has(section) ? most : shown;
    const best = P.top(list.length, limit + 1, counts);
    const more = best.length > limit;
    const body = P.body(section);
    if (best.length === 0) {
      body.replaceChildren(P.el("p", { class: "note" }, "None among these paragraphs."));
      return;
    }
    body.replaceChildren(
      P.el("div", { class: expanded.has(section) ? "scroll long" : "scroll" }, P.el("table", { class: "ranked" },
        P.el("thead", null, P.el("tr", null, ...head.map((h) => P.el("th", { scope: "col" }, h)))),
        P.el("tbody", null, ...best.slice(0, limit).map((i) => P.el("tr", null, ...row(i)))))),
      more && !expanded.has(section) ? P.el("button", { type: "button", class: "noprint", click: () => {
        expanded.add(section);
        ranked(section, head, list, counts, row);
        body.querySelectorAll("tbody button")[shown].focus();
      } }, "Show more") : more ? P.el("p", { class: "hint" }, `The first ${most}; filter to see others.`) : "");
  }

  P.drawSources = function (stats, change) {
    const [stance, tone] = stats.store.tasks;
    const both = stance.k + tone.k;
    const list = stats.store.meta.sources;
    const counts = (i, from, k) => [...stats.sources.subarray(i * both + from, i * both + from + k)];
    const sum = (i) => counts(i, 0, stance.k).reduce((a, b) => a + b, 0);
    ranked("sources", ["Source", "Paragraphs", "Stance", "Tone"], list, sum, (i) => [
      P.el("th", { scope: "row" }, only(`source-${i}`, P.name(list[i]), { source: list[i] }, change)), P.el("td", null, P.count(sum(i))),
      counted(stance, counts(i, 0, stance.k)), counted(tone, counts(i, stance.k, tone.k))]);
  };

  P.drawHolders = function (stats, change) {
    const [stance] = stats.store.tasks;
    const list = stats.store.meta.holders;
    const counts = (i) => [...stats.holders.subarray(i * stance.k, (i + 1) * stance.k)];
    const sum = (i) => counts(i).reduce((a, b) => a + b, 0);
    ranked("holders", ["Whose position", "Paragraphs", "Stance of their words"], list, sum, (i) => [
      P.el("th", { scope: "row" }, only(`holder-${i}`, P.name(list[i]), { holder: list[i] }, change)), P.el("td", null, P.count(sum(i))),
      counted(stance, counts(i))]);
  };

  P.drawPhrases = function (stats, change) {
    const { tasks, meta } = stats.store;
    const both = tasks[0].k + tasks[1].k;
    const lists = tasks.flatMap((t, n) => t.labels.map((l, k) => {
      const at = (i) => i * both + n * tasks[0].k + k;
      const best = P.top(meta.phrases.length, 8, (i) => stats.weights[at(i)]);
      return best.length === 0 ? null : P.el("div", { class: "card" },
        P.el("h3", null, `${t.name}: `, P.key(t, l)),
        P.el("ol", { class: "phrases" }, ...best.map((i) => {
          const words = meta.phrases[i];
          return P.el("li", null, P.el("button", { type: "button", class: "link", id: `phrase-${at(i)}`, title: "Search for it", click: () => change({ query: P.phrase(words) }) }, P.name(words)),
            P.el("span", { class: "hint" }, `${P.count(stats.times[at(i)])} × · ${stats.weights[at(i)].toFixed(1)}`));
        })));
    }));
    const found = lists.filter((l) => l);
    P.body("phrases").replaceChildren(...(found.length === 0
      ? [P.el("p", { class: "note" }, "No evidence among these paragraphs.")]
      : [P.el("p", { class: "hint" }, "How often they are evidence, and their summed weight in logits."), P.el("div", { class: "cards" }, ...found)]));
  };

  P.drawUncertain = function (stats, open) {
    const { store } = stats;
    const seen = new Set();
    const rows = stats.doubts.filter((i) => !seen.has(store.text[i]) && seen.add(store.text[i]));
    if (rows.length === 0) {
      P.body("uncertain").replaceChildren(P.el("p", { class: "note" }, "None among these paragraphs."));
      return;
    }
    P.body("uncertain").replaceChildren(
      P.el("p", { class: "hint" }, "The paragraphs of which the model is least sure teach it most."),
      P.el("ol", { class: "doubts" }, ...rows.slice(0, 8).map((i) => P.el("li", null,
        P.el("p", { class: "words", ...P.direction(store, i) }, P.excerpt(store.text[i], 400)),
        P.el("p", { class: "verdict" }, ...store.tasks.map((t) => P.verdict(t, i)),
          P.el("button", { type: "button", class: "noprint", click: () => open(i) }, "Open in its article"))))),
      P.el("button", { type: "button", class: "noprint", click: () => download(store, rows) }, `Download ${rows.length === 1 ? "it" : `these ${rows.length}`} as JSONL, to label`));
  };

  P.excerpt = (s, n) => (s.length <= n ? s : `${s.slice(0, n).replace(/[\uD800-\uDBFF]$/, "")}…`);

  function download(store, rows) {
    const lines = rows.map((i) => {
      const doc = store.docs[store.doc[i]];
      return `${JSON.stringify({
        id: `${doc.id}#${store.paragraph[i]}`, text: store.text[i], lang: store.meta.languages[store.language[i]],
        group: doc.id, source: store.meta.sources[doc.source],
      })}\n`;
    });
    const url = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    P.el("a", { href: url, download: "to-label.jsonl" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }
})((window.Parley = window.Parley || {}));
