// Elements. Whatever comes from the rows becomes a text node or the value of a
// harmless attribute: nothing here, and nothing that uses it, parses markup.
(function (P) {
  "use strict";

  // el makes an element. Of attrs, functions are listeners, an object under
  // "style" sets custom properties, and null or false leaves an attribute out.
  // Children are nodes or text.
  P.el = function (tag, attrs, ...children) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attrs || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") e.addEventListener(name, value);
      else if (name === "style") for (const [k, v] of Object.entries(value)) e.style.setProperty(k, v);
      else e.setAttribute(name, value === true ? "" : String(value));
    }
    e.append(...children.filter((c) => c !== null && c !== undefined));
    return e;
  };

  // name is a piece of text whose direction is its own.
  P.name = (s) => P.el("bdi", null, s);

  P.language = (code) => ({ en: "English", ar: "Arabic" })[code] || code;

  const counts = new Intl.NumberFormat("en-US");
  P.count = (n) => counts.format(n);
  P.plural = (n, word) => `${P.count(n)} ${word}${n === 1 ? "" : "s"}`;
  P.percent = (part, whole) => (whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`);

  // day writes days since 1970 as an ISO date; parseDay reads one, else null.
  P.day = (d) => new Date(d * 864e5).toISOString().slice(0, 10);
  P.parseDay = (s) => {
    const t = Date.parse(`${s}T00:00:00Z`);
    return Number.isNaN(t) ? null : Math.round(t / 864e5);
  };

  // body is the part of a section that is drawn anew.
  P.body = (section) => document.querySelector(`#${section} > .body`);

  // barHeight is how much of the window the form covers.
  P.barHeight = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--bar")) || 0;

  // steady runs draw, which makes parts of the page anew, so that nobody loses
  // the place: what had the focus, or has its id now, has the focus then, at the
  // same height of the window, and what was open is open. The head of the part
  // has the focus when no such thing is left.
  P.steady = function (draw) {
    const had = document.activeElement;
    const part = had.closest("main > section, form");
    const top = had.getBoundingClientRect().top;
    const open = [...document.querySelectorAll("details[open][id]")].map((e) => e.id);
    draw();
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (had.isConnected || !part) return;
    const now = (had.id && document.getElementById(had.id)) || part.querySelector("h2, #status");
    now.focus({ preventScroll: true });
    now.scrollIntoView({ block: "nearest", behavior: "instant" });
    if (now.id === had.id) window.scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
  };

  // pager is a pair of buttons around the number of a page, from 0; null when
  // there is one page alone.
  P.pager = function (what, page, pages, go) {
    if (pages <= 1) return null;
    const button = (label, to) =>
      P.el("button", { type: "button", disabled: to < 0 || to >= pages, click: () => go(to) }, label);
    return P.el("nav", { class: "pager", "aria-label": `Pages of ${what}` },
      button("Previous", page - 1), P.el("span", null, `Page ${P.count(page + 1)} of ${P.count(pages)}`), button("Next", page + 1));
  };

  // top returns the numbers below n with the highest score above 0, at most k,
  // the lower number first where scores are equal.
  P.top = function (n, k, score) {
    const best = [];
    for (let i = 0; i < n; i++) {
      const s = score(i);
      if (!(s > 0) || (best.length === k && s <= best[k - 1].s)) continue;
      let at = best.length;
      while (at > 0 && best[at - 1].s < s) at--;
      best.splice(at, 0, { i, s });
      if (best.length > k) best.pop();
    }
    return best.map((b) => b.i);
  };
})((window.Parley = window.Parley || {}));
