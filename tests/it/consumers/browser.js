// Opens a report in a browser without a screen, as a person would: looks, clicks, types, and goes by keyboard. Arguments: the browser, the
// directory that has puppeteer-core, the report, and where pictures go. Whatever the console says, and whatever is fetched, is a fault.
"use strict";
const path = require("path");
const [browserPath, modules, report, pictures] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "puppeteer-core"));

const faults = [];
const check = (holds, what) => { if (!holds) faults.push(what); };

async function main() {
  const browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage();
  page.on("console", (it) => faults.push(`console: ${it.text()}`));
  page.on("pageerror", (it) => faults.push(`error: ${it.message}`));
  page.on("request", (it) => { if (!/^(file|data):/.test(it.url())) faults.push(`request: ${it.url()}`); });
  await page.setViewport({ width: 1280, height: 1000 });
  const text = (selector) => page.$eval(selector, (it) => it.textContent);
  const url = `file://${report}`;
  const times = {};
  const timed = async (name, work) => { const start = Date.now(); await work(); times[name] = Date.now() - start; };

  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await timed("open", async () => {
      await page.goto("about:blank");
      await page.goto(url, { waitUntil: "load" });
      await page.waitForSelector(".map button");
    });
    check((await page.$eval("html", (it) => it.dataset.theme)) === scheme, `not ${scheme}`);
    await page.screenshot({ path: path.join(pictures, `${scheme}.png`) });
  }

  // The numbers, the map, and into it.
  check((await page.$$(".card")).length >= 3, "no cards");
  check((await page.$$eval(".map button", (all) => all.every((it) => it.getAttribute("aria-label")))), "a tile without a name");
  await page.select("select", "functions");
  await page.waitForSelector(".map button");
  await page.click(".map button");
  await page.waitForFunction(() => /^#\/(dir|file)\//.test(location.hash));

  // By keyboard: the first link skips to the content, the next ones are the views.
  await page.goto(url + "#/");
  await page.reload();
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement.className)) === "skip", "no link to skip the head");
  for (let tab = 0; tab < 2; tab += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("input[type=search]");
  check((await text("h2")) === "Files", "the keyboard leads elsewhere");
  check((await page.evaluate(() => document.activeElement.tagName)) === "H2", "the focus is lost");
  check((await text("nav [aria-current]")) === "Files", "the view is not marked");

  // Sorting and searching.
  await timed("sort", async () => {
    await page.click("th:last-child button");
    await page.waitForSelector("th:last-child[aria-sort=descending]");
  });
  const counts = await page.$$eval("tbody td:last-child", (all) => all.map((it) => Number(it.textContent.replace(",", ""))));
  check(counts.every((it, at) => !at || it <= counts[at - 1]), `not sorted: ${counts.slice(0, 5)}`);
  await timed("search", async () => {
    await page.type("input[type=search]", "wanted");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  });
  check((await text("tbody a")).endsWith("wanted.py"), "something else is found");

  // A file with its findings.
  await timed("file", async () => {
    await page.click("tbody a");
    await page.waitForSelector(".source .finding");
  });
  check((await page.$$(".source li.dark")).length > 0, "no dark line");
  check((await page.$$(".source li.covered")).length > 0, "no covered line");
  check((await page.$eval(".source li.dark .mark", (it) => it.getAttribute("aria-label"))).endsWith(": dark"), "a mark without a name");
  check((await text(".source")).includes("<script>alert('&amp;')</script>"), "the source is not as it is written");
  await page.screenshot({ path: path.join(pictures, "file.png") });

  await page.goto(url + "#/findings");
  await page.waitForSelector("tbody a");
  await page.select("select", "warning");
  const levels = await page.$$eval("tbody tr td:first-child", (all) => [...new Set(all.map((it) => it.textContent))]);
  check(levels.join() === "warning", `levels: ${levels}`);
  await page.click("tbody a");
  await page.waitForSelector(".source .here");
  await page.click("#theme");
  check((await page.$eval("html", (it) => it.dataset.theme)) === "light", "the theme stays");
  await browser.close();

  for (const [what, took] of Object.entries(times)) check(took < 2000, `${what} took ${took} ms`);
  console.log(JSON.stringify(times));
  faults.forEach((it) => console.error(it));
  process.exitCode = faults.length ? 1 : 0;
}

main().catch((error) => { console.error(error); faults.forEach((it) => console.error(it)); process.exit(1); });
