// Checks pages of parley report in a browser: test.mjs DIRECTORY. The directory
// holds small.jsonl, hostile.jsonl and large.jsonl with the page of each, and
// parley, which makes the page of edge.mjs here; its screenshots are left there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, clear, drawn, found, launch, marks, open } from "./browser.mjs";
import { fits, onEdge, onSmall } from "./use.mjs";

const dir = process.argv[2];
const rowsOf = (name) => readFileSync(`${dir}/${name}.jsonl`, "utf8").split("\n").filter(Boolean).map((l) => JSON.parse(l));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rows = rowsOf("small");
const count = (f) => rows.filter(f).length;

const tests = {
  async "totals and matrix are those of the rows"(page) {
    const cells = (selector) => page.$$eval(selector, (l) => l.map((e) => e.textContent));
    for (const [n, task, labels] of [[1, "stance", ["favor", "against", "neutral", "unrelated"]], [2, "tone", ["cooperative", "confrontational", "neutral"]]]) {
      assert.deepEqual(await cells(`#overview .card:nth-child(${n}) td:nth-child(2)`), labels.map((l) => String(count((r) => r[task].label === l))));
    }
    const want = ["favor", "against", "neutral", "unrelated"].flatMap((a) => ["cooperative", "confrontational", "neutral"].map((b) => String(count((r) => r.stance.label === a && r.tone.label === b))));
    assert.deepEqual(await cells(".matrix tbody td"), want);
    const sources = await page.$$eval("#sources tbody tr", (l) => l.map((e) => [e.cells[0].textContent, Number(e.cells[1].textContent)]));
    for (const [name, n] of sources) assert.equal(n, count((r) => r.extra.source === name), name);
    assert.equal(sources.length, new Set(rows.map((r) => r.extra.source)).size);
    const holders = await page.$$eval("#holders tbody tr", (l) => l.map((e) => [e.cells[0].textContent, Number(e.cells[1].textContent)]));
    assert(holders.length > 0);
    for (const [name, n] of holders) assert.equal(n, count((r) => r.stance.evidence.some((e) => e.holder.trim().replace(/\s+/g, " ") === name)), name);
  },

  async "time adds up"(page) {
    assert.equal(await page.locator("#time canvas").count(), 2);
    const numbers = await page.$$eval("#time tbody td", (l) => l.map((e) => Number(e.textContent)));
    assert.equal(numbers.reduce((a, b) => a + b, 0), 2 * count((r) => r.extra.date));
    const ink = await page.$$eval("#time canvas", (l) => l.map((c) => new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size));
    assert(ink.every((colors) => colors > 4), `canvases have ${ink} colours`);
    await page.check("#time input >> nth=1");
    assert.equal(await page.locator("#time canvas").count(), 2);
    const box = await page.locator("#time .u-over").first().boundingBox();
    await after(page, async () => {
      await page.mouse.move(box.x + box.width / 3, box.y + 50);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 5 });
      await page.mouse.up();
    });
    const [from, to] = [await page.inputValue("#f-from"), await page.inputValue("#f-to")];
    assert.equal(await found(page), count((r) => r.extra.date >= from && r.extra.date <= to));
    await clear(page);
  },

  async "marked characters are the evidence"(page) {
    const seen = { en: 0, ar: 0 };
    for (let i = 0; i < rows.length; i++) {
      if (rows[i].paragraph > 0) continue; // the article is read with its first paragraph
      await page.evaluate((n) => window.Parley.openRow(n), i);
      for (const shown of await marks(page)) {
        const r = rows[shown.row];
        assert.equal(shown.text, r.text);
        if (r.language === "ar") assert.equal(shown.dir, "rtl");
        for (const task of ["stance", "tone"]) {
          assert.deepEqual(Object.values(shown[task]), r[task].evidence.map((e) => e.text), `row ${shown.row} ${task}`);
          if (r[task].evidence.length > 0) seen[r.language]++;
        }
      }
    }
    assert(seen.en > 100 && seen.ar > 50, `evidence seen in ${JSON.stringify(seen)}`);
  },

  async "filters"(page) {
    const stance = (r) => ["favor", "against"].includes(r.stance.label);
    const cases = [
      [["#f-stance-0", "#f-stance-1"], {}, stance],
      [["#f-stance-0", "#f-stance-1", "#f-tone-1"], {}, (r) => stance(r) && r.tone.label === "confrontational"],
      [[], { "#f-language": "ar" }, (r) => r.language === "ar"],
      [[], { "#f-low": "80" }, (r) => Math.round(r.stance.confidence * 1e4) >= 8000],
      [[], { "#f-low": "50", "#f-high": "75", "#f-task": "tone" }, (r) => Math.round(r.tone.confidence * 1e4) >= 5000 && Math.round(r.tone.confidence * 1e4) <= 7500],
      [[], { "#f-source": "levant ledger" }, (r) => r.extra.source === "The Levant Ledger"],
      [[], { "#f-from": "2014-01-01", "#f-to": "2015-06-30" }, (r) => r.extra.date >= "2014-01-01" && r.extra.date <= "2015-06-30"],
      [["#f-tone-0"], { "#f-language": "en", "#f-from": "2015-01-01" }, (r) => r.tone.label === "cooperative" && r.language === "en" && r.extra.date >= "2015-01-01"],
    ];
    for (const [boxes, values, want] of cases) {
      for (const b of boxes) await after(page, () => page.check(b));
      for (const [field, v] of Object.entries(values)) {
        await after(page, () => (field === "#f-language" || field === "#f-task" ? page.selectOption(field, v) : page.fill(field, v)));
      }
      const n = count(want);
      assert(n > 0 && n < rows.length, `${boxes} ${JSON.stringify(values)} is no test`);
      assert.equal(await found(page), n, `${boxes} ${JSON.stringify(values)}`);
      await clear(page);
      assert.equal(await found(page), rows.length);
    }
    await after(page, () => page.click(".matrix td button >> nth=0"));
    assert.equal(await found(page), count((r) => r.stance.label === "favor" && r.tone.label === "cooperative"));
    await clear(page);
  },

  async "search"(page) {
    const has = (r, words) => (r.text + "\n" + (r.extra.title || "")).toLowerCase().includes(words);
    for (const [query, want] of [
      ["ASSAD", (r) => has(r, "assad")],
      ["assad russia", (r) => has(r, "assad") && has(r, "russia")],
      ['"the president"', (r) => has(r, "the president")],
      ["qqzzyyxx", () => false],
    ]) {
      await after(page, () => page.fill("#f-query", query));
      assert.equal(await found(page), count(want), query);
    }
    assert.match(await page.textContent("#reader"), /No article/);
    // Arabic is found without its hamza, and the words found are marked whole.
    await after(page, () => page.fill("#f-query", "الاسد"));
    const fold = (s) => s.replace(/[أإآ]/g, "ا").replace(/[\u064B-\u0652\u0640]/g, "");
    assert.equal(await found(page), count((r) => fold(r.text).includes("الاسد") || fold(r.extra.title).includes("الاسد")));
    await page.check("#only");
    const hits = await page.$$eval("mark.hit", (l) => l.map((e) => e.textContent));
    assert(hits.length > 0 && hits.every((h) => "الاسد".includes(fold(h))), `marked ${hits}`);
    await page.uncheck("#only");
    await clear(page);
  },

  async "keyboard"(page) {
    await page.reload();
    await drawn(page, 0);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the articles");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "order");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const title = await page.evaluate(() => document.activeElement.querySelector(".title").textContent);
    await page.keyboard.press("Enter");
    assert.equal(await page.textContent(".article > h3"), title);
    assert.equal(await page.textContent(".entry[aria-current] .title"), title);
    await page.focus("#f-stance-1");
    await after(page, () => page.keyboard.press("Space"));
    assert.equal(await found(page), count((r) => r.stance.label === "against"));
    await clear(page);
  },

  async "paragraphs to label"(page) {
    const wait = page.waitForEvent("download");
    await page.click("#uncertain > .body > button");
    const lines = readFileSync(await (await wait).path(), "utf8").trim().split("\n").map((l) => JSON.parse(l));
    assert(lines.length > 20 && lines.every((l) => l.id && l.group && rows.some((r) => r.text === l.text && r.language === l.lang)));
    await page.click("#uncertain li button >> nth=0");
    assert.equal(await page.textContent(".para.target .words"), lines[0].text);
    assert(await page.evaluate(() => document.activeElement.classList.contains("target")));
  },

  async "paper"(page) {
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.isVisible("#f-query"), false);
    assert.equal(await page.isVisible(".para >> nth=0"), true);
    assert.equal(await page.evaluate(() => document.documentElement.classList.contains("paper")), true);
    assert((await page.pdf({ format: "A4", path: `${dir}/print.pdf` })).length > 20000);
    await page.emulateMedia({ media: "screen" });
    await page.waitForFunction(() => !document.documentElement.classList.contains("paper"));
  },
};

// accessible runs axe-core over the page as it stands.
async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`), [], what);
}

writeFileSync(`${dir}/edge-in.jsonl`, execFileSync(process.execPath, [new URL("edge.mjs", import.meta.url).pathname]));
const parley = (...args) => execFileSync(`${dir}/parley`, args, { stdio: "ignore" });
parley("score", "--format", "jsonl", "-o", `${dir}/edge.jsonl`, `${dir}/edge-in.jsonl`);
parley("report", "-o", `${dir}/edge.html`, `${dir}/edge.jsonl`);
parley("score", "--evidence", "0", "--format", "jsonl", "-o", `${dir}/bare.jsonl`, `${dir}/edge-in.jsonl`);
parley("report", "-o", `${dir}/bare.html`, `${dir}/bare.jsonl`);

const browser = await launch();
let failed = 0;
async function test(name, f) {
  try {
    await f();
    console.log(`ok    ${name}`);
  } catch (e) {
    failed++;
    console.log(`FAIL  ${name}\n${e.stack}`);
  }
}
const silent = (page) => assert.deepEqual(page.complaints, []);

const page = await open(browser, `${dir}/small.html`, { acceptDownloads: true });
for (const [name, f] of Object.entries(tests)) await test(name, async () => { await page.evaluate(() => { document.querySelector(".more").open = true; }); await f(page); silent(page); });
await page.close();

for (const [name, tests, viewport] of [["small", onSmall, { width: 1280, height: 800 }], ["edge", onEdge, { width: 1280, height: 900 }]]) {
  for (const [what, f] of Object.entries(tests)) {
    await test(what, async () => {
      const p = await open(browser, `${dir}/${name}.html`, { viewport, reducedMotion: "reduce" });
      await f(p, rows);
      silent(p);
      await p.close();
    });
  }
}

for (const width of [375, 320]) {
  await test(`everything fits into ${width} pixels`, async () => {
    for (const name of ["small", "edge"]) {
      const p = await open(browser, `${dir}/${name}.html`, { viewport: { width, height: 700 }, hasTouch: true, isMobile: true });
      await fits(p, width);
      assert.equal(await p.isVisible("#time .hover"), false);
      await p.locator(".entry >> nth=1").click();
      await p.screenshot({ path: `${dir}/${name}-${width}-reader.png` });
      await fits(p, width);
      await after(p, () => p.click("#sources th button >> nth=0"));
      await fits(p, width);
      await p.screenshot({ path: `${dir}/${name}-${width}.png`, fullPage: true });
      silent(p);
      await p.close();
    }
  });
}

for (const colorScheme of ["light", "dark"]) {
  for (const [device, width] of [["wide", 1280], ["narrow", 400]]) {
    await test(`accessible and nothing overflows: ${colorScheme}, ${device}`, async () => {
      const p = await open(browser, `${dir}/small.html`, { colorScheme, viewport: { width, height: 900 } });
      await p.screenshot({ path: `${dir}/${colorScheme}-${device}.png` });
      await p.click(".entry:has([dir=auto]) >> nth=2");
      await accessible(p, `${colorScheme} ${device}`);
      assert(await p.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
      await p.screenshot({ path: `${dir}/${colorScheme}-${device}-reader.png` });
      await p.$eval(".more", (e) => { e.open = true; });
      await after(p, () => p.fill("#f-query", "assad"));
      await after(p, () => p.check("#f-stance-1"));
      assert(await p.locator(".para.other").count() > 0);
      await accessible(p, `${colorScheme} ${device} filtered`);
      await p.screenshot({ path: `${dir}/${colorScheme}-${device}-filtered.png` });
      await after(p, () => p.fill("#f-query", "qqzzyyxx"));
      await accessible(p, `${colorScheme} ${device} empty`);
      silent(p);
      await p.close();
      const long = await open(browser, `${dir}/edge.html`, { colorScheme, viewport: { width, height: 900 } });
      assert.equal(await long.locator(".article .pager").count(), 2);
      await accessible(long, `${colorScheme} ${device} long`);
      silent(long);
      await long.close();
    });
  }
}

await test("injected markup stays text", async () => {
  const p = await open(browser, `${dir}/hostile.html`);
  const hostile = rowsOf("hostile");
  for (let i = 0; i < hostile.length; i++) {
    await p.evaluate((n) => window.Parley.openRow(n), i);
    const shown = await marks(p);
    assert.equal(shown[0].text, hostile[i].text);
    assert.deepEqual(Object.values(shown[0].stance), hostile[i].stance.evidence.map((e) => e.text));
    assert.equal(await p.textContent(".article > h3"), hostile[i].extra.title.replace(/\s+/g, " ").trim());
    await after(p, () => p.fill("#f-query", hostile[i].text));
  }
  assert.equal(await p.evaluate(() => window.pwned), undefined);
  assert.equal(await p.locator("img, iframe, a[href^=javascript], main script, b").count(), 0);
  silent(p);
  await p.close();
});

await test("rows without evidence make a page too", async () => {
  const p = await open(browser, `${dir}/bare.html`);
  assert.equal(await found(p), rowsOf("bare").length);
  assert.match(await p.textContent("main"), /No evidence among these paragraphs/);
  silent(p);
  await p.close();
});

await test("names that differ in case are filtered apart", async () => {
  const p = await open(browser, `${dir}/edge.html`);
  const sources = p.locator("#sources th button");
  const [at, twin] = await Promise.all(["Twin", "TWIN"].map(async (name) => (await sources.allTextContents()).indexOf(name)));
  for (const [i, n] of [[at, 2], [twin, 1]]) {
    await after(p, () => sources.nth(i).click());
    assert.equal(await found(p), n);
    await clear(p);
  }
  silent(p);
  await p.close();
});

await test("a large archive is done in bounded steps", async () => {
  const large = rowsOf("large");
  const begun = Date.now();
  const p = await open(browser, `${dir}/large.html`);
  const loaded = Date.now();
  const bounded = async (what) => {
    const m = await p.evaluate(() => ({ ...window.Parley.metrics, nodes: document.querySelectorAll("*").length }));
    assert(m.longestSlice <= 2000 && m.longestBlock <= 500, `${what}: ${JSON.stringify(m)}`);
    assert(m.nodes < 6000, `${what}: ${m.nodes} elements`);
    return m;
  };
  const m = await bounded("loaded");
  assert.equal(m.slices, Math.ceil(large.length / 2000));
  assert.equal(await found(p), large.length);
  const want = large.filter((r) => (r.text + "\n" + r.extra.title).toLowerCase().includes("assad") && r.stance.label === "against").length;
  await after(p, () => p.check("#f-stance-1"));
  const first = Date.now();
  await after(p, () => p.fill("#f-query", "assad"));
  const searched = Date.now();
  assert.equal(await found(p), want);
  await bounded("searched");
  // What is typed while the filter runs starts it anew, and the last word counts.
  const before = await p.evaluate(() => Number(document.body.getAttribute("data-ready")));
  for (const q of ["a", "as", "ass", "qqzzyyxx"]) await p.fill("#f-query", q);
  await drawn(p, before);
  await p.waitForFunction(() => document.querySelector("#status").textContent.startsWith("0 of"));
  await clear(p);
  await p.evaluate(() => window.Parley.openRow(window.Parley.metrics.longestSlice * 20));
  await bounded("opened");
  silent(p);
  console.log(`      ${large.length} paragraphs, ${(statSync(`${dir}/large.html`).size / 1e6).toFixed(1)} MB: opened in ${loaded - begun} ms, first search in ${searched - first} ms, ${m.nodes} elements`);
  await p.close();
});

await browser.close();
process.exitCode = failed > 0 ? 1 : 0;
