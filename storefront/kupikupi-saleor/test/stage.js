// A whole world for the tests: Saleor, the provider and the app, started beside them on this machine.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

import { Journey, memoryStore } from '../src/index.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export async function startStage() {
  const python = process.env.PYTHON ?? `${ROOT}.venv/bin/python`;
  const program = spawn(python, ['-m', 'tests.storefront.stage'], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => program.kill());
  const [line] = await once(createInterface(program.stdout), 'line');
  const { graphql, control } = JSON.parse(line);
  const act = async (name, args = {}) => {
    const response = await fetch(`${control}/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(args),
    });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const stop = async () => {
    program.stdin.end();
    await once(program, 'exit');
  };
  return { act, stop, url: graphql, graphql: graphqlAt(graphql) };
}

/** The smallest client there is. */
export const graphqlAt = (url) => async (query, variables) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return data;
};

/** A buyer's browser: what it went to, how long it waited, what it keeps. */
export function browser(stage, more = {}) {
  const store = more.store ?? memoryStore();
  const seen = { went: [], waited: [], states: [] };
  const journey = new Journey({
    graphql: stage.graphql,
    language: 'en',
    store,
    go: (form) => seen.went.push(form),
    wait: async (milliseconds) => {
      seen.waited.push(milliseconds);
      await stage.act('forward', { seconds: milliseconds / 1000 });
    },
    ...more,
  });
  journey.subscribe(() => seen.states.push(journey.state.name));
  return { journey, store, ...seen };
}
