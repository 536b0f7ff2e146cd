// What is asked of Saleor, and how its answers are read: field by field, so that nothing unexpected gets further.
// It keeps no state and decides nothing.

/** @typedef {{ code: string, message: string }} Problem What to tell the buyer, and why. */
/** @typedef {{ amount: number, currency: string }} Money */
/** @typedef {{ id: string, number: string }} Order */
/**
 * @typedef {(document: string, variables: Record<string, unknown>) => Promise<any>} GraphQL
 * Sends one document to Saleor without a cache and resolves to GraphQL's `data`; rejects where there is none.
 */
/** @typedef {{ gone: boolean, status: string, order: Order | null }} Look `gone`: an order by now, or expired. */
/**
 * @typedef {object} Step What a question about a transaction came to.
 * @property {'success' | 'open' | 'failure' | 'refused'} kind `refused`: Saleor itself did not take the question.
 * @property {string | null} transaction
 * @property {string | null} form
 * @property {number} retryAfter Seconds.
 * @property {string | null} returnUrl
 * @property {Problem[]} errors
 */

export const GATEWAY = 'saleor.app.payment.kupikupi';

const SESSION = 'transactionEvent { type } data errors { code message }';

export const DOCUMENTS = {
  offer: `mutation KupikupiOffer($id: ID!, $gateway: String!, $data: JSON) {
  paymentGatewayInitialize(id: $id, paymentGateways: [{ id: $gateway, data: $data }]) {
    gatewayConfigs { data } errors { code } } }`,
  start: `mutation KupikupiStart($id: ID!, $gateway: String!, $key: String!, $amount: PositiveDecimal, $data: JSON) {
  transactionInitialize(id: $id, idempotencyKey: $key, amount: $amount, paymentGateway: { id: $gateway, data: $data }) {
    transaction { id } ${SESSION} } }`,
  ask: `mutation KupikupiAsk($id: ID!, $data: JSON) { transactionProcess(id: $id, data: $data) { ${SESSION} } }`,
  look: 'query KupikupiLook($id: ID!) { checkout(id: $id) { chargeStatus } }',
  lookAtOrder: 'query KupikupiLookAtOrder($id: ID!) { order(id: $id) { id number chargeStatus } }',
  owed: 'query KupikupiOwed($id: ID!) { checkout(id: $id) { totalBalance { amount currency } } }',
  owedForOrder: 'query KupikupiOwedForOrder($id: ID!) { order(id: $id) { totalBalance { amount currency } } }',
  complete: `mutation KupikupiComplete($id: ID!) {
  checkoutComplete(id: $id) { order { id number } errors { code message } } }`,
};

/**
 * Makes the calls of one gateway.
 * @param {GraphQL} graphql
 * @param {string} gateway
 */
export function saleorClient(graphql, gateway) {
  return {
    /** @param {string} id @param {object} data */
    async offer(id, data) {
      const answer = (await graphql(DOCUMENTS.offer, { id, gateway, data })).paymentGatewayInitialize;
      return answer.gatewayConfigs ? { data: objectOf(answer.gatewayConfigs[0]?.data) } : null;
    },
    /** @param {string} id @param {string} key @param {number | null} amount @param {object} data */
    async start(id, key, amount, data) {
      const answer = await graphql(DOCUMENTS.start, { id, gateway, key, amount, data });
      return stepOf(answer.transactionInitialize);
    },
    /** @param {string} id @param {object} [data] */
    async ask(id, data) {
      return stepOf((await graphql(DOCUMENTS.ask, { id, data: data ?? null })).transactionProcess);
    },
    /** @param {string} id @returns {Promise<Look>} */
    async look(id) {
      const ofOrder = isOrder(id);
      const answer = await graphql(ofOrder ? DOCUMENTS.lookAtOrder : DOCUMENTS.look, { id });
      const found = ofOrder ? answer.order : answer.checkout;
      return { gone: !found, status: textOf(found?.chargeStatus), order: ofOrder ? orderOf(found) : null };
    },
    /** @param {string} id @returns {Promise<Money | null>} */
    async owed(id) {
      const answer = await graphql(isOrder(id) ? DOCUMENTS.owedForOrder : DOCUMENTS.owed, { id });
      const balance = (answer.order ?? answer.checkout)?.totalBalance;
      return balance ? { amount: Math.max(0, -balance.amount), currency: textOf(balance.currency) } : null;
    },
    /** @param {string} id @returns {Promise<{ order: Order | null, problem: Problem | null }>} */
    async complete(id) {
      const done = (await graphql(DOCUMENTS.complete, { id })).checkoutComplete;
      return { order: orderOf(done.order), problem: problemsOf(done.errors)[0] ?? null };
    },
  };
}

/** @param {any} answer @returns {Step} */
function stepOf(answer) {
  const data = objectOf(answer.data);
  const type = textOf(answer.transactionEvent?.type);
  return {
    kind: !type ? 'refused' : type.endsWith('_SUCCESS') ? 'success' : type.endsWith('_FAILURE') ? 'failure' : 'open',
    transaction: answer.transaction?.id ?? null,
    form: /^https?:\/\//.test(textOf(data.transferURL)) ? textOf(data.transferURL) : null,
    retryAfter: Number(data.retryAfter) || 0,
    returnUrl: textOf(data.returnUrl) || null,
    errors: problemsOf(type ? data.errors : answer.errors),
  };
}

/** @param {any} id Saleor's global id, which names its type. */
function isOrder(id) {
  try {
    return atob(id).startsWith('Order:');
  } catch {
    return false;
  }
}

/** @param {any} found @returns {Order | null} */
const orderOf = (found) => (found ? { id: textOf(found.id), number: textOf(found.number) } : null);

/** @param {any} value @returns {Record<string, any>} */
const objectOf = (value) => (value && typeof value === 'object' ? value : {});

/** @param {unknown} value */
export const textOf = (value) => (typeof value === 'string' ? value.slice(0, 2000) : '');

/** @param {unknown} list @returns {Problem[]} */
const problemsOf = (list) =>
  (Array.isArray(list) ? list : [])
    .slice(0, 20)
    .map((each) => ({ code: textOf(each?.code) || 'unknown', message: textOf(each?.message) }));
