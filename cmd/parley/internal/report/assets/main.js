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
        const reading = P.reading();
        P.steady(() => {
          P.drawActive(store, criteria, change);
          P.drawOverview(stats, change);
          P.drawTime(stats, (from, to) => change({ from, to }));
          P.drawSources(stats, change);
          P.drawHolders(stats, change);
          P.drawPhrases(stats, change);
          P.drawUncertain(stats, P.openRow);
          P.drawReader(stats, P.terms(criteria.query));
        });
        if (reading) P.arrive();
        status.textContent = said(stats, P.contradiction(criteria));
        document.body.removeAttribute("aria-busy");
        document.body.setAttribute("data-ready", String(Number(document.body.getAttribute("data-ready") || 0) + 1));
      });
    };
    const said = (stats, why) => {
      if (stats.rows === store.n) return `All ${P.plural(store.n, "paragraph")} in ${P.plural(stats.docs, "article")}`;
      return `${P.count(stats.rows)} of ${P.plural(store.n, "paragraph")}${why ? `: ${why}` : `, in ${P.plural(stats.docs, "article")}`}`;
    };
    P.makeControls(store, apply);
    apply(P.noCriteria());

    // Paper is light, and has the whole of the article.
    const paper = (on) => {
      document.documentElement.classList.toggle("paper", on);
      P.paintTime();
      P.steady(() => P.wholeArticle(on));
    };
    window.addEventListener("beforeprint", () => paper(true));
    window.addEventListener("afterprint", () => paper(false));
    window.matchMedia("print").addEventListener("change", (e) => paper(e.matches));
  });
})((window.Parley = window.Parley || {}));
