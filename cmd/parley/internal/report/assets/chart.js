// Plots over time: stacked bars of uPlot, and the same numbers as a table.
(function (P) {
  "use strict";

  const mostBars = 80;

  // Units of time, the finest first; start returns the first day of the unit
  // that a day belongs to, next the first day of the one after.
  const date = (d) => new Date(d * 864e5);
  const dayOf = (y, m, d) => Math.round(Date.UTC(y, m, d) / 864e5);
  const months = (n) => ({
    start: (d) => dayOf(date(d).getUTCFullYear(), Math.floor(date(d).getUTCMonth() / n) * n, 1),
    next: (d) => dayOf(date(d).getUTCFullYear(), date(d).getUTCMonth() + n, 1),
  });
  const units = [
    { name: "day", days: 1, start: (d) => d, next: (d) => d + 1, label: P.day },
    { name: "week", days: 7, start: (d) => d - ((d + 3) % 7 + 7) % 7, next: (d) => d + 7, label: (d) => `week of ${P.day(d)}` },
    { name: "month", days: 30, ...months(1), label: (d) => P.day(d).slice(0, 7) },
    { name: "quarter", days: 91, ...months(3), label: (d) => `${P.day(d).slice(0, 4)} Q${Math.floor(date(d).getUTCMonth() / 3) + 1}` },
    { name: "year", days: 365, ...months(12), label: (d) => P.day(d).slice(0, 4) },
    { name: "decade", days: 3652, start: (d) => dayOf(Math.floor(date(d).getUTCFullYear() / 10) * 10, 0, 1), next: (d) => dayOf(date(d).getUTCFullYear() + 10, 0, 1), label: (d) => `${P.day(d).slice(0, 3)}0s` },
  ];

  // series sums the days of the statistics up to units of time.
  P.series = function (stats) {
    const [stance, tone] = stats.store.tasks;
    const both = stance.k + tone.k;
    const used = (d) => {
      for (let k = 0; k < stance.k; k++) if (stats.days[d * both + k] > 0) return true;
      return false;
    };
    let from = 0;
    let to = stats.days.length / both - 1;
    while (from <= to && !used(from)) from++;
    while (to >= from && !used(to)) to--;
    if (from > to) return null;
    const unit = units.find((u) => (to - from + 1) / u.days <= mostBars) || units[units.length - 1];
    const buckets = [];
    for (let d = unit.start(stats.first + from); d <= stats.first + to; d = unit.next(d)) {
      buckets.push({ day: d, end: unit.next(d), counts: new Array(both).fill(0) });
    }
    let b = 0;
    for (let d = from; d <= to; d++) {
      while (stats.first + d >= buckets[b].end) b++;
      for (let k = 0; k < both; k++) buckets[b].counts[k] += stats.days[d * both + k];
    }
    return { unit, buckets };
  };

  // Stripes tell a label without its colour, as in the style sheet.
  const striped = ["against", "confrontational"];
  function fill(u, label, color) {
    if (!striped.includes(label)) return color;
    const tile = P.el("canvas", { width: 8, height: 8 });
    const ink = tile.getContext("2d");
    ink.fillStyle = color;
    ink.fillRect(0, 0, 8, 8);
    ink.strokeStyle = "rgb(255 255 255 / 45%)";
    ink.lineWidth = 2.5;
    for (const x of [-8, 0, 8]) {
      ink.moveTo(x - 1, 9);
      ink.lineTo(x + 9, -1);
    }
    ink.stroke();
    return u.ctx.createPattern(tile, "repeat");
  }

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  let figures = [];
  let drawn = [];
  let shares = false;

  // paintTime draws the canvases, and nothing else, anew.
  P.paintTime = function () {
    for (const u of drawn) u.destroy();
    drawn = figures.map((f) => f.draw());
  };

  // drawTime fills in the section; onRange is called with the first and the
  // last day of a stretch that was dragged over.
  P.drawTime = function (stats, onRange) {
    const body = P.body("time");
    figures = [];
    const s = P.series(stats);
    document.getElementById("time").hidden = stats.days.length === 0;
    if (!s) {
      body.replaceChildren(P.el("p", { class: "note" }, "No paragraph here has a date."));
      P.paintTime();
      return;
    }
    const radio = (label, value) => P.el("label", null,
      P.el("input", { type: "radio", name: "time-mode", id: `time-${value ? "shares" : "counts"}`, checked: shares === value, change: () => { shares = value; P.paintTime(); } }), ` ${label}`);
    const undated = stats.rows - stats.dated;
    figures = stats.store.tasks.map((task, t) => plot(stats, s, task, t, onRange));
    body.replaceChildren(
      P.el("fieldset", { class: "inline noprint" }, P.el("legend", { class: "hidden" }, "Bars show"), radio("Paragraphs", false), radio("Shares", true),
        P.el("span", { class: "hint hover" }, "Drag over a stretch of time to filter by it.")),
      ...figures,
      undated > 0 ? P.el("p", { class: "hint" }, `${P.plural(undated, "paragraph")} without a date are not shown.`) : null,
      P.el("details", { id: "time-numbers" }, P.el("summary", null, "The numbers as a table"), table(stats, s)),
    );
    P.paintTime();
  };

  function plot(stats, s, task, t, onRange) {
    const base = t * stats.store.tasks[0].k;
    const raw = task.labels.map((_, k) => s.buckets.map((b) => b.counts[base + k]));
    const totals = s.buckets.map((_, i) => raw.reduce((sum, r) => sum + r[i], 0));
    const value = (k, i) => (shares ? (totals[i] === 0 ? 0 : (100 * raw[k][i]) / totals[i]) : raw[k][i]);
    const canvas = P.el("div", { role: "img", "aria-label": `${title(task)} by ${s.unit.name}, stacked bars; the table below has the numbers` });
    const readout = P.el("span", { class: "readout" });
    const legend = P.el("figcaption", null, P.el("strong", null, `${title(task)} by ${s.unit.name}`), ...task.labels.map((l) => P.key(task, l)), readout);
    const figure = P.el("figure", null, legend, canvas);
    figure.draw = () => {
      // The tallest bar is drawn first: each is the sum of the labels up to its own.
      const order = task.labels.map((_, k) => k).reverse();
      const stacked = order.map((k) => s.buckets.map((_, i) => {
        let sum = 0;
        for (let j = 0; j <= k; j++) sum += value(j, i);
        return sum;
      }));
      const day = 86400;
      const half = (s.unit.days * day) / 2;
      const xs = s.buckets.map((b) => b.day * day);
      const axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
      const say = (i) => (i === null || i === undefined ? "" : `${s.unit.label(s.buckets[i].day)}: ${task.labels.map((l, k) => `${l} ${P.count(raw[k][i])}`).join(", ")}`);
      return new window.uPlot({
        width: Math.max(160, canvas.clientWidth), height: 190,
        tzDate: (ts) => window.uPlot.tzDate(new Date(ts * 1e3), "Etc/UTC"),
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: { x: { range: () => [xs[0] - half, xs[xs.length - 1] + half] }, y: { range: (_, __, max) => [0, shares ? 100 : Math.max(1, max * 1.04)] } },
        axes: [{ ...axis, incrs: increments(s.unit) }, { ...axis, size: 56, incrs: shares ? [10, 20, 25, 50] : wholes, values: (_, v) => v.map((x) => (shares ? `${x} %` : P.count(x))) }],
        series: [{}, ...order.map((k) => ({
          label: task.labels[k], points: { show: false }, width: 0,
          fill: (u) => fill(u, task.labels[k], color(`--${task.name}-${task.labels[k]}`)),
          paths: window.uPlot.paths.bars({ size: [0.86, 44] }),
        }))],
        hooks: {
          setCursor: [(u) => { readout.textContent = say(u.cursor.idx); }],
          setSelect: [(u) => {
            if (u.select.width < 4) return;
            const from = u.posToVal(u.select.left, "x");
            const to = u.posToVal(u.select.left + u.select.width, "x");
            const inside = s.buckets.filter((b) => b.day * day >= from - half / 2 && b.day * day <= to + half / 2);
            // Later, because it ends this plot, which has still to let go of the mouse.
            if (inside.length > 0) P.later(() => onRange(inside[0].day, inside[inside.length - 1].end - 1));
          }],
        },
      }, [xs, ...stacked], canvas);
    };
    return figure;
  }

  const wholes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5];
  const increments = (unit) => {
    const day = 86400;
    return [1, 2, 7, 14, 30.4, 91.3, 182.6, 365.25, 730.5, 1826.25, 3652.5].map((d) => Math.round(d * day)).filter((x) => x >= unit.days * day * 0.9);
  };

  const title = (task) => task.name[0].toUpperCase() + task.name.slice(1);

  function table(stats, s) {
    const head = stats.store.tasks.flatMap((t) => t.labels.map((l) => P.el("th", { scope: "col" }, `${t.name}: ${l}`)));
    return P.el("div", { class: "scroll long" }, P.el("table", null,
      P.el("caption", { class: "hidden" }, `Paragraphs by ${s.unit.name}`),
      P.el("thead", null, P.el("tr", null, P.el("th", { scope: "col" }, s.unit.name), ...head)),
      P.el("tbody", null, ...s.buckets.map((b) => P.el("tr", null,
        P.el("th", { scope: "row" }, s.unit.label(b.day)), ...b.counts.map((c) => P.el("td", null, P.count(c))))))));
  }

  // Colours and sizes change what is drawn on a canvas.
  let soon = 0;
  window.addEventListener("resize", () => { clearTimeout(soon); soon = setTimeout(P.paintTime, 150); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", P.paintTime);
})((window.Parley = window.Parley || {}));
