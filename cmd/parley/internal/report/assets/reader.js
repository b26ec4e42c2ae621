// The reader: a list of the articles with paragraphs that pass the filter, and
// one article with its paragraphs coloured and their evidence marked. Both are
// paged, so what is drawn is bounded whatever the archive.
(function (P) {
  "use strict";

  const listed = 40; // articles on a page of the list
  const paged = 40; // paragraphs on a page of an article

  const orders = {
    "As they were read": (a, b) => a - b,
    "Newest first": (a, b, s) => day(s, b) - day(s, a) || a - b,
    "Most paragraphs found": (a, b, s) => s.docRows[b] - s.docRows[a] || a - b,
    "Most in favor": (a, b, s) => stanceCount(s, b, 0) - stanceCount(s, a, 0) || a - b,
    "Most against": (a, b, s) => stanceCount(s, b, 1) - stanceCount(s, a, 1) || a - b,
  };
  const day = (s, d) => (s.store.docs[d].day === null ? -1e9 : s.store.docs[d].day);
  const stanceCount = (s, d, k) => s.docStance[d * s.store.tasks[0].k + k];

  const state = { stats: null, terms: [], docs: [], order: "As they were read", page: 0, doc: -1, part: 0, only: false, target: -1, whole: false };

  // direction gives the attributes of an element that holds a row's text.
  P.direction = function (store, i) {
    const language = store.meta.languages[store.language[i]];
    return { dir: language === "ar" ? "rtl" : "auto", lang: language === "other" ? "und" : language };
  };

  // verdict is what the model says of a row in one task.
  P.verdict = function (t, i) {
    const p = t.prob[i * t.k + t.label[i]];
    return P.el("span", { class: "said" }, `${t.name} `, P.key(t, t.labels[t.label[i]]), ` ${P.percent(p, P.unit)}`,
      t.abstained[i] ? P.el("span", { class: "hint" }, ` (abstains: ${t.abstained[i].replaceAll("_", " ")})`) : null);
  };

  // drawReader shows the articles of new statistics.
  P.drawReader = function (stats, terms) {
    const s = state;
    s.stats = stats;
    s.terms = terms;
    s.docs = [];
    for (let d = 0; d < stats.docRows.length; d++) if (stats.docRows[d] > 0) s.docs.push(d);
    sort();
    if (s.docs.length > 0 && !(s.doc >= 0 && stats.docRows[s.doc] > 0)) s.doc = s.docs[0];
    choose(s.doc);
    draw();
  };

  // pageOf is the page of the list that has a document.
  const pageOf = (d) => Math.floor(Math.max(0, state.docs.indexOf(d)) / listed);

  // choose makes a document the article, open at the first paragraph found.
  function choose(d) {
    const s = state;
    s.doc = d;
    s.target = -1;
    if (d < 0) return;
    s.page = pageOf(d);
    s.part = Math.floor(Math.max(0, rowsShown().findIndex((i) => s.stats.match[i])) / paged);
  }

  // reading tells whether somebody has scrolled to the reader.
  P.reading = function () {
    const box = P.body("reader").getBoundingClientRect();
    return window.scrollY > 0 && box.top < window.innerHeight / 2 && box.bottom > P.barHeight();
  };

  // arrive scrolls to the head of the article, or to the first paragraph found
  // when that would be out of sight, and returns it.
  P.arrive = function () {
    const article = P.body("reader").querySelector(".article");
    if (!article) return null;
    const found = article.querySelector(".para:not(.other)");
    const far = found && found.getBoundingClientRect().top - article.getBoundingClientRect().top > 0.8 * window.innerHeight - P.barHeight();
    (far ? found : article).scrollIntoView({ block: "start", behavior: "instant" });
    return far ? found : article.querySelector("h3");
  };

  // wholeArticle draws all paragraphs of the article with their details open, or
  // again a page of them.
  P.wholeArticle = function (on) {
    if (state.stats === null || state.whole === on) return;
    state.whole = on;
    drawArticle();
  };

  function sort() {
    const compare = orders[state.order];
    state.docs.sort((a, b) => compare(a, b, state.stats));
  }

  // openRow shows the article of a row with the paragraph in view.
  P.openRow = function (i) {
    const s = state;
    const { store } = s.stats;
    choose(store.doc[i]);
    s.target = i;
    s.part = Math.floor(Math.max(0, rowsShown().indexOf(i)) / paged);
    draw();
    const e = document.getElementById(`row-${i}`);
    if (e) {
      e.scrollIntoView({ block: "center", behavior: "instant" });
      e.focus({ preventScroll: true });
    }
  };

  const rowsShown = () => {
    const { stats, doc, only } = state;
    const rows = stats.store.docs[doc].rows;
    return only ? rows.filter((i) => stats.match[i]) : rows;
  };

  function draw() {
    const body = P.body("reader");
    if (state.docs.length === 0) {
      body.replaceChildren(P.el("p", { class: "note" }, "No article has a paragraph like that."));
      return;
    }
    body.replaceChildren(P.el("div", { class: "panes" }, list(), article()));
    showEntry();
  }

  const drawList = () => P.body("reader").querySelector(".list").replaceWith(list());
  const drawArticle = () => P.body("reader").querySelector(".article")?.replaceWith(article());

  // showEntry scrolls the list, and nothing else, to the entry of the article.
  function showEntry() {
    const list = P.body("reader").querySelector(".list");
    const entry = list.querySelector("[aria-current]");
    if (!entry) return;
    const [a, b] = [list.getBoundingClientRect(), entry.getBoundingClientRect()];
    list.scrollTop += Math.min(0, b.top - a.top) + Math.max(0, b.bottom - a.bottom);
  }

  // pick shows an article of the list, which stays as it is.
  function pick(d, entry) {
    choose(d);
    for (const e of P.body("reader").querySelectorAll(".entry[aria-current]")) e.removeAttribute("aria-current");
    entry.setAttribute("aria-current", "true");
    drawArticle();
    showEntry();
    P.arrive().focus({ preventScroll: true });
  }

  // toList goes back to the entry of the article.
  function toList() {
    state.page = pageOf(state.doc);
    drawList();
    showEntry();
    P.body("reader").querySelector(".entry[aria-current]")?.focus();
  }

  function list() {
    const s = state;
    const { store } = s.stats;
    const [stance] = store.tasks;
    const order = P.el("select", { change: (e) => { s.order = e.target.value; s.page = 0; sort(); P.steady(draw); }, id: "order" },
      ...Object.keys(orders).map((o) => P.el("option", { selected: o === s.order }, o)));
    const docs = s.docs.slice(s.page * listed, (s.page + 1) * listed);
    return P.el("nav", { class: "list", "aria-label": "Articles found" },
      P.el("label", null, "Order ", order),
      P.el("ol", { start: s.page * listed + 1 }, ...docs.map((d) => {
        const doc = store.docs[d];
        return P.el("li", null, P.el("button", {
          type: "button", class: "entry", "aria-current": d === s.doc ? "true" : null,
          click: (e) => pick(d, e.currentTarget),
        }, P.el("span", { class: "title", dir: "auto" }, doc.title || doc.id),
          P.el("span", { class: "hint" }, [doc.day === null ? "" : P.day(doc.day), P.plural(s.stats.docRows[d], "paragraph")].filter((x) => x).join(" · ")),
          P.bar(stance, [...s.stats.docStance.subarray(d * stance.k, (d + 1) * stance.k)])));
      })),
      P.pager("the list", s.page, Math.ceil(s.docs.length / listed), (p) => { s.page = p; drawList(); refocus(".entry"); }));
  }

  // refocus gives the focus back to what was drawn anew.
  function refocus(selector) {
    const e = P.body("reader").querySelector(selector);
    if (e) e.focus({ preventScroll: true });
  }

  function article() {
    const s = state;
    const { store } = s.stats;
    const doc = store.docs[s.doc];
    const rows = rowsShown();
    const turn = (p) => { s.part = p; s.target = -1; drawArticle(); P.body("reader").querySelector(".article").scrollIntoView({ behavior: "instant" }); refocus("h3"); };
    const pager = (where) => P.pager(`the article, ${where}`, s.part, Math.ceil(rows.length / paged), turn);
    const part = s.whole ? rows : rows.slice(s.part * paged, (s.part + 1) * paged);
    const found = s.stats.docRows[s.doc];
    const facts = [`Article ${P.count(s.docs.indexOf(s.doc) + 1)} of ${P.count(s.docs.length)}`, store.meta.sources[doc.source], doc.day === null ? null : P.day(doc.day), doc.title ? doc.id : null]
      .filter((f, n, all) => f && all.indexOf(f) === n && f !== (doc.title || doc.id));
    return P.el("article", { class: "article", "aria-label": doc.title || doc.id },
      P.el("button", { type: "button", class: "link back noprint", click: toList }, "Back to the list"),
      P.el("h3", { dir: "auto", tabindex: "-1" }, doc.title || doc.id),
      P.el("p", { class: "hint" }, ...facts.flatMap((f) => [P.name(f), " · "]), P.plural(doc.rows.length, "paragraph"),
        found === doc.rows.length ? null : `, of which ${P.count(found)} found${s.only ? " and shown" : ""}`,
        doc.link ? P.el("span", null, " · ", P.el("a", { href: doc.link, rel: "noopener noreferrer", target: "_blank" }, "original")) : null),
      P.el("label", { class: "noprint" }, P.el("input", { type: "checkbox", checked: s.only, id: "only", change: (e) => { s.only = e.target.checked; choose(s.doc); P.steady(drawArticle); } }),
        " only the paragraphs found"),
      legend(store.tasks, found < rows.length),
      pager("at its head"), ...part.map((i) => paragraph(i)), pager("at its end"));
  }

  // legend says how evidence is marked, by marks of its own.
  const legend = (tasks, others) => P.el("p", { class: "hint legend" }, "Evidence: ",
    ...tasks.flatMap((t) => [`${t.name === "stance" ? "ground" : "line under it"} for ${t.name}, `,
      ...t.labels.flatMap((l, k) => [P.el("mark", { class: `${t.name}-${l}` }, l), k + 1 < t.labels.length ? " " : ""]), t.name === "stance" ? "; " : "."]),
    others ? " Paragraphs in a dashed frame are not among those found." : "");

  function paragraph(i) {
    const { store, match } = state.stats;
    const [stance, tone] = store.tasks;
    const evidence = store.tasks.flatMap((t) => pieces(t, t.evidence[i]));
    return P.el("section", {
      class: `para s-${stance.labels[stance.label[i]]} t-${tone.labels[tone.label[i]]}${match[i] ? "" : " other"}${i === state.target ? " target" : ""}`,
      id: `row-${i}`, tabindex: "-1", "aria-label": `Paragraph ${store.paragraph[i] + 1}`,
    },
      P.el("p", { class: "verdict" }, P.el("span", { class: "number" }, String(store.paragraph[i] + 1)), ...store.tasks.map((t) => P.verdict(t, i))),
      P.el("p", { class: "words", ...P.direction(store, i) }, ...P.marked(store.text[i], evidence, P.hits(store.text[i], state.terms))),
      P.el("details", { id: state.whole ? null : `about-${i}`, open: state.whole }, P.el("summary", null, evidence.length === 0 ? "Probabilities" : `Probabilities and ${P.plural(evidence.length, "piece")} of evidence`),
        ...store.tasks.map((t) => P.el("p", { class: "hint" }, `${t.name}: ${t.labels.map((l, k) => `${l} ${(100 * t.prob[i * t.k + k] / P.unit).toFixed(1)} %`).join(", ")}`)),
        evidence.length === 0 ? null : P.el("ul", null, ...evidence.map((e) => P.el("li", null,
          P.el("q", { dir: "auto" }, store.text[i].slice(e.start, e.end)), ` ${e.task.name} `, P.key(e.task, e.label), ` (${e.weight})`,
          e.holder ? P.el("span", null, ", held by ", P.name(e.holder)) : null)))));
  }

  // pieces reads a flat list of evidence.
  function pieces(task, flat) {
    const out = [];
    for (let e = 0; e < flat.length; e += P.stride) {
      out.push({
        task, number: e / P.stride, start: flat[e], end: flat[e + 1], label: task.labels[flat[e + 2]],
        weight: `+${(flat[e + 3] / 100).toFixed(2)}`, holder: state.stats.store.meta.holders[flat[e + 4]],
      });
    }
    return out;
  }

  // marked returns the nodes of a text with its evidence and the words that
  // were searched for: it is cut wherever one of them begins or ends.
  P.marked = function (s, evidence, hits) {
    const cuts = new Set([0, s.length]);
    for (const e of evidence) cuts.add(e.start).add(e.end);
    for (const h of hits) cuts.add(h);
    const at = [...cuts].sort((a, b) => a - b);
    const out = [];
    for (let n = 0; n + 1 < at.length; n++) {
      const [from, to] = [at[n], at[n + 1]];
      const over = evidence.filter((e) => e.start <= from && to <= e.end);
      let hit = false;
      for (let h = 0; h < hits.length && !hit; h += 2) hit = hits[h] <= from && to <= hits[h + 1];
      const words = s.slice(from, to);
      if (over.length === 0 && !hit) {
        out.push(words);
        continue;
      }
      const attrs = {
        class: [...over.map((e) => `${e.task.name}-${e.label}`), hit ? "hit" : ""].join(" ").trim(),
        title: over.map((e) => `${e.task.name} ${e.label} ${e.weight}${e.holder ? ` (${e.holder})` : ""}`).join("; ") || null,
      };
      for (const e of over) attrs[`data-${e.task.name}`] = e.number;
      out.push(P.el("mark", attrs, words));
    }
    return out;
  };
})((window.Parley = window.Parley || {}));
