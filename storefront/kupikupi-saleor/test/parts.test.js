import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { buildSync } from 'esbuild';
import { Window } from 'happy-dom';

import { Journey, OWN_TEXTS, browserStore, memoryStore } from '../src/index.js';
import { APP_TEXTS } from '../src/app-texts.js';
import { pause, untilSeen } from '../src/time.js';

const SOURCE = 'Q2hlY2tvdXQ6MQ==';

/** Lets a test run in a browser's page. */
async function inPage(work, { url = 'https://shop.example/checkout' } = {}) {
  const page = new Window({ url });
  const names = ['document', 'location', 'sessionStorage', 'addEventListener'];
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const name of names) {
    const value = name === 'addEventListener' ? page.addEventListener.bind(page) : page[name];
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    return await work(page);
  } finally {
    for (const [name, was] of before) was ? Object.defineProperty(globalThis, name, was) : delete globalThis[name];
    await page.happyDOM.close();
  }
}

test('the module is at most 5 KB as a shop ships it', () => {
  const entryPoints = [new URL('../src/index.js', import.meta.url).pathname];
  const built = buildSync({ entryPoints, bundle: true, minify: true, format: 'esm', write: false });
  const size = gzipSync(built.outputFiles[0].contents, { level: 9 }).length;
  assert.ok(size <= 5 * 1024, `${size} bytes`);
});

test('nothing is imported but the module’s own files', () => {
  const folder = new URL('../src/', import.meta.url);
  const imports = readdirSync(folder).flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^(?:import|export) .* from '([^']+)'/gm)].map(
      ([, from]) => `${name} ${from}`,
    ),
  );
  assert.deepEqual(
    imports.filter((each) => !each.includes(' ./')),
    ['react.js react'],
  );
});

test('both languages have the same texts', () => {
  for (const texts of [OWN_TEXTS, APP_TEXTS]) assert.deepEqual(Object.keys(texts.ru), Object.keys(texts.en));
  for (const language of ['ru', 'en']) {
    for (const code of ['amount', 'code_invalid']) {
      assert.equal(OWN_TEXTS[language][code], APP_TEXTS[language][code]);
    }
  }
});

test('a browser keeps the payment in a first-party cookie', async () => {
  await inPage((page) => {
    const store = browserStore();
    assert.equal(store.get(), null);
    store.set('{"a": "ё; b"}');
    assert.equal(browserStore().get(), '{"a": "ё; b"}');
    assert.match(page.document.cookie, /^kupikupi=%7B/);
    assert.equal(page.sessionStorage.length, 0);
    store.remove();
    assert.equal(store.get(), null);
  });
});

test('where cookies are off the tab’s own storage stands in', async () => {
  await inPage((page) => {
    Object.defineProperty(page.document, 'cookie', { get: () => '', set: () => {} });
    const store = browserStore();
    store.set('x');
    assert.equal(store.get(), 'x');
    assert.equal(page.sessionStorage.getItem('kupikupi'), 'x');
    store.remove();
    assert.equal(store.get(), null);
  });
});

test('a cookie that is none of ours is ignored', async () => {
  for (const text of ['%', 'null', '[]', '{"source": 1}', 'nonsense']) {
    await inPage(async (page) => {
      page.document.cookie = `kupikupi=${text}; Path=/`;
      const journey = new Journey({ graphql: () => assert.fail('asked') });
      assert.deepEqual(await journey.resume(), { name: 'idle' });
    });
  }
});

test('a server keeps nothing beyond a journey', () => {
  const [one, other] = [browserStore(), browserStore()];
  one.set('x');
  assert.deepEqual([one.get(), other.get()], ['x', null]);
});

test('only an address of the web is gone to', async () => {
  const answers = {
    KupikupiLook: { checkout: { chargeStatus: 'NONE' } },
    KupikupiStart: {
      transactionInitialize: {
        transaction: { id: 'T' },
        transactionEvent: { type: 'CHARGE_ACTION_REQUIRED' },
        data: { transferURL: 'javascript:alert(1)' },
        errors: [],
      },
    },
  };
  const graphql = async (document) => answers[document.match(/Kupikupi\w+/)[0]];
  const journey = new Journey({ graphql, store: memoryStore(), go: () => assert.fail('gone') });
  assert.deepEqual(await journey.start(SOURCE), { name: 'waiting', form: null, errors: [] });
});

test('answers of any other shape are trouble, never more', async () => {
  for (const answer of [null, undefined, {}, [], 'x', { transactionInitialize: 1, checkout: 1, paymentGatewayInitialize: 1 }]) {
    const journey = new Journey({ graphql: async () => answer, store: memoryStore() });
    assert.equal((await journey.offer(SOURCE)).shown, false);
    const state = await journey.start(SOURCE);
    assert.ok(['failed', 'paid'].includes(state.name), state.name);
    await journey.complete();
    assert.notEqual(journey.state.name, 'ordered');
  }
});

test('a page that the back button brings back asks by itself', async () => {
  await inPage(async (page) => {
    let covered = false;
    const graphql = async (document) =>
      document.includes('KupikupiStart')
        ? {
            transactionInitialize: {
              transaction: { id: 'T' },
              transactionEvent: { type: 'CHARGE_ACTION_REQUIRED' },
              data: { transferURL: 'https://payapi.example/form' },
            },
          }
        : { checkout: { chargeStatus: covered ? 'FULL' : 'NONE' } };
    const journey = new Journey({ graphql, go: () => {} });
    assert.equal((await journey.start(SOURCE)).name, 'leaving');
    covered = true;
    const moved = new Promise((done) => journey.subscribe(() => journey.state.name === 'paid' && done()));
    page.dispatchEvent(Object.assign(new page.Event('pageshow'), { persisted: true }));
    await moved;
  });
});

test('nothing is asked while the tab is hidden', async () => {
  await inPage(async (page) => {
    let hidden = true;
    Object.defineProperty(page.document, 'hidden', { get: () => hidden });
    let seen = false;
    const waiting = untilSeen().then(() => (seen = true));
    await pause(5);
    assert.equal(seen, false);
    hidden = false;
    page.document.dispatchEvent(new page.Event('visibilitychange'));
    await waiting;

    hidden = true;
    const stop = new AbortController();
    const left = untilSeen(stop.signal);
    stop.abort();
    await left;
  });
});

test('a pause ends with its time, or as soon as it is no longer wanted', async () => {
  const stop = new AbortController();
  const long = pause(60_000, stop.signal);
  stop.abort();
  await Promise.all([long, pause(60_000, stop.signal), pause(1)]);
});
