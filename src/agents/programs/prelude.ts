/**
 * What a program finds inside its machine, written in the machine's own language: the words of the restricted library,
 * `ctx` with a binding for each tool that was granted, and nothing else. It is evaluated before the program is, with one
 * function of the host, `emit`, which takes a text; it answers one that takes a text. Neither can be reached by the
 * program other than through `ctx`.
 */
export const preludeName = 'holdfast/program';

export const prelude: string = `
(function (emit) {
  'use strict';
  const { parse, stringify } = JSON;
  const { freeze, getPrototypeOf, defineProperty } = Object;
  const { isArray } = Array;
  const NewError = Error, NewMap = Map, NewPromise = Promise, text = String;

  // No clock, no chance, nothing that shows when memory is collected, no code made of texts.
  for (const name of ['Date', 'eval', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'performance'])
    delete globalThis[name];
  delete Math.random;
  const refuse = function () { throw new NewError('code cannot be made of a text here'); };
  for (const each of [function () {}, async function () {}, function* () {}, async function* () {}])
    defineProperty(getPrototypeOf(each), 'constructor', { value: refuse, writable: false, configurable: false });
  globalThis.Function = refuse;

  const waiting = new NewMap();
  const take = waiting.get.bind(waiting), put = waiting.set.bind(waiting), drop = waiting.delete.bind(waiting);
  let calls = 0;
  const call = (tool, input) =>
    new NewPromise((resolve, reject) => {
      const number = ++calls;
      put(number, { resolve, reject });
      emit(stringify({ call: number, tool: text(tool), input: input === undefined ? null : input }));
    });
  const shown = (value) => (typeof value === 'string' ? value : stringify(value === undefined ? null : value));

  const bindings = {
    think: async (prompt) => (await call('think', { prompt: text(prompt) })).text,
    delegate: async (to, task) => shown((await call('delegate', { to, task })).output),
    // Once it is handed over nobody waits for this program any more.
    handoff: async (to, reason) => { await call('handoff', { to, reason: reason === undefined ? '' : reason }); },
    ask: async (question, within) => shown((await call('ask', { question, withinMs: within.ms })).answer),
    say: async (what) => { await call('say', { text: text(what) }); },
    escalate: (question, within) => call('escalate', { question, withinMs: within.ms }),
    waitFor: async (event, within) => (await call('waitFor', { event, withinMs: within.ms })).data,
    sleep: async (ms) => { await call('sleep', { ms }); },
    remember: async (slot, key, value) => { await call('remember', { slot, key, value }); },
    recall: async (slot, what) =>
      what !== null && typeof what === 'object'
        ? (await call('recall', { slot, query: what.query })).found
        : (await call('recall', { slot, key: what })).value,
    now: async () => (await call('now', {})).ms,
    random: async () => (await call('random', {})).value,
  };
  const contextOf = (tools) => {
    const granted = {};
    for (const name of tools) if (bindings[name]) granted[name] = bindings[name];
    granted.call = async (tool, input) => {
      if (!tools.includes(tool) || bindings[tool]) throw new NewError('this agent has no tool ' + text(tool));
      return call(tool, input);
    };
    return freeze(granted);
  };

  const library = freeze({
    agent: (facts) => facts,
    team: (agents) => ({ agents }),
    limits: (given) => given,
    memory: (slots) => slots,
    policy: (policies) => policies,
    person: (terms) => terms,
    contract: (name) => name,
    at: (value, ...path) => {
      let found = value;
      for (const key of path) {
        if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return null;
        found = found[key];
      }
      return found;
    },
    textOf: shown,
  });

  let load = null;
  const loaded = () => {
    const exports = {};
    load(exports, (name) => {
      if (name === '${preludeName}') return library;
      throw new NewError('there is no module ' + text(name) + '; a program may import ${preludeName}');
    });
    const made = exports.default;
    if (made === null || typeof made !== 'object') throw new NewError('the program has no default export: export default agent({ ... })');
    return isArray(made.agents) ? made.agents : [made];
  };
  const told = ({ run, ...facts }) => ({ ...facts, led: typeof run === 'function' });
  const failed = (error) => {
    const isError = error instanceof NewError;
    return stringify({
      ok: false,
      message: isError ? text(error.name) + ': ' + text(error.message) : 'it threw ' + shown(error),
      where: isError && typeof error.stack === 'string' ? error.stack : null,
    });
  };
  const deliver = (message) => {
    const { kind, agent, tools, input, number, ok, value } = parse(message);
    if (kind === 'run') {
      const agents = loaded();
      const { run } = (agents.length === 1 ? agents[0] : agents.find(({ name }) => name === agent)) ?? {};
      if (typeof run !== 'function') throw new NewError('the agent has no run: agent({ ..., run: async (ctx, message) => ... })');
      (async () => run(contextOf(tools), input))().then(
        (answer) => emit(stringify({ ok: true, answer: shown(answer) })),
        (error) => emit(failed(error)),
      );
    } else if (kind === 'describe') {
      emit(stringify({ ok: true, answer: stringify(loaded().map(told)) }));
    } else {
      const { resolve, reject } = take(number);
      drop(number);
      if (ok) resolve(value);
      else {
        const error = new NewError(value.message);
        error.code = value.code;
        error.hint = value.hint;
        reject(error);
      }
    }
  };
  return freeze({ deliver, load: (program) => { load = program; } });
})
`;
