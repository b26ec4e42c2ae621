// Checks how a page is used: what keeps its place, what fits, what is told
// without colour, and what is printed. Tests are called with a page of small
// articles, or of those that edge.mjs prints.
import assert from "node:assert/strict";
import { after, clear, found } from "./browser.mjs";

const bar = (page) => page.evaluate(() => (getComputedStyle(document.querySelector("#filter")).position === "sticky" ? document.querySelector("#filter").offsetHeight : 0));
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.localName);
const box = (page, selector) => page.locator(selector).first().evaluate((e) => { const { top, bottom, left, right } = e.getBoundingClientRect(); return { top, bottom, left, right }; });
const chips = (page) => page.$$eval("#active li", (l) => l.map((e) => e.textContent));

// arrived fails unless the top of what a selector finds is in view, below the bar.
async function arrived(page, selector, room = 80) {
  const [top, least] = [(await box(page, selector)).top, await bar(page)];
  assert(top >= least && top <= least + room, `${selector} is at ${top}, the bar ends at ${least}`);
}

export const onSmall = {
  async "an article that is picked is shown from its top, and the list stays"(page) {
    for (const [scroll, entry] of [[1500, 25], [2600, 34], [0, 1]]) {
      await page.$eval(".list", (e, y) => { e.scrollTop = y; }, scroll);
      await page.locator(".entry").nth(entry).scrollIntoViewIfNeeded();
      await page.locator(".para").last().scrollIntoViewIfNeeded();
      const before = await page.$eval(".list", (e) => e.scrollTop);
      await page.locator(".entry").nth(entry).click();
      assert.equal(await page.$eval(".list", (e) => e.scrollTop), before);
      await arrived(page, ".article");
      const [list, now] = [await box(page, ".list"), await box(page, ".entry[aria-current]")];
      assert(now.top >= list.top - 1 && now.bottom <= list.bottom + 1, `the entry is at ${now.top}, the list at ${list.top} to ${list.bottom}`);
      assert.equal(await page.evaluate(() => document.activeElement.textContent), await page.textContent(".entry[aria-current] .title"));
    }
    // A way back, and into another article.
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-current")), "true");
    await page.keyboard.press("Tab");
    const title = await page.evaluate(() => document.activeElement.querySelector(".title").textContent);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => `${document.activeElement.localName} ${document.activeElement.textContent}`), `h3 ${title}`);
    await page.click(".list .pager button >> nth=1");
    assert.equal(await page.locator(".entry[aria-current]").count(), 0);
    await page.focus(".back");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.querySelector(".title").textContent), title);
  },

  async "focus, place and what is open survive"(page) {
    await page.click("#time summary");
    const open = () => page.$eval("#time details", (e) => e.open);
    for (const selector of ["#overview .totals button", ".matrix td button", "#sources th button >> nth=2", "#holders th button >> nth=3", "#phrases li button >> nth=9"]) {
      await page.focus(selector);
      const [id, at] = [await focused(page), (await box(page, selector)).top];
      await after(page, () => page.keyboard.press("Enter"));
      assert.equal(await focused(page), id);
      const moved = Math.abs((await box(page, `#${id}`)).top - at);
      assert(moved < 2 || await page.evaluate(() => window.scrollY === 0), `${selector} moved by ${moved}`);
      assert(await open());
      await clear(page);
    }
    await page.focus("#time-counts");
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(page), "time-shares");
    await page.keyboard.press("ArrowLeft");
    await page.focus("#holders .body > button");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.closest("tr").rowIndex), 13);
    await page.selectOption("#order", "Most against");
    await page.focus("#order");
    await page.keyboard.press("ArrowUp");
    assert.equal(await focused(page), "order");
    await page.focus("#only");
    await page.keyboard.press("Space");
    assert.equal(await focused(page), "only");
    await page.keyboard.press("Space");
    // A change of size draws the canvases anew, and nothing else.
    await page.focus("#overview .totals button");
    const [id, width] = [await focused(page), await page.$eval("#time canvas", (e) => e.width)];
    await page.setViewportSize({ width: 1000, height: 800 });
    await page.waitForFunction((w) => document.querySelector("#time canvas").width < w, width);
    assert(await open());
    assert.equal(await focused(page), id);
    await page.setViewportSize({ width: 1280, height: 800 });
  },

  async "what is filtered by is said, and can be taken back"(page, rows) {
    await page.$eval(".more", (e) => { e.open = false; });
    await after(page, () => page.click("#sources th button >> nth=0"));
    const source = await page.textContent("#sources th button");
    assert.deepEqual(await chips(page), [`source: ${source}`]);
    await after(page, () => page.click(".matrix td button >> nth=0"));
    await after(page, () => page.fill("#f-query", "assad"));
    assert.deepEqual(await chips(page), ["words: assad", "stance: favor", "tone: cooperative", `source: ${source}`]);
    await page.emulateMedia({ media: "print" });
    assert(await page.isVisible("#active") && await page.isVisible("#status") && !await page.isVisible("#f-query"));
    await page.emulateMedia({ media: "screen" });
    for (const name of ["words", "stance", "tone", "source"]) await after(page, () => page.click(`#active-${name}`));
    assert.equal(await focused(page), "status");
    assert.deepEqual(await chips(page), []);
    assert.match(await page.textContent("#status"), /^All 600/);
    await page.$eval(".more", (e) => { e.open = true; });
    await after(page, () => page.fill("#f-low", "90"));
    await after(page, () => page.fill("#f-high", "20"));
    assert.match(await page.textContent("#status"), /^0 of 600 paragraphs: the lowest confidence, 90 %, is above the highest, 20 %/);
    await clear(page);
    await after(page, () => page.fill("#f-from", "2016-01-01"));
    await after(page, () => page.fill("#f-to", "2014-01-01"));
    assert.match(await page.textContent("#status"), /first day, 2016-01-01, is after the last, 2014-01-01/);
    assert.deepEqual(await chips(page), ["from: 2016-01-01", "to: 2014-01-01"]);
    await clear(page);
    // The names that are offered are those of whom a stance is found.
    const holders = new Set(rows.flatMap((r) => r.stance.evidence.map((e) => e.holder.trim().replace(/\s+/g, " "))).filter(Boolean));
    assert.deepEqual(await page.$$eval("#f-holder-names option", (l) => l.map((e) => e.value).sort()), [...holders].sort());
  },

  async "nothing is told by colour alone"(page, rows) {
    assert.deepEqual(await page.$$eval(".legend mark", (l) => l.map((e) => e.textContent)), ["favor", "against", "neutral", "unrelated", "cooperative", "confrontational", "neutral"]);
    const looks = await page.$$eval(".legend mark", (l) => l.map((e) => { const s = getComputedStyle(e); return `${s.backgroundImage.replace(/rgba?\([^)]*\)/g, "")} ${s.textDecorationStyle} ${s.textDecorationLine} ${s.fontSize}`; }));
    assert.notEqual(looks[0], looks[1]);
    assert.equal(new Set(looks.slice(4)).size, 3);
    for (const line of await page.$$eval("#sources tbody tr", (l) => l.map((e) => [e.cells[0].textContent, e.cells[2].innerText, e.cells[3].innerText]))) {
      const [name, stance, tone] = line;
      for (const [task, said] of [["stance", stance], ["tone", tone]]) {
        for (const [, label, n] of said.matchAll(/(\w+) (\d+)/g)) assert.equal(Number(n), rows.filter((r) => r.extra.source === name && r[task].label === label).length, `${name} ${label}`);
      }
      assert.match(`${stance} ${tone}`, /favor \d+.*cooperative \d+/s);
    }
    // Graphics and the frames of fields differ from their ground by 3 to 1.
    const low = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const light = (name) => {
        const part = [1, 3, 5].map((i) => parseInt(style.getPropertyValue(name).trim().slice(i, i + 2), 16) / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
        return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2] + 0.05;
      };
      const names = ["--edge", ..."favor against neutral unrelated".split(" ").map((l) => `--stance-${l}`), ..."cooperative confrontational neutral".split(" ").map((l) => `--tone-${l}`)];
      return names.flatMap((n) => ["--paper", "--page"].map((g) => [n, g, Math.max(light(n) / light(g), light(g) / light(n))])).filter(([, , c]) => !(c >= 3));
    });
    assert.deepEqual(low, []);
    await page.emulateMedia({ forcedColors: "active" });
    assert.deepEqual(await page.$$eval(".bar, .words mark, .legend mark", (l) => [...new Set(l.map((e) => getComputedStyle(e).forcedColorAdjust))]), ["none"]);
    await page.emulateMedia({ forcedColors: "none" });
  },

  async "the focus is never under the bar"(page) {
    await page.focus("#order");
    let stops = 0;
    for (; stops < 90; stops++) {
      await page.keyboard.press("Shift+Tab");
      const e = await page.evaluate(() => {
        const a = document.activeElement;
        return a.closest("main") && { words: a.textContent.slice(0, 40), top: a.getBoundingClientRect().top, bar: document.querySelector("#filter").getBoundingClientRect().bottom };
      });
      if (!e) break;
      assert(e.top >= e.bar - 1, `"${e.words}" is at ${e.top}, the bar ends at ${e.bar}`);
    }
    assert(stops > 40, `${stops} stops`);
    for (const [height, position] of [[400, "static"], [800, "sticky"]]) {
      await page.setViewportSize({ width: 1280, height });
      await page.waitForFunction((p) => getComputedStyle(document.querySelector("#filter")).position === p, position);
    }
  },
};

export const onEdge = {
  async "the paragraph found is shown, however long the article"(page) {
    const onlyMatch = async () => {
      assert.equal(await page.locator(".para:not(.other)").count(), 1);
      assert.match(await page.textContent(".article .pager"), /Page 3 of 3/);
      await arrived(page, ".para:not(.other)", 600); // the page ends soon after it
    };
    assert.equal(await page.evaluate(() => window.scrollY), 0);
    await page.evaluate(() => document.querySelector("#reader").scrollIntoView());
    await after(page, () => page.fill("#f-query", "zanzibar"));
    await onlyMatch();
    assert.equal(await focused(page), "f-query");
    await page.evaluate(() => window.scrollTo({ top: 0, behavior: "instant" }));
    await page.click(".entry");
    await onlyMatch();
    assert(await page.evaluate(() => document.activeElement.matches(".para:not(.other)")));
    await clear(page);
  },

  async "every telling phrase is found where it stands"(page) {
    const buttons = await page.$$eval("#phrases li button", (l) => l.map((e) => e.id));
    assert(buttons.length > 5);
    for (const id of buttons) {
      await after(page, () => page.click(`#${id}`));
      assert(await found(page) > 0, await page.inputValue("#f-query"));
      await clear(page);
    }
    for (const [query, n] of [["only-its-id", 1], ["“own people”", 3], ['"brutal dictator  assad"', 1]]) {
      await after(page, () => page.fill("#f-query", query));
      assert.equal(await found(page), n, query);
    }
    assert.equal((await page.$$eval("mark.hit", (l) => l.map((e) => e.textContent).join(""))).replace(/\s+/g, " "), "brutal dictator Assad");
    await clear(page);
  },

  async "fields are read in capitals, and a date that is not is noted"(page) {
    assert.match(await page.textContent(".top"), /1 article has a date that is not read, "in spring"/);
    await page.click(".entry:has-text('Runs of spaces')");
    assert.match(await page.textContent(".article > .hint"), /^Article 3 of 7 · Committee of .* · 2016-05-06 · spaces · 1 paragraph$/);
    await page.click(".entry:has-text('Quotes')");
    assert.match(await page.textContent(".article > .hint"), /2016-05-05/);
  },

  async "paper has the whole article, and its evidence"(page) {
    await page.click(".entry:has-text('A long article')");
    assert.equal(await page.locator(".para").count(), 40);
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() => document.querySelectorAll(".para").length === 110);
    assert.match(await page.textContent(".article > .hint"), /Article 1 of 7/);
    assert.match(await page.innerText(".para >> nth=109"), /Zanzibar.*stance\s+favor\s+\(\+\d\.\d\d\), held by/s);
    await page.emulateMedia({ media: "screen" });
    await page.waitForFunction(() => document.querySelectorAll(".para").length === 40);
    assert.equal(await page.locator(".para details[open]").count(), 0);
  },
};

// fits fails if the page is wider than its window, or a word is broken that
// would have room.
export async function fits(page, width) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  const out = await page.$$eval("main :is(.bar, .numbers, th, td, button, canvas)", (l, w) => l.filter((e) => e.checkVisibility() && !e.closest(".hidden, #time .scroll") && e.getBoundingClientRect().right > w).map((e) => `${e.localName}.${e.className} ${e.textContent.slice(0, 30)}`), width);
  assert.deepEqual(out, []);
  const broken = await page.$$eval("#sources th bdi, #holders th bdi, .matrix th", (l) => l.flatMap((e) => {
    const node = e.firstChild;
    return [...(node?.data ?? "").matchAll(/\S+/g)].filter((m) => {
      const range = document.createRange();
      range.setStart(node, m.index);
      range.setEnd(node, m.index + m[0].length);
      return m[0].length < 20 && new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1;
    }).map((m) => m[0]);
  }));
  assert.deepEqual(broken, []);
}
