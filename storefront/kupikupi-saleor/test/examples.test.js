// The examples of the README are run as they stand there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { browser, startStage } from './stage.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

let stage;
before(async () => (stage = await startStage()));
after(() => stage.stop());

/** Makes the function of one example; `names` are what the example takes from its surroundings. */
function example(name, names) {
  const [, code] = README.match(new RegExp('```js example=' + name + '\\n(.*?)```', 's'));
  return new Function(...Object.keys(names), `${code}; return graphql;`)(...Object.values(names));
}

/** Pays with it, from the offer to the order. */
async function pays(graphql) {
  const { journey } = browser(stage, { graphql });
  const source = await stage.act('checkout');
  assert.equal((await journey.offer(source)).shown, true);
  assert.equal((await journey.start(source)).name, 'leaving');
  await stage.act('type_code', { source });
  assert.equal((await journey.resume()).name, 'paid');
  assert.equal((await journey.complete()).name, 'ordered');
}

test('the example for fetch pays, and rejects what has no data', async () => {
  const graphql = example('fetch', { API_URL: stage.url });
  await pays(graphql);
  await assert.rejects(graphql('query { nonsense }', {}));
});

test('the example for urql pays, and hands errors on', async () => {
  const sent = (document, variables, context) => ({
    toPromise: async () => {
      assert.equal(context.requestPolicy, 'network-only');
      return { data: await stage.graphql(document, variables), error: undefined };
    },
  });
  await pays(example('urql', { client: { query: sent, mutation: sent } }));
  const broken = { toPromise: async () => ({ data: undefined, error: new Error('away') }) };
  await assert.rejects(example('urql', { client: { query: () => broken } })('query', {}), /away/);
});

test('the example for Apollo pays', async () => {
  const send = async ({ query, mutation, variables, fetchPolicy }) => {
    assert.equal(fetchPolicy, 'no-cache');
    return { data: await stage.graphql((query ?? mutation).text, variables) };
  };
  await pays(example('apollo', { gql: (text) => ({ text }), client: { query: send, mutate: send } }));
});
