import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Window } from 'happy-dom';

import { pause } from '../src/time.js';
import { browser, startStage } from './stage.js';

const SHOP = 'https://shop.example/checkout';

let stage, page, React, dom, KupikupiPayment;
before(async () => {
  stage = await startStage();
  page = new Window({ url: SHOP });
  const globals = { window: page, document: page.document, navigator: page.navigator };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  React = await import('react');
  dom = await import('react-dom/client');
  ({ KupikupiPayment } = await import('../src/react.js'));
});
after(async () => {
  await page.happyDOM.close();
  delete globalThis.window;
  delete globalThis.document;
  await stage.stop();
});

/** Does something and lets React draw what follows. */
async function done(work) {
  work();
  await pause(0);
}

/** Opens a page of the shop with the component in it. */
async function opened(source, { store, ...props } = {}) {
  const been = browser(stage, store ? { store } : {});
  const told = { orders: [], left: [] };
  const element = React.createElement(React.StrictMode, null, [
    React.createElement(KupikupiPayment, {
      key: 'payment',
      source,
      graphql: stage.graphql,
      language: 'en',
      store: been.store,
      go: (form) => been.went.push(form),
      wait: (milliseconds) => stage.act('forward', { seconds: milliseconds / 1000 }),
      onOrdered: (order) => told.orders.push(order.number),
      onLeft: (left) => told.left.push(left.amount),
      ...props,
    }),
  ]);
  const place = page.document.body.appendChild(page.document.createElement('main'));
  const root = dom.createRoot(place);
  await done(() => root.render(element));
  const close = async () => {
    await done(() => root.unmount());
    place.remove();
  };
  return { ...been, ...told, place, close };
}

/** Waits until the page shows something. */
async function shows(place, what) {
  for (let turn = 0; turn < 3000; turn += 1) {
    if (what instanceof RegExp ? what.test(place.textContent) : place.querySelector(what)) return;
    await pause(10);
  }
  assert.fail(`${what} is not in: ${place.innerHTML}`);
}

/** Waits for the order, and asks for it where the page leaves that to the buyer. */
async function ordered(place) {
  await shows(place, /Thank you!|not placed yet/);
  if (!/Thank you!/.test(place.textContent)) {
    await done(() => [...place.querySelectorAll('button')].at(-1)?.click());
  }
  await shows(place, /Thank you!/);
}

async function type(place, label, text) {
  const named = [...place.querySelectorAll('label')].find((each) => each.textContent.startsWith(label));
  const input = page.document.getElementById(named.htmlFor);
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), 'value').set;
  await done(() => {
    setter.call(input, text);
    input.dispatchEvent(new page.Event('input', { bubbles: true }));
  });
}

const submit = (place, form) =>
  done(() =>
    place.querySelector(form).dispatchEvent(new page.Event('submit', { bubbles: true, cancelable: true })),
  );

test('a buyer presses the button and comes back to the order', async () => {
  const source = await stage.act('checkout');
  const first = await opened(source);
  await shows(first.place, /Оплатить баллами/);
  assert.match(first.place.textContent, /Test mode/);
  await submit(first.place, '.kupikupi-offer');
  await shows(first.place, '[data-state=leaving]');
  assert.equal(first.went.length, 1);
  await first.close();
  await stage.act('type_code', { source });

  const back = await opened(source, { store: first.store });
  await shows(back.place, /Thank you! Order no\. \d+/);
  assert.equal(back.orders.length, 1);
  await back.close();
});

test('a page that waits goes on by itself once the code was typed', async () => {
  const source = await stage.act('checkout');
  const first = await opened(source);
  await shows(first.place, '.kupikupi-offer');
  await submit(first.place, '.kupikupi-offer');
  await shows(first.place, '[data-state=leaving]');
  await first.close();

  const back = await opened(source, { store: first.store });
  await shows(back.place, 'a');
  assert.match(back.place.textContent, /Waiting for your payment/);
  assert.equal(back.place.querySelector('a').href, first.went[0]);
  await stage.act('type_code', { source });
  await ordered(back.place);
  await back.close();
});

test('a phone that is missing is asked for', async () => {
  const source = await stage.act('checkout', { phone: '' });
  const { place, went, close } = await opened(source);
  await shows(place, 'input[type=tel]');
  await type(place, 'The phone number', '+7 916 123-45-67');
  await submit(place, '.kupikupi-offer');
  await shows(place, '[data-state=leaving]');
  assert.equal(went.length, 1);
  await close();
});

test('a part is paid and what is left is told', async () => {
  const source = await stage.act('checkout', { total: '1234.50' });
  const first = await opened(source, { part: true });
  await shows(first.place, '.kupikupi-offer');
  await type(first.place, 'Points to use', '234,50');
  await submit(first.place, '.kupikupi-offer');
  await shows(first.place, '[data-state=leaving]');
  await first.close();
  await stage.act('type_code', { source });
  const back = await opened(source, { store: first.store, part: true });
  await shows(back.place, /Left to pay: 1000\.00 RUB/);
  assert.deepEqual([...new Set(back.left)], [1000]);
  await back.close();
});

test('a code is typed in the page itself', async () => {
  await stage.act('choose', { accept_code: true });
  const source = await stage.act('checkout', { user: 'signed-in@example.com' });
  const first = await opened(source);
  await shows(first.place, '.kupikupi-offer');
  await submit(first.place, '.kupikupi-offer');
  await shows(first.place, '[data-state=leaving]');
  await first.close();
  const back = await opened(source, { store: first.store, code: true });
  await shows(back.place, '.kupikupi-code');
  await type(back.place, 'Code', 'abc');
  await submit(back.place, '.kupikupi-code');
  await shows(back.place, /digits only/);
  await type(back.place, 'Code', await stage.act('code', { source }));
  await submit(back.place, '.kupikupi-code');
  await stage.act('settle', { source });
  await ordered(back.place);
  await back.close();
});

test('a reason stands where the button cannot', async () => {
  const { place, close } = await opened('Q2hlY2tvdXQ6MTIzNA==');
  await shows(place, /no longer there/);
  assert.equal(place.querySelector('button'), null);
  await close();
});

test('a server renders nothing of the payment', async () => {
  const { renderToString } = await import('react-dom/server');
  const element = React.createElement(KupikupiPayment, { source: 'x', graphql: () => assert.fail('asked') });
  assert.match(renderToString(element), /^<section class="kupikupi" data-state="idle">/);
});
