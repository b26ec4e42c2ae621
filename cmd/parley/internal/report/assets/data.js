// The rows of the page in columns. They are read block by block, with a pause
// after each, so that the page answers while it loads.
(function (P) {
  "use strict";

  // unit makes 1 of a probability; evidence is a flat list of stride numbers.
  P.unit = 10000;
  P.stride = 6;

  // metrics tell how much the page does at a time, for its tests.
  P.metrics = { slices: 0, longestSlice: 0, longestBlock: 0 };

  // later runs f in a task of its own.
  P.later = (f) => setTimeout(f, 0);

  function columns(meta) {
    const n = meta.rows;
    const task = (name, labels) => ({
      name, labels, k: labels.length, label: new Uint8Array(n), prob: new Uint16Array(n * labels.length),
      evidence: new Array(n), abstained: new Array(n),
    });
    return {
      meta, n: 0,
      doc: new Int32Array(n), paragraph: new Int32Array(n), language: new Uint8Array(n),
      text: new Array(n), folded: new Array(n), doubt: new Float32Array(n),
      tasks: [task("stance", meta.labels[0]), task("tone", meta.labels[1])],
      docs: meta.docs.map(([id, title, source, day, link]) => ({ id, title, source, day, link, rows: [], folded: null })),
      names: {},
      holders: new Set(), // those of a stance
    };
  }

  function add(store, row) {
    const i = store.n++;
    store.doc[i] = row[0];
    store.paragraph[i] = row[1];
    store.language[i] = row[2];
    store.text[i] = row[3];
    store.docs[row[0]].rows.push(i);
    let doubt = 0;
    store.tasks.forEach((t, k) => {
      const [label, prob, evidence, abstained] = row[4 + k];
      t.label[i] = label;
      t.prob.set(prob, i * t.k);
      t.evidence[i] = evidence;
      t.abstained[i] = abstained;
      doubt += entropy(prob) / 2;
    });
    const stance = store.tasks[0].evidence[i];
    for (let e = 0; e < stance.length; e += P.stride) if (stance[e + 4] > 0) store.holders.add(stance[e + 4]);
    // Paragraphs that the model cannot read are not worth a label.
    const why = store.tasks[0].abstained[i];
    store.doubt[i] = why === "nothing_to_read" || why === "unsupported_language" ? 0 : doubt;
  }

  // entropy is 0 when one label is certain and 1 when all are equal.
  function entropy(prob) {
    let sum = 0;
    for (const p of prob) if (p > 0) sum -= (p / P.unit) * Math.log(p / P.unit);
    return sum / Math.log(prob.length);
  }

  // load reads the data of the page and hands the store to done.
  P.load = function (progress, done) {
    const take = (e) => {
      const v = JSON.parse(e.textContent);
      e.remove(); // the text is not needed twice
      return v;
    };
    const store = columns(take(document.querySelector("script.data-meta")));
    const blocks = [...document.querySelectorAll("script.data-rows")];
    let next = 0;
    const step = () => {
      if (next < blocks.length) {
        const rows = take(blocks[next++]);
        P.metrics.longestBlock = Math.max(P.metrics.longestBlock, rows.length);
        for (const r of rows) add(store, r);
        progress(store.n, store.meta.rows);
        P.later(step);
        return;
      }
      for (const d of store.docs) d.rows.sort((a, b) => store.paragraph[a] - store.paragraph[b] || a - b);
      done(store);
    };
    step();
  };

  // searchable is the folded text of a row, made when it is first needed.
  P.searchable = function (store, i) {
    let s = store.folded[i];
    if (s === undefined) s = store.folded[i] = P.fold(store.text[i]);
    return s;
  };

  // searchableTitle is the same for the title and the id of a document.
  P.searchableTitle = function (doc) {
    if (doc.folded === null) doc.folded = `${P.fold(doc.title)}\n${P.fold(doc.id)}`;
    return doc.folded;
  };

  // searchableNames is the same for the names of meta: "sources" or "holders".
  P.searchableNames = function (store, list) {
    return (store.names[list] = store.names[list] || store.meta[list].map((s) => P.fold(s)));
  };
})((window.Parley = window.Parley || {}));
