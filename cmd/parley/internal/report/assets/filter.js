// The filter goes over the rows in slices with a pause after each; a change
// while it runs starts it anew.
(function (P) {
  "use strict";

  const sliceRows = 2000;

  // noCriteria lets every row pass.
  P.noCriteria = () => ({
    query: "", stance: null, tone: null, language: "", task: "stance", low: 0, high: 100, source: "", holder: "", from: null, to: null,
  });

  // contradiction says why no row can pass, else null.
  P.contradiction = function (c) {
    if (c.low > c.high) return `the lowest confidence, ${c.low} %, is above the highest, ${c.high} %`;
    if (c.from !== null && c.to !== null && c.from > c.to) return `the first day, ${P.day(c.from)}, is after the last, ${P.day(c.to)}`;
    return null;
  };

  // matcher returns what tells whether row i passes.
  function matcher(store, c) {
    const terms = P.terms(c.query);
    const language = store.meta.languages.indexOf(c.language);
    const low = c.low * (P.unit / 100);
    const high = c.high * (P.unit / 100);
    const named = (of, query) => {
      const want = P.fold(query.trim());
      if (want === "") return null;
      const itself = store.meta[of].indexOf(query);
      if (itself >= 0) return (k) => k === itself;
      const list = P.searchableNames(store, of);
      const exact = list.indexOf(want);
      return exact >= 0 ? (k) => list[k] === want : (k) => list[k].includes(want);
    };
    const source = named("sources", c.source);
    const holder = named("holders", c.holder);
    const [stance, tone] = store.tasks;
    const confidence = (t, i) => t.prob[i * t.k + t.label[i]];
    const within = (v) => v >= low && v <= high;
    const bounded = c.low > 0 || c.high < 100;
    return (i) => {
      if (c.stance && !c.stance.includes(stance.label[i])) return false;
      if (c.tone && !c.tone.includes(tone.label[i])) return false;
      if (c.language !== "" && store.language[i] !== language) return false;
      if (bounded) {
        const [a, b] = [confidence(stance, i), confidence(tone, i)];
        if (!within(c.task === "stance" ? a : c.task === "tone" ? b : Math.min(a, b))) return false;
      }
      const doc = store.docs[store.doc[i]];
      if (source && !source(doc.source)) return false;
      if (c.from !== null && (doc.day === null || doc.day < c.from)) return false;
      if (c.to !== null && (doc.day === null || doc.day > c.to)) return false;
      if (holder) {
        const list = stance.evidence[i];
        let found = false;
        for (let k = 0; k < list.length && !found; k += P.stride) found = list[k + 4] > 0 && holder(list[k + 4]);
        if (!found) return false;
      }
      for (const t of terms) {
        if (!P.searchable(store, i).includes(t) && !P.searchableTitle(doc).includes(t)) return false;
      }
      return true;
    };
  }

  let running = 0;

  // filter hands the statistics of the rows that pass to done.
  P.filter = function (store, criteria, done) {
    const run = ++running;
    const passes = matcher(store, criteria);
    const stats = P.newStats(store);
    let i = 0;
    const slice = () => {
      if (run !== running) return;
      const end = Math.min(store.n, i + sliceRows);
      P.metrics.slices++;
      P.metrics.longestSlice = Math.max(P.metrics.longestSlice, end - i);
      for (; i < end; i++) if (passes(i)) stats.add(i);
      if (i < store.n) P.later(slice);
      else done(stats);
    };
    slice();
  };
})((window.Parley = window.Parley || {}));
