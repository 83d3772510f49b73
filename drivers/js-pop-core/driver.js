// Driver of @alicloud/pop-core: docs/driver-protocol.md over its RPCClient.
'use strict';

const readline = require('readline');
const { RPCClient } = require('@alicloud/pop-core');

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
console.log = console.error; // what a library prints is no reply

const isObject = (v) => v !== null && typeof v === 'object';
const isStruct = (v) => isObject(v) && !Array.isArray(v);

// The SDK takes lists; structs are its user's to write with dots.
function flat(path, value, into) {
  if (!isStruct(value)) {
    into[path] = value;
    return into;
  }
  for (const [key, v] of Object.entries(value)) flat(path ? `${path}.${key}` : key, v, into);
  return into;
}

// A number that JavaScript cannot hold is given to the SDK as its digits.
function digits(line) {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g, (text) =>
    text[0] === '"' || Number.isSafeInteger(Number(text)) ? text : `"${text}"`);
}

// What the SDK returned, with the big numbers of its own in all their digits.
function written(line) {
  const texts = [];
  const json = JSON.stringify(line, function (name, v) {
    if (this[name]?.constructor?.name !== 'BigNumber') return v;
    return `\u0000${texts.push(this[name].toFixed()) - 1}\u0000`;
  });
  return json.replace(/"\\u0000(\d+)\\u0000"/g, (_, i) => texts[i]);
}

// What a user can read off the SDK's error, and no more.
function problem(e) {
  const data = isObject(e.data) ? e.data : {};
  return {
    code: String(e.code ?? ''),
    message: String(data.Message ?? e.message ?? e),
    status: e.entry?.response?.statusCode,
    requestId: data.RequestId ?? undefined,
  };
}

// One client for each key; the oldest lets go of its connections.
const clients = new Map();
function connect(call) {
  const config = { ...call.credentials, endpoint: call.endpoint, apiVersion: '2018-08-08' };
  const name = JSON.stringify(config);
  if (!clients.has(name)) clients.set(name, new RPCClient(config));
  if (clients.size > 256) {
    const [oldest, client] = clients.entries().next().value;
    client.keepAliveAgent.destroy();
    clients.delete(oldest);
  }
  return clients.get(name);
}

async function answer(call) {
  const { options } = call;
  const opts = {};
  if (options.method !== undefined) opts.method = options.method;
  if (options.timeoutMs !== undefined) opts.timeout = options.timeoutMs;
  try {
    const output = await connect(call).request(call.operation, flat('', call.input, {}), opts);
    process.stdout.write(`${written({ id: call.id, output })}\n`);
  } catch (e) {
    say({ id: call.id, error: problem(e) });
  }
}

const hello = {
  protocol: 1,
  name: '@alicloud/pop-core',
  version: require('@alicloud/pop-core/package.json').version,
  language: `node${process.versions.node}`,
  signatures: ['v1'],
  methods: ['GET', 'POST'],
  formats: ['JSON'],
  options: ['timeout', 'sts'],
  maxInFlight: 64, // fewer than clients are kept
};

let greeted = false;
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (greeted) answer(JSON.parse(digits(line)));
  else say({ hello });
  greeted = true;
});
