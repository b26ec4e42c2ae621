// Prints articles as JSONL, made of the committed corpus: rows.mjs PARAGRAPHS.
// The same number gives the same articles.
import { readFileSync, readdirSync } from "node:fs";

const wanted = Number(process.argv[2]);
const corpus = new URL("../../training/corpus/", import.meta.url);
const texts = { en: [], ar: [] };
for (const name of readdirSync(corpus).filter((f) => f.endsWith(".jsonl")).sort()) {
  for (const line of readFileSync(new URL(name, corpus), "utf8").split("\n").filter(Boolean)) {
    const { text, lang } = JSON.parse(line);
    texts[lang]?.push(text.replace(/\s+/g, " "));
  }
}
const outlets = { en: ["Harbour Wire", "The Levant Ledger", "Citizen Notes", "North Gate Review"], ar: ["وكالة الميناء", "صحيفة الشام الجديدة", "دفتر حلب"] };

// A generator of Park and Miller, so that runs can be compared.
let seed = 20160401;
const random = (n) => (seed = (seed * 48271) % 2147483647) % n;

for (let made = 0, doc = 0; made < wanted; doc++) {
  const lang = doc % 3 === 2 ? "ar" : "en";
  const count = Math.min(wanted - made, 2 + random(9));
  const list = Array.from({ length: count }, () => `${texts[lang][random(texts[lang].length)]} (${1 + random(9999)})`);
  made += count;
  const day = new Date(Date.UTC(2013, 0, 1) + random(1800) * 864e5).toISOString().slice(0, 10);
  process.stdout.write(`${JSON.stringify({
    id: `doc-${doc}`, title: list[0].split(" ").slice(0, 9).join(" "), source: outlets[lang][random(outlets[lang].length)],
    ...(doc % 17 === 0 ? {} : { date: day }), url: `https://example.org/${doc}`, text: list.join("\n\n"),
  })}\n`);
}
