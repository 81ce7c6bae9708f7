// What a slow line is spared: few files, kept for ever, and answers made small. The times are slow.mjs's.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PAGES } from "./pages.mjs";
import { launch, open, serve, settled } from "./server.mjs";
import { timings } from "./timings.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

/**
 * What `page` asks the server for on the way to `path`, each with its answer, and with its `trips`: how many answers, one after
 * the other, its browser had when the last of these came. The events come in the order in which the page did and heard of them.
 */
async function asked(page, { path, shown }) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const [sent, kept] = [new Map(), new Set()];
  let trips = 0;
  session.on("Network.requestWillBeSent", ({ requestId, request }) => { if (!request.url.startsWith("data:")) sent.set(requestId, { method: request.method, path: request.url.replace(server.origin, ""), body: request.postData ?? "", trips: trips + 1 }); });
  session.on("Network.requestServedFromCache", ({ requestId }) => kept.add(requestId));
  session.on("Network.responseReceived", ({ requestId, response }) => {
    if (response.fromDiskCache) kept.add(requestId);
    const one = sent.get(requestId);
    // Nothing is asked for because a style sheet or an icon has come, whenever that is.
    if (one && !kept.has(requestId) && !/\.(css|svg)$/.test(one.path)) trips = Math.max(trips, one.trips);
    if (one) Object.assign(one, { status: response.status, headers: response.headers, bytes: 0 });
  });
  session.on("Network.dataReceived", ({ requestId, dataLength }) => { const one = sent.get(requestId); if (one) one.bytes += dataLength; });
  await page.goto(path);
  await page.locator(shown).first().waitFor();
  await settled(page);
  await session.detach();
  return [...sent].filter(([id]) => !kept.has(id)).map(([, one]) => one);
}

for (const what of PAGES) {
  test(`${what.path} asks for each thing once, for three files on a first visit and for none on the next, in as few trips as can be`, async () => {
    const { page, faults } = await open(browser, server.origin);
    const first = await asked(page, what);
    const files = first.filter(({ path }) => path.startsWith("/static/"));
    assert.deepEqual(files.map(({ path }) => path.replace(/.*\./, "")).sort(), ["css", "js", "svg"]);
    for (const { headers, path } of files) assert.match(headers["cache-control"], /immutable/, path);
    for (const all of [first, await asked(page, what)]) {
      const names = all.map(({ method, path, body }) => `${method} ${path} ${body}`);
      assert.deepEqual(names, [...new Set(names)]);
      for (const { path, bytes, headers, status } of all) {
        if (bytes > 1024) assert.equal(headers["content-encoding"], "gzip", path);
        assert.ok(status === 200 || status === 304, `${path}: ${status}`);
      }
      // The page, and its script where it is new; and then a question, where the answer did not come with the page.
      const needed = all.filter(({ path }) => path === what.path || path.endsWith(".js") || what.waits?.test(path));
      // On coming back the browser has the chart, and which data it is of is in the page.
      assert.equal(Math.max(...needed.map(({ trips }) => trips)), all === first ? 2 + (what.waits ? 1 : 0) : 1);
      assert.ok(!all.some(({ path }) => path === what.brings), what.brings);
      if (what.waits) assert.equal(all.some(({ path }) => what.waits.test(path)), all === first, String(what.waits));
      if (all !== first) assert.deepEqual(all.filter(({ path }) => path.startsWith("/static/")), []);
    }
    assert.deepEqual(faults, []);
    await page.context().close();
  });
}

test("a chart that the browser has kept is drawn anew once there are other data", async () => {
  const { page, faults } = await open(browser, server.origin);
  const first = await asked(page, { path: "/platforms/v100x8-paper", shown: "figure svg" });
  const isChart = ({ path }) => path.startsWith("/v1/charts/");
  assert.ok(first.some(isChart));
  assert.deepEqual((await asked(page, { path: "/platforms/v100x8-paper", shown: "figure svg" })).filter(isChart), []);
  const headers = { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` };
  const sent = await fetch(`${server.origin}/v1/measurements`, { method: "POST", headers, body: timings("beside", 10) });
  assert.equal(sent.status, 200);
  const after = await asked(page, { path: "/platforms/v100x8-paper", shown: "figure svg" });
  assert.equal(after.filter(isChart).length, first.filter(isChart).length);
  assert.deepEqual(faults, []);
  await page.context().close();
});

const TIME = "/explore?view=time";

test("what a page waits for is asked by its script where it did not come, or came with a view that Back leads to", async () => {
  const { page, faults } = await open(browser, server.origin);
  let asked = 0;
  page.on("request", (request) => { if (request.url().endsWith("/v1/explain")) asked += 1; });
  // As a server that is busy answers, and one that ends half-way.
  const ends = [(text) => text.replace(/(id="later">).*(<\/script>)/, "$1null$2"), (text) => text.split('<script type="application/json" id="later">')[0]];
  for (const end of ends) {
    await page.route("**/explore?*", async (route) => {
      const whole = await (await route.fetch()).text();
      assert.notEqual(end(whole), whole);
      await route.fulfill({ contentType: "text/html", body: end(whole) });
    }, { times: 1 });
    await page.goto(TIME);
    await page.locator("#time table").first().waitFor();
  }
  assert.equal(asked, ends.length);
  await page.goto(TIME);
  await page.locator("#time table").first().waitFor();
  assert.equal(asked, ends.length);
  await page.goto("/about");
  await page.goBack();
  await page.locator("#time table").first().waitFor();
  assert.equal(asked, ends.length + 1);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("an upload is in the next view of a page, and where Back leads to a view from before", async () => {
  const { page, faults } = await open(browser, server.origin);
  const found = page.getByRole("link", { name: "just-now" });
  await page.goto("/platforms");
  await page.getByRole("link", { name: "v100x8-paper" }).waitFor();
  assert.equal(await found.count(), 0);
  await page.goto("/about");
  const headers = { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` };
  const sent = await fetch(`${server.origin}/v1/measurements`, { method: "POST", headers, body: timings("just-now", 12) });
  assert.equal(sent.status, 200);
  await page.goBack();
  await found.waitFor();
  await page.goto("/");
  await found.waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});
