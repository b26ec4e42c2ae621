// Search folds case, accents, Arabic vowel signs, tatweel and the letters that
// are written one for the other, so that what is typed plainly is found. Runs of
// white space and quotation marks are one space.
(function (P) {
  "use strict";

  const same = new Map([
    ["أ", "ا"], ["إ", "ا"], ["آ", "ا"], ["ٱ", "ا"], ["ى", "ي"], ["ی", "ي"], ["ئ", "ي"], ["ؤ", "و"], ["ة", "ه"], ["ک", "ك"],
    ["’", "'"], ["‘", "'"], ["–", "-"], ["—", "-"],
  ]);
  // Marks that carry no letter: combining marks, tatweel, marks of direction,
  // soft hyphen.
  const dropped = /[\p{Mn}\u0640\u200B-\u200F\u202A-\u202E\u2066-\u2069\u00AD]/u;
  const spaces = /[\s"“”„«»]/u;
  const known = new Map();

  function foldChar(c) {
    let f = known.get(c);
    if (f === undefined) {
      f = same.get(c);
      if (f === undefined) {
        f = spaces.test(c) ? " " : [...c.normalize("NFKD").toLowerCase()].filter((x) => !dropped.test(x)).map((x) => same.get(x) || x).join("");
      }
      if (known.size < 20000) known.set(c, f);
    }
    return f;
  }

  // fold returns the form that is searched. With at, an array, it also notes
  // for each unit of the form at which unit of s its character begins.
  P.fold = function (s, at) {
    let out = "";
    let i = 0;
    for (const c of s) {
      let f = foldChar(c);
      if (f === " " && out.endsWith(" ")) f = "";
      if (at) for (let k = 0; k < f.length; k++) at.push(i);
      out += f;
      i += c.length;
    }
    if (at) at.push(i);
    return out;
  };

  const mostTerms = 20;

  // terms reads a query: words, and phrases in double quotes, all of which have
  // to be found.
  P.terms = function (query) {
    const out = [];
    for (const m of query.matchAll(/["“”„«»]([^"“”„«»]*)["“”„«»]?|[^\s"“”„«»]+/gu)) {
      const t = P.fold(m[1] ?? m[0]).trim();
      if (t !== "" && out.length < mostTerms && !out.includes(t)) out.push(t);
    }
    return out;
  };

  // phrase is the query that finds words as they stand.
  P.phrase = (words) => `"${words.replace(/["“”„«»]/gu, " ")}"`;

  const mostHits = 1000;

  // hits returns the stretches of s in which terms are found, as flat offsets.
  P.hits = function (s, terms) {
    const out = [];
    if (terms.length === 0) return out;
    const at = [];
    const folded = P.fold(s, at);
    for (const t of terms) {
      for (let i = folded.indexOf(t); i >= 0 && out.length < 2 * mostHits; i = folded.indexOf(t, i + t.length)) {
        let end = i + t.length;
        while (end < at.length - 1 && at[end] === at[end - 1]) end++;
        out.push(at[i], at[end]);
      }
    }
    return out;
  };
})((window.Parley = window.Parley || {}));
