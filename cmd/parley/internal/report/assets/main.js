// The page loads its data, makes the form, and draws everything anew whenever
// the filter changes.
(function (P) {
  "use strict";

  const status = document.getElementById("status");

  P.load((n, all) => { status.textContent = `Reading ${P.count(n)} of ${P.count(all)} paragraphs`; }, (store) => {
    const change = (some) => P.setCriteria(some);
    const apply = (criteria) => {
      document.body.setAttribute("aria-busy", "true");
      P.filter(store, criteria, (stats) => {
        P.drawOverview(stats, change);
        P.drawTime(stats, (from, to) => change({ from, to }));
        P.drawSources(stats, change);
        P.drawHolders(stats, change);
        P.drawPhrases(stats, change);
        P.drawUncertain(stats, P.openRow);
        P.drawReader(stats, P.terms(criteria.query));
        status.textContent = stats.rows === store.n
          ? `All ${P.plural(store.n, "paragraph")} in ${P.plural(stats.docs, "article")}`
          : `${P.count(stats.rows)} of ${P.plural(store.n, "paragraph")}, in ${P.plural(stats.docs, "article")}`;
        document.body.removeAttribute("aria-busy");
        document.body.setAttribute("data-ready", String(Number(document.body.getAttribute("data-ready") || 0) + 1));
      });
    };
    P.makeControls(store, apply);
    apply(P.noCriteria());
  });
})((window.Parley = window.Parley || {}));
