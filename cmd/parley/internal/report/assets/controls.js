// The form that says which paragraphs to show.
(function (P) {
  "use strict";

  const wait = 150; // milliseconds from a key to the filter
  const mostOptions = 500; // names offered for completion

  let criteria = null;
  let changed = null;
  let timer = 0;

  const $ = (id) => document.getElementById(id);
  const field = (label, control, wide) => P.el("label", { class: wide ? "field wide" : "field" }, P.el("span", null, label), control);
  const input = (id, attrs) => P.el("input", { id, autocomplete: "off", input: read, ...attrs });

  function boxes(task) {
    return P.el("fieldset", { class: "chips" }, P.el("legend", null, task.name),
      ...task.labels.map((l, k) => P.el("label", { class: "chip" },
        P.el("input", { type: "checkbox", id: `f-${task.name}-${k}`, change: read }), P.key(task, l))));
  }

  function names(id, label, list) {
    const options = P.el("datalist", { id: `${id}-names` }, ...list.slice(0, mostOptions).map((s) => P.el("option", { value: s })));
    return field(label, P.el("span", null, input(id, { type: "search", list: `${id}-names` }), options));
  }

  // makeControls draws the form; onChange is called with the criteria.
  P.makeControls = function (store, onChange) {
    changed = onChange;
    criteria = P.noCriteria();
    const { meta } = store;
    const dated = store.docs.some((d) => d.day !== null);
    const spoken = meta.holders.filter((_, k) => store.holders.has(k));
    const language = P.el("select", { id: "f-language", change: read }, P.el("option", { value: "" }, "any"),
      ...meta.languages.map((l) => P.el("option", { value: l }, P.language(l))));
    const percent = (id, label, value) => input(id, { type: "number", min: 0, max: 100, step: 1, value, "aria-label": label });
    const form = $("filter");
    form.prepend(
      field("Search", input("f-query", { type: "search", dir: "auto", placeholder: "words, or a phrase in \"quotes\"" }), true),
      ...store.tasks.map(boxes),
      P.el("details", { class: "more" }, P.el("summary", null, "More filters"), P.el("div", { class: "fields" },
        field("Language", language),
        P.el("fieldset", { class: "range" }, P.el("legend", null, "Confidence, %"),
          percent("f-low", "Lowest confidence in percent", 0), " to ", percent("f-high", "Highest confidence in percent", 100), " in ",
          P.el("select", { id: "f-task", change: read, "aria-label": "Confidence in" }, P.el("option", { value: "stance" }, "stance"), P.el("option", { value: "tone" }, "tone"), P.el("option", { value: "both" }, "both"))),
        names("f-source", "Source", meta.sources),
        spoken.length > 0 ? names("f-holder", "Holder of a stance", spoken) : null,
        dated ? field("From", input("f-from", { type: "date" })) : null,
        dated ? field("To", input("f-to", { type: "date" })) : null)),
    );
    form.append(P.el("button", { type: "reset" }, "Clear the filter"));
    // The form stays in view where it leaves room to read, and what scrolls to a
    // place stops below it.
    const height = () => {
      form.classList.toggle("still", form.offsetHeight > 0.25 * window.innerHeight);
      document.documentElement.style.setProperty("--bar", getComputedStyle(form).position === "sticky" ? `${form.offsetHeight}px` : "0px");
    };
    new ResizeObserver(height).observe(form);
    window.addEventListener("resize", height);
    form.addEventListener("submit", (e) => e.preventDefault());
    form.addEventListener("reset", (e) => { e.preventDefault(); P.setCriteria(P.noCriteria()); });
  };

  const value = (id, or) => ($(id) ? $(id).value : or);
  const number = (id, or) => {
    const n = $(id).valueAsNumber;
    return Number.isNaN(n) ? or : Math.max(0, Math.min(100, n));
  };

  // read takes the criteria from the form, and waits for more keys.
  function read() {
    const checked = (name, k) => {
      const list = [...Array(k).keys()].filter((i) => $(`f-${name}-${i}`).checked);
      return list.length === 0 || list.length === k ? null : list;
    };
    criteria = {
      query: value("f-query"), stance: checked("stance", 4), tone: checked("tone", 3), language: value("f-language"),
      task: value("f-task"), low: number("f-low", 0), high: number("f-high", 100),
      source: value("f-source"), holder: value("f-holder", ""), from: P.parseDay(value("f-from", "")), to: P.parseDay(value("f-to", "")),
    };
    clearTimeout(timer);
    timer = setTimeout(() => changed(criteria), wait);
  }

  // setCriteria changes some criteria, shows them in the form and filters.
  P.setCriteria = function (some) {
    criteria = { ...criteria, ...some };
    const c = criteria;
    const put = (id, v) => { if ($(id)) $(id).value = v; };
    for (const [name, k] of [["stance", 4], ["tone", 3]]) {
      for (let i = 0; i < k; i++) $(`f-${name}-${i}`).checked = c[name] !== null && c[name].includes(i);
    }
    put("f-query", c.query);
    put("f-language", c.language);
    put("f-task", c.task);
    put("f-low", c.low);
    put("f-high", c.high);
    put("f-source", c.source);
    put("f-holder", c.holder);
    put("f-from", c.from === null ? "" : P.day(c.from));
    put("f-to", c.to === null ? "" : P.day(c.to));
    clearTimeout(timer);
    changed(c);
  };
})((window.Parley = window.Parley || {}));
