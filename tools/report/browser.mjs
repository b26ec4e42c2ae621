// A page of parley report in headless Chromium, and what the tests ask of it.
import { chromium } from "playwright-core";

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// open shows a report and waits until it is drawn. Complaints gathers what the
// console, the page or a request says that should not be.
export async function open(browser, file, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, ...options });
  page.complaints = [];
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) page.complaints.push(`console: ${m.text()}`); });
  page.on("pageerror", (e) => page.complaints.push(`error: ${e.stack}`));
  page.on("dialog", (d) => { page.complaints.push(`dialog: ${d.message()}`); d.dismiss(); });
  page.on("request", (r) => { if (r.url() !== `file://${file}`) page.complaints.push(`request: ${r.url()}`); });
  await page.goto(`file://${file}`);
  await drawn(page, 0);
  return page;
}

const count = () => Number(document.body.getAttribute("data-ready") || 0);

// drawn waits until the page was drawn more often than before.
export const drawn = (page, before) => page.waitForFunction((n) => Number(document.body.getAttribute("data-ready") || 0) > n, before, { timeout: 120000 });

// after does something that changes the filter and waits for the page.
export async function after(page, act) {
  const before = await page.evaluate(count);
  await act();
  await drawn(page, before);
}

export const clear = (page) => after(page, () => page.click("button[type=reset]"));

// found is the number of paragraphs that the page says it shows.
export async function found(page) {
  const s = (await page.textContent("#status")).replace(/^All /, "");
  return Number(/^[\d,]+/.exec(s)[0].replaceAll(",", ""));
}

// marks returns, for each row shown, its text and the words that are marked as
// evidence, by task and number.
export const marks = (page) => page.$$eval(".para", (list) => list.map((e) => {
  const words = e.querySelector(".words");
  const out = { row: Number(e.id.slice(4)), text: words.textContent, dir: getComputedStyle(words).direction, stance: {}, tone: {} };
  for (const m of words.querySelectorAll("mark")) {
    for (const task of ["stance", "tone"]) {
      const n = m.dataset[task];
      if (n !== undefined) out[task][n] = (out[task][n] || "") + m.textContent;
    }
  }
  return out;
}));
