// What the paragraphs are filtered by, as chips: each takes its criterion back.
// They stand where the form is closed or, on paper, absent.
(function (P) {
  "use strict";

  // active lists the criteria that keep rows out: name, value, and what lets
  // them in again.
  function active(store, c) {
    const none = P.noCriteria();
    const out = [];
    const add = (name, value, ...fields) => out.push({ name, value, back: Object.fromEntries(fields.map((f) => [f, none[f]])) });
    if (c.query.trim() !== "") add("words", c.query.trim(), "query");
    for (const t of store.tasks) if (c[t.name]) add(t.name, c[t.name].map((k) => t.labels[k]).join(" or "), t.name);
    if (c.language !== "") add("language", P.language(c.language), "language");
    if (c.low > 0 || c.high < 100) add("confidence", `${c.low} to ${c.high} % in ${c.task}`, "low", "high", "task");
    if (c.source.trim() !== "") add("source", c.source.trim(), "source");
    if (c.holder.trim() !== "") add("holder", c.holder.trim(), "holder");
    if (c.from !== null) add("from", P.day(c.from), "from");
    if (c.to !== null) add("to", P.day(c.to), "to");
    return out;
  }

  P.drawActive = function (store, criteria, change) {
    document.getElementById("active").replaceChildren(...active(store, criteria).map(({ name, value, back }) => P.el("li", null,
      P.el("button", { type: "button", class: "chip", id: `active-${name}`, title: "Remove", "aria-label": `Remove ${name}: ${value}`, click: () => change(back) },
        P.el("span", null, `${name}: `, P.name(value))))));
  };
})((window.Parley = window.Parley || {}));
