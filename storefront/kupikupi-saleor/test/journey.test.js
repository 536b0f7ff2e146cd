import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { browser, startStage } from './stage.js';

let stage;
before(async () => (stage = await startStage()));
after(() => stage.stop());
afterEach(async () => {
  await stage.act('clear');
  await stage.act('choose', { accept_code: false, show_balance: false });
});

const codes = (state) => state.errors.map((each) => each.code);

/** A buyer who pressed the button and is at the form. */
async function atTheForm(more = {}, wish = {}, buyer = {}) {
  const source = await stage.act('checkout', buyer);
  const opened = browser(stage, more);
  await opened.journey.start(source, wish);
  assert.equal(opened.journey.state.name, 'leaving');
  return { source, ...opened };
}

// Offer

test('points are offered with the button’s text and the mark of the test environment', async () => {
  const { journey } = browser(stage);
  const offer = await journey.offer(await stage.act('checkout'));
  assert.deepEqual(
    [offer.shown, offer.reason, offer.label, offer.test, offer.suffices],
    [true, null, 'Оплатить баллами Купи-Купи', true, null],
  );
});

test('without a phone the button asks for one, and one that is typed is enough', async () => {
  const { journey } = browser(stage);
  const source = await stage.act('checkout', { phone: '' });
  const [before_, after_] = [await journey.offer(source), await journey.offer(source, { phone: '+79161234567' })];
  assert.deepEqual([before_.shown, before_.needsPhone, after_.needsPhone], [true, true, false]);
  assert.match(before_.message, /mobile phone number/);
});

test('whether the points suffice is told where the merchant allows it', async () => {
  await stage.act('choose', { balance_check: 'everyone', show_balance: true });
  const { journey } = browser(stage);
  const few = await journey.offer(await stage.act('checkout', { total: '2000000' }));
  const many = await journey.offer(await stage.act('checkout'));
  assert.deepEqual([few.shown, few.partOnly, few.suffices], [false, true, false]);
  assert.deepEqual([many.shown, many.suffices, many.points], [true, true, '100000.00']);
});

test('points are not offered where the app, Saleor or the checkout is away', async () => {
  const { journey } = browser(stage);
  const source = await stage.act('checkout');
  await stage.act('down', { app: true });
  assert.equal((await journey.offer(source)).reason, 'unreachable');
  await stage.act('clear');
  await stage.act('down', { times: 1 });
  const offline = await journey.offer(source);
  assert.deepEqual([offline.shown, offline.reason], [false, 'network']);
  assert.equal((await journey.offer('Q2hlY2tvdXQ6MTIzNA==')).reason, 'checkout_gone');
});

// The usual way

test('a buyer pays, comes back in another page and finds the order', async () => {
  const { source, store, went } = await atTheForm();
  assert.match(went[0], /\/form\//);
  await stage.act('type_code', { source });

  const back = browser(stage, { store });
  await back.journey.resume();
  assert.equal(back.journey.state.name, 'paid');
  await back.journey.complete();
  assert.equal(back.journey.state.name, 'ordered');
  assert.equal((await stage.act('transactions', { source })).length, 1);

  const reloaded = browser(stage, { store });
  assert.deepEqual(await reloaded.journey.resume(), back.journey.state);
});

test('a buyer who comes back without a code is led to the form again', async () => {
  const { store, went } = await atTheForm();
  const back = await browser(stage, { store }).journey.resume();
  assert.deepEqual(back, { name: 'waiting', form: went[0], errors: [] });
});

test('a second tab sees the same payment, and both find the one order', async () => {
  const { source, store } = await atTheForm();
  await stage.act('type_code', { source });
  const tabs = [browser(stage, { store }), browser(stage, { store })];
  const orders = await Promise.all(
    tabs.map(async ({ journey }) => {
      await journey.resume();
      return (await journey.complete()).order.number;
    }),
  );
  assert.equal(orders[0], orders[1]);
});

test('nothing is remembered, nothing is asked', async () => {
  assert.deepEqual(await browser(stage).journey.resume(), { name: 'idle' });
});

test('what is remembered of another checkout is not taken up', async () => {
  const { store } = await atTheForm();
  assert.deepEqual(await browser(stage, { store }).journey.resume(await stage.act('checkout')), { name: 'idle' });
});

test('an order can be paid for like a checkout', async () => {
  const source = await stage.act('order');
  const { journey } = browser(stage);
  await journey.start(source);
  await stage.act('type_code', { source });
  const state = await journey.resume();
  assert.deepEqual([state.name, state.order.id], ['ordered', source]);
});

test('an allowed return address comes back', async () => {
  await stage.act('allow_return', { url: 'https://one.shop.example/paid' });
  const { journey } = await atTheForm({}, { returnUrl: 'https://one.shop.example/paid?order=7' });
  assert.equal(journey.returnUrl, 'https://one.shop.example/paid?order=7');
});

// Watching

test('watching asks every three seconds, then less often, and ends after ten minutes', async () => {
  const { store } = await atTheForm();
  const waited = [];
  const back = browser(stage, { store, wait: async (milliseconds) => void waited.push(milliseconds) });
  await back.journey.resume();
  const asked = (await stage.act('asked')).length;
  const state = await back.journey.watch();
  const total = waited.reduce((sum, each) => sum + each, 0);
  assert.equal(state.name, 'unconfirmed');
  assert.match(state.message, /by mail/);
  assert.ok(total >= 600_000 && total < 620_000, String(total));
  assert.deepEqual([waited[0], waited[25], waited.at(-1)], [3000, 5000, 10_000]);
  assert.equal((await stage.act('asked')).length - asked, 2 * waited.length);
});

test('watching ends with the payment', async () => {
  const { source, store } = await atTheForm();
  const back = browser(stage, { store });
  await back.journey.resume();
  await stage.act('type_code', { source });
  assert.equal((await back.journey.watch()).name, 'paid');
  assert.equal(back.waited.length, 1);
});

test('watching ends at once where the page is left', async () => {
  const { store } = await atTheForm();
  const back = browser(stage, { store });
  await back.journey.resume();
  assert.equal((await back.journey.watch(AbortSignal.abort())).name, 'waiting');
});

test('a lost connection is shown and goes by', async () => {
  const { source, store } = await atTheForm();
  const back = browser(stage, { store });
  await stage.act('down', { times: 1 });
  assert.deepEqual(codes(await back.journey.resume()), ['network']);
  await stage.act('type_code', { source });
  assert.equal((await back.journey.watch()).name, 'paid');
});

test('a call without an answer ends at its deadline', async () => {
  const source = await stage.act('checkout');
  const { journey } = browser(stage, { graphql: () => new Promise(() => {}), deadline: 20 });
  assert.deepEqual(codes(await journey.start(source)), ['network']);
});

// Failures

test('a payment that was rejected says why, and the next press opens a new one', async () => {
  const { source, store, journey } = await atTheForm();
  await stage.act('end', { source, status: 'REJECTED' });
  await stage.act('forward', { seconds: 60 });
  const back = browser(stage, { store });
  let state = await back.journey.resume();
  state = state.name === 'waiting' ? await back.journey.watch() : state;
  assert.equal(state.name, 'failed');
  assert.ok(state.errors[0].message);
  assert.equal(store.get(), null);
  assert.equal((await journey.start(source)).name, 'leaving');
  assert.equal((await stage.act('transactions', { source })).length, 2);
});

test('a press that finds the old failure opens a new payment by itself', async () => {
  const { source, journey } = await atTheForm();
  await stage.act('end', { source, status: 'REJECTED' });
  await stage.act('forward', { seconds: 60 });
  assert.equal((await journey.start(source)).name, 'leaving');
  assert.equal((await stage.act('transactions', { source })).length, 2);
});

test('a failure counts for nothing where the points moved after all', async () => {
  const { source, store } = await atTheForm();
  await stage.act('end', { source, status: 'REJECTED' });
  await stage.act('forward', { seconds: 60 });
  await stage.act('end', { source, status: 'CONFIRMED' });
  await stage.act('change_total', { source, total: '0' });
  assert.equal((await browser(stage, { store }).journey.resume()).name, 'paid');
});

test('a refusal is told in the app’s words, or in the shop’s own', async () => {
  const source = await stage.act('checkout', { phone: '' });
  const app = await browser(stage).journey.start(source);
  const shop = await browser(stage, { texts: { en: { phone_missing: 'Your number, please' } } }).journey.start(source);
  assert.deepEqual(codes(app), ['phone_missing']);
  assert.match(app.errors[0].message, /Enter the mobile phone number/);
  assert.equal(shop.errors[0].message, 'Your number, please');
});

test('a phone that is typed pays where the checkout has none', async () => {
  const source = await stage.act('checkout', { phone: '' });
  const { journey, store } = browser(stage);
  assert.equal((await journey.start(source, { phone: '+79161234567' })).name, 'leaving');
  assert.doesNotMatch(store.get(), /9161234567/);
});

test('an answer without data is asked about once more before it counts as a failure', async () => {
  const { store } = await atTheForm();
  const back = browser(stage, { store, graphql: unreached(stage.graphql, 1) });
  assert.equal((await back.journey.resume()).name, 'waiting');
  await stage.act('forward', { seconds: 3 });
  await back.journey.confirmCode('1');
  assert.equal(back.journey.state.name, 'waiting');

  const lost = browser(stage, { store, graphql: unreached(stage.graphql, 2) });
  assert.equal((await lost.journey.resume()).name, 'waiting');
  assert.deepEqual(codes(await lost.journey.watch()), ['unknown']);
});

test('a transaction that Saleor does not know any more fails', async () => {
  const { source, store } = await atTheForm();
  store.set(JSON.stringify({ ...JSON.parse(store.get()), transaction: 'VHJhbnNhY3Rpb25JdGVtOjA=' }));
  const back = browser(stage, { store });
  assert.equal((await back.journey.resume(source)).name, 'waiting');
  assert.deepEqual(codes(await back.journey.watch()), ['unknown']);
});

/** Answers the first questions as Saleor does where it did not reach the app. */
const unreached = (graphql, times) => (document, variables) =>
  document.includes('KupikupiAsk') && times-- > 0
    ? Promise.resolve({
        transactionProcess: { transactionEvent: { type: 'CHARGE_FAILURE' }, data: null, errors: [] },
      })
    : graphql(document, variables);

test('a checkout that is gone and became no order has expired', async () => {
  const { journey } = browser(stage);
  assert.equal((await journey.start('Q2hlY2tvdXQ6MTIzNA==')).name, 'paid');
  assert.equal((await journey.complete()).name, 'expired');
});

test('a checkout that became an order meanwhile leads to it', async () => {
  const { source, store } = await atTheForm();
  await stage.act('type_code', { source });
  const number = await stage.act('place', { source });
  const { journey } = browser(stage, { store });
  assert.equal((await journey.resume()).name, 'paid');
  assert.equal((await journey.complete()).order.number, number);
});

test('an order that cannot be placed yet stays paid, with what is in the way', async () => {
  const source = await stage.act('checkout', { address: false });
  const { journey } = browser(stage);
  await journey.start(source, { phone: '+79161234567' });
  await stage.act('type_code', { source });
  await journey.resume();
  const state = await journey.complete();
  assert.deepEqual([state.name, state.problem.code], ['paid', 'BILLING_ADDRESS_NOT_SET']);
  assert.match(state.problem.message, /not placed yet/);
});

test('a lost answer to the order’s placing is repaired by placing it again', async () => {
  const { source, store } = await atTheForm();
  await stage.act('type_code', { source });
  const { journey } = browser(stage, { store });
  await journey.resume();
  await stage.act('down', { how: 'lost', times: 1 });
  assert.equal((await journey.complete()).problem.code, 'network');
  assert.equal((await journey.complete()).name, 'ordered');
});

test('a basket that was paid already opens no second payment', async () => {
  const { source, store } = await atTheForm();
  await stage.act('type_code', { source });
  assert.equal((await browser(stage, { store }).journey.start(source)).name, 'paid');
  assert.equal((await browser(stage).journey.start(source, { amount: 10 })).name, 'paid');
  assert.equal((await stage.act('transactions', { source })).length, 1);
});

// One press, one payment

test('a double click opens one form', async () => {
  const source = await stage.act('checkout');
  const { journey, went } = browser(stage);
  await Promise.all([journey.start(source), journey.start(source)]);
  assert.equal(went.length, 1);
  assert.equal((await stage.act('transactions', { source })).length, 1);
});

test('a press after a reload, or in a second tab, opens the same form', async () => {
  const { source, store, went } = await atTheForm();
  const again = browser(stage, { store });
  await again.journey.start(source);
  assert.deepEqual(again.went, went);
  assert.equal((await stage.act('transactions', { source })).length, 1);
});

test('a lost answer is asked for again with the same key', async () => {
  const source = await stage.act('checkout');
  const { journey } = browser(stage, { graphql: losing(stage.graphql, 'KupikupiStart') });
  assert.deepEqual(codes(await journey.start(source)), ['network']);
  assert.equal((await journey.start(source)).name, 'leaving');
  assert.equal((await stage.act('transactions', { source })).length, 1);
});

/** Does what is asked and loses the first answer. */
function losing(graphql, name) {
  let lost = false;
  return async (document, variables) => {
    const data = await graphql(document, variables);
    if (lost || !document.includes(name)) return data;
    lost = true;
    throw new TypeError('fetch failed');
  };
}

test('another phone, and a basket of another price, take a new key', async () => {
  const { source, store } = await atTheForm();
  const other = browser(stage, { store });
  assert.equal((await other.journey.start(source, { phone: '+79161000199' })).name, 'leaving');
  assert.equal((await stage.act('transactions', { source })).length, 2);
  await stage.act('change_total', { source, total: '99.00' });
  const state = await other.journey.start(source, { phone: '+79161234567' });
  assert.equal(state.name, 'leaving');
});

test('the same press for a basket of another price opens a new payment', async () => {
  const { source, store, went } = await atTheForm();
  await stage.act('change_total', { source, total: '99.00' });
  const again = browser(stage, { store });
  assert.equal((await again.journey.start(source)).name, 'leaving');
  assert.notDeepEqual(again.went, went);
});

// The code in the shop's own page

test('a code can be typed in the shop where the merchant allows it', async () => {
  await stage.act('choose', { accept_code: true });
  const { source, journey, went } = await atTheForm({}, {}, { user: 'signed-in@example.com' });
  await journey.resume();
  assert.deepEqual(codes(await journey.confirmCode('12 34')), ['code_invalid']);
  assert.equal(journey.state.form, went[0]);
  const code = await stage.act('code', { source });
  const wrong = String((Number(code) + 1) % 10_000).padStart(4, '0');
  assert.deepEqual(codes(await journey.confirmCode(wrong)), ['code_wrong']);
  await journey.confirmCode(code);
  await stage.act('settle', { source });
  assert.equal((await journey.watch()).name, 'paid');
});

test('where it is not allowed the buyer is sent to the form', async () => {
  const { journey } = await atTheForm();
  await journey.resume();
  assert.deepEqual(codes(await journey.confirmCode('0123')), ['code_not_possible']);
});

test('a code is not sent while there is nothing to confirm', async () => {
  assert.deepEqual(await browser(stage).journey.confirmCode('0123'), { name: 'idle' });
});

// A part in points

test('a part is paid in points, the rest by another gateway', async () => {
  const source = await stage.act('checkout', { total: '1234.50' });
  const { journey, store } = browser(stage);
  await journey.start(source, { amount: '234.50' });
  await stage.act('type_code', { source });

  const back = browser(stage, { store });
  const state = await back.journey.resume();
  assert.deepEqual(state, { name: 'part_paid', left: { amount: 1000, currency: 'RUB' } });
  assert.equal((await back.journey.complete()).name, 'part_paid');
  assert.equal(await stage.act('pay_by_card', { source }), 'CHARGE_SUCCESS');
  assert.equal((await back.journey.complete()).name, 'ordered');
});

test('after a part the rest may be paid in points too, once Saleor was seen to hold the first', async () => {
  const source = await stage.act('checkout', { total: '1000' });
  const { journey } = browser(stage);
  await journey.start(source, { amount: 500 });
  await stage.act('type_code', { source });
  assert.equal((await journey.resume()).name, 'part_paid');

  assert.deepEqual(codes(await journey.start(source, { amount: 500 })), ['payment_in_progress']);
  assert.deepEqual((await journey.watch()).left, { amount: 500, currency: 'RUB' });
  assert.equal((await journey.start(source, { amount: 500 })).name, 'leaving');
  await stage.act('type_code', { source });
  assert.equal((await journey.resume()).name, 'paid');
});

test('a basket that grew while it was being paid tells what is left', async () => {
  const { source, journey } = await atTheForm();
  await stage.act('change_total', { source, total: '1334.50' });
  await stage.act('type_code', { source });
  assert.equal((await journey.resume()).name, 'paid');
  assert.deepEqual(await journey.complete(), { name: 'part_paid', left: { amount: 100, currency: 'RUB' } });
});

test('an amount that nobody can pay is not sent', async () => {
  const source = await stage.act('checkout');
  const { journey } = browser(stage);
  for (const amount of [0, -1, '1.005', 'much', 1e9]) {
    assert.deepEqual(codes(await journey.start(source, { amount })), ['amount']);
  }
  assert.equal((await stage.act('transactions', { source })).length, 0);
});
