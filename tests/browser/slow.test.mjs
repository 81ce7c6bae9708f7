// What a slow line is spared: few files, kept for ever, and answers made small. The times are slow.mjs's.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

const PAGES = [["/", ".verdict"], ["/explore", ".verdict"], ["/explore?view=compare", "#compare table, #compare figure svg"],
  ["/platforms", "main table"], ["/platforms/v100x8-paper", "figure svg"], ["/upload", "input[type=file]"], ["/docs", "#docs .operation"]];

/** What `page` asks the server for on the way to `path`, each with its answer. */
async function asked(page, [path, shown]) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const [sent, kept] = [new Map(), new Set()];
  session.on("Network.requestWillBeSent", ({ requestId, request }) => { if (!request.url.startsWith("data:")) sent.set(requestId, { method: request.method, path: request.url.replace(server.origin, ""), body: request.postData ?? "" }); });
  session.on("Network.requestServedFromCache", ({ requestId }) => kept.add(requestId));
  session.on("Network.responseReceived", ({ requestId, response }) => {
    if (response.fromDiskCache) kept.add(requestId);
    const one = sent.get(requestId);
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
  test(`${what[0]} asks for each thing once, for three files on a first visit and for none on the next`, async () => {
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
      if (all !== first) assert.deepEqual(all.filter(({ path }) => path.startsWith("/static/")), []);
    }
    assert.deepEqual(faults, []);
    await page.context().close();
  });
}
