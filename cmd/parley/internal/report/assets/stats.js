// What the tables and plots show of the rows that pass the filter.
(function (P) {
  "use strict";

  P.doubtful = 200; // paragraphs kept to label next

  P.newStats = function (store) {
    const [stance, tone] = store.tasks;
    const days = store.docs.filter((d) => d.day !== null).map((d) => d.day);
    const first = days.reduce((a, b) => Math.min(a, b), Infinity);
    const last = days.reduce((a, b) => Math.max(a, b), -Infinity);
    const both = stance.k + tone.k;
    const s = {
      store, rows: 0, docs: 0, abstained: 0, dated: 0,
      first, last,
      match: new Uint8Array(store.n),
      docRows: new Int32Array(store.docs.length),
      docStance: new Int32Array(store.docs.length * stance.k),
      labels: [new Int32Array(stance.k), new Int32Array(tone.k)],
      matrix: new Int32Array(stance.k * tone.k),
      days: days.length === 0 ? new Int32Array(0) : new Int32Array((last - first + 1) * both),
      sources: new Int32Array(store.meta.sources.length * both),
      holders: new Int32Array(store.meta.holders.length * stance.k),
      // For each phrase and label of both tasks: summed weight, and how often.
      weights: new Float32Array(store.meta.phrases.length * both),
      times: new Uint32Array(store.meta.phrases.length * both),
      doubts: [],
    };
    s.add = (i) => add(s, i);
    return s;
  };

  function add(s, i) {
    const store = s.store;
    const [stance, tone] = store.tasks;
    const both = stance.k + tone.k;
    const a = stance.label[i];
    const b = tone.label[i];
    const d = store.doc[i];
    const doc = store.docs[d];
    s.match[i] = 1;
    s.rows++;
    if (s.docRows[d]++ === 0) s.docs++;
    s.docStance[d * stance.k + a]++;
    s.labels[0][a]++;
    s.labels[1][b]++;
    s.matrix[a * tone.k + b]++;
    if (stance.abstained[i] || tone.abstained[i]) s.abstained++;
    s.sources[doc.source * both + a]++;
    s.sources[doc.source * both + stance.k + b]++;
    if (doc.day !== null) {
      s.dated++;
      const at = (doc.day - s.first) * both;
      s.days[at + a]++;
      s.days[at + stance.k + b]++;
    }
    store.tasks.forEach((t, k) => {
      const list = t.evidence[i];
      for (let e = 0; e < list.length; e += P.stride) {
        const at = list[e + 5] * both + k * stance.k + list[e + 2];
        s.weights[at] += list[e + 3] / 100;
        s.times[at]++;
      }
    });
    addHolders(s, stance, stance.evidence[i]);
    addDoubt(s, i);
  }

  // A paragraph counts once for each holder, under the label for which the
  // words of that holder weigh most.
  function addHolders(s, stance, list) {
    const seen = new Map();
    for (let e = 0; e < list.length; e += P.stride) {
      const holder = list[e + 4];
      if (holder === 0) continue;
      let sums = seen.get(holder);
      if (!sums) seen.set(holder, (sums = new Array(stance.k).fill(0)));
      sums[list[e + 2]] += list[e + 3];
    }
    for (const [holder, sums] of seen) s.holders[holder * stance.k + sums.indexOf(Math.max(...sums))]++;
  }

  // addDoubt keeps the rows of the greatest doubt, in its order.
  function addDoubt(s, i) {
    const list = s.doubts;
    const doubt = s.store.doubt;
    if (doubt[i] === 0 || (list.length === P.doubtful && doubt[i] <= doubt[list[list.length - 1]])) return;
    let lo = 0;
    let hi = list.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (doubt[list[mid]] >= doubt[i]) lo = mid + 1;
      else hi = mid;
    }
    list.splice(lo, 0, i);
    if (list.length > P.doubtful) list.pop();
  }
})((window.Parley = window.Parley || {}));
