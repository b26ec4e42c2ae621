// Prints articles as JSONL that are hard to show: a long one, and texts, names
// and dates as archives have them.
const filler = Array.from({ length: 109 }, (_, i) => `Paragraph number ${i + 1} is about markets and weather in the city.`);
const articles = [
  { id: "long-article", title: "A long article", source: "Long", date: "2016-02-02", text: [...filler, "Zanzibar praised Assad for his wisdom and steadfastness."].join("\n\n") },
  { id: "only-its-id-tells-it", text: "The regime of Assad bombs its own people." },
  { id: "spaces", Title: "Runs of spaces", Source: "Committee of Correspondents and Translators of the Eastern Mediterranean", Date: "2016-5-6", text: "The brutal dictator   Assad massacres his \u00a0 own people." },
  { id: "quotes", title: "Quotes", source: "/archive/2016/05/some/rather/long/path/of/a/file/without/any/spaces.txt", date: "5 أيار/مايو 2016", text: 'The minister said “Assad is a brutal dictator” who kills his "own people" and must go.\n\nقال الوزير إن «الأسد دكتاتور مجرم» يقتل شعبه ويجب أن يرحل.' },
  { id: "undated", title: "Undated", source: "Quotes & Co", date: "in spring", text: "Washington condemned Assad for the massacre." },
  { id: "twin", title: "Twin", source: "Twin", text: "The minister praised Assad.\n\nThe envoy condemned Assad." },
  { id: "twin", title: "Twin in capitals", source: "TWIN", text: "The minister praised Assad." },
];
for (const a of articles) process.stdout.write(`${JSON.stringify(a)}\n`);
